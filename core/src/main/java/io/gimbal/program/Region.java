package io.gimbal.program;

/**
 * A place in a buffer; what launches take as a pointer.
 *
 * @param offset in bytes from the buffer's start
 */
public record Region(Buffer buffer, long offset) {
    public Region {
        if (offset < 0 || offset > buffer.bytes()) {
            throw new IllegalArgumentException("offset " + offset + " lies outside of " + buffer.name() + " with "
                    + buffer.bytes() + " bytes");
        }
    }

    /** The place {@code count} 32-bit words further on. */
    public Region words(long count) {
        return new Region(buffer, offset + count * Float.BYTES);
    }

    /** The place {@code count} bytes further on. */
    public Region plusBytes(long count) {
        return new Region(buffer, offset + count);
    }

    /** In device memory; only once the buffer was placed. */
    public long address() {
        return buffer.address() + offset;
    }
}
