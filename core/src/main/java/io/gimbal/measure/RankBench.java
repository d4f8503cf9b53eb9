package io.gimbal.measure;

import io.gimbal.config.Config;
import io.gimbal.cuda.Collectives.Element;
import io.gimbal.cuda.Collectives.Reduction;
import io.gimbal.device.Communicator;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import io.gimbal.device.Precision;
import io.gimbal.device.Resources;
import io.gimbal.program.Peers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A rank's step with what it exchanges, and the same step without, timed in turn; and how fast the ranks add memory up.
 * All ranks must call the same in the same order. Owns its steps. Not thread-safe.
 */
public final class RankBench implements AutoCloseable {
    private static final int REPEATS = 10;
    private static final List<Long> BYTES = List.of(4L << 10, 64L << 10, 1L << 20, 16L << 20, 64L << 20);

    private final Device device;
    private final Communicator communicator;
    private final Runnable barrier;
    private final Resources resources = new Resources();
    private final TimedStep alone;
    private final TimedStep together;

    /**
     * Captures both steps.
     *
     * @param device    this rank's
     * @param config    a {@code case.json} or a training configuration
     * @param batch     examples of a step that are this rank's
     * @param precision instead of the configuration's own
     * @param peers     the ranks, joined
     * @param barrier   waits until all ranks have come to it
     * @param planned   is run after each convolution is planned
     */
    public RankBench(Device device, Config config, int batch, Optional<Precision> precision, Peers peers,
            Runnable barrier, Runnable planned) {
        this.device = device;
        this.communicator = peers.communicator().orElseThrow();
        this.barrier = barrier;
        try {
            alone = resources.keep(new TimedStep(device, new BenchRun(device, config, batch, false, precision,
                    planned)));
            together = resources.keep(new TimedStep(device, new BenchRun(device, config, batch, false, precision,
                    planned, peers)));
        } catch (RuntimeException | Error failure) {
            resources.closeAfter(failure);
            throw failure;
        }
    }

    /**
     * Runs the steps that are not timed.
     *
     * @param done is run after each step
     */
    public void warmUp(Runnable done) {
        alone.warmUp(done);
        barrier.run();
        together.warmUp(done);
    }

    /**
     * Times some steps of both. Those without exchanges run on all ranks at once, too, so that what ranks share, as
     * software devices share a memory, is shared in both.
     *
     * @param steps how many of each
     * @param done  is run after each step that is timed
     */
    public void round(int steps, Runnable done) {
        barrier.run();
        alone.round(steps, done);
        barrier.run();
        together.round(steps, done);
    }

    /** {@return the step without exchanges} */
    public TimedStep alone() {
        return alone;
    }

    /** {@return the step with what it exchanges} */
    public TimedStep together() {
        return together;
    }

    /** {@return how much of N times one rank's examples a second N ranks have: the median of the rounds} */
    public double efficiency() {
        return 1 / (1 + together.overheadOver(alone));
    }

    /**
     * How fast the ranks add up that many bytes each.
     *
     * @param bytes   of each rank
     * @param seconds of an all-reduce, of {@value #REPEATS} in a captured graph
     */
    public record Added(long bytes, Distribution seconds) {
        /**
         * {@return what goes through a rank's end each way by a ring, which NCCL calls bus bandwidth}
         *
         * @param ranks how many there are
         */
        public double bytesPerSecond(int ranks) {
            return 2 * (ranks - 1.0) / ranks * bytes / seconds.median();
        }
    }

    /**
     * Times all-reduces of float32 of several sizes.
     *
     * @param rounds how many of each
     * @return by size
     */
    public List<Added> added(int rounds) {
        List<Added> added = new ArrayList<>();
        try (DeviceMemory memory = device.allocate(BYTES.getLast()); WorkTimer timer = new WorkTimer(device)) {
            timer.stream().fillBytes(memory.address(), (byte) 0, memory.bytes());
            for (long bytes : BYTES) {
                List<Communicator.Part> part = List.of(new Communicator.Part(memory.address(), bytes / Float.BYTES,
                        Element.FLOAT32));
                barrier.run();
                added.add(new Added(bytes, timer.captured(rounds, REPEATS, () -> {
                    communicator.reduce(Reduction.SUM, part, timer.stream());
                    communicator.awaitIn(timer.stream());
                })));
            }
        }
        communicator.requireJoined();
        return added;
    }

    @Override
    public void close() {
        resources.close();
    }
}
