package io.gimbal.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.Precision;
import io.gimbal.device.Stream;
import io.gimbal.graph.Shape;
import io.gimbal.loss.Loss;
import io.gimbal.program.Buffer;
import io.gimbal.program.Program;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Losses as programs launch them, on logits at full resolution and on smaller ones. */
@Tag("device")
class PredictionTest {
    private static final Shape FULL = Shape.image(2, 3, 12, 8);
    private static final int SCALE = 4;
    private static final int SMALL_ELEMENTS = (int) FULL.elements() / (SCALE * SCALE);
    private static final int PITCH = 5;
    private static final int WRITTEN = 4;
    private static final int SMALL_TENSOR = SMALL_ELEMENTS / 3 * PITCH;
    /** What stands in the gradient before: no loss leaves it. */
    private static final float UNTOUCHED = 99;

    private static final Region NOWHERE = Buffer.fixed("nowhere", 1, 1).region();

    private static Prediction prediction(Shape shape, int scale, int pitch, int written) {
        return new Prediction(NOWHERE, NOWHERE, shape, scale, pitch, written);
    }

    @Test
    void everyLossOfSmallLogitsIsThatOfTheirUpsampling() {
        try (Device device = DeviceUnderTest.open()) {
            for (Loss loss : new Loss[] {Loss.crossEntropy(3).ignore(1), Loss.l1(), Loss.l2().ignore(0),
                Loss.huber(0.5), Loss.binaryCrossEntropy(0.3), Loss.cosine().ignore(0),
                Loss.normalizedL1().ignore(0), Loss.balancedBinaryCrossEntropy().ignore(0)}) {
                float[] apart = run(device, loss, false);
                float[] together = run(device, loss, true);
                // some tens of roundings of sums over at most 64 outputs
                assertArrayEquals(apart, together, 1e-6f, loss.name());
                assertTrue(together[0] > 0.01f, loss.name());
            }
        }
    }

    /** The loss, then the gradient of the small logits, [places][PITCH]. */
    private static float[] run(Device device, Loss loss, boolean fused) {
        int words = SMALL_TENSOR;
        try (DeviceMemory logits = device.allocate(4L * words); DeviceMemory target = device.allocate(4
                * FULL.elements()); DeviceMemory weight = device.allocate(4); DeviceMemory result = device.allocate(4);
                DeviceMemory gradient = device.allocate(4L * words); Stream stream = device.newStream()) {
            Random random = new Random(1);
            upload(device, logits, i -> (float) random.nextGaussian());
            boolean classes = loss.target(FULL).ofClasses();
            upload(device, target, i -> classes ? Float.intBitsToFloat(random.nextInt(3)) : random.nextInt(3) / 2f);
            upload(device, weight, i -> 1.5f);
            upload(device, gradient, i -> UNTOUCHED);
            ProgramBuilder builder = new ProgramBuilder(null, Precision.FLOAT32);  // there is nothing to convolve
            Prediction prediction = fused
                    ? new Prediction(region(logits), region(gradient), FULL, SCALE, PITCH, WRITTEN)
                    : apart(builder, region(logits));
            Region count = builder.floats("count", 1);
            loss.count(builder, prediction.shape(), region(target), count);
            loss.evaluate(builder, prediction, region(target), region(weight), count, region(result));
            if (!fused) {
                builder.launch("upsample", "upsample_bilinear_backward", 1, prediction.cotangent(), region(gradient),
                        FULL.batch(), FULL.height() / SCALE, FULL.width() / SCALE, PITCH, SCALE);
            }
            try (Program program = builder.build(device, stream)) {
                program.launch();
                stream.synchronize();
            }
            float[] values = new float[1 + words];
            values[0] = download(device, result)[0];
            float[] slopes = download(device, gradient);
            for (int i = 0; i < words; i++) {
                values[1 + i] = slopes[i];
                if (i % PITCH >= WRITTEN) {
                    values[1 + i] = fused ? slopes[i] - UNTOUCHED : 0;
                }
            }
            return values;
        }
    }

    /** The logits upsampled, all channels of the tensor, and room for as large a gradient. */
    private static Prediction apart(ProgramBuilder builder, Region logits) {
        long elements = FULL.places() * PITCH;
        Region values = builder.floats("upsampled", elements);
        builder.launch("upsample", "upsample_bilinear_forward", 1, logits, values, FULL.batch(), FULL.height() / SCALE,
                FULL.width() / SCALE, PITCH, SCALE);
        return new Prediction(values, builder.floats("gradient", elements), FULL, 1, PITCH, WRITTEN);
    }

    private static Region region(DeviceMemory memory) {
        return Buffer.fixed("memory", memory.bytes(), memory.address()).region();
    }

    private interface Values {
        float at(int index);
    }

    private static void upload(Device device, DeviceMemory memory, Values values) {
        ByteBuffer buffer = buffer(memory);
        for (int i = 0; buffer.hasRemaining(); i++) {
            buffer.putFloat(values.at(i));
        }
        device.upload(memory, buffer.flip());
    }

    private static float[] download(Device device, DeviceMemory memory) {
        ByteBuffer buffer = buffer(memory);
        device.download(memory, buffer);
        float[] values = new float[buffer.capacity() / Float.BYTES];
        buffer.clear().asFloatBuffer().get(values);
        return values;
    }

    private static ByteBuffer buffer(DeviceMemory memory) {
        return ByteBuffer.allocateDirect(Math.toIntExact(memory.bytes())).order(ByteOrder.nativeOrder());
    }

    @Test
    void predictionThatHasItsTensorsToItselfIsPacked() {
        Prediction prediction = Prediction.of(NOWHERE, NOWHERE, FULL);
        assertEquals(prediction(FULL, 1, 3, 3), prediction);
        assertFalse(prediction.upsampled());
        assertEquals(12, prediction.rows());
        assertEquals(2, prediction(FULL, SCALE, 3, 3).columns());
    }

    @Test
    void scaleThatDoesNotDivideTheShapeIsRefused() {
        refused("scale is 3", () -> prediction(FULL, 3, 3, 3));
        refused("scale is 0", () -> prediction(FULL, 0, 3, 3));
    }

    @Test
    void channelsThatAreWrittenAreTheTasksAtLeastAndThePitchAtMost() {
        refused("from 3, the channels", () -> prediction(FULL, 1, 8, 2));
        refused("to 8, the pitch", () -> prediction(FULL, 1, 8, 9));
    }

    @Test
    void whatNoKernelUpsamplesHasToBeUpsampledBefore() {
        assertTrue(Prediction.mayBeUpsampled(2, 1));
        assertTrue(Prediction.mayBeUpsampled(16, 256));
        assertFalse(Prediction.mayBeUpsampled(1, 3), "there is nothing to upsample");
        assertFalse(Prediction.mayBeUpsampled(17, 3));
        assertFalse(Prediction.mayBeUpsampled(2, 257));
        refused("no loss upsamples 3 channels by 32", () -> prediction(Shape.image(1, 3, 32, 32), 32, 3, 3));
    }

    private static void refused(String what, Runnable made) {
        String message = assertThrows(IllegalArgumentException.class, made::run).getMessage();
        assertTrue(message.contains(what), message);
    }
}
