package io.gimbal.cuda.checked;

import static io.gimbal.cuda.checked.CheckedSoftware.hex;
import static io.gimbal.cuda.checked.CheckedSoftware.refusesHandle;
import static io.gimbal.cuda.checked.CheckedSoftware.refusesPointer;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.Blas.Product;
import io.gimbal.cuda.Blas;
import io.gimbal.cuda.CudaException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Each refusal of the checked cuBLAS, and the legal use beside it, on the software device. */
class CheckedBlasTest {
    private static final long NOWHERE = 0x1000;

    private CheckedSoftware software;
    private CheckedDriver driver;
    private Blas blas;
    private long stream;
    private long handle;

    @BeforeEach
    void open() {
        software = new CheckedSoftware();
        driver = software.driver;
        blas = software.binding.blas();
        stream = driver.createStream();
        handle = blas.create();
        blas.setStream(handle, stream);
    }

    @AfterEach
    void close() {
        software.close();
    }

    private long zeros(long bytes) {
        long memory = driver.allocate(bytes);
        driver.fillBytes(memory, (byte) 0, bytes, stream);
        return memory;
    }

    private static int factorBytes(Product product) {
        return product == Product.BF16 || product == Product.BF16_TO_FLOAT32 ? 2 : 4;
    }

    private static int resultBytes(Product product) {
        return product == Product.BF16 ? 2 : 4;
    }

    @ParameterizedTest
    @EnumSource
    void matricesMayReachTheEndOfTheirAllocationsAndNoFurther(Product product) {
        // m 3, n 5, k 7: A is 3 x 7 with lda 4, B 7 x 5 with ldb 8, C 3 x 5 with ldc 6.
        long a = zeros((4 * 6 + 3) * factorBytes(product));
        long b = zeros((8 * 4 + 7) * factorBytes(product));
        long c = zeros((6 * 4 + 3) * resultBytes(product));
        blas.gemm(handle, product, false, false, 3, 5, 7, 1, a, 4, b, 8, 0, c, 6);
        refusesPointer(() -> blas.gemm(handle, product, false, false, 3, 5, 7, 1, a, 5, b, 8, 0, c, 6),
                "cublasGemmEx: A " + hex(a) + " lies in", "not " + (5 * 6 + 3) * factorBytes(product));
        refusesPointer(() -> blas.gemm(handle, product, false, false, 3, 5, 7, 1, a, 4, b, 9, 0, c, 6),
                "cublasGemmEx: B " + hex(b), "not " + (9 * 4 + 7) * factorBytes(product));
        refusesPointer(() -> blas.gemm(handle, product, false, false, 3, 5, 7, 1, a, 4, b, 8, 0, c, 7),
                "cublasGemmEx: C " + hex(c), "not " + (7 * 4 + 3) * resultBytes(product));
        driver.synchronizeStream(stream);
    }

    @Test
    void transposedMatricesLieAsTheyLie() {
        // A as 7 x 3 with lda 8, B as 5 x 7 with ldb 6.
        long a = zeros((8 * 2 + 7) * 4);
        long b = zeros((6 * 6 + 5) * 4);
        long c = zeros(15 * 4);
        blas.gemm(handle, Product.FLOAT32, true, true, 3, 5, 7, 1, a, 8, b, 6, 0, c, 3);
        refusesPointer(() -> blas.gemm(handle, Product.FLOAT32, true, true, 3, 5, 7, 1, a + 4, 8, b, 6, 0, c, 3),
                "cublasGemmEx: A ");
        refusesPointer(() -> blas.gemm(handle, Product.FLOAT32, true, true, 3, 5, 7, 1, a, 8, b + 4, 6, 0, c, 3),
                "cublasGemmEx: B ");
        driver.synchronizeStream(stream);
    }

    @ParameterizedTest
    @CsvSource({"FLOAT32, 2, 0, 0, A", "TF32, 0, 2, 0, B", "FLOAT32, 0, 0, 2, C", "BF16, 1, 0, 0, A",
        "BF16, 0, 0, 1, C", "BF16_TO_FLOAT32, 0, 1, 0, B", "BF16_TO_FLOAT32, 0, 0, 2, C"})
    void matricesWantTheAlignmentOfTheirElements(Product product, int ofA, int ofB, int ofC, String name) {
        long memory = zeros(256);
        refusesPointer(() -> blas.gemm(handle, product, false, false, 1, 1, 1, 1, memory + ofA, 1, memory + 64 + ofB, 1,
                0, memory + 128 + ofC, 1), "cublasGemmEx: " + name + " ", "must be a multiple of ");
        assertDoesNotThrow(() -> blas.gemm(handle, product, false, false, 1, 1, 1, 1, memory + 2L * ofA, 1,
                memory + 64 + 2L * ofB, 1, 0, memory + 128 + 2L * ofC, 1));
        driver.synchronizeStream(stream);
    }

    @Test
    void aDeadOrForeignMatrixIsRefused() {
        long memory = zeros(64);
        long freed = driver.allocate(64);
        driver.free(freed);
        for (long bad : new long[] {freed, NOWHERE, 0}) {
            String why = bad == freed ? "was freed" : "nothing that is allocated";
            refusesPointer(() -> product(bad, memory, memory), "A " + hex(bad), why);
            refusesPointer(() -> product(memory, bad, memory), "B " + hex(bad), why);
            refusesPointer(() -> product(memory, memory, bad), "C " + hex(bad), why);
        }
    }

    private void product(long a, long b, long c) {
        blas.gemm(handle, Product.FLOAT32, false, false, 1, 1, 1, 1, a, 1, b, 1, 0, c, 1);
    }

