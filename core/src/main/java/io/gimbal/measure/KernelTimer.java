package io.gimbal.measure;

import io.gimbal.device.Device;
import io.gimbal.device.Kernel;
import io.gimbal.device.Stream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Times launches by events: a graph of several, each on memory of its own, which the launches before it push out of the
 * caches, is launched once to warm up and then {@value #ROUNDS} times. Owns its stream and events. Not thread-safe.
 */
public final class KernelTimer implements AutoCloseable {
    private static final int ROUNDS = 5;
    /** Launches of a graph go over so many bytes, twice what an H200's cache holds, if that takes not too many. */
    private static final long ROTATED_BYTES = 128L << 20;
    private static final int FEWEST_LAUNCHES = 2;
    private static final int MOST_LAUNCHES = 8;

    private final Device device;
    private final WorkTimer timer;

    /**
     * Times on a device, in a stream of its own.
     *
     * @param device a GPU or the software device
     */
    public KernelTimer(Device device) {
        this.device = device;
        timer = new WorkTimer(device);
    }

    /**
     * A kernel's figures.
     *
     * @param cost     of a launch
     * @param launches in the graph
     * @param seconds  of one launch: a graph's time over its launches
     */
    public record Timing(KernelCost cost, int launches, Distribution seconds) {
        /** {@return the bytes that a launch must move over its median time in seconds} */
        public double bytesPerSecond() {
            return cost.bytes() / seconds.median();
        }
    }

    /**
     * Times a launch: a graph of several of it, again and again.
     *
     * @param launch which one
     * @return its figures
     */
    public Timing time(KernelCase launch) {
        Kernel kernel = device.kernel(launch.file(), launch.kernel());
        Stream stream = timer.stream();
        try (KernelBuffers memory = new KernelBuffers(device, stream)) {
            List<Object[]> launches = new ArrayList<>();
            launches.add(launch.arguments().apply(memory));
            KernelCost cost = KernelCost.of(launch.file(), launch.kernel(), launches.getFirst());
            int count = Math.clamp((ROTATED_BYTES + cost.bytes() - 1) / cost.bytes(), FEWEST_LAUNCHES, MOST_LAUNCHES);
            while (launches.size() < count) {
                launches.add(launch.arguments().apply(memory));
            }
            stream.synchronize();
            Iterator<Object[]> next = launches.iterator();
            return new Timing(cost, count, timer.captured(ROUNDS, count, () ->
                    kernel.launch(stream, launch.blocks(), next.next())));
        }
    }

    @Override
    public void close() {
        timer.close();
    }
}
