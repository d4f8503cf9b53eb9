package io.gimbal.cuda.jcuda;

import static io.gimbal.cuda.jcuda.NativePointers.get;
import static io.gimbal.cuda.jcuda.NativePointers.set;

import io.gimbal.cuda.RawBlas;
import jcuda.Pointer;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;

/** cuBLAS by JCublas2. */
final class JcudaBlas implements RawBlas {
    private static final int GEMM_DEFAULT = -1;

    @Override
    public int create(long[] handle) {
        cublasHandle created = new cublasHandle();
        int status = status(() -> JCublas2.cublasCreate(created));
        handle[0] = get(created);
        return status;
    }

    @Override
    public int destroy(long handle) {
        return status(() -> JCublas2.cublasDestroy(of(handle)));
    }

    @Override
    public int version(long handle, int[] version) {
        return status(() -> JCublas2.cublasGetVersion(of(handle), version));
    }

    @Override
    public int setStream(long handle, long stream) {
        return status(() -> JCublas2.cublasSetStream(of(handle), set(new cudaStream_t(), stream)));
    }

    @Override
    public int setWorkspace(long handle, long pointer, long bytes) {
        return status(() -> JCublas2.cublasSetWorkspace(of(handle), pointer(pointer), bytes));
    }

    @Override
    public int setMathMode(long handle, int mode) {
        return status(() -> JCublas2.cublasSetMathMode(of(handle), mode));
    }

    @Override
    public int gemm(long handle, int operationA, int operationB, int m, int n, int k, float alpha, long a, int typeA,
            int lda, long b, int typeB, int ldb, float beta, long c, int typeC, int ldc, int computeType) {
        // The one without "_new" takes a data type where cuBLAS 11 and later have a compute type.
        return status(() -> JCublas2.cublasGemmEx_new(of(handle), operationA, operationB, m, n, k,
                Pointer.to(new float[] {alpha}), pointer(a), typeA, lda, pointer(b), typeB, ldb,
                Pointer.to(new float[] {beta}), pointer(c), typeC, ldc, computeType, GEMM_DEFAULT));
    }

    private static cublasHandle of(long handle) {
        return set(new cublasHandle(), handle);
    }

    private static int status(ThrownStatus.Call call) {
        return ThrownStatus.of(call, cublasStatus::stringFor);
    }

    private static Pointer pointer(long address) {
        return set(new Pointer(), address);
    }
}
