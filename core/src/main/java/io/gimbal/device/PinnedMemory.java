package io.gimbal.device;

import io.gimbal.cuda.Driver;
import io.gimbal.cuda.HostBuffer;
import java.nio.ByteBuffer;

/**
 * Page-locked host memory, from and to which streams copy without a staging copy. Whoever allocated it owns it and
 * closes it when no stream may still use it; its device closes it otherwise. Its buffers end with it: whoever reads or
 * writes by one afterwards, or by a slice of one, gets an {@link IllegalStateException}.
 */
public final class PinnedMemory extends DeviceResource {
    private final long address;
    private final long bytes;
    private final HostBuffer buffer;

    PinnedMemory(Device device, long address, long bytes, HostBuffer buffer) {
        super(device, true);
        this.address = address;
        this.bytes = bytes;
        this.buffer = buffer;
    }

    /**
     * A new view of the whole memory, in native byte order, with position and limit of its own. Threads may fill
     * disjoint parts of it at once.
     *
     * @return a view, whose use is refused once the memory is closed
     * @throws IllegalStateException once it is closed
     */
    public ByteBuffer buffer() {
        requireOpen();
        return buffer.view();
    }

    /**
     * {@return the host address}
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
        return "pinned memory of " + bytes + " bytes at 0x" + Long.toHexString(address);
    }

    @Override
    void release(Driver driver) {
        buffer.close();
        driver.freeHost(address);
    }

    @Override
    public String toString() {
        return title();
    }
}
