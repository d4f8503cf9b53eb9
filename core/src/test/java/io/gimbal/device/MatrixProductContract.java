package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.gimbal.cuda.Blas.Product;
import io.gimbal.cuda.CudaException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** cuBLAS's matrix products of all types against a naive one in float64, in every transposition. */
abstract class MatrixProductContract {
    private static final int INVALID_VALUE = 7;

    private Device device;
    private io.gimbal.device.Stream stream;

    abstract Device open();

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

    static Stream<Arguments> products() {
        int[][] sizes = {{1, 1, 1}, {3, 5, 7}, {16, 16, 16}, {17, 1, 33}, {1, 64, 9}, {65, 31, 130}, {128, 96, 257}};
        return Stream.of(Product.values()).flatMap(product -> Stream.of(sizes).flatMap(size -> Stream.of(false, true)
                .flatMap(transposeA -> Stream.of(false, true).map(transposeB -> Arguments.of(product, size[0], size[1],
                size[2], transposeA, transposeB)))));
    }

    @ParameterizedTest
    @MethodSource("products")
    void theProductEqualsTheNaiveOne(Product product, int m, int n, int k, boolean transposeA, boolean transposeB) {
        // Leading dimensions beyond the rows, so that a mix-up shows, and a beta, so that C is read.
        int lda = (transposeA ? k : m) + 3;
        int ldb = (transposeB ? n : k) + 2;
        int ldc = m + 1;
        float alpha = 0.75f;
        float beta = -0.5f;
        float[] a = TestDevices.randomBf16(1, lda * (transposeA ? m : k));
        float[] b = TestDevices.randomBf16(2, ldb * (transposeB ? k : n));
        if (!low(product)) {
            a = TestDevices.random(1, a.length);
            b = TestDevices.random(2, b.length);
        }
        float[] c = product == Product.BF16 ? TestDevices.randomBf16(3, ldc * n) : TestDevices.random(3, ldc * n);
        DeviceMemory deviceC = result(product, c);

        device.blas().gemm(stream.blasHandle(), product, transposeA, transposeB, m, n, k, alpha,
                factor(product, a).address(), lda, factor(product, b).address(), ldb, beta, deviceC.address(), ldc);
        stream.synchronize();

        float[] result = floats(product, deviceC);
        for (int column = 0; column < n; column++) {
            for (int row = 0; row < ldc; row++) {
                double expected = c[row + column * ldc];
                double bound = 0;
                if (row < m) {
                    double sum = 0;
                    double magnitude = 0;
                    for (int i = 0; i < k; i++) {
                        double term = (double) a[transposeA ? i + row * lda : row + i * lda]
                                * b[transposeB ? column + i * ldb : i + column * ldb];
                        sum += term;
                        magnitude += Math.abs(term);
                    }
                    expected = alpha * sum + beta * expected;
                    bound = bound(product, k, magnitude, expected);
                }
                assertEquals(expected, result[row + column * ldc], bound, "row " + row + ", column " + column);
            }
        }
    }

    /**
     * float32 sums of k products: k roundings of at most half a unit in the last place of the magnitude. tf32 rounds
     * each factor by at most 2^-11 of it. A bf16 result is rounded by at most half a unit of its 8 digits.
     */
    private static double bound(Product product, int k, double magnitude, double expected) {
        double sums = (k + 4) * 0x1p-24 * (magnitude + 1);
        return switch (product) {
            case FLOAT32, BF16_TO_FLOAT32 -> sums;
            case TF32 -> sums + 0x1p-10 * magnitude;
            case BF16 -> sums + 0x1p-8 * (Math.abs(expected) + sums);
        };
    }

    private static boolean low(Product product) {
        return product == Product.BF16 || product == Product.BF16_TO_FLOAT32;
    }

    private DeviceMemory factor(Product product, float... values) {
        return low(product) ? TestDevices.bf16Memory(device, values) : TestDevices.memory(device, values);
    }

    private DeviceMemory result(Product product, float... values) {
        return product == Product.BF16 ? TestDevices.bf16Memory(device, values) : TestDevices.memory(device, values);
    }

    private float[] floats(Product product, DeviceMemory memory) {
        return product == Product.BF16 ? TestDevices.bf16Floats(device, memory) : TestDevices.floats(device, memory);
    }

    @Test
    void aBf16ResultIsRoundedOnceToTheNearestAndToEvenInTheMiddle() {
        // Above 256 bf16 has the even numbers. Sums that were rounded on the way would stay at 256.
        float[] a = {256, 1, 0, 0, 256, 1, 1, 1, 256, 1, 1, 0, -256, -1, -1, -1};
        DeviceMemory c = result(Product.BF16, 7, 7, 7, 7);
        device.blas().gemm(stream.blasHandle(), Product.BF16, true, false, 4, 1, 4, 1,
                factor(Product.BF16, a).address(), 4, factor(Product.BF16, 1, 1, 1, 1).address(), 4, 0, c.address(),
                4);
        stream.synchronize();
        assertArrayEquals(new float[] {256, 260, 258, -260}, floats(Product.BF16, c));
    }

    @ParameterizedTest
    @EnumSource
    void withNothingToAddUpTheResultIsScaled(Product product) {
        DeviceMemory c = result(product, 2, -3, 4);
        device.blas().gemm(stream.blasHandle(), product, false, false, 3, 1, 0, 1, c.address(), 3, c.address(), 1,
                0.5f, c.address(), 3);
        stream.synchronize();
        assertArrayEquals(new float[] {1, -1.5f, 2}, floats(product, c));
    }

    @ParameterizedTest
    @EnumSource
    void betaZeroReadsNothingOfC(Product product) {
        DeviceMemory c = result(product, Float.NaN);
        device.blas().gemm(stream.blasHandle(), product, false, false, 1, 1, 1, 1f, factor(product, 2).address(), 1,
                factor(product, 3).address(), 1, 0f, c.address(), 1);
        stream.synchronize();
        assertEquals(6f, floats(product, c)[0]);
    }

    @Test
    void aLeadingDimensionThatIsTooSmallIsRefusedWithItsFigures() {
        DeviceMemory memory = device.allocate(1024);
        long p = memory.address();
        CudaException refused = assertThrows(CudaException.class,
                () -> device.blas().gemm(stream.blasHandle(), Product.FLOAT32, false, false, 4, 4, 4, 1f, p, 3, p, 4,
                        0f, p, 4));
        assertEquals(INVALID_VALUE, refused.status());
        DeviceContract.assertMessage("lda 3", refused);
        DeviceContract.assertMessage("CUBLAS_STATUS_INVALID_VALUE", refused);
    }

    @Test
    void aProductCanBeCapturedAndReplayed() {
        DeviceMemory a = TestDevices.memory(device, 2f);
        DeviceMemory c = TestDevices.memory(device, 1f);
        DeviceMemory workspace = device.allocate(1 << 20);
        device.blas().setWorkspace(stream.blasHandle(), workspace.address(), workspace.bytes());
        long p = c.address();
        Graph graph = stream.capture(() -> device.blas().gemm(stream.blasHandle(), Product.FLOAT32, false, false, 1, 1,
                1, 1f, a.address(), 1, a.address(), 1, 1f, p, 1));
        stream.launch(graph);
        stream.launch(graph);
        stream.synchronize();
        assertEquals(9f, TestDevices.floats(device, c)[0]);
    }
}
