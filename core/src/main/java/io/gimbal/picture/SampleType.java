package io.gimbal.picture;

import java.nio.ByteBuffer;

/** What a number of a file is in memory. */
public enum SampleType {
    BOOLEAN("bool", 1),
    UNSIGNED_8("uint8", 1),
    UNSIGNED_16("uint16", 2),
    UNSIGNED_32("uint32", 4),
    UNSIGNED_64("uint64", 8),
    SIGNED_8("int8", 1),
    SIGNED_16("int16", 2),
    SIGNED_32("int32", 4),
    SIGNED_64("int64", 8),
    FLOAT_16("float16", 2),
    FLOAT_32("float32", 4),
    FLOAT_64("float64", 8);

    private final String text;
    private final int bytes;

    SampleType(String text, int bytes) {
        this.text = text;
        this.bytes = bytes;
    }

    /** Bytes of one number. */
    public int bytes() {
        return bytes;
    }

    /** Whether it has a fraction. */
    public boolean real() {
        return this == FLOAT_16 || this == FLOAT_32 || this == FLOAT_64;
    }

    /** Whether it is a whole number that may be below 0. */
    boolean signed() {
        return this == SIGNED_8 || this == SIGNED_16 || this == SIGNED_32 || this == SIGNED_64;
    }

    /** A whole number, that of 64 unsigned bits as if it were signed. */
    long whole(ByteBuffer data, int index) {
        return switch (this) {
            case BOOLEAN -> data.get(index) == 0 ? 0 : 1;
            case UNSIGNED_8 -> data.get(index) & 0xFF;
            case SIGNED_8 -> data.get(index);
            case UNSIGNED_16 -> data.getShort(2 * index) & 0xFFFF;
            case SIGNED_16 -> data.getShort(2 * index);
            case UNSIGNED_32 -> data.getInt(4 * index) & 0xFFFFFFFFL;
            case SIGNED_32 -> data.getInt(4 * index);
            case UNSIGNED_64, SIGNED_64 -> data.getLong(8 * index);
            case FLOAT_16, FLOAT_32, FLOAT_64 -> throw new IllegalStateException(this + " is no whole number");
        };
    }

    /** A number with a fraction. */
    double real(ByteBuffer data, int index) {
        return switch (this) {
            case FLOAT_16 -> Float.float16ToFloat(data.getShort(2 * index));
            case FLOAT_32 -> data.getFloat(4 * index);
            case FLOAT_64 -> data.getDouble(8 * index);
            default -> throw new IllegalStateException(this + " is a whole number");
        };
    }

    /** A number, of whole ones beyond 2^53 the nearest that a double can be. */
    public double number(ByteBuffer data, int index) {
        if (real()) {
            return real(data, index);
        }
        long whole = whole(data, index);
        return this == UNSIGNED_64 && whole < 0 ? (whole >>> 1 | whole & 1) * 2.0 : whole;
    }

    /** The bits of a number, those of a whole one as its value, of 64 unsigned bits as if signed. */
    public long bits(ByteBuffer data, int index) {
        return switch (this) {
            case FLOAT_16 -> data.getShort(2 * index);
            case FLOAT_32 -> data.getInt(4 * index);
            case FLOAT_64 -> data.getLong(8 * index);
            default -> whole(data, index);
        };
    }

    /** As NumPy names it. */
    @Override
    public String toString() {
        return text;
    }
}
