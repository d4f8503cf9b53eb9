package io.gimbal.cuda.panama;

import static io.gimbal.cuda.panama.Calls.call;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.gimbal.cuda.NativeArrays;
import io.gimbal.cuda.RawBlas;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** cuBLAS by method handles. */
final class PanamaBlas implements RawBlas {
    private static final int GEMM_DEFAULT = -1;

    private final BlasFunctions functions;

    PanamaBlas(SharedLibrary library) {
        this.functions = NativeLoader.bind(BlasFunctions.class, library);
    }

    @Override
    public int create(long[] handle) {
        return NativeArrays.longs(handle, 1, out -> call(functions.create(), out));
    }

    @Override
    public int destroy(long handle) {
        return call(functions.destroy(), handle);
    }

    @Override
    public int version(long handle, int[] version) {
        return NativeArrays.ints(version, 1, out -> call(functions.version(), handle, out));
    }

    @Override
    public int setStream(long handle, long stream) {
        return call(functions.setStream(), handle, stream);
    }

    @Override
    public int setWorkspace(long handle, long pointer, long bytes) {
        return call(functions.setWorkspace(), handle, pointer, bytes);
    }

    @Override
    public int setMathMode(long handle, int mode) {
        return call(functions.setMathMode(), handle, mode);
    }

    @Override
    public int gemm(long handle, int operationA, int operationB, int m, int n, int k, float alpha, long a, int typeA,
            int lda, long b, int typeB, int ldb, float beta, long c, int typeC, int ldc, int computeType) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment scalars = arena.allocateFrom(JAVA_FLOAT, alpha, beta);
            return (int) functions.gemm().invokeExact(handle, operationA, operationB, m, n, k, scalars.address(), a,
                    typeA, lda, b, typeB, ldb, scalars.address() + Float.BYTES, c, typeC, ldc, computeType,
                    GEMM_DEFAULT);
        } catch (Throwable problem) {
            throw Calls.rethrown(problem);
        }
    }
}
