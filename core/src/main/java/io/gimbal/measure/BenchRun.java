package io.gimbal.measure;

import io.gimbal.balance.FixedWeights;
import io.gimbal.config.Config;
import io.gimbal.device.Device;
import io.gimbal.device.Precision;
import io.gimbal.dnn.DeviceLimits;
import io.gimbal.engine.Balancing;
import io.gimbal.engine.BatchLayout;
import io.gimbal.engine.StepPlan;
import io.gimbal.engine.TrainingStep;
import io.gimbal.loss.CrossEntropy;
import io.gimbal.loss.TaskSpec;
import io.gimbal.program.Peers;
import io.gimbal.run.TrainingPlan;
import io.gimbal.train.BatchLoop;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * A training step to be timed: of a case or of a training configuration, on random batches (images of a normal
 * distribution, values between 0.1 and 5, unit vectors for a loss of directions, every class alike), with the rule of
 * balancing that is asked for. Norms are measured where the rule needs them. Owns its device memory. For one thread, as
 * its step is.
 */
public final class BenchRun implements AutoCloseable {
    /** Batches that take turns, so that none stays in a cache. */
    private static final int BATCHES = 4;

    private final Device device;
    private final StepPlan plan;
    private final BatchLoop loop;

    /**
     * Captures the step.
     *
     * @param device    where it runs
     * @param config    a {@code case.json} or a training configuration
     * @param batch     examples a step
     * @param equal     equal weights instead of the configuration's balancing
     * @param precision instead of the configuration's own
     * @param planned   is run after each convolution is planned
     */
    public BenchRun(Device device, Config config, int batch, boolean equal, Optional<Precision> precision,
            Runnable planned) {
        this(device, config, batch, equal, precision, planned, Peers.NONE);
    }

    /**
     * Captures one rank's part of the step.
     *
     * @param device    where it runs
     * @param config    a {@code case.json} or a training configuration
     * @param batch     examples of a step that are this rank's
     * @param equal     equal weights instead of the configuration's balancing
     * @param precision instead of the configuration's own
     * @param planned   is run after each convolution is planned
     * @param peers     the ranks
     */
    public BenchRun(Device device, Config config, int batch, boolean equal, Optional<Precision> precision,
            Runnable planned, Peers peers) {
        this.device = device;
        TrainingPlan training = TrainingPlan.read(config);
        Balancing balancing = equal ? FixedWeights.equal() : training.balancing();
        plan = training.step(batch, balancing, precision.orElse(training.precision()));
        TrainingStep step = new TrainingStep(device, plan, planned, peers);
        loop = new BatchLoop(device, step, BATCHES);
        try {
            step.model().initialize(1);
            for (int k = 0; k < BATCHES; k++) {
                fill(loop.batch(k), step.layout(), training.tasks(), new SplittableRandom((long) BATCHES * peers.rank()
                        + k + 1));
            }
        } catch (RuntimeException | Error failure) {
            loop.step().confinement().closeAfter(failure);
            throw failure;
        }
        loop.step().handOver();
    }

    private static void fill(ByteBuffer batch, BatchLayout layout, List<TaskSpec> tasks, SplittableRandom random) {
        FloatBuffer images = floats(batch, 0, layout.inputBytes());
        while (images.hasRemaining()) {
            images.put((float) random.nextGaussian());
        }
        for (int task = 0; task < tasks.size(); task++) {
            ByteBuffer target = batch.slice(Math.toIntExact(layout.targetOffset(task)),
                    Math.toIntExact(layout.targetBytes(task))).order(batch.order());
            if (tasks.get(task).loss() instanceof CrossEntropy loss) {
                while (target.hasRemaining()) {
                    target.putInt(random.nextInt(loss.classes()));
                }
            } else {
                fillValues(target.asFloatBuffer(), layout.target(task).channels(),
                        tasks.get(task).loss().ofDirections(), random);
            }
        }
    }

    private static FloatBuffer floats(ByteBuffer batch, long offset, long bytes) {
        return batch.slice(Math.toIntExact(offset), Math.toIntExact(bytes)).order(batch.order()).asFloatBuffer();
    }

    private static void fillValues(FloatBuffer target, int channels, boolean unit, SplittableRandom random) {
        double[] place = new double[channels];
        while (target.hasRemaining()) {
            double squares = 0;
            for (int channel = 0; channel < channels; channel++) {
                place[channel] = unit ? random.nextGaussian() : random.nextDouble(0.1, 5);
                squares += place[channel] * place[channel];
            }
            for (double value : place) {
                target.put((float) (unit ? value / Math.sqrt(squares) : value));
            }
        }
    }

    /** {@return the captured step} */
    public TrainingStep step() {
        return loop.step();
    }

    /** {@return how many examples a step takes} */
    public int batch() {
        return plan.graph().input().batch();
    }

    /** {@return what the step costs, counted} */
    public PlannedStep planned() {
        try (StepPlanner planner = new StepPlanner(device, plan.precision(), () -> { })) {
            return planner.plan(plan);
        }
    }

    /** Launches the next step on its batch; the host does not wait. */
    public void launch() {
        loop.launch();
    }

    /**
     * Measures where the step's time goes, after at least two steps; the run can only be closed afterwards.
     *
     * @param limits what the device can do at best
     * @param timed  is run after each measurement, of which there are {@link #measurements}
     * @return the times
     */
    public StepProfile profile(DeviceLimits limits, Runnable timed) {
        return StepProfiler.profile(device, loop.step(), limits, loop.memory(0), timed);
    }

    /** {@return how many measurements {@link #profile} makes} */
    public int measurements() {
        return StepProfiler.measurements(loop.step());
    }

    @Override
    public void close() {
        loop.close();
    }
}
