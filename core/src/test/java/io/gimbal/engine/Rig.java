package io.gimbal.engine;

import io.gimbal.balance.GradNorm;
import io.gimbal.device.Device;
import io.gimbal.device.Event;
import io.gimbal.device.PinnedMemory;
import io.gimbal.device.Precision;
import io.gimbal.loss.Loss;
import io.gimbal.model.Network;
import io.gimbal.nn.Layers;
import io.gimbal.optimizer.Adam;
import io.gimbal.optimizer.Schedule;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.SplittableRandom;

/** A small training of two tasks with a few batches in page-locked memory. */
public final class Rig implements AutoCloseable {
    static final int BATCHES = 3;
    static final List<Criterion> CRITERIA = List.of(Loss.crossEntropy(3).ignore(255), Loss.l1().ignore(0));

    final Device device;
    public final TrainingStep step;
    public final PinnedMemory batches;
    private final Event uploaded;

    public Rig(Device device) {
        this(device, Precision.FLOAT32);
    }

    public Rig(Device device, Precision precision) {
        this(device, plan(graph(), precision));
    }

    /** @param plan of a network that takes and gives what {@link #graph} does */
    Rig(Device device, StepPlan plan) {
        this.device = device;
        step = new TrainingStep(device, plan);
        step.model().initialize(7);
        batches = device.allocatePinned(BATCHES * step.layout().bytes());
        uploaded = device.newEvent();
        for (int batch = 0; batch < BATCHES; batch++) {
            fill(batch);
        }
    }

    public static NetworkGraph graph() {
        return graph(2);
    }

    static NetworkGraph graph(int batch) {
        return Network.ofImages(2, 9, 7)
                .trunk(Layers.conv2d(6, 3).padding(1).withoutBias(), Layers.batchNorm(), Layers.relu(),
                        Layers.maxPool(2),
                        Layers.conv2d(5, 3).padding(1), Layers.relu())
                .head("classes", Layers.upsampleNearest(2), Layers.conv2d(3, 1)).head("values",
                        Layers.conv2d(2, 3)).graph(batch);
    }

    /** Behind a sigmoid what is infinite looks like 0 or 1; W, whose gradient norms are measured, stands behind it. */
    static NetworkGraph graphBehindASigmoid() {
        return Network.ofImages(2, 9, 7)
                .trunk(Layers.conv2d(6, 3).padding(1), Layers.sigmoid(), Layers.conv2d(5, 3).padding(1).withoutBias(),
                        Layers.batchNorm(), Layers.relu())
                .head("classes", Layers.conv2d(3, 1)).head("values", Layers.conv2d(2, 3)).graph(2);
    }

    static TrainingStep newStep(Device device, NetworkGraph graph) {
        return new TrainingStep(device, plan(graph));
    }

    public static StepPlan plan(NetworkGraph graph) {
        return plan(graph, Precision.FLOAT32);
    }

    static StepPlan plan(NetworkGraph graph, Precision precision) {
        return new StepPlan(graph, CRITERIA, GradNorm.withAlpha(1.5), Adam.withRate(1e-2), Schedule.constant(1e-2),
                precision, false);
    }

    private ByteBuffer part(int batch, long offset, long bytes) {
        return batches.buffer().slice(Math.toIntExact(batch * step.layout().bytes() + offset), Math.toIntExact(bytes))
                .order(ByteOrder.nativeOrder());
    }

    /** Random images and targets. */
    void fill(int batch) {
        SplittableRandom random = new SplittableRandom(batch + 1);
        BatchLayout layout = step.layout();
        ByteBuffer images = part(batch, 0, layout.inputBytes());
        while (images.hasRemaining()) {
            images.putFloat((float) random.nextGaussian());
        }
        ByteBuffer classes = part(batch, layout.targetOffset(0), layout.targetBytes(0));
        while (classes.hasRemaining()) {
            classes.putInt(random.nextInt(3));
        }
        ByteBuffer values = part(batch, layout.targetOffset(1), layout.targetBytes(1));
        while (values.hasRemaining()) {
            values.putFloat(0.5f + (float) random.nextDouble());
        }
    }

    /** Puts a value into a batch's first image. */
    void spoilInput(int batch, float value) {
        part(batch, 0, Float.BYTES).putFloat(value);
    }

    /** Puts a value into the first place of the second task's target. */
    void spoilTarget(int batch, float value) {
        part(batch, step.layout().targetOffset(1), Float.BYTES).putFloat(value);
    }

    public void submit(int batch) {
        step.submit(batches, batch * step.layout().bytes(), uploaded);
    }

    public void submitInTurn(int steps) {
        for (int i = 0; i < steps; i++) {
            submit((int) (step.submitted() % BATCHES));
        }
    }

    @Override
    public void close() {
        step.close();
        uploaded.close();
        batches.close();
    }
}
