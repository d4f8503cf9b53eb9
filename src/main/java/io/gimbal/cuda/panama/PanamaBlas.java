package io.gimbal.cuda.panama;

import static io.gimbal.cuda.panama.Calls.call;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.gimbal.cuda.Blas;
import io.gimbal.cuda.CudaException;
import io.gimbal.cuda.Failures;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/** cuBLAS by method handles. */
final class PanamaBlas implements Blas {
    private static final int SUCCESS = 0;
    private static final int CUDA_R_32F = 0;
    private static final int CUDA_R_16BF = 14;

    // Plain float32, of CUDA 12 and 13 alike: by cuBLAS's documentation it computes and stores "at least 32 bits"; only
    // CUBLAS_COMPUTE_32F_FAST_* and _EMULATED_* convert factors, where a call or the mathematics mode asks for them,
    // which none here does. CUBLAS_COMPUTE_32F_PEDANTIC (what CUBLAS_PEDANTIC_MATH stands for) also fixes the order of
    // arithmetic, which makes nothing more precise and leaves out engines. NVIDIA_TF32_OVERRIDE=1 in the environment is
    // the user's own wish.
    private static final int COMPUTE_32F = 68;
    private static final int COMPUTE_32F_FAST_TF32 = 77;

    /** {@code CUBLAS_DEFAULT_MATH}, 0, with no partial sums in bf16 where the result is bf16. */
    private static final int MATH_DISALLOW_REDUCED_PRECISION_REDUCTION = 16;

    private static final int GEMM_DEFAULT = -1;

    private final BlasFunctions functions;
    private final Supplier<String> detail;

    /** @param detail what the library says about its last failure beyond the status; empty for nothing */
    PanamaBlas(SharedLibrary library, Supplier<String> detail) {
        this.functions = NativeLoader.bind(BlasFunctions.class, library);
        this.detail = detail;
    }

    @Override
    public long create() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = arena.allocate(JAVA_LONG);
            check(call(functions.create(), handle.address()), "cublasCreate_v2");
            long created = handle.get(JAVA_LONG, 0);
            check(call(functions.setMathMode(), created, MATH_DISALLOW_REDUCED_PRECISION_REDUCTION),
                    "cublasSetMathMode");
            return created;
        }
    }

    @Override
    public void destroy(long handle) {
        check(call(functions.destroy(), handle), "cublasDestroy_v2");
    }

    @Override
    public int version(long handle) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment version = arena.allocate(JAVA_INT);
            check(call(functions.version(), handle, version.address()), "cublasGetVersion_v2");
            return version.get(JAVA_INT, 0);
        }
    }

    @Override
    public void setStream(long handle, long stream) {
        check(call(functions.setStream(), handle, stream), "cublasSetStream_v2");
    }

    @Override
    public void setWorkspace(long handle, long pointer, long bytes) {
        int status = call(functions.setWorkspace(), handle, pointer, bytes);
        if (status != SUCCESS) {
            throw failure("cublasSetWorkspace_v2", status, "pointer 0x" + Long.toHexString(pointer) + ", " + bytes
                    + " bytes");
        }
    }

    @Override
    public void gemm(long handle, Product product, boolean transposeA, boolean transposeB, int m, int n, int k,
            float alpha, long a, int lda, long b, int ldb, float beta, long c, int ldc) {
        int status;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment scalars = arena.allocateFrom(JAVA_FLOAT, alpha, beta);
            status = gemm(handle, product, transposeA ? 1 : 0, transposeB ? 1 : 0, m, n, k, scalars.address(), a, lda,
                    b, ldb, scalars.address() + Float.BYTES, c, ldc);
        }
        if (status != SUCCESS) {
            throw failure("cublasGemmEx", status, product + ", transpose A " + transposeA + ", transpose B "
                    + transposeB + ", m " + m + ", n " + n + ", k " + k + ", lda " + lda + ", ldb " + ldb + ", ldc "
                    + ldc);
        }
    }

    private int gemm(long handle, Product product, int operationA, int operationB, int m, int n, int k, long alpha,
            long a, int lda, long b, int ldb, long beta, long c, int ldc) {
        boolean low = product == Product.BF16 || product == Product.BF16_TO_FLOAT32;
        int factors = low ? CUDA_R_16BF : CUDA_R_32F;
        int result = product == Product.BF16 ? CUDA_R_16BF : CUDA_R_32F;
        int compute = product == Product.TF32 ? COMPUTE_32F_FAST_TF32 : COMPUTE_32F;
        try {
            return (int) functions.gemm().invokeExact(handle, operationA, operationB, m, n, k, alpha, a, factors, lda,
                    b, factors, ldb, beta, c, result, ldc, compute, GEMM_DEFAULT);
        } catch (Throwable problem) {
            throw Calls.rethrown(problem);
        }
    }

    private void check(int status, String function) {
        if (status != SUCCESS) {
            throw failure(function, status, "");
        }
    }

    private CudaException failure(String function, int status, String arguments) {
        return Failures.ofBlas(function, status, arguments, detail.get());
    }
}
