package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.CudaException;
import io.gimbal.device.TestConvolution.Operation;
import io.gimbal.device.TestConvolution.Shape;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** cuDNN's convolution graphs in float32 and bf16, of one group and several, against naive loops in float64. */
abstract class ConvolutionContract {
    private Device device;
    private io.gimbal.device.Stream stream;

    abstract Device open();

    Device device() {
        return device;
    }

    @BeforeEach
    void openDevice() {
        device = open();
        stream = device.newStream();
    }

    @AfterEach
    void closeDevice() {
        if (device != null) {
            device.close();
        }
    }

    static Stream<Arguments> convolutions() {
        Shape[] shapes = {
            shape(1, 1, 1, 1, 1, 1, 1, 1, 0, 1),
            shape(2, 5, 7, 3, 4, 3, 3, 1, 1, 1),
            shape(1, 8, 9, 5, 7, 1, 1, 1, 0, 1),
            shape(2, 9, 11, 4, 8, 3, 3, 2, 1, 1),
            shape(1, 13, 10, 3, 6, 3, 3, 1, 2, 2),
            shape(2, 12, 12, 16, 16, 5, 5, 1, 2, 1),
            shape(1, 11, 11, 3, 8, 7, 7, 2, 3, 1),
            shape(3, 16, 12, 32, 24, 3, 3, 1, 1, 1),
            shape(1, 10, 10, 4, 4, 2, 2, 2, 0, 1),
            new Shape(1, 2, 9, 8, 3, 5, 3, 2, new int[] {2, 1}, new int[] {0, 1}, new int[] {1, 2}),
            grouped(2, 1, 1, 1, 2, 2, 1, 0),
            grouped(3, 2, 5, 7, 9, 6, 3, 1),
            grouped(4, 1, 9, 6, 4, 8, 3, 1),
            grouped(3, 2, 6, 5, 48, 39, 1, 0),
            grouped(2, 2, 11, 12, 128, 64, 3, 1),
            grouped(13, 2, 5, 6, 13, 13, 3, 1),
            grouped(12, 2, 9, 8, 24, 36, 3, 1),
            grouped(5, 3, 12, 13, 60, 50, 3, 1),
            new Shape(4, 2, 9, 7, 32, 28, 1, 1, new int[] {2, 2}, new int[] {0, 0}, new int[] {1, 1}),
            new Shape(8, 2, 11, 9, 8, 8, 5, 5, new int[] {2, 2}, new int[] {2, 2}, new int[] {1, 1}),
            new Shape(6, 1, 9, 10, 6, 18, 3, 3, new int[] {1, 1}, new int[] {2, 2}, new int[] {2, 2})};
        return Stream.of(TestConvolution.FLOAT, TestConvolution.BFLOAT16).flatMap(type -> Stream.of(shapes)
                .flatMap(shape -> Stream.of(Operation.values())
                .map(operation -> Arguments.of(type, operation, shape))));
    }

    static Shape shape(int n, int h, int w, int c, int k, int r, int s, int stride, int padding, int dilation) {
        return new Shape(1, n, h, w, c, k, r, s, new int[] {stride, stride}, new int[] {padding, padding},
                new int[] {dilation, dilation});
    }

    /** Of c channels in groups, to k. */
    static Shape grouped(int groups, int n, int h, int w, int c, int k, int kernel, int padding) {
        return new Shape(groups, n, h, w, c, k, kernel, kernel, new int[] {1, 1}, new int[] {padding, padding},
                new int[] {1, 1});
    }

