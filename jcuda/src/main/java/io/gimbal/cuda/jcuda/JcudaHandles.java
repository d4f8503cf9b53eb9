package io.gimbal.cuda.jcuda;

import jcuda.NativePointerObject;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUstream;

/**
 * JCuda's handles and pointers as the numbers that the rest of Gimbal knows, and back. Neither way changes who owns
 * what they stand for. Thread-safe.
 */
public final class JcudaHandles {
    private JcudaHandles() {}

    /**
     * The number behind a context, stream, event or device pointer; a pointer's byte offset is part of it.
     */
    public static long numberOf(NativePointerObject handle) {
        long number = NativePointers.get(handle);
        return handle instanceof jcuda.Pointer pointer ? number + NativePointers.offset(pointer) : number;
    }

    /** A context by its number. */
    public static CUcontext context(long number) {
        return NativePointers.set(new CUcontext(), number);
    }

    /** A stream by its number. */
    public static CUstream stream(long number) {
        return NativePointers.set(new CUstream(), number);
    }

    /** An event by its number. */
    public static CUevent event(long number) {
        return NativePointers.set(new CUevent(), number);
    }

    /** A device pointer by its address. */
    public static CUdeviceptr pointer(long address) {
        return NativePointers.set(new CUdeviceptr(), address);
    }
}
