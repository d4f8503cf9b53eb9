package io.gimbal.program;

import io.gimbal.device.Alignment;
import java.util.ArrayList;
import java.util.List;

/** Buffers one behind the other, each at a multiple of {@link Alignment#BYTES} bytes. */
public class BufferLayout {
    private final List<Buffer> buffers = new ArrayList<>();

    /** Begins without a buffer. */
    protected BufferLayout() {}

    /**
     * One more, of at least that many bytes.
     *
     * @param name  for messages
     * @param bytes at least so many
     * @return the buffer, whose place is behind those before
     */
    protected final Buffer buffer(String name, long bytes) {
        Buffer buffer = Buffer.unplaced(name, Alignment.roundUp(bytes));
        buffers.add(buffer);
        return buffer;
    }

    /** {@return how many bytes all of them take} */
    public final long bytes() {
        return buffers.stream().mapToLong(Buffer::bytes).sum();
    }

    /**
     * Gives everything its address in memory that starts there.
     *
     * @param address of the first
     */
    protected final void place(long address) {
        long next = address;
        for (Buffer buffer : buffers) {
            buffer.place(next);
            next += buffer.bytes();
        }
    }
}
