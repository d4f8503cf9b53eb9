package io.gimbal.picture;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * An array of numbers in NumPy's form (npy 1.0 to 3.0): [height, width] or [height, width, channels], in either byte
 * order, row by row or column by column. Python's objects (pickles) are never read: reading them runs what they say.
 */
final class ArrayFile extends PictureFile {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final Pattern ENTRY = Pattern.compile("\\s*'(descr|fortran_order|shape)'\\s*:\\s*"
            + "('[^']*'|True|False|\\([\\d\\s,L]*\\)|\\[.*\\])\\s*(?:,|$)");
    private static final Pattern DESCRIPTION = Pattern.compile("'([<>|])([biuf])([1248])'");
    private static final Map<String, SampleType> TYPES = Map.ofEntries(Map.entry("b1", SampleType.BOOLEAN),
            Map.entry("u1", SampleType.UNSIGNED_8), Map.entry("u2", SampleType.UNSIGNED_16),
            Map.entry("u4", SampleType.UNSIGNED_32), Map.entry("u8", SampleType.UNSIGNED_64),
            Map.entry("i1", SampleType.SIGNED_8), Map.entry("i2", SampleType.SIGNED_16),
            Map.entry("i4", SampleType.SIGNED_32), Map.entry("i8", SampleType.SIGNED_64),
            Map.entry("f2", SampleType.FLOAT_16), Map.entry("f4", SampleType.FLOAT_32),
            Map.entry("f8", SampleType.FLOAT_64));
    private static final int MOST_DIGITS = 10;

    private final String place;
    private final boolean channelsFirst;
    private final ByteBuffer numbers;
    private boolean byColumns;

    /** @param inside what names it inside of its file, as ", array 'depth'", or nothing */
    ArrayFile(Path path, String inside, byte[] bytes, ArrayChoice choice) {
        super(path);
        this.place = inside;
        this.channelsFirst = choice.channelsFirst();
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        String header = header(in);
        ByteOrder order = read(header);
        numbers = in.slice().order(order);
        long due = (long) height * width * channels * type.bytes();
        if (numbers.limit() != due) {
            throw damaged(inside(numbers.limit() + " bytes of numbers, where its shape takes " + due), null);
        }
        bits = 8 * type.bytes();
    }

    static boolean is(byte[] bytes) {
        return bytes.length >= MAGIC.length && Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
    }

    private String inside(String reason) {
        return place.isEmpty() ? reason : place + ": " + reason;
    }

    /** The text that says what the array is; behind it the numbers begin. */
    private String header(ByteBuffer in) {
        if (in.limit() < 12) {
            throw damaged(inside("it ends within its header"), null);
        }
        int version = in.get(6) & 255;
        if (version < 1 || version > 3 || in.get(7) != 0) {
            throw refused(inside("an npy file of version " + version + "." + (in.get(7) & 255)
                    + "; 1.0, 2.0 and 3.0 are read. Save it anew with numpy.save."));
        }
        int start = version == 1 ? 10 : 12;
        long length = version == 1 ? in.getShort(8) & 0xFFFF : in.getInt(8) & 0xFFFFFFFFL;
        if (length > in.limit() - start) {
            throw damaged(inside("it ends within its header"), null);
        }
        byte[] text = new byte[(int) length];
        in.get(start, text);
        in.position(start + text.length);
        return new String(text, StandardCharsets.UTF_8);
    }

    private ByteOrder read(String header) {
        String text = header.strip();
        if (!text.startsWith("{") || !text.endsWith("}")) {
            throw wrongHeader();
        }
        text = text.substring(1, text.length() - 1);
        String description = null;
        String fortran = null;
        String shape = null;
        Matcher entry = ENTRY.matcher(text);
        int end = 0;
        while (entry.find() && entry.start() == end) {
            end = entry.end();
            switch (entry.group(1)) {
                case "descr" -> description = entry.group(2);
                case "fortran_order" -> fortran = entry.group(2);
                default -> shape = entry.group(2);
            }
        }
        if (description == null || fortran == null || shape == null || !text.substring(end).isBlank()
                || !shape.startsWith("(") || !fortran.equals("True") && !fortran.equals("False")) {
            throw wrongHeader();
        }
        byColumns = fortran.equals("True");
        ByteOrder order = type(description);
        shape(shape);
        return order;
    }

    private RuntimeException wrongHeader() {
        return damaged(inside("its header does not say what the array is"), null);
    }

    private ByteOrder type(String description) {
        Matcher matcher = DESCRIPTION.matcher(description);
        SampleType found = matcher.matches() ? TYPES.get(matcher.group(2) + matcher.group(3)) : null;
        if (found == null) {
            String objects = description.startsWith("'|O") ? " Python's objects (pickles) are not read, since reading "
                    + "them runs what they say." : "";
            String shown = description.replaceAll("[^ -~]", "?");
            throw refused(inside("an array of type " + shown.substring(0, Math.min(80, shown.length())) + "; bool, "
                    + "int8 to int64, uint8 to uint64 and float16 to float64 are read." + objects
                    + " Save it as one of these (a.astype('float32'))."));
        }
        type = found;
        return matcher.group(1).equals(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    }

    private void shape(String text) {
        String[] parts = text.substring(1, text.length() - 1).replace("L", "").strip().split("\\s*,\\s*");
        long product = 1;
        int[] shape = new int[parts.length];
        for (int i = 0; i < parts.length; i++) {
            long extent = parts[i].matches("\\d{1," + MOST_DIGITS + "}") ? Long.parseLong(parts[i]) : 0;
            if (extent < 1) {
                throw otherShape(text);
            }
            product = extent > LARGEST_FILE ? Long.MAX_VALUE : product * extent;
            shape[i] = (int) extent;
            if (product > LARGEST_FILE) {
                throw refused(inside("an array of shape " + text.substring(0, Math.min(80, text.length()))
                        + "; at most " + LARGEST_FILE + " numbers are read. Make it smaller."));
            }
        }
        if (shape.length != 2 && shape.length != 3) {
            throw otherShape(text);
        }
        boolean first = shape.length == 3 && channelsFirst;
        height = shape[first ? 1 : 0];
        width = shape[first ? 2 : 1];
        channels = shape.length == 2 ? 1 : shape[first ? 0 : 2];
    }

    private RuntimeException otherShape(String text) {
        return refused(inside("an array of shape " + text.substring(0, Math.min(80, text.length())) + "; one of "
                + "[height, width] or " + (channelsFirst ? "[channels, height, width]" : "[height, width, channels]")
                + ", none of them 0, is read. Save it so (numpy.squeeze, numpy.moveaxis)."));
    }

    @Override
    Samples unpack() {
        int down = width * channels;
        int across = channels;
        int deep = 1;
        if (channelsFirst) {
            deep = byColumns ? 1 : height * width;
            down = byColumns ? channels : width;
            across = byColumns ? channels * height : 1;
        } else if (byColumns) {
            down = 1;
            across = height;
            deep = height * width;
        }
        return new Samples(type, numbers, height, width, channels, 0, down, across, deep);
    }
}