    @ParameterizedTest
    @MethodSource("convolutions")
    void theConvolutionEqualsTheNaiveOne(int type, Operation operation, Shape shape) {
        float[] image = TestDevices.randomBf16(1, shape.n() * shape.h() * shape.w() * shape.c());
        float[] filter = TestDevices.randomBf16(2, shape.k() * shape.r() * shape.s() * shape.c() / shape.groups());
        float[] output = TestDevices.randomBf16(3, shape.n() * shape.p() * shape.q() * shape.k());
        if (type == TestConvolution.FLOAT) {
            image = TestDevices.random(1, image.length);
            filter = TestDevices.random(2, filter.length);
            output = TestDevices.random(3, output.length);
        }
        double[] sums = new double[written(operation, image, filter, output).length];
        double[] magnitudes = new double[sums.length];
        accumulate(operation, shape, image, filter, output, sums, magnitudes);

        float[] result = run(type, operation, shape, image, filter, output);

        assertEquals(sums.length, result.length);
        for (int i = 0; i < sums.length; i++) {
            // float32 sums in another order (or by Winograd's transform): some roundings of the terms' magnitude. A
            // bf16 result is rounded once: half a unit of its 8 digits.
            double bound = 1e-5 * (magnitudes[i] + 1e-3);
            assertEquals(sums[i], result[i], type == TestConvolution.FLOAT ? bound : bound + 0x1p-8 * (Math.abs(sums[i])
                    + bound), "element " + i);
        }
    }

    /** What the operation writes. */
    private float[] run(int type, Operation operation, Shape shape, float[] image, float[] filter, float[] output) {
        DeviceMemory deviceImage = memory(type, image);
        DeviceMemory deviceFilter = memory(type, filter);
        DeviceMemory deviceOutput = memory(type, output);
        try (TestConvolution convolution = new TestConvolution(device.dnn(), stream.dnnHandle())) {
            convolution.plan(operation, shape, type);
            DeviceMemory workspace = device.allocate(Math.max(1, convolution.workspaceBytes()));
            convolution.execute(deviceImage.address(), deviceFilter.address(), deviceOutput.address(),
                    workspace.address());
            stream.synchronize();
        }
        DeviceMemory written = written(operation, deviceImage, deviceFilter, deviceOutput);
        return type == TestConvolution.FLOAT ? TestDevices.floats(device, written)
                : TestDevices.bf16Floats(device, written);
    }

    private DeviceMemory memory(int type, float[] values) {
        return type == TestConvolution.FLOAT ? TestDevices.memory(device, values)
                : TestDevices.bf16Memory(device, values);
    }

    @ParameterizedTest
    @EnumSource
    void aBf16ResultIsRoundedOnceToTheNearestAndToEvenInTheMiddle(Operation operation) {
        // Above 256 bf16 has the even numbers. One place, one filter: each sum is 259; rounded on the way it would be
        // 256, rounded towards zero 258.
        Shape forward = shape(1, 1, 1, 4, 1, 1, 1, 1, 0, 1);
        Shape backward = shape(1, 1, 1, 1, 4, 1, 1, 1, 0, 1);
        Shape places = shape(1, 1, 4, 1, 1, 1, 1, 1, 0, 1);
        float[] terms = {256, 1, 1, 1};
        float[] ones = {1, 1, 1, 1};
        float[] none = {0};
        assertArrayEquals(new float[] {260}, switch (operation) {
            case FORWARD -> run(TestConvolution.BFLOAT16, operation, forward, terms, ones, none);
            case BACKWARD_DATA -> run(TestConvolution.BFLOAT16, operation, backward, none, terms, ones);
            case BACKWARD_FILTER -> run(TestConvolution.BFLOAT16, operation, places, terms, none, ones);
        });
    }

    private static <X> X written(Operation operation, X image, X filter, X output) {
        return switch (operation) {
            case FORWARD -> output;
            case BACKWARD_DATA -> image;
            case BACKWARD_FILTER -> filter;
        };
    }

