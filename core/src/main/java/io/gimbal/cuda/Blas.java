package io.gimbal.cuda;

/**
 * The slice of cuBLAS that Gimbal calls. Matrices are column-major, as cuBLAS has them. A handle is for one thread at a
 * time.
 */
public interface Blas {
    /**
     * What a product reads and writes; all add up in float32. Each is a row of the table of types in cuBLAS's
     * documentation of {@code cublasGemmEx}, which has none from float32 to bf16.
     */
    enum Product {
        /** float32 throughout: no tensor cores, nothing rounded down. */
        FLOAT32,
        /** float32 in memory; the factors may be rounded to tf32, which keeps 10 bits of the fraction. */
        TF32,
        /** bf16 factors and result, which is rounded once. */
        BF16,
        /** bf16 factors, a float32 result. */
        BF16_TO_FLOAT32
    }

    /** {@code cublasCreate_v2}, with a mathematics mode in which sums stay in float32 until they are done. */
    long create();

    /** {@code cublasDestroy_v2}. */
    void destroy(long handle);

    /** {@code cublasGetVersion_v2}. */
    int version(long handle);

    /** {@code cublasSetStream_v2}. */
    void setStream(long handle, long stream);

    /** {@code cublasSetWorkspace_v2}: device memory that calls of this handle may use, so that none allocates. */
    void setWorkspace(long handle, long pointer, long bytes);

    /**
     * {@code cublasGemmEx} with host scalars: C = alpha op(A) op(B) + beta C, where op(A) is m x k, op(B) k x n, C m x
     * n.
     *
     * @param product    the matrices' types
     * @param transposeA whether op transposes A; likewise {@code transposeB}
     * @param a          device pointer, with leading dimension {@code lda}
     */
    void gemm(long handle, Product product, boolean transposeA, boolean transposeB, int m, int n, int k, float alpha,
              long a, int lda, long b, int ldb, float beta, long c, int ldc);
}
