package io.gimbal.measure;

import io.gimbal.data.DataSet;
import io.gimbal.data.Position;
import io.gimbal.data.Sampler;
import io.gimbal.data.Slot;
import io.gimbal.data.Stages;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures how fast one thread reads samples, in a training's order and varied as for it, into the buffers of a batch
 * of one. For one thread.
 */
public final class DataMeter {
    private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();
    private static final CompilationMXBean COMPILER = ManagementFactory.getCompilationMXBean();
    /** Of the time of a pass, what a slice of its warm-up takes. */
    private static final double SLICE = 1 / 3.0;

    private final DataSet data;
    private final Sampler sampler;
    private final FloatBuffer image;
    private final Map<String, ByteBuffer> targets = new HashMap<>();
    private Position next;

    /**
     * What a pass took.
     *
     * @param images  samples that were read
     * @param seconds of the clock
     * @param stages  seconds of the processor a sample, by stage
     * @param steady  whether reading had got as fast as it gets before
     */
    public record Pass(long images, double seconds, Map<Stages.Stage, Double> stages, boolean steady) {
        /** {@return seconds of the processor that a sample took} */
        public double processorSeconds() {
            return stages.values().stream().mapToDouble(Double::doubleValue).sum();
        }

        /** {@return how many samples a second a core reads} */
        public double rate() {
            return 1 / processorSeconds();
        }

        /**
         * {@return how many cores read as fast as a device takes batches}
         *
         * @param batch       samples a step
         * @param stepSeconds a step takes
         */
        public double cores(int batch, double stepSeconds) {
            return batch * processorSeconds() / stepSeconds;
        }
    }

    /**
     * Has read nothing yet.
     *
     * @param data    whose samples are read
     * @param sampler which samples are read, in which order; of one sample a batch, and without end
     * @param fields  the labels that are read
     */
    public DataMeter(DataSet data, Sampler sampler, List<String> fields) {
        this.data = data;
        this.sampler = sampler;
        Slot slot = Slot.allocate(data, 1, fields);
        image = slot.image().order(ByteOrder.nativeOrder()).asFloatBuffer();
        slot.targets().forEach((name, target) -> targets.put(name, target.order(ByteOrder.nativeOrder())));
        next = sampler.start();
    }

    /** Reads every sample once: what is kept is kept then. */
    public void fill() {
        for (int index = 0; index < sampler.batchesPerEpoch(); index++) {
            read();
        }
    }

    /**
     * Reads for so much of the processor's time, once reading does not get any faster; for that it has up to ten times
     * as much.
     *
     * @param seconds of the processor's time
     * @param done    is run after each sample
     * @return what was measured
     * @throws io.gimbal.config.UserException if a sample cannot be read
     */
    public Pass pass(double seconds, Runnable done) {
        WarmUp warmUp = new WarmUp();
        while (!warmUp.over()) {
            slice(warmUp, SLICE * seconds, done);
        }
        Map<Stages.Stage, Double> stages = new EnumMap<>(Stages.Stage.class);
        long begin = System.nanoTime();
        long[] images = new long[1];
        Map<Stages.Stage, Long> spent = Stages.measure(() -> images[0] = readFor(seconds, done));
        double took = (System.nanoTime() - begin) / 1e9;
        spent.forEach((stage, nanoseconds) -> stages.put(stage, nanoseconds / 1e9 / images[0]));
        return new Pass(images[0], took, stages, warmUp.steady());
    }

    private void slice(WarmUp warmUp, double seconds, Runnable done) {
        long compiled = COMPILER.getTotalCompilationTime();
        long begin = System.nanoTime();
        long processor = CLOCK.getCurrentThreadCpuTime();
        long read = readFor(seconds, done);
        warmUp.slice((CLOCK.getCurrentThreadCpuTime() - processor) / 1e9 / read,
                (COMPILER.getTotalCompilationTime() - compiled) * 1e6 / (System.nanoTime() - begin));
    }

    /** The thread's own seconds, so that on a busy machine no fewer samples are read. */
    private long readFor(double seconds, Runnable done) {
        long deadline = CLOCK.getCurrentThreadCpuTime() + (long) (1e9 * seconds);
        long count = 0;
        do {
            read();
            done.run();
            count++;
        } while (CLOCK.getCurrentThreadCpuTime() < deadline);
        return count;
    }

    private void read() {
        data.read(sampler.index(next, 0), sampler.variation(next, 0), image, targets);
        next = sampler.after(next);
    }
}
