package io.gimbal.cli;

import io.gimbal.device.Device;
import io.gimbal.device.Event;
import io.gimbal.device.Graph;
import io.gimbal.device.Kernel;
import io.gimbal.device.Stream;
import io.gimbal.engine.KernelCost;
import java.util.ArrayList;
import java.util.List;

/**
 * Times launches by events: a graph of several, each on memory of its own, which the launches before it push out of the
 * caches, is launched once to warm up and then {@value #ROUNDS} times. Owns its stream and events. Not thread-safe.
 */
final class KernelTimer implements AutoCloseable {
    private static final int ROUNDS = 5;
    /** Launches of a graph go over so many bytes, more than an H200's cache holds, if that takes not too many. */
    private static final long ROTATED_BYTES = 64L << 20;
    private static final int FEWEST_LAUNCHES = 2;
    private static final int MOST_LAUNCHES = 8;
    private static final long COPIED_BYTES = 64L << 20;

    private final Device device;
    private final Stream stream;
    private final Event begin;
    private final Event end;

    KernelTimer(Device device) {
        this.device = device;
        stream = device.newStream();
        begin = device.newTimingEvent();
        end = device.newTimingEvent();
    }

    /**
     * A kernel's figures.
     *
     * @param launches in the graph
     * @param seconds  of one launch: a graph's time over its launches
     */
    record Timing(KernelCost cost, int launches, Distribution seconds) {
        double bytesPerSecond() {
            return cost.bytes() / seconds.median();
        }
    }

    Timing time(KernelCase launch) {
        Kernel kernel = device.kernel(launch.file(), launch.kernel());
        try (KernelBuffers memory = new KernelBuffers(device, stream)) {
            List<Object[]> launches = new ArrayList<>();
            launches.add(launch.arguments().apply(memory));
            KernelCost cost = KernelCost.of(launch.file(), launch.kernel(), launches.getFirst());
            int count = Math.clamp((ROTATED_BYTES + cost.bytes() - 1) / cost.bytes(), FEWEST_LAUNCHES, MOST_LAUNCHES);
            while (launches.size() < count) {
                launches.add(launch.arguments().apply(memory));
            }
            return new Timing(cost, count, seconds(count, () -> launches.forEach(arguments ->
                    kernel.launch(stream, launch.blocks(), arguments))));
        }
    }

    /** Bytes a second, read and written, of the driver's copy from device to device. */
    double copyBytesPerSecond() {
        try (KernelBuffers memory = new KernelBuffers(device, stream)) {
            long from = memory.floats(COPIED_BYTES / Float.BYTES);
            long to = memory.floats(COPIED_BYTES / Float.BYTES);
            Distribution seconds = seconds(FEWEST_LAUNCHES, () -> {
                stream.copy(to, from, COPIED_BYTES);
                stream.copy(from, to, COPIED_BYTES);
            });
            return 2 * COPIED_BYTES / seconds.median();
        }
    }

    private Distribution seconds(int launches, Runnable work) {
        stream.synchronize();
        try (Graph graph = stream.capture(work)) {
            stream.launch(graph);
            List<Double> seconds = new ArrayList<>();
            for (int round = 0; round < ROUNDS; round++) {
                begin.record(stream);
                stream.launch(graph);
                end.record(stream);
                end.synchronize();
                seconds.add(end.millisecondsSince(begin) / 1e3 / launches);
            }
            return Distribution.of(seconds);
        }
    }

    @Override
    public void close() {
        stream.synchronize();
        end.close();
        begin.close();
        stream.close();
    }
}
