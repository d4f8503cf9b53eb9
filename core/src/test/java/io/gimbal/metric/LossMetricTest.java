package io.gimbal.metric;

import static io.gimbal.metric.Buffers.find;
import static io.gimbal.metric.Buffers.floats;
import static io.gimbal.metric.Buffers.integers;
import static io.gimbal.metric.Buffers.prediction;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.Precision;
import io.gimbal.device.Stream;
import io.gimbal.engine.Prediction;
import io.gimbal.graph.Shape;
import io.gimbal.loss.Loss;
import io.gimbal.program.Buffer;
import io.gimbal.program.Program;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Held-out losses are the device's own, and their constants the best ones. */
@Tag("device")
class LossMetricTest {
    private static final int CHANNELS = 3;
    private static final int IGNORE = 1;
    private static final Loss[] LOSSES = {Loss.crossEntropy(CHANNELS).ignore(IGNORE), Loss.l1().ignore(IGNORE),
        Loss.l2().ignore(IGNORE), Loss.huber(0.5).ignore(IGNORE), Loss.binaryCrossEntropy(0.3).ignore(IGNORE),
        Loss.balancedBinaryCrossEntropy().ignore(IGNORE), Loss.cosine().ignore(IGNORE),
        Loss.normalizedL1().ignore(IGNORE)};

    @ParameterizedTest
    @ValueSource(ints = {2, 7, 60})
    void heldOutLossesAreWhatTheDeviceComputesOfTheSameBatch(int width) {
        try (Device device = DeviceUnderTest.open()) {
            for (Loss loss : LOSSES) {
                Examples examples = Examples.random(loss, 2 * 3 * width, width);
                LossMetric metric = LossMetric.of(loss, CHANNELS, IGNORE);
                metric.add(examples.prediction(), examples.target, examples.places());
                float due = onDevice(device, loss, examples, Shape.image(2, CHANNELS, 3, width));
                // float32 sums of some hundred terms
                assertEquals(due, find(metric, "loss").value(), 2e-6 * Math.max(1, due), loss.toString());
            }
        }
    }

    /** Predictions and labels, some of them missing. */
    private record Examples(float[] values, ByteBuffer target) {
        static Examples random(Loss loss, int places, int seed) {
            Random random = new Random(seed);
            float[] values = new float[places * CHANNELS];
            for (int i = 0; i < values.length; i++) {
                values[i] = 2 * (float) random.nextGaussian();
            }
            boolean classes = loss.target(Shape.image(1, CHANNELS, 1, 1)).ofClasses();
            ByteBuffer target = ByteBuffer.allocateDirect(Float.BYTES * places * (classes ? 1 : CHANNELS))
                    .order(ByteOrder.nativeOrder());
            for (int place = 0; place < places; place++) {
                // One in six is unlabelled; there is a labelled one, the first.
                boolean missing = place > 0 && random.nextInt(6) == 0;
                if (classes) {
                    target.putInt(missing ? IGNORE : 2 * random.nextInt(2));
                } else {
                    label(loss, random, missing, target);
                }
            }
            return new Examples(values, target);
        }

        private static void label(Loss loss, Random random, boolean missing, ByteBuffer target) {
            double[] label = new double[CHANNELS];
            double squares = 0;
            for (int c = 0; c < CHANNELS; c++) {
                label[c] = loss.ofLogits() ? random.nextInt(3) / 2.0 : random.nextGaussian() + c;
                squares += label[c] * label[c];
            }
            for (double value : label) {
                target.putFloat(missing ? IGNORE : (float) (loss.ofDirections() ? value / Math.sqrt(squares) : value));
            }
        }

        FloatBuffer prediction() {
            return Buffers.prediction(values);
        }

        int places() {
            return values.length / CHANNELS;
        }
    }

    private static float onDevice(Device device, Loss loss, Examples examples, Shape shape) {
        try (DeviceMemory logits = device.allocate(4 * shape.elements());
                DeviceMemory target = device.allocate(examples.target.capacity());
                DeviceMemory weight = device.allocate(4); DeviceMemory result = device.allocate(4);
                DeviceMemory gradient = device.allocate(4 * shape.elements()); Stream stream = device.newStream()) {
            device.upload(logits, floats(examples.values));
            device.upload(target, examples.target.duplicate().clear());
            device.upload(weight, floats(1));
            ProgramBuilder builder = new ProgramBuilder(null, Precision.FLOAT32);  // there is nothing to convolve
            Prediction prediction = new Prediction(region(logits), region(gradient), shape, 1, CHANNELS, CHANNELS);
            Region count = builder.floats("count", 1);
            loss.count(builder, prediction.shape(), region(target), count);
            loss.evaluate(builder, prediction, region(target), region(weight), count, region(result));
            try (Program program = builder.build(device, stream)) {
                program.launch();
                stream.synchronize();
            }
            ByteBuffer one = floats(0);
            device.download(result, one);
            return one.getFloat(0);
        }
    }

