package io.gimbal.cuda.jcuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.gimbal.cuda.Statuses;
import java.util.Map;
import java.util.function.IntFunction;
import jcuda.CudaException;
import jcuda.driver.CUresult;
import jcuda.jcublas.cublasStatus;
import jcuda.jcudnn.cudnnStatus;
import jcuda.nvrtc.nvrtcResult;
import org.junit.jupiter.api.Test;

class ThrownStatusTest {
    private static final Map<Statuses, IntFunction<String>> LIBRARIES = Map.of(Statuses.DRIVER, CUresult::stringFor,
            Statuses.COMPILER, nvrtcResult::stringFor, Statuses.BLAS, cublasStatus::stringFor,
            Statuses.ofDnn(8907), cudnnStatus::stringFor, Statuses.ofDnn(92400), cudnnStatus::stringFor);

    @Test
    void everyStatusThatJcudaThrowsIsFoundAgainByItsNumber() {
        LIBRARIES.forEach((statuses, stringFor) -> statuses.names().keySet().stream().filter(status -> status != 0)
                .forEach(status -> assertEquals(status,
                ThrownStatus.of(new CudaException(stringFor.apply(status)), stringFor))));
    }

    @Test
    void whatACallReturnsOrThrowsIsItsStatus() {
        assertEquals(2, ThrownStatus.of(() -> 2, CUresult::stringFor));
        assertEquals(600, ThrownStatus.of(() -> {
            throw new CudaException("CUDA_ERROR_NOT_READY");
        }, CUresult::stringFor));
    }

    @Test
    void anExceptionThatNamesNoStatusComesOutAsItIs() {
        CudaException other = new CudaException("This CUDA version is not available");
        assertSame(other, assertThrows(CudaException.class, () -> ThrownStatus.of(other, CUresult::stringFor)));
    }
}
