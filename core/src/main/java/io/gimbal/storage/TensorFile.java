package io.gimbal.storage;

import io.gimbal.config.FileFailures;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.Set;

/**
 * An open safetensors file. The header has been checked when {@link SafeTensors#open} returns: every tensor lies inside
 * the file, none overlaps another, every byte belongs to one, and sizes fit shapes. Large tensors are memory-mapped
 * when they are read, small ones are copied. Safe for several threads; tensors that were read stay valid after
 * {@link #close()}.
 *
 * <p>While a tensor is in use its file must not be shortened in place; {@link SafeTensors#write} never does that, for
 * it puts a new file in the old one's stead.
 */
public final class TensorFile implements AutoCloseable {
    private static final int LENGTH_BYTES = 8;
    private static final long LARGEST_HEADER = 100_000_000;
    /** Below this a copy is cheaper than a map, and a process may have only some 65000 maps. */
    private static final long SMALLEST_MAPPED = 1 << 20;

    private final Path file;
    private final FileChannel channel;
    private final long dataBegin;
    private final HeaderReader.Header header;

    private TensorFile(Path file, FileChannel channel, long dataBegin, HeaderReader.Header header) {
        this.file = file;
        this.channel = channel;
        this.dataBegin = dataBegin;
        this.header = header;
    }

    static TensorFile open(Path file) {
        FileFailures.requireOrdinary(file, "a safetensors file");
        FileChannel channel = null;
        try {
            channel = FileChannel.open(file, StandardOpenOption.READ);
            TensorFile opened = checked(file, channel);
            channel = null;
            return opened;
        } catch (IOException e) {
            throw FileFailures.reading(file, e);
        } finally {
            closeQuietly(channel);
        }
    }

    private static TensorFile checked(Path file, FileChannel channel) throws IOException {
        try {
            long size = channel.size();
            if (size < LENGTH_BYTES) {
                throw new HeaderReader.BadHeader("it has " + Sizes.shown(size)
                        + ", fewer than the header's length alone takes");
            }
            ByteBuffer prefix = bytes(channel, 0, LENGTH_BYTES);
            long length = prefix.getLong(0);
            if (length < 0 || length > LARGEST_HEADER) {
                throw new HeaderReader.BadHeader("it claims a header of " + Long.toUnsignedString(length)
                        + " bytes, where at most " + LARGEST_HEADER + " are allowed");
            }
            if (length > size - LENGTH_BYTES) {
                throw new HeaderReader.BadHeader("it claims a header of " + length + " bytes, but only "
                        + (size - LENGTH_BYTES) + " follow (is the file cut short?)");
            }
            String text = text(bytes(channel, LENGTH_BYTES, (int) length));
            long dataBegin = LENGTH_BYTES + length;
            return new TensorFile(file, channel, dataBegin, HeaderReader.read(text, size - dataBegin));
        } catch (HeaderReader.BadHeader e) {
            throw new UserException(file + ": is not a sound safetensors file: " + e.getMessage() + ".", e);
        }
    }

    private static String text(ByteBuffer header) throws HeaderReader.BadHeader {
        if (!header.hasRemaining() || header.get(0) != '{') {
            throw new HeaderReader.BadHeader("its header does not begin with '{'");
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(header).toString();
        } catch (CharacterCodingException e) {
            throw new HeaderReader.BadHeader("its header is not UTF-8 text");
        }
    }

    /** The file as it was opened. */
    public Path file() {
        return file;
    }

    /** The tensors' names, in the header's order. */
    public Set<String> names() {
        return Collections.unmodifiableSet(header.entries().keySet());
    }

    /** The header's own texts; empty if it has none. */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(header.metadata());
    }

    /**
     * Type and shape of a tensor.
     *
     * @throws UserException if the file holds no such tensor; names the file and the nearest name
     */
    public Entry entry(String name) {
        Entry entry = header.entries().get(name);
        if (entry == null) {
            throw new UserException(file + ": holds no tensor " + Names.quote(name) + "." + Names.hint(name, names()));
        }
        return entry;
    }

    /**
     * A tensor of at most 2 GiB. Its data may be a read-only map of the file.
     *
     * @throws UserException if there is no such tensor, it is too large, or the file cannot be read
     */
    public HostTensor read(String name) {
        Entry entry = entry(name);
        if (entry.bytes() > Integer.MAX_VALUE) {
            throw new UserException(place(entry) + " takes " + Sizes.shown(entry.bytes())
                    + ", but a single tensor may take at most " + Sizes.shown(Integer.MAX_VALUE) + ".");
        }
        long begin = dataBegin + entry.begin();
        try {
            ByteBuffer data = entry.bytes() < SMALLEST_MAPPED ? bytes(channel, begin, (int) entry.bytes())
                    : channel.map(FileChannel.MapMode.READ_ONLY, begin, entry.bytes());
            return new HostTensor(entry.type(), entry.shape(), data);
        } catch (IOException e) {
            throw FileFailures.withMessage(place(entry) + " cannot be read: " + FileFailures.reason(file, e) + ".", e);
        }
    }

    /**
     * The floating-point elements of a tensor of a given shape.
     *
     * @param shape the sizes that it must have, outermost first
     * @throws UserException if there is no such tensor, or its shape is another, or it holds integers
     */
    public float[] floats(String name, long... shape) {
        Entry entry = shaped(name, shape);
        if (!entry.type().floating()) {
            throw new UserException(place(entry) + " is " + entry + ", but must hold floating-point numbers (F32).");
        }
        return read(name).floats();
    }

    /**
     * The integers of a tensor of a given shape.
     *
     * @param shape the sizes that it must have, outermost first
     * @throws UserException if there is no such tensor, or its shape is another, or it holds floating-point numbers
     */
    public long[] longs(String name, long... shape) {
        Entry entry = shaped(name, shape);
        if (entry.type().floating()) {
            throw new UserException(place(entry) + " is " + entry + ", but must hold integers (I64).");
        }
        return read(name).longs();
    }

    private Entry shaped(String name, long... shape) {
        Entry entry = entry(name);
        if (!Arrays.equals(entry.shape(), shape)) {
            throw new UserException(place(entry) + " is " + entry + ", but must have the shape "
                    + Arrays.toString(shape) + ".");
        }
        return entry;
    }

    private String place(Entry entry) {
        return file + ": tensor " + Names.quote(entry.name());
    }

    /** Closes the file; tensors that were read stay valid. */
    @Override
    public void close() {
        closeQuietly(channel);
    }

    private static ByteBuffer bytes(FileChannel channel, long begin, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, begin + bytes.position()) < 0) {
                throw new EOFException("it ends " + bytes.remaining()
                        + " bytes early; it was shortened while it was open");
            }
        }
        return bytes.flip();
    }

    private static void closeQuietly(FileChannel channel) {
        if (channel == null) {
            return;
        }
        try {
            channel.close();
        } catch (IOException e) {
            // Only read from: nothing can be lost by a failing close.
            return;
        }
    }
}
