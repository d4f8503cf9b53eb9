package io.gimbal.picture;

import io.gimbal.config.UserException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads what a MATLAB file holds inside, element by element. Nothing is allocated by what the file claims: numbers stay
 * where they lie, and every array takes bytes that are there.
 */
final class MatlabReader {
    static final int MATRIX = 14;
    static final int COMPRESSED = 15;

    private static final int TAG_BYTES = 8;
    private static final int SMALL_BYTES = 4;
    private static final int DEEPEST = 32;
    private static final int MOST_DIMENSIONS = 32;
    private static final int COMPLEX = 0x800;
    private static final int CELLS = 1;
    private static final int STRUCTS = 2;
    private static final int LETTERS = 4;
    private static final int FIRST_OF_NUMBERS = 6;
    /** By MATLAB's class of an array, from {@link #FIRST_OF_NUMBERS}. */
    private static final List<SampleType> CLASSES = List.of(SampleType.FLOAT_64, SampleType.FLOAT_32,
            SampleType.SIGNED_8, SampleType.UNSIGNED_8, SampleType.SIGNED_16, SampleType.UNSIGNED_16,
            SampleType.SIGNED_32, SampleType.UNSIGNED_32, SampleType.SIGNED_64, SampleType.UNSIGNED_64);
    private static final List<String> OTHERS = List.of("", "", "", "an object", "", "a sparse array");

    private final Path path;
    private final ByteOrder order;

    MatlabReader(Path path, ByteOrder order) {
        this.path = path;
        this.order = order;
    }

    /** A piece of the file, which says how many bytes it has. */
    record Element(int type, ByteBuffer data) { }

    /** What stands before an array's values. */
    record Header(int kind, boolean complex, List<Integer> shape, String name) {
        /** How many values there are; at most what an int holds. */
        int count() {
            long count = 1;
            for (int extent : shape) {
                count = Math.min(Integer.MAX_VALUE, count * extent);
            }
            return (int) count;
        }
    }

    UserException damaged(String reason) {
        return PictureFile.damaged(path, reason, null);
    }

    ByteBuffer part(ByteBuffer in, int from, int length) {
        return in.slice(from, length).order(order);
    }

