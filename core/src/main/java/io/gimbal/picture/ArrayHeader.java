package io.gimbal.picture;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the header of NumPy's form (npy 1.0 to 3.0) says, read as untrusted. Python's objects (pickles) are never read:
 * reading them runs what they say.
 *
 * @param type      of a number
 * @param order     of its bytes
 * @param byColumns whether the first index runs fastest, else the last
 * @param shape     as the header has it, for messages
 * @param extents   each of the shape's; 0 where one is no number of at most 10 digits
 * @param start     where the numbers begin
 */
record ArrayHeader(SampleType type, ByteOrder order, boolean byColumns, String shape, long[] extents, int start) {
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
    private static final int LONGEST_SHOWN = 80;

    /** What to throw where a header cannot be used, by the reason. */
    interface Trouble {
        /** The file is damaged or cut off. */
        RuntimeException damaged(String reason);

        /** The file is whole, but not what is read. */
        RuntimeException refused(String reason);
    }

    static boolean is(byte[] bytes) {
        return bytes.length >= MAGIC.length && Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
    }

    /** @param bytes the file's, of which {@link #is} holds */
    static ArrayHeader read(byte[] bytes, Trouble trouble) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        String text = text(in, trouble).strip();
        if (!text.startsWith("{") || !text.endsWith("}")) {
            throw wrongHeader(trouble);
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
            throw wrongHeader(trouble);
        }
        Matcher matcher = DESCRIPTION.matcher(description);
        SampleType type = matcher.matches() ? TYPES.get(matcher.group(2) + matcher.group(3)) : null;
        if (type == null) {
            throw otherType(description, trouble);
        }
        return new ArrayHeader(type, matcher.group(1).equals(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN,
                fortran.equals("True"), shape.substring(0, Math.min(LONGEST_SHOWN, shape.length())), extents(shape),
                in.position());
    }

    /** The text that says what the array is; behind it the numbers begin. */
    private static String text(ByteBuffer in, Trouble trouble) {
        if (in.limit() < 12) {
            throw trouble.damaged("it ends within its header");
        }
        int version = in.get(6) & 255;
        if (version < 1 || version > 3 || in.get(7) != 0) {
            throw trouble.refused("an npy file of version " + version + "." + (in.get(7) & 255)
                    + "; 1.0, 2.0 and 3.0 are read. Save it anew with numpy.save.");
        }
        int start = version == 1 ? 10 : 12;
        long length = version == 1 ? in.getShort(8) & 0xFFFF : in.getInt(8) & 0xFFFFFFFFL;
        if (length > in.limit() - start) {
            throw trouble.damaged("it ends within its header");
        }
        byte[] text = new byte[(int) length];
        in.get(start, text);
        in.position(start + text.length);
        return new String(text, StandardCharsets.UTF_8);
    }

    private static RuntimeException wrongHeader(Trouble trouble) {
        return trouble.damaged("its header does not say what the array is");
    }

    private static RuntimeException otherType(String description, Trouble trouble) {
        String objects = description.startsWith("'|O") ? " Python's objects (pickles) are not read, since reading "
                + "them runs what they say." : "";
        String shown = description.replaceAll("[^ -~]", "?");
        return trouble.refused("an array of type " + shown.substring(0, Math.min(LONGEST_SHOWN, shown.length()))
                + "; bool, int8 to int64, uint8 to uint64 and float16 to float64 are read." + objects
                + " Save it as one of these (a.astype('float32')).");
    }

    private static long[] extents(String shape) {
        String inside = shape.substring(1, shape.length() - 1).replace("L", "").strip();
        return inside.isEmpty() ? new long[0] : Arrays.stream(inside.split("\\s*,\\s*")).mapToLong(part ->
                part.matches("\\d{1," + MOST_DIGITS + "}") ? Long.parseLong(part) : 0).toArray();
    }
}
