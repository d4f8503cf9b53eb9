package io.gimbal.measure;

import io.gimbal.device.BFloat16;
import io.gimbal.picture.SampleType;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a number of a kernel's argument is. */
public enum ElementType {
    /** One byte, 0 or 1. */
    BOOL("bool", SampleType.BOOLEAN, "b"),
    /** Whole numbers of 8 bits. */
    INT8("int8", SampleType.SIGNED_8, "a", "c"),
    /** Whole numbers of 8 bits without a sign. */
    UINT8("uint8", SampleType.UNSIGNED_8, "h"),
    /** Whole numbers of 16 bits. */
    INT16("int16", SampleType.SIGNED_16, "s"),
    /** Whole numbers of 16 bits without a sign. */
    UINT16("uint16", SampleType.UNSIGNED_16, "t"),
    /** Whole numbers of 32 bits. */
    INT("int", SampleType.SIGNED_32, "i"),
    /** Whole numbers of 32 bits without a sign. */
    UINT("uint", SampleType.UNSIGNED_32, "j"),
    /** Whole numbers of 64 bits. */
    INT64("int64", SampleType.SIGNED_64, "x", "l"),
    /** Whole numbers of 64 bits without a sign. */
    UINT64("uint64", SampleType.UNSIGNED_64, "y", "m"),
    /** Numbers of 16 bits, 10 of them a fraction. */
    HALF("half", SampleType.FLOAT_16, "6__half"),
    /** NumPy has none: files hold its bits. */
    BF16("bf16", SampleType.UNSIGNED_16, "13__nv_bfloat16"),
    /** Numbers of 32 bits, 23 of them a fraction. */
    FLOAT("float", SampleType.FLOAT_32, "f"),
    /** Numbers of 64 bits, 52 of them a fraction. */
    DOUBLE("double", SampleType.FLOAT_64, "d");

    private final String text;
    private final SampleType stored;
    private final String[] mangled;

    ElementType(String text, SampleType stored, String... mangled) {
        this.text = text;
        this.stored = stored;
        this.mangled = mangled;
    }

    /** The type of that name; empty if there is none. */
    static Optional<ElementType> of(String name) {
        return Arrays.stream(values()).filter(type -> type.text.equals(name)).findFirst();
    }

    /** The type that the C++ ABI of Itanium, which CUDA follows, writes so. */
    static Optional<ElementType> ofMangled(String name) {
        return Arrays.stream(values()).filter(type -> Arrays.asList(type.mangled).contains(name)).findFirst();
    }

    static String all() {
        return Arrays.stream(values()).map(ElementType::toString).collect(Collectors.joining(", "));
    }

    /** {@return how many bytes a number has} */
    public int bytes() {
        return stored.bytes();
    }

    /** What files hold it as. */
    SampleType stored() {
        return stored;
    }

    /** {@return whether it has a fraction} */
    public boolean real() {
        return this == BF16 || stored.real();
    }

    /** The least number of a type without fraction. */
    BigInteger least() {
        return signed() ? BigInteger.ONE.shiftLeft(8 * bytes() - 1).negate() : BigInteger.ZERO;
    }

    /** The greatest number of a type without fraction. */
    BigInteger most() {
        return this == BOOL ? BigInteger.ONE
                : BigInteger.ONE.shiftLeft(8 * bytes() - (signed() ? 1 : 0)).subtract(BigInteger.ONE);
    }

    private boolean signed() {
        return this == INT8 || this == INT16 || this == INT || this == INT64;
    }

    /** What two results may differ by, as a share of the larger of 1 and the one that is due. */
    double tolerance() {
        return switch (this) {
            case HALF -> 2e-3;
            case BF16 -> 2e-2;
            case FLOAT, DOUBLE -> 1e-5;
            default -> 0;
        };
    }

    /** Writes a number: with a fraction rounded to nearest, of a whole one the lower bits. */
    void put(ByteBuffer to, Number value) {
        if (real()) {
            put(to, value.doubleValue());
        } else {
            put(to, value.longValue());
        }
    }

    /** Writes a number with a fraction, rounded to nearest. */
    void put(ByteBuffer to, double value) {
        switch (this) {
            case HALF -> to.putShort(Float.floatToFloat16((float) value));
            case BF16 -> to.putShort(BFloat16.of((float) value));
            case FLOAT -> to.putFloat((float) value);
            case DOUBLE -> to.putDouble(value);
            default -> throw new IllegalStateException(this + " has no fraction");
        }
    }

    /** Writes the lower bits of a whole number. */
    void put(ByteBuffer to, long value) {
        switch (bytes()) {
            case 1 -> to.put((byte) value);
            case 2 -> to.putShort((short) value);
            case 4 -> to.putInt((int) value);
            default -> to.putLong(value);
        }
    }

    /** A number as a double; of whole ones beyond 2^53 the nearest. */
    double value(ByteBuffer from, int index) {
        return this == BF16 ? BFloat16.toFloat(from.getShort(2 * index)) : stored.number(from, index);
    }

    @Override
    public String toString() {
        return text;
    }
}
