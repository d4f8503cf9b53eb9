package io.gimbal.storage;

import java.util.Locale;

/** Sizes that may come from outside: multiplied without overflow, shown in units that a reader knows. */
public final class Sizes {
    private static final String[] UNITS = {"kB", "MB", "GB", "TB", "PB", "EB"};

    private Sizes() {
    }

    /**
     * @throws ArithmeticException if the product does not fit 63 bits
     * @throws IllegalArgumentException for a negative size
     */
    static long bytes(DType type, long[] shape) {
        long elements = 1;
        for (long size : shape) {
            if (size < 0) {
                throw new IllegalArgumentException("the shape holds the negative size " + size);
            }
            elements = Math.multiplyExact(elements, size);
        }
        return Math.multiplyExact(elements, type.bytes());
    }

    /** "1.5 MB", to one figure behind the point. */
    public static String shown(long bytes) {
        if (bytes < 1000) {
            return bytes + (bytes == 1 ? " byte" : " bytes");
        }
        double value = bytes;
        int unit = -1;
        while (value >= 999.95 && unit < UNITS.length - 1) {
            value /= 1000;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
    }
}