    private static void accumulate(Operation operation, Shape shape, float[] image, float[] filter, float[] output,
            double[] sums, double[] magnitudes) {
        for (int n = 0; n < shape.n(); n++) {
            for (int p = 0; p < shape.p(); p++) {
                for (int q = 0; q < shape.q(); q++) {
                    for (int r = 0; r < shape.r(); r++) {
                        for (int s = 0; s < shape.s(); s++) {
                            int h = p * shape.stride()[0] - shape.padding()[0] + r * shape.dilation()[0];
                            int w = q * shape.stride()[1] - shape.padding()[1] + s * shape.dilation()[1];
                            if (h < 0 || h >= shape.h() || w < 0 || w >= shape.w()) {
                                continue;
                            }
                            int x = ((n * shape.h() + h) * shape.w() + w) * shape.c();
                            int y = ((n * shape.p() + p) * shape.q() + q) * shape.k();
                            accumulateTap(operation, shape, image, filter, output, x, y, r * shape.s() + s, sums,
                                    magnitudes);
                        }
                    }
                }
            }
        }
    }

    /** The terms of one tap of all filters between the places that start at x and y. */
    private static void accumulateTap(Operation operation, Shape shape, float[] image, float[] filter, float[] output,
            int x, int y, int tap, double[] sums, double[] magnitudes) {
        int in = shape.c() / shape.groups();
        int out = shape.k() / shape.groups();
        for (int k = 0; k < shape.k(); k++) {
            int f = (k * shape.r() * shape.s() + tap) * in;
            int group = x + k / out * in;
            for (int c = 0; c < in; c++) {
                int to = switch (operation) {
                    case FORWARD -> y + k;
                    case BACKWARD_DATA -> group + c;
                    case BACKWARD_FILTER -> f + c;
                };
                double term = switch (operation) {
                    case FORWARD -> (double) image[group + c] * filter[f + c];
                    case BACKWARD_DATA -> (double) output[y + k] * filter[f + c];
                    case BACKWARD_FILTER -> (double) output[y + k] * image[group + c];
                };
                sums[to] += term;
                magnitudes[to] += Math.abs(term);
            }
        }
    }

    @Test
    void aConvolutionCanBeCapturedAndReplayed() {
        Shape shape = shape(1, 4, 4, 2, 2, 3, 3, 1, 1, 1);
        DeviceMemory image = TestDevices.memory(device, TestDevices.random(1, 32));
        DeviceMemory filter = TestDevices.memory(device, TestDevices.random(2, 36));
        DeviceMemory output = TestDevices.memory(device, new float[32]);
        float[] first;
        try (TestConvolution convolution = new TestConvolution(device.dnn(), stream.dnnHandle())) {
            convolution.plan(Operation.FORWARD, shape, TestConvolution.FLOAT);
            DeviceMemory workspace = device.allocate(Math.max(1, convolution.workspaceBytes()));
            convolution.execute(image.address(), filter.address(), output.address(), workspace.address());
            stream.synchronize();
            first = TestDevices.floats(device, output);
            Graph graph = stream.capture(
                    () -> convolution.execute(image.address(), filter.address(), output.address(),
                    workspace.address()));
            stream.fillWords(output.address(), 0, 32);
            stream.launch(graph);
            stream.synchronize();
        }
        assertTrue(Arrays.equals(first, TestDevices.floats(device, output)));
    }

    @Test
    void anAttributeOfTheWrongTypeIsRefused() {
        try (TestConvolution convolution = new TestConvolution(device.dnn(), stream.dnnHandle())) {
            long tensor = convolution.create(17);
            CudaException refused = assertThrows(CudaException.class,
                    () -> device.dnn().setAttribute(tensor, 902, TestConvolution.TYPE_FLOAT, 1f));
            assertEquals("cudnnBackendSetAttribute", refused.function());
            assertTrue(refused.status() >= 2000 && refused.status() < 3000, refused.getMessage());
            DeviceContract.assertMessage("attribute 902, type 4, 1 values", refused);
        }
    }

    @Test
    void theVersionIsThatOfTheRunningLibrary() {
        assertTrue(device.dnn().version() >= 8900, "version " + device.dnn().version());
    }

}
