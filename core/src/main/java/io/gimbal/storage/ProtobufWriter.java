package io.gimbal.storage;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A message of Protocol Buffers in the making, field by field, without a schema: <a
 * href="https://protobuf.dev/programming-guides/encoding/">their encoding</a>. A field may stand more than once, which
 * makes a list of it. Not thread-safe.
 */
public final class ProtobufWriter {
    private static final int VARINT = 0;
    private static final int EIGHT_BYTES = 1;
    private static final int LENGTH_FIRST = 2;
    private static final int FOUR_BYTES = 5;
    private static final int KIND_BITS = 3;
    private static final int VARINT_BITS = 7;
    private static final int MORE = 0x80;

    /** What stands before {@link #out}: each is read from its position to its limit, which stay as they are. */
    private final List<ByteBuffer> before = new ArrayList<>();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** A whole number or an enumeration's: {@code int32}, {@code int64}, {@code uint64}, {@code bool}, {@code enum}. */
    public ProtobufWriter number(int field, long value) {
        tag(field, VARINT);
        varint(value);
        return this;
    }

    /** A {@code float}. */
    public ProtobufWriter float32(int field, float value) {
        tag(field, FOUR_BYTES);
        littleEndian(Float.floatToRawIntBits(value), Float.BYTES);
        return this;
    }

    /** A {@code double}. */
    public ProtobufWriter float64(int field, double value) {
        tag(field, EIGHT_BYTES);
        littleEndian(Double.doubleToRawLongBits(value), Double.BYTES);
        return this;
    }

    /** A {@code string}. */
    public ProtobufWriter text(int field, String value) {
        return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    /** A message within this one, as it is now. */
    public ProtobufWriter message(int field, ProtobufWriter message) {
        tag(field, LENGTH_FIRST);
        varint(message.length());
        if (!message.before.isEmpty()) {
            flush();
            before.addAll(message.before);
        }
        out.writeBytes(message.out.toByteArray());
        return this;
    }

    /** {@code bytes}. */
    public ProtobufWriter bytes(int field, byte[] value) {
        tag(field, LENGTH_FIRST);
        varint(value.length);
        out.writeBytes(value);
        return this;
    }

    /** {@code bytes}: the buffer's from its position to its limit, not copied, which stay until all is written. */
    public ProtobufWriter bytes(int field, ByteBuffer value) {
        tag(field, LENGTH_FIRST);
        varint(value.remaining());
        flush();
        before.add(value.slice());
        return this;
    }

    /** How many bytes the message has so far. */
    public long length() {
        return before.stream().mapToLong(ByteBuffer::remaining).sum() + out.size();
    }

    /**
     * The message so far.
     *
     * @throws ArithmeticException if it has 2 GiB or more
     */
    public byte[] toBytes() {
        ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(length()));
        before.forEach(part -> all.put(part.duplicate()));
        return all.put(out.toByteArray()).array();
    }

    /** Writes the message so far. */
    public void writeTo(WritableByteChannel channel) throws IOException {
        for (ByteBuffer part : before) {
            writeFully(channel, part.duplicate());
        }
        writeFully(channel, ByteBuffer.wrap(out.toByteArray()));
    }

    private static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private void flush() {
        before.add(ByteBuffer.wrap(out.toByteArray()));
        out.reset();
    }

    private void tag(int field, int kind) {
        varint((long) field << KIND_BITS | kind);
    }

    private void varint(long value) {
        long rest = value;
        while ((rest & -MORE) != 0) {
            out.write((int) rest & MORE - 1 | MORE);
            rest >>>= VARINT_BITS;
        }
        out.write((int) rest);
    }

    private void littleEndian(long value, int bytes) {
        for (int k = 0; k < bytes; k++) {
            out.write((int) (value >>> Byte.SIZE * k));
        }
    }
}
