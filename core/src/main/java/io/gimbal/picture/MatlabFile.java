package io.gimbal.picture;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * A MATLAB file of version 5 (as {@code save} writes it with {@code -v6} or {@code -v7}), read as untrusted: its arrays
 * by name, which may be packed. What the file claims is checked against what is there before anything is unpacked.
 * Source: MathWorks, <i>MAT-File Format</i> (R2019b).
 *
 * <p>Errors name the file. Safe to use from one thread at a time.
 */
public final class MatlabFile {
    private static final byte[] START = "MATLAB ".getBytes(StandardCharsets.US_ASCII);
    private static final String HDF5 = "MATLAB 7.3";
    private static final int HEADER_BYTES = 128;
    private static final int VERSION_AT = 124;
    private static final int VERSION = 0x0100;
    /** Enough for an array's header, whose name MATLAB keeps to 63 letters. */
    private static final int HEAD_BYTES = 512;
    private static final int TAG_BYTES = 8;
    /** Deflate makes no more of a byte. */
    private static final long MOST_OF_A_BYTE = 1032;

    private final Path path;
    private final MatlabReader reader;
    private final ByteOrder order;
    private final Map<String, Variable> variables = new LinkedHashMap<>();

    /** @param content as it stands in the file, without its tag */
    private record Variable(boolean packed, ByteBuffer content) { }

    /** @throws UserException if it is missing, damaged, too large, or of another version */
    public static MatlabFile open(Path path) {
        return new MatlabFile(path, PictureFile.load(path));
    }

    MatlabFile(Path path, byte[] bytes) {
        this.path = path;
        if (!is(bytes)) {
            throw new UserException(path + ": no MATLAB file, by its first bytes. Copy it anew from the source of the "
                    + "data.");
        }
        if (new String(bytes, 0, HDF5.length(), StandardCharsets.US_ASCII).equals(HDF5)) {
            throw new UserException(path + ": a MATLAB file of version 7.3, which is HDF5; version 5 is read. Load it "
                    + "in MATLAB and save it with -v7.");
        }
        order = bytes[VERSION_AT + 2] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        reader = new MatlabReader(path, order);
        ByteBuffer in = ByteBuffer.wrap(bytes).order(order);
        if (in.getShort(VERSION_AT) != VERSION) {
            throw reader.damaged("its header names no version 5");
        }
        in.position(HEADER_BYTES);
        while (in.hasRemaining()) {
            take(reader.next(in));
        }
    }

    static boolean is(byte[] bytes) {
        return bytes.length >= HEADER_BYTES && Arrays.equals(bytes, 0, START.length, START, 0, START.length);
    }

    private void take(MatlabReader.Element element) {
        boolean packed = element.type() == MatlabReader.COMPRESSED;
        if (!packed && element.type() != MatlabReader.MATRIX) {
            return;
        }
        ByteBuffer content = element.data();
        ByteBuffer head = packed ? head(content) : content.duplicate().order(order);
        String name = reader.header(head).name();
        // What MATLAB keeps for itself has no name.
        if (!name.isEmpty() && variables.putIfAbsent(name, new Variable(packed, content)) != null) {
            throw reader.damaged("it holds " + Names.quote(name) + " twice");
        }
    }

    /** The names of its arrays, in their order. */
    public List<String> names() {
        return List.copyOf(variables.keySet());
    }

    /** @throws UserException if there is no array of that name, naming those there are; it is damaged, or too large */
    public MatlabArray array(String name) {
        Variable variable = variables.get(name);
        if (variable == null) {
            throw new UserException(path + ": this file holds " + (variables.isEmpty() ? "no array"
                    : Names.list(names())) + ", and not " + Names.quote(name) + "." + Names.hint(name, names()));
        }
        ByteBuffer content = variable.content().duplicate().order(order).rewind();
        return reader.array(variable.packed() ? whole(content) : content, 0);
    }

    /** About as many bytes of heap as {@link #array} takes for it. */
    public long bytes(String name) {
        Variable variable = variables.get(name);
        return variable == null || !variable.packed() ? 0 : claimed(inflated(variable.content(), TAG_BYTES));
    }

    /** The first bytes of the content of a packed array. */
    private ByteBuffer head(ByteBuffer packed) {
        ByteBuffer head = inflated(packed, HEAD_BYTES);
        claimed(head);
        return reader.part(head, TAG_BYTES, head.limit() - TAG_BYTES);
    }

    private ByteBuffer whole(ByteBuffer packed) {
        long length = claimed(inflated(packed, TAG_BYTES));
        if (length > MOST_OF_A_BYTE * packed.limit()) {
            throw reader.damaged(packed.limit() + " packed bytes cannot hold " + length);
        }
        if (length > PictureFile.LARGEST_FILE) {
            throw new UserException(path + ": an array of " + length + " bytes; at most " + PictureFile.LARGEST_FILE
                    + " are read.");
        }
        ByteBuffer all = inflated(packed, TAG_BYTES + (int) length);
        if (all.limit() < TAG_BYTES + length) {
            throw reader.damaged("a packed array ends too early");
        }
        return reader.part(all, TAG_BYTES, (int) length);
    }

    /** How many bytes the array has that begins there. */
    private long claimed(ByteBuffer head) {
        if (head.limit() < TAG_BYTES || head.getInt(0) != MatlabReader.MATRIX) {
            throw reader.damaged("what is packed is no array");
        }
        return head.getInt(Integer.BYTES) & 0xFFFFFFFFL;
    }

    /** At most so many of the bytes that were packed. */
    private ByteBuffer inflated(ByteBuffer packed, int most) {
        try (Inflater inflater = new Inflater()) {
            inflater.setInput(packed.duplicate().rewind());
            byte[] bytes = new byte[most];
            int count = 0;
            while (count < most) {
                int more = inflater.inflate(bytes, count, most - count);
                if (more == 0) {
                    break;
                }
                count += more;
            }
            return ByteBuffer.wrap(bytes, 0, count).slice().order(order);
        } catch (DataFormatException exception) {
            throw PictureFile.damaged(path, "what is packed in it is damaged", exception);
        }
    }
}
