package io.gimbal.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Page-locked host memory as byte buffers, which end with this: once it is closed, whoever reads or writes by one of
 * them gets an {@link IllegalStateException}. Closing frees nothing. Thread-safe.
 */
public final class HostBuffer implements AutoCloseable {
    private final Arena life = Arena.ofShared();
    private final ByteBuffer whole;

    /** @param bytes 0 to 2^31 - 1 */
    HostBuffer(long address, long bytes) {
        if (bytes < 0 || bytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a buffer holds 0 to " + Integer.MAX_VALUE + " bytes, not " + bytes);
        }
        whole = MemorySegment.ofAddress(address).reinterpret(bytes, life, null).asByteBuffer();
    }

    /** A new view of all of it in native byte order, with position and limit of its own. */
    public ByteBuffer view() {
        return whole.duplicate().order(ByteOrder.nativeOrder());
    }

    /** Ends every buffer; no other thread is inside a read or write by one when this returns. To be called once. */
    @Override
    public void close() {
        life.close();
    }
}
