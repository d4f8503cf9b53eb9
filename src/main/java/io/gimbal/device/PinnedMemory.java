package io.gimbal.device;

import io.gimbal.cuda.Driver;
import java.nio.ByteBuffer;

/**
 * Page-locked host memory, from and to which streams copy without a staging copy. Whoever allocated it owns it and
 * closes it when no stream may still use it; its device closes it otherwise. The buffer dies with it: touching the
 * buffer afterwards is undefined, as it is for any mapped memory that was given back.
 */
public final class PinnedMemory extends DeviceResource {
    private final long address;
    private final long bytes;
    private final ByteBuffer buffer;

    PinnedMemory(Device device, long address, long bytes, ByteBuffer buffer) {
        super(device, true);
        this.address = address;
        this.bytes = bytes;
        this.buffer = buffer;
    }

    /**
     * A new view of the whole memory, in native byte order, with position and limit of its own. Threads may fill
     * disjoint parts of it at once.
     *
     * @throws IllegalStateException once it is closed
     */
    public ByteBuffer buffer() {
        requireOpen();
        return buffer.duplicate().order(buffer.order());
    }

    /**
     * The host address.
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
        return "pinned memory of " + bytes + " bytes at 0x" + Long.toHexString(address);
    }

    @Override
    void release(Driver driver) {
        driver.freeHost(address);
    }

    @Override
    public String toString() {
        return title();
    }
}
