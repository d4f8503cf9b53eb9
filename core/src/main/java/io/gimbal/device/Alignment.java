package io.gimbal.device;

/**
 * Where what shares a block of device memory begins: cuDNN and vector loads want 16 bytes; a full sector of the cache
 * costs nothing and keeps neighbours apart. What {@link Device#allocate} gives begins so, too.
 */
public final class Alignment {
    /** Bytes. */
    public static final long BYTES = 256;

    private Alignment() {}

    /**
     * {@return the next multiple of {@link #BYTES}}
     *
     * @param bytes at least 0
     */
    public static long roundUp(long bytes) {
        return (bytes + BYTES - 1) / BYTES * BYTES;
    }
}
