package io.gimbal.program;

/**
 * A place in a buffer; what launches take as a pointer.
 *
 * @param buffer in which it is
 * @param offset in bytes from the buffer's start
 */
public record Region(Buffer buffer, long offset) {
    /** Refuses a place outside of the buffer. */
    public Region {
        if (offset < 0 || offset > buffer.bytes()) {
            throw new IllegalArgumentException("offset " + offset + " lies outside of " + buffer.name() + " with "
                    + buffer.bytes() + " bytes");
        }
    }

    /**
     * {@return the place {@code count} 32-bit words further on}
     *
     * @param count may be 0
     */
    public Region words(long count) {
        return new Region(buffer, offset + count * Float.BYTES);
    }

    /**
     * {@return the place {@code count} bytes further on}
     *
     * @param count may be 0
     */
    public Region plusBytes(long count) {
        return new Region(buffer, offset + count);
    }

    /** {@return its address in device memory; refused before the buffer was placed} */
    public long address() {
        return buffer.address() + offset;
    }
}
