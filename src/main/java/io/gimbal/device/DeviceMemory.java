package io.gimbal.device;

import io.gimbal.cuda.Driver;

/**
 * A block of device memory, 256-byte aligned. Its contents are undefined until written. Whoever allocated it owns it
 * and closes it when no stream may still use it; its device closes it otherwise. Thread-safe.
 */
public final class DeviceMemory extends DeviceResource {
    private final long address;
    private final long bytes;

    DeviceMemory(Device device, long address, long bytes) {
        super(device);
        this.address = address;
        this.bytes = bytes;
    }

    /**
     * The device pointer.
     *
     * @throws IllegalStateException once it is closed
     */
    public long address() {
        requireOpen();
        return address;
    }

    /** Its size. */
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