    @Test
    void whatIsNotReadMayBeNullButNotFreed() {
        long c = zeros(64);
        blas.gemm(handle, Product.FLOAT32, false, false, 2, 2, 0, 1, 0, 2, 0, 1, 0.5f, c, 2);
        blas.gemm(handle, Product.FLOAT32, false, false, 2, 2, 2, 0, 0, 2, 0, 2, 0.5f, c, 2);
        blas.gemm(handle, Product.FLOAT32, false, false, 0, 2, 2, 1, 0, 1, 0, 2, 0, 0, 1);
        long freed = driver.allocate(64);
        driver.free(freed);
        refusesPointer(() -> blas.gemm(handle, Product.FLOAT32, false, false, 2, 2, 0, 1, freed, 2, 0, 1, 0, c, 2),
                "was freed");
        driver.synchronizeStream(stream);
    }

    @Test
    void contradictoryDimensionsAreRefusedByTheLibrary() {
        long memory = zeros(64);
        assertThrows(CudaException.class, () -> blas.gemm(handle, Product.FLOAT32, false, false, 4, 4, 4, 1, memory, 3,
                memory, 4, 0, memory, 3));
        assertThrows(CudaException.class, () -> blas.gemm(handle, Product.FLOAT32, false, false, -1, 1, 1, 1, memory, 1,
                memory, 1, 0, memory, 1));
    }

    @Test
    void theHugestMatrixOverflowsNothing() {
        long memory = zeros(64);
        int most = Integer.MAX_VALUE;
        refusesPointer(() -> blas.gemm(handle, Product.FLOAT32, false, false, most, most, 1, 1, memory, most, memory, 1,
                0, memory, most), "cublasGemmEx: A ");
        refusesPointer(() -> blas.gemm(handle, Product.FLOAT32, false, false, most, most, most, 0, 0, most, 0, most, 0,
                memory, most), "cublasGemmEx: C ");
    }

    @Test
    void aWorkspaceMustLieInOneLiveAllocation() {
        long workspace = driver.allocate(1024);
        blas.setWorkspace(handle, workspace, 1024);
        blas.setWorkspace(handle, workspace + 768, 256);
        blas.setWorkspace(handle, 0, 0);
        refusesPointer(() -> blas.setWorkspace(handle, workspace, 1025), "cublasSetWorkspace_v2: the workspace "
                + hex(workspace), "1 to 1024 bytes", "not 1025");
        refusesPointer(() -> blas.setWorkspace(handle, workspace + 128, 64), "must be a multiple of 256");
        refusesPointer(() -> blas.setWorkspace(handle, NOWHERE, 64), "nothing that is allocated");
        refusesPointer(() -> blas.setWorkspace(handle, 0, 64), "nothing that is allocated");
        driver.free(workspace);
        refusesPointer(() -> blas.setWorkspace(handle, workspace, 64), "was freed");
    }

    @Test
    void aProductAfterItsWorkspaceWasFreedIsRefusedUntilThereIsAnother() {
        long memory = zeros(64);
        long workspace = driver.allocate(1024);
        blas.setWorkspace(handle, workspace, 1024);
        product(memory, memory + 4, memory + 8);
        driver.free(workspace);
        refusesPointer(() -> product(memory, memory + 4, memory + 8), "cublasGemmEx: the handle's workspace "
                + hex(workspace), "was freed");
        blas.setStream(handle, stream);
        product(memory, memory + 4, memory + 8);
        driver.synchronizeStream(stream);
    }

    @Test
    void aHandleThatIsNoneIsRefusedEverywhere() {
        long memory = zeros(256);
        assertTrue(blas.version(handle) > 0);
        blas.destroy(handle);
        for (long bad : new long[] {handle, NOWHERE, 0}) {
            String why = "the cuBLAS handle " + hex(bad) + (bad == handle ? " was destroyed" : " was never created");
            refusesHandle(() -> blas.destroy(bad), "cublasDestroy_v2: " + why);
            refusesHandle(() -> blas.version(bad), "cublasGetVersion_v2: " + why);
            refusesHandle(() -> blas.setStream(bad, stream), "cublasSetStream_v2: " + why);
            refusesHandle(() -> blas.setWorkspace(bad, memory, 256), "cublasSetWorkspace_v2: " + why);
            refusesHandle(() -> blas.gemm(bad, Product.FLOAT32, false, false, 1, 1, 1, 1, memory, 1, memory, 1, 0,
                    memory, 1), "cublasGemmEx: " + why);
        }
    }

    @Test
    void aStreamThatWasDestroyedIsNeitherSetNorWorkedIn() {
        long memory = zeros(64);
        long other = driver.createStream();
        blas.setStream(handle, other);
        driver.synchronizeStream(stream);
        driver.destroyStream(other);
        refusesHandle(() -> product(memory, memory + 4, memory + 8), "cublasGemmEx: the stream " + hex(other)
                + " was destroyed");
        refusesHandle(() -> blas.setStream(handle, other), "cublasSetStream_v2: the stream " + hex(other));
        blas.setStream(handle, 0);
        product(memory, memory + 4, memory + 8);
        driver.synchronizeStream(0);
    }

    @Test
    void theProductIsTheWrappedOnes() {
        long memory = zeros(64);
        driver.fillWords(memory, Float.floatToRawIntBits(3), 2, stream);
        product(memory, memory + 4, memory + 8);
        long pinned = driver.allocateHost(4);
        driver.copyDeviceToHost(pinned, memory + 8, 4, stream);
        driver.synchronizeStream(stream);
        assertEquals(9, driver.hostBuffer(pinned, 4).view().getFloat());
    }
}
