package io.gimbal.device;

/** bf16 on the host: the upper half of a float32. */
public final class BFloat16 {
    /** Of one value in memory. */
    public static final int BYTES = Short.BYTES;

    private static final int NAN_FROM = 0x7f800000;

    private BFloat16() {}

    /**
     * Rounded to the nearest, to even in the middle; a NaN stays one.
     *
     * @param value any float
     * @return its bits
     */
    public static short of(float value) {
        int bits = Float.floatToRawIntBits(value);
        if ((bits & Integer.MAX_VALUE) > NAN_FROM) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }

    /**
     * {@return the value of its bits, exactly}
     *
     * @param bf16 its bits
     */
    public static float toFloat(short bf16) {
        return Float.intBitsToFloat(bf16 << 16);
    }

    /**
     * {@return the nearest value that bf16 has}
     *
     * @param value any float
     */
    public static float rounded(float value) {
        return toFloat(of(value));
    }
}
