package io.gimbal.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a failed call reads like, whichever binding made it. */
class FailuresTest {
    @Test
    void theDriversWordsFollowTheNameAndTheDetailStandsInBrackets() {
        CudaException failure = Failures.ofDriver("cuMemAlloc_v2", 2, "16 bytes", "out of memory", " none\n");
        assertEquals("cuMemAlloc_v2(16 bytes) failed with status 2, CUDA_ERROR_OUT_OF_MEMORY: out of memory (none)",
                failure.getMessage());
        assertEquals("cuMemAlloc_v2", failure.function());
        assertEquals(2, failure.status());
    }

    @Test
    void whatThereIsNotLeavesNoMark() {
        assertEquals("cuInit() failed with status 100, CUDA_ERROR_NO_DEVICE",
                Failures.ofDriver("cuInit", 100, "", "", "").getMessage());
    }

    @Test
    void aStatusThatIsNotKnownKeepsItsNumberAndTheDriversWords() {
        assertEquals("cuInit() failed with status 12345, a status that Gimbal does not know: new in CUDA 99",
                Failures.ofDriver("cuInit", 12345, "", "new in CUDA 99", "").getMessage());
    }

    @Test
    void theCompilersLogStandsOnLinesOfItsOwn() {
        assertEquals("nvrtcCompileProgram(a.cu) failed with status 6, NVRTC_ERROR_COMPILATION\na.cu(1): error",
                Failures.ofCompiler("nvrtcCompileProgram", 6, "a.cu", "a.cu(1): error\n").getMessage());
        assertEquals("nvrtcVersion() failed with status 3, NVRTC_ERROR_INVALID_INPUT",
                Failures.ofCompiler("nvrtcVersion", 3, "", "\n").getMessage());
    }

    @Test
    void cublassStatusIsToldByItsName() {
        assertEquals("cublasCreate_v2() failed with status 3, CUBLAS_STATUS_ALLOC_FAILED (no memory)",
                Failures.ofBlas("cublasCreate_v2", 3, "", "no memory").getMessage());
    }

    @Test
    void ncclsStatusIsToldByItsName() {
        assertEquals("ncclAllReduce(7 FLOAT32, SUM) failed with status 6, ncclRemoteError (rank 2 has ended)",
                Failures.ofCollectives("ncclAllReduce", 6, "7 FLOAT32, SUM", "rank 2 has ended").getMessage());
    }

    @ParameterizedTest
    @CsvSource({"8907,6,CUDNN_STATUS_ARCH_MISMATCH", "8907,9,CUDNN_STATUS_NOT_SUPPORTED",
            "92400,3000,CUDNN_STATUS_NOT_SUPPORTED", "92400,3007,CUDNN_STATUS_NOT_SUPPORTED_ARCH_MISMATCH",
            "92400,3999,a status that Gimbal does not know"})
    void whatCudnnCannotRunIsAnUnsupportedGraph(long version, int status, String name) {
        CudaException failure = Failures.ofDnn("cudnnBackendFinalize", status, "", "why", version);
        assertInstanceOf(UnsupportedGraphException.class, failure);
        assertEquals("cudnnBackendFinalize() failed with status " + status + ", " + name + " (why)",
                failure.getMessage());
        assertEquals(status, failure.status());
    }

    @ParameterizedTest
    @CsvSource({"8907,2", "92400,4003", "92400,4004"})
    void thatCudnnHadNoMemoryIsToldFromOtherFailures(long version, int status) {
        assertInstanceOf(AllocationFailedException.class, Failures.ofDnn("cudnnBackendFinalize", status, "", "",
                version));
    }

    @ParameterizedTest
    @CsvSource({"8907,3", "8907,4003", "8907,7", "8907,3000", "92400,2", "92400,9", "92400,2012", "92400,2999",
            "92400,4000"})
    void everyOtherStatusOfCudnnIsAFailure(long version, int status) {
        assertSame(CudaException.class, Failures.ofDnn("cudnnBackendFinalize", status, "", "", version).getClass());
    }
}
