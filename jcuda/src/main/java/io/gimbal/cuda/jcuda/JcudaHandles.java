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
     * {@return the number behind a context, stream, event or device pointer; a pointer's byte offset is part of it}
     *
     * @param handle which JCuda or a program has set
     */
    public static long numberOf(NativePointerObject handle) {
        long number = NativePointers.get(handle);
        return handle instanceof jcuda.Pointer pointer ? number + NativePointers.offset(pointer) : number;
    }

    /**
     * {@return a new object for a context, which stays its maker's}
     *
     * @param number the driver's handle
     */
    public static CUcontext context(long number) {
        return NativePointers.set(new CUcontext(), number);
    }

    /**
     * {@return a new object for a stream, which stays its maker's}
     *
     * @param number the driver's handle
     */
    public static CUstream stream(long number) {
        return NativePointers.set(new CUstream(), number);
    }

    /**
     * {@return a new object for an event, which stays its maker's}
     *
     * @param number the driver's handle
     */
    public static CUevent event(long number) {
        return NativePointers.set(new CUevent(), number);
    }

    /**
     * {@return a new object for a device pointer, whose memory stays its maker's}
     *
     * @param address in device memory
     */
    public static CUdeviceptr pointer(long address) {
        return NativePointers.set(new CUdeviceptr(), address);
    }
}
