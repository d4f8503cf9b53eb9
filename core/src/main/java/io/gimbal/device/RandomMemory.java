package io.gimbal.device;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/** Memory of random values for what is timed: a GPU multiplies zeros with less power, and so faster. */
public final class RandomMemory {
    /** What is made on the host; more is filled with copies of it. */
    private static final int RANDOM_BYTES = 1 << 20;

    private RandomMemory() {}

    /**
     * Fills device memory with values from -1 to 1 of that precision's elements, and waits for it.
     *
     * @param device    where it is
     * @param stream    by which it is filled
     * @param address   of the memory
     * @param bytes     how many are filled
     * @param precision whose elements are written
     */
    public static void fill(Device device, Stream stream, long address, long bytes, Precision precision) {
        ByteBuffer block = ByteBuffer.allocateDirect(RANDOM_BYTES).order(ByteOrder.nativeOrder());
        SplittableRandom random = new SplittableRandom(1);
        while (block.hasRemaining()) {
            float value = (float) random.nextDouble(-1, 1);
            if (precision == Precision.BF16) {
                block.putShort(BFloat16.of(value));
            } else {
                block.putFloat(value);
            }
        }
        long filled = Math.min(bytes, RANDOM_BYTES);
        device.upload(address, block.flip().limit((int) filled));
        repeat(stream, address, filled, bytes);
        stream.synchronize();
    }

    /**
     * Fills the rest of device memory with copies of its first bytes, twice as many each time; does not wait.
     *
     * @param stream  by which it is filled
     * @param address of the memory
     * @param first   how many bytes at its start are copied
     * @param bytes   how many there are in all
     */
    public static void repeat(Stream stream, long address, long first, long bytes) {
        long filled = first;
        while (filled < bytes) {
            long count = Math.min(filled, bytes - filled);
            stream.copy(address + filled, address, count);
            filled += count;
        }
    }
}
