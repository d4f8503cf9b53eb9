package io.gimbal.cuda;

/**
 * cuBLAS's C functions as a binding calls them: each returns the status, and writes what it yields to the start of an
 * array. {@link ThrowingBlas} checks the statuses; types and modes are numbered as in {@code library_types.h} and
 * {@code cublas_api.h}.
 */
public interface RawBlas {
    /** {@code cublasCreate_v2}. */
    int create(long[] handle);

    /** {@code cublasDestroy_v2}. */
    int destroy(long handle);

    /** {@code cublasGetVersion_v2}. */
    int version(long handle, int[] version);

    /** {@code cublasSetStream_v2}. */
    int setStream(long handle, long stream);

    /** {@code cublasSetWorkspace_v2}. */
    int setWorkspace(long handle, long pointer, long bytes);

    /** {@code cublasSetMathMode}. */
    int setMathMode(long handle, int mode);

    /** {@code cublasGemmEx} with host scalars and the default algorithm. */
    int gemm(long handle, int operationA, int operationB, int m, int n, int k, float alpha, long a, int typeA, int lda,
            long b, int typeB, int ldb, float beta, long c, int typeC, int ldc, int computeType);
}
