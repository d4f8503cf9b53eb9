package io.gimbal.picture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Writes an array of float32 as NumPy's .npy (format 1.0), little-endian, in C's order, part by part: the numbers are
 * never all in memory. Not thread-safe.
 */
public final class ArrayWriter {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
    private static final int ALIGNMENT = 64;

    private final WritableByteChannel channel;
    private ByteBuffer buffer = ByteBuffer.allocate(0);

    /** Writes the header. The channel stays the caller's. */
    public ArrayWriter(WritableByteChannel channel, int... shape) throws IOException {
        this.channel = channel;
        String sizes = Arrays.stream(shape).mapToObj(Integer::toString).collect(Collectors.joining(", "));
        String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + sizes + (shape.length == 1 ? "," : "")
                + "), }";
        int start = MAGIC.length + Short.BYTES;
        int padded = (start + header.length() + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT - start;
        ByteBuffer bytes = ByteBuffer.allocate(start + padded).order(ByteOrder.LITTLE_ENDIAN).put(MAGIC)
                .putShort((short) padded).put(header.getBytes(StandardCharsets.US_ASCII));
        while (bytes.remaining() > 1) {
            bytes.put((byte) ' ');
        }
        write(bytes.put((byte) '\n').flip());
    }

    /** Writes the next numbers. */
    public void add(float[] numbers) throws IOException {
        if (buffer.capacity() < numbers.length * Float.BYTES) {
            buffer = ByteBuffer.allocate(numbers.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        }
        buffer.clear().limit(numbers.length * Float.BYTES);
        buffer.asFloatBuffer().put(numbers);
        write(buffer);
    }

    private void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