    /** The element that begins where the buffer stands, which then stands behind it. */
    Element next(ByteBuffer in) {
        int start = in.position();
        if (in.remaining() < TAG_BYTES) {
            throw damaged("it ends within an element's tag");
        }
        int first = in.getInt();
        int small = first >>> Short.SIZE;
        if (small > SMALL_BYTES) {
            throw damaged("an element at byte " + start + " has the type " + Integer.toUnsignedString(first));
        }
        if (small > 0) {
            in.position(start + TAG_BYTES);
            return new Element(first & 0xFFFF, part(in, start + SMALL_BYTES, small));
        }
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw damaged("it ends within the element at byte " + start);
        }
        ByteBuffer data = part(in, in.position(), length);
        int padding = first == COMPRESSED ? 0 : -length & (TAG_BYTES - 1);
        in.position(Math.min(in.limit(), in.position() + length + padding));
        return new Element(first, data);
    }

    /** The header of the array whose content the buffer holds, which then stands at its values. */
    Header header(ByteBuffer in) {
        ByteBuffer flags = next(in).data();
        ByteBuffer extents = next(in).data();
        ByteBuffer name = next(in).data();
        if (flags.limit() != 8 || extents.limit() % Integer.BYTES != 0 || extents.limit() < 2 * Integer.BYTES
                || extents.limit() > MOST_DIMENSIONS * Integer.BYTES) {
            throw damaged("an array's header is none");
        }
        List<Integer> shape = new ArrayList<>();
        while (extents.hasRemaining()) {
            shape.add(extents.getInt());
            if (shape.getLast() < 0) {
                throw damaged("an array has " + shape.getLast() + " rows or columns");
            }
        }
        int bits = flags.getInt(0);
        return new Header(bits & 255, (bits & COMPLEX) != 0, List.copyOf(shape), text(name, StandardCharsets.UTF_8));
    }

    /** The array whose content these bytes are. */
    MatlabArray array(ByteBuffer in, int depth) {
        if (!in.hasRemaining()) {
            return new MatlabArray.Cells(List.of(0, 0), List.of());
        }
        if (depth > DEEPEST) {
            throw damaged("arrays lie more than " + DEEPEST + " deep in each other");
        }
        Header header = header(in);
        int kind = header.kind();
        if (kind == CELLS) {
            return new MatlabArray.Cells(header.shape(), arrays(in, header.count(), depth));
        }
        if (kind == STRUCTS) {
            return structs(in, header, depth);
        }
        if (kind == LETTERS) {
            return new MatlabArray.Text(header.shape(), letters(next(in)));
        }
        boolean numbers = kind >= FIRST_OF_NUMBERS && kind < FIRST_OF_NUMBERS + CLASSES.size();
        if (!numbers || header.complex()) {
            return new MatlabArray.Other(header.shape(), header.complex() ? "complex numbers"
                    : kind > 0 && kind < OTHERS.size() ? OTHERS.get(kind) : "an object or a function");
        }
        return numbers(next(in), header);
    }

    private List<MatlabArray> arrays(ByteBuffer in, int count, int depth) {
        if (count > in.remaining() / TAG_BYTES) {
            throw damaged("it ends before the last of " + count + " arrays");
        }
        List<MatlabArray> arrays = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Element element = next(in);
            if (element.type() != MATRIX) {
                throw damaged("an element of type " + element.type() + " stands where an array is due");
            }
            arrays.add(array(element.data(), depth + 1));
        }
        return arrays;
    }

    private MatlabArray structs(ByteBuffer in, Header header, int depth) {
        ByteBuffer length = next(in).data();
        ByteBuffer names = next(in).data();
        int letters = length.limit() == Integer.BYTES ? length.getInt() : 0;
        if (letters < 1 || names.limit() % letters != 0) {
            throw damaged("the names of a struct's fields are none");
        }
        List<String> fields = new ArrayList<>();
        for (int from = 0; from < names.limit(); from += letters) {
            String padded = text(part(names, from, letters), StandardCharsets.UTF_8);
            fields.add(padded.substring(0, padded.indexOf(0) < 0 ? padded.length() : padded.indexOf(0)));
        }
        List<List<MatlabArray>> values = new ArrayList<>();
        int structs = fields.isEmpty() ? 0 : header.count();
        for (int i = 0; i < structs; i++) {
            values.add(arrays(in, fields.size(), depth));
        }
        return new MatlabArray.Structs(header.shape(), List.copyOf(fields), values);
    }

    private MatlabArray numbers(Element element, Header header) {
        SampleType type = CLASSES.get(header.kind() - FIRST_OF_NUMBERS);
        SampleType kept = kept(element.type());
        if (kept == null || kept.bytes() > type.bytes() || kept.real() && !type.real()) {
            throw damaged("an array of " + type + " is kept as type " + element.type());
        }
        long due = kept.bytes();
        for (int extent : header.shape()) {
            due = Math.min(Long.MAX_VALUE / Integer.MAX_VALUE - 1, due * extent);
        }
        if (element.data().limit() != due) {
            throw damaged(element.data().limit() + " bytes of numbers, where an array of shape " + header.shape()
                    + " takes " + due);
        }
        return new MatlabArray.Numbers(header.shape(), type, kept, element.data());
    }

    private static SampleType kept(int type) {
        return switch (type) {
            case 1 -> SampleType.SIGNED_8;
            case 2 -> SampleType.UNSIGNED_8;
            case 3 -> SampleType.SIGNED_16;
            case 4 -> SampleType.UNSIGNED_16;
            case 5 -> SampleType.SIGNED_32;
            case 6 -> SampleType.UNSIGNED_32;
            case 7 -> SampleType.FLOAT_32;
            case 9 -> SampleType.FLOAT_64;
            case 12 -> SampleType.SIGNED_64;
            case 13 -> SampleType.UNSIGNED_64;
            default -> null;
        };
    }

    private String letters(Element element) {
        boolean little = order == ByteOrder.LITTLE_ENDIAN;
        return text(element.data(), switch (element.type()) {
            case 4, 17 -> little ? StandardCharsets.UTF_16LE : StandardCharsets.UTF_16BE;
            case 18 -> little ? StandardCharsets.UTF_32LE : StandardCharsets.UTF_32BE;
            default -> StandardCharsets.UTF_8;
        });
    }

    private static String text(ByteBuffer bytes, Charset charset) {
        return charset.decode(bytes.duplicate()).toString();
    }
}
