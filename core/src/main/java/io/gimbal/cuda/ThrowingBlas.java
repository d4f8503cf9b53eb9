package io.gimbal.cuda;

import java.util.Objects;
import java.util.function.Supplier;

/** cuBLAS over any binding's C functions: it checks every status. */
public final class ThrowingBlas implements Blas {
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

    private final RawBlas raw;
    private final Supplier<String> detail;

    /**
     * Checks the calls of {@code raw}.
     *
     * @param detail what the library says about its last failure beyond the status; empty for nothing
     */
    public ThrowingBlas(RawBlas raw, Supplier<String> detail) {
        this.raw = Objects.requireNonNull(raw, "raw is null");
        this.detail = Objects.requireNonNull(detail, "detail is null");
    }

    @Override
    public long create() {
        long[] handle = new long[1];
        check(raw.create(handle), "cublasCreate_v2");
        check(raw.setMathMode(handle[0], MATH_DISALLOW_REDUCED_PRECISION_REDUCTION), "cublasSetMathMode");
        return handle[0];
    }

    @Override
    public void destroy(long handle) {
        check(raw.destroy(handle), "cublasDestroy_v2");
    }

    @Override
    public int version(long handle) {
        int[] version = new int[1];
        check(raw.version(handle, version), "cublasGetVersion_v2");
        return version[0];
    }

    @Override
    public void setStream(long handle, long stream) {
        check(raw.setStream(handle, stream), "cublasSetStream_v2");
    }

    @Override
    public void setWorkspace(long handle, long pointer, long bytes) {
        int status = raw.setWorkspace(handle, pointer, bytes);
        if (status != SUCCESS) {
            throw failure("cublasSetWorkspace_v2", status, "pointer 0x" + Long.toHexString(pointer) + ", " + bytes
                    + " bytes");
        }
    }

    @Override
    public void gemm(long handle, Product product, boolean transposeA, boolean transposeB, int m, int n, int k,
            float alpha, long a, int lda, long b, int ldb, float beta, long c, int ldc) {
        boolean low = product == Product.BF16 || product == Product.BF16_TO_FLOAT32;
        int factors = low ? CUDA_R_16BF : CUDA_R_32F;
        int result = product == Product.BF16 ? CUDA_R_16BF : CUDA_R_32F;
        int compute = product == Product.TF32 ? COMPUTE_32F_FAST_TF32 : COMPUTE_32F;
        int status = raw.gemm(handle, transposeA ? 1 : 0, transposeB ? 1 : 0, m, n, k, alpha, a, factors, lda, b,
                factors, ldb, beta, c, result, ldc, compute);
        if (status != SUCCESS) {
            throw failure("cublasGemmEx", status, product + ", transpose A " + transposeA + ", transpose B "
                    + transposeB + ", m " + m + ", n " + n + ", k " + k + ", lda " + lda + ", ldb " + ldb + ", ldc "
                    + ldc);
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
