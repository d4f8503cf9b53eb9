package io.gimbal.picture;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/** One directory of a TIFF file: what it says of a picture, by tags of whole numbers. */
final class TiffTags {
    private static final int ENTRY_BYTES = 12;
    private static final int BYTE = 1;
    private static final int SHORT = 3;
    private static final int LONG = 4;

    private final ByteBuffer in;
    private final Samples.Refusal damaged;
    private final Map<Integer, Integer> entries = new HashMap<>();
    private final long next;

    /** @param in the file, in its byte order */
    TiffTags(ByteBuffer in, long start, Samples.Refusal damaged) {
        this.in = in;
        this.damaged = damaged;
        if (start < 8 || start + 2 > in.limit()) {
            throw damaged.of("a directory lies outside of the file");
        }
        int count = in.getShort((int) start) & 0xFFFF;
        long end = start + 2 + (long) count * ENTRY_BYTES;
        if (end + 4 > in.limit()) {
            throw damaged.of("a directory ends outside of the file");
        }
        for (int i = 0; i < count; i++) {
            int entry = (int) start + 2 + i * ENTRY_BYTES;
            entries.putIfAbsent(in.getShort(entry) & 0xFFFF, entry);
        }
        next = in.getInt((int) end) & 0xFFFFFFFFL;
    }

    /** Where the next directory lies; 0 if this is the last one. */
    long next() {
        return next;
    }

    boolean has(int tag) {
        return entries.containsKey(tag);
    }

    /** A tag's first number, or another one where the tag is not there. */
    long number(int tag, long otherwise) {
        return has(tag) ? numbers(tag)[0] : otherwise;
    }

    /** A tag's numbers, at least one. */
    long[] numbers(int tag) {
        Integer entry = entries.get(tag);
        if (entry == null) {
            throw damaged.of("tag " + tag + " is missing");
        }
        int kind = in.getShort(entry + 2) & 0xFFFF;
        int size = switch (kind) {
            case BYTE -> 1;
            case SHORT -> 2;
            case LONG -> 4;
            default -> throw damaged.of("tag " + tag + " has type " + kind);
        };
        long count = in.getInt(entry + 4) & 0xFFFFFFFFL;
        long start = count * size <= 4 ? entry + 8 : in.getInt(entry + 8) & 0xFFFFFFFFL;
        if (count < 1 || start + count * size > in.limit()) {
            throw damaged.of("the numbers of tag " + tag + " lie outside of the file");
        }
        long[] numbers = new long[(int) count];
        for (int i = 0; i < numbers.length; i++) {
            int at = (int) start + i * size;
            numbers[i] = switch (kind) {
                case BYTE -> in.get(at) & 0xFF;
                case SHORT -> in.getShort(at) & 0xFFFF;
                default -> in.getInt(at) & 0xFFFFFFFFL;
            };
        }
        return numbers;
    }
}