    private static Region region(DeviceMemory memory) {
        return Buffer.fixed("memory", memory.bytes(), memory.address()).region();
    }

    @Test
    void noConstantHasALowerLossThanTheBestAndOneHasIt() {
        for (Loss loss : LOSSES) {
            Examples examples = Examples.random(loss, 300, 5);
            LossMetric metric = LossMetric.of(loss, CHANNELS, IGNORE);
            metric.add(examples.prediction(), examples.target, examples.places());
            double constant = find(metric, "loss").constant();
            double found = lowest(loss, examples);
            // A mean direction is nearly, not quite, the best one of the normalised L1.
            double slack = loss.equals(Loss.normalizedL1().ignore(IGNORE)) ? 0.05 : 1e-4;
            assertEquals(found, constant, slack * found, loss.toString());
        }
    }

    /** The lowest loss of a constant that a search by ever smaller steps finds. */
    private static double lowest(Loss loss, Examples examples) {
        float[] constant = {0.1f, 0.2f, 0.3f};
        double lowest = ofConstant(loss, examples, constant);
        for (double step = 1; step > 1e-5; step /= 2) {
            boolean better = true;
            while (better) {
                better = false;
                for (int direction = 0; direction < 2 * CHANNELS; direction++) {
                    float[] next = constant.clone();
                    next[direction / 2] += (float) (direction % 2 == 0 ? step : -step);
                    double value = ofConstant(loss, examples, next);
                    if (value < lowest - 1e-12) {
                        lowest = value;
                        constant = next;
                        better = true;
                    }
                }
            }
        }
        return lowest;
    }

    private static double ofConstant(Loss loss, Examples examples, float[] constant) {
        LossMetric metric = LossMetric.of(loss, CHANNELS, IGNORE);
        float[] values = examples.values.clone();
        for (int i = 0; i < values.length; i++) {
            values[i] = constant[i % CHANNELS];
        }
        metric.add(prediction(values), examples.target, examples.places());
        return find(metric, "loss").value();
    }

    @Test
    void aNaNShowsAndWhatIsUnlabelledDoesNotCount() {
        for (Loss loss : LOSSES) {
            boolean classes = loss.target(Shape.image(1, CHANNELS, 1, 1)).ofClasses();
            ByteBuffer unlabelled = classes ? integers(IGNORE) : floats(IGNORE, IGNORE, IGNORE);
            ByteBuffer label = classes ? integers(2) : floats(0, 0, 1);
            LossMetric metric = LossMetric.of(loss, CHANNELS, IGNORE);
            metric.add(prediction(1, 2, 3), unlabelled, 1);
            assertFalse(find(metric, "loss").labelled(), loss.toString());
            assertTrue(Double.isNaN(find(metric, "loss").value()), loss.toString());
            metric.add(prediction(1, 2, Float.NaN), label, 1);
            assertTrue(find(metric, "loss").labelled(), loss.toString());
            assertTrue(Double.isNaN(find(metric, "loss").value()), loss.toString());
            metric.reset();
            metric.add(prediction(1, 2, 3), label, 1);
            assertTrue(Double.isFinite(find(metric, "loss").value()), loss.toString());
        }
    }

    @Test
    void logitsOfAnySizeHaveAFiniteLoss() {
        LossMetric classes = LossMetric.of(Loss.crossEntropy(2), 1, -100);
        classes.add(prediction(1e30f, -1e30f, 3e38f, 3e38f), integers(0, 1), 2);
        assertEquals(Math.log(2) / 2, find(classes, "loss").value(), 1e-12);
        LossMetric binary = LossMetric.of(Loss.binaryCrossEntropy(0.5), 1, -1);
        binary.add(prediction(1e30f, -1e30f), floats(1, 0), 2);
        assertEquals(0, find(binary, "loss").value(), 1e-12);
    }

    @Test
    void powersAreTheLibrarysBesideTheLargest() {
        double[] values = new double[1000];
        double[] due = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = -0.08 * i;
            due[i] = Math.exp(values[i]);
        }
        ClassLossMetric.exponentiate(values, values.length);
        for (int i = 0; i < values.length; i++) {
            assertEquals(due[i], values[i], 1e-13);
        }
        double[] ends = {0, Double.NEGATIVE_INFINITY, Double.NaN};
        ClassLossMetric.exponentiate(ends, ends.length);
        assertEquals(1, ends[0]);
        assertEquals(0, ends[1], 1e-34);
        assertTrue(Double.isNaN(ends[2]));
    }
}
