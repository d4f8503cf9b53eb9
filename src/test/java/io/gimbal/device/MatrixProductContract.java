package io.gimbal.device;

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
import org.junit.jupiter.params.provider.MethodSource;

/** cuBLAS's matrix product against a naive one in float64, in every transposition. */
abstract class MatrixProductContract {
    private static final int INVALID_VALUE = 7;

    private Device device;
    private io.gimbal.device.Stream stream;

    abstract Device open();

    @BeforeEach
    void openDevice() {
        device = open();
        stream = device.newStream();
        device.blas().setStream(device.blasHandle(), stream.handle());
    }

    @AfterEach
    void closeDevice() {
        if (device != null) {
            device.close();
        }
    }

    static Stream<Arguments> products() {
        int[][] sizes = {{1, 1, 1}, {3, 5, 7}, {16, 16, 16}, {17, 1, 33}, {1, 64, 9}, {65, 31, 130}, {128, 96, 257}};
        return Stream.of(sizes).flatMap(size -> Stream.of(false, true).flatMap(transposeA -> Stream.of(false, true)
                .map(transposeB -> Arguments.of(size[0], size[1], size[2], transposeA, transposeB))));
    }

    @ParameterizedTest
    @MethodSource("products")
    void theProductEqualsTheNaiveOne(int m, int n, int k, boolean transposeA, boolean transposeB) {
        // Leading dimensions beyond the rows, so that a mix-up shows, and a beta, so that C is read.
        int lda = (transposeA ? k : m) + 3;
        int ldb = (transposeB ? n : k) + 2;
        int ldc = m + 1;
        float alpha = 0.75f;
        float beta = -0.5f;
        float[] a = TestDevices.random(1, lda * (transposeA ? m : k));
        float[] b = TestDevices.random(2, ldb * (transposeB ? k : n));
        float[] c = TestDevices.random(3, ldc * n);
        DeviceMemory deviceA = TestDevices.memory(device, a);
        DeviceMemory deviceB = TestDevices.memory(device, b);
        DeviceMemory deviceC = TestDevices.memory(device, c);

        device.blas().gemm(device.blasHandle(), Product.FLOAT32, transposeA, transposeB, m, n, k, alpha, deviceA.address(), lda,
                deviceB.address(), ldb, beta, deviceC.address(), ldc);
        stream.synchronize();

        float[] result = TestDevices.floats(device, deviceC);
        for (int column = 0; column < n; column++) {
            for (int row = 0; row < ldc; row++) {
                double expected = c[row + column * ldc];
                double bound = 0;
                if (row < m) {
                    double sum = 0;
                    double magnitude = 0;
                    for (int i = 0; i < k; i++) {
                        double product = (double) a[transposeA ? i + row * lda : row + i * lda]
                                * b[transposeB ? column + i * ldb : i + column * ldb];
                        sum += product;
                        magnitude += Math.abs(product);
                    }
                    expected = alpha * sum + beta * expected;
                    // float32 sums of k products: k roundings of at most half a unit in the last place of the
                    // magnitude.
                    bound = (k + 4) * 0x1p-24 * (magnitude + 1);
                }
                assertEquals(expected, result[row + column * ldc], bound, "row " + row + ", column " + column);
            }
        }
    }

    @Test
    void betaZeroReadsNothingOfC() {
        DeviceMemory a = TestDevices.memory(device, 2f);
        DeviceMemory b = TestDevices.memory(device, 3f);
        DeviceMemory c = TestDevices.memory(device, Float.NaN);
        device.blas().gemm(device.blasHandle(), Product.FLOAT32, false, false, 1, 1, 1, 1f, a.address(), 1, b.address(), 1, 0f,
                c.address(), 1);
        stream.synchronize();
        assertEquals(6f, TestDevices.floats(device, c)[0]);
    }

    @Test
    void aLeadingDimensionThatIsTooSmallIsRefusedWithItsFigures() {
        DeviceMemory memory = device.allocate(1024);
        long p = memory.address();
        CudaException refused = assertThrows(CudaException.class,
                () -> device.blas().gemm(device.blasHandle(), Product.FLOAT32, false, false, 4, 4, 4, 1f, p, 3, p, 4, 0f, p, 4));
        assertEquals(INVALID_VALUE, refused.status());
        DeviceContract.assertMessage("lda 3", refused);
        DeviceContract.assertMessage("CUBLAS_STATUS_INVALID_VALUE", refused);
    }

    @Test
    void aProductCanBeCapturedAndReplayed() {
        DeviceMemory a = TestDevices.memory(device, 2f);
        DeviceMemory c = TestDevices.memory(device, 1f);
        DeviceMemory workspace = device.allocate(1 << 20);
        device.blas().setWorkspace(device.blasHandle(), workspace.address(), workspace.bytes());
        long p = c.address();
        Graph graph = stream.capture(() -> device.blas().gemm(device.blasHandle(), Product.FLOAT32, false, false, 1, 1, 1, 1f,
                a.address(), 1, a.address(), 1, 1f, p, 1));
        stream.launch(graph);
        stream.launch(graph);
        stream.synchronize();
        assertEquals(9f, TestDevices.floats(device, c)[0]);
    }
}
