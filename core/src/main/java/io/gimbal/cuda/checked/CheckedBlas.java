package io.gimbal.cuda.checked;

import io.gimbal.cuda.Blas;
import io.gimbal.cuda.checked.MemoryRange.Kind;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * cuBLAS, which refuses
 * <ul>
 * <li>with an {@link IllegalArgumentException}: a matrix or workspace that is not, as a whole, in one live allocation
 *     of device memory; a product after its workspace was freed; a matrix that is not aligned to its elements, and a
 *     workspace that is not to 256 bytes;</li>
 * <li>with an {@link IllegalStateException}: a handle that another thread is inside a call with, a handle or stream
 *     that was destroyed or never created.</li>
 * </ul>
 * Dimensions that contradict each other are left to cuBLAS, which refuses them. Thread-safe.
 */
public final class CheckedBlas implements Blas {
    private static final String SET_WORKSPACE = "cublasSetWorkspace_v2";
    private static final String GEMM = "cublasGemmEx";
    /** By cuBLAS's documentation of cublasSetWorkspace. */
    private static final int WORKSPACE_ALIGNMENT = 256;
    private static final int BF16_BYTES = 2;

    private final Blas blas;
    private final MemoryChecks memory;
    private final LibraryHandles handles;
    private final Map<Long, Workspace> workspaces = new ConcurrentHashMap<>();

    private record Workspace(long pointer, long bytes) {}

    CheckedBlas(Blas blas, MemoryChecks memory, Handles streams) {
        this.blas = blas;
        this.memory = memory;
        this.handles = new LibraryHandles("cuBLAS handle", streams);
    }

    @Override
    public long create() {
        return handles.created(blas.create());
    }

    @Override
    public void destroy(long handle) {
        handles.destroy("cublasDestroy_v2", handle, destroyed -> {
            workspaces.remove(destroyed);
            blas.destroy(destroyed);
        });
    }

    @Override
    public int version(long handle) {
        try (LibraryHandles.Call _ = handles.enter("cublasGetVersion_v2", handle)) {
            return blas.version(handle);
        }
    }

    @Override
    public void setStream(long handle, long stream) {
        handles.setStream("cublasSetStream_v2", handle, stream, () -> {
            blas.setStream(handle, stream);
            // By its documentation this goes back to the workspace of cuBLAS's own.
            workspaces.remove(handle);
        });
    }

    @Override
    public void setWorkspace(long handle, long pointer, long bytes) {
        try (LibraryHandles.Call _ = handles.enter(SET_WORKSPACE, handle)) {
            MemoryChecks.requireAligned(SET_WORKSPACE, "the workspace", pointer, WORKSPACE_ALIGNMENT);
            memory.requireInside(SET_WORKSPACE, "the workspace", Kind.DEVICE, pointer, bytes);
            blas.setWorkspace(handle, pointer, bytes);
            workspaces.put(handle, new Workspace(pointer, bytes));
        }
    }

    @Override
    public void gemm(long handle, Product product, boolean transposeA, boolean transposeB, int m, int n, int k,
            float alpha, long a, int lda, long b, int ldb, float beta, long c, int ldc) {
        try (LibraryHandles.Call _ = handles.enterWork(GEMM, handle)) {
            boolean factorsRead = m > 0 && n > 0 && k > 0 && alpha != 0;
            int factor = product == Product.BF16 || product == Product.BF16_TO_FLOAT32 ? BF16_BYTES : Float.BYTES;
            int result = product == Product.BF16 ? BF16_BYTES : Float.BYTES;
            requireMatrix("A", a, factorsRead ? bytes(transposeA ? k : m, transposeA ? m : k, lda, factor) : 0, factor);
            requireMatrix("B", b, factorsRead ? bytes(transposeB ? n : k, transposeB ? k : n, ldb, factor) : 0, factor);
            requireMatrix("C", c, bytes(m, n, ldc, result), result);
            Workspace workspace = workspaces.get(handle);
            if (workspace != null) {
                memory.requireInside(GEMM, "the handle's workspace", Kind.DEVICE, workspace.pointer(),
                        workspace.bytes());
            }
            blas.gemm(handle, product, transposeA, transposeB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
        }
    }

    private void requireMatrix(String name, long address, long bytes, int elementBytes) {
        MemoryChecks.requireAligned(GEMM, name, address, elementBytes);
        memory.requireInside(GEMM, name, Kind.DEVICE, address, bytes);
    }

    /** From the first element to the last: nothing of what the leading dimension skips behind the last column. */
    private static long bytes(int rows, int columns, int leading, int elementBytes) {
        if (rows <= 0 || columns <= 0 || leading < rows) {
            return 0;
        }
        long elements = (long) leading * (columns - 1) + rows;
        return elements > Long.MAX_VALUE / elementBytes ? Long.MAX_VALUE : elements * elementBytes;
    }
}
