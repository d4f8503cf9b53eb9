package io.gimbal.device;

import io.gimbal.cuda.CudaException;
import io.gimbal.cuda.Driver;

/**
 * A kernel that is not Gimbal's, loaded from an image of its own. Owns the module; closing the device closes it. Any
 * thread may use it; launches into one stream are for one thread at a time.
 */
public final class LoadedKernel extends DeviceResource {
    private static final int ATTRIBUTE_SHARED_BYTES = 1;

    private final String name;
    private final long module;
    private final long function;

    private LoadedKernel(Device device, String name, long module, long function) {
        super(device, true);
        this.name = name;
        this.module = module;
        this.function = function;
    }

    /**
     * Loads a kernel.
     *
     * @param device which runs it
     * @param image  a CUBIN for the device, or PTX with the zero that ends it; the software device takes PTX
     * @param name   as the image has it
     * @return the kernel, to be closed
     * @throws CudaException if the device does not take the image, or it has no such kernel
     */
    public static LoadedKernel load(Device device, byte[] image, String name) {
        synchronized (Device.WHOLE_CONTEXT) {
            Driver driver = device.currentDriver();
            long module = driver.loadModule(image);
            try {
                return new LoadedKernel(device, name, module, driver.function(module, name));
            } catch (CudaException refused) {
                driver.unloadModule(module);
                throw refused;
            }
        }
    }

    /**
     * Puts a launch into the stream. The driver cannot tell a wrong argument from a right one.
     *
     * @param stream      of the kernel's device
     * @param grid        in blocks
     * @param block       in threads
     * @param sharedBytes of shared memory that the launch sizes
     * @param arguments   one for each parameter: a Long for a pointer or 8 bytes, a Float, a Double, an Integer for
     *                    other numbers, of which a parameter of 1 or 2 bytes takes the lower ones
     */
    public void launch(Stream stream, Dim3 grid, Dim3 block, int sharedBytes, Object... arguments) {
        long handle = stream.handle();
        driver().launchKernel(function, grid.x(), grid.y(), grid.z(), block.x(), block.y(), block.z(), sharedBytes,
                handle, arguments);
    }

    /** {@return registers that a thread uses, by the driver} */
    public int registers() {
        return driver().functionAttribute(Kernel.ATTRIBUTE_REGISTERS, function);
    }

    /** {@return bytes of local memory that a thread uses, by the driver} */
    public int localBytes() {
        return driver().functionAttribute(Kernel.ATTRIBUTE_LOCAL_BYTES, function);
    }

    /** {@return bytes of shared memory that a block uses beside what a launch sizes, by the driver} */
    public int sharedBytes() {
        return driver().functionAttribute(ATTRIBUTE_SHARED_BYTES, function);
    }

    @Override
    String title() {
        return "the kernel " + name;
    }

    @Override
    void release(Driver driver) {
        synchronized (Device.WHOLE_CONTEXT) {
            driver.unloadModule(module);
        }
    }

    @Override
    public String toString() {
        return title();
    }
}
