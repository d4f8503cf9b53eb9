package io.gimbal.device;

import io.gimbal.cuda.AllocationRange;
import io.gimbal.cuda.CudaException;
import io.gimbal.cuda.Driver;

/**
 * A block of device memory. What {@link Device#allocate} gives is 256-byte aligned, and its contents are undefined
 * until written; whoever allocated it owns it and closes it when no stream may still use it; its device closes it
 * otherwise. Memory of {@link #of} stays its maker's. Thread-safe.
 */
public final class DeviceMemory extends DeviceResource {
    private static final int INVALID_VALUE = 1;
    private static final int NOT_FOUND = 500;

    private final long address;
    private final long bytes;

    DeviceMemory(Device device, long address, long bytes, boolean owned) {
        super(device, owned);
        this.address = address;
        this.bytes = bytes;
    }

    /**
     * Device memory that somebody else allocated in the device's context, all or a part of one allocation. It stays its
     * maker's: closing this frees nothing. The maker keeps it allocated until this is closed and the work that uses it
     * is done.
     *
     * @param device  in whose context it was allocated
     * @param pointer the device pointer to its start, aligned as the kernels that are to use it want it
     * @param bytes   at least 1
     * @return memory over it
     * @throws IllegalArgumentException if the bytes from {@code pointer} on do not lie in one live allocation
     */
    public static DeviceMemory of(Device device, long pointer, long bytes) {
        String memory = "device memory of " + bytes + " bytes at 0x" + Long.toHexString(pointer);
        if (bytes < 1) {
            throw new IllegalArgumentException(memory + " cannot be taken over: it must have at least 1 byte");
        }
        AllocationRange range = allocation(device.currentDriver(), pointer, memory);
        long left = range.base() + range.bytes() - pointer;
        if (bytes > left) {
            throw new IllegalArgumentException(memory + " cannot be taken over: its allocation of " + range.bytes()
                    + " bytes at 0x" + Long.toHexString(range.base()) + " ends after " + left);
        }
        return new DeviceMemory(device, pointer, bytes, false);
    }

    private static AllocationRange allocation(Driver driver, long pointer, String memory) {
        try {
            return driver.allocationRange(pointer);
        } catch (CudaException refused) {
            if (refused.status() != INVALID_VALUE && refused.status() != NOT_FOUND) {
                throw refused;
            }
            throw new IllegalArgumentException(memory + " cannot be taken over: no allocation of the device holds its"
                    + " start; was it freed, or is it host memory or another device's?", refused);
        }
    }

    /**
     * {@return the device pointer}
     *
     * @throws IllegalStateException once it is closed
     */
    public long address() {
        requireOpen();
        return address;
    }

    /** {@return its size in bytes} */
    public long bytes() {
        return bytes;
    }

    @Override
    String title() {
        return "device memory of " + bytes + " bytes at 0x" + Long.toHexString(address);
    }

    @Override
    void release(Driver driver) {
        driver.free(address);
    }

    @Override
    public String toString() {
        return title();
    }
}
