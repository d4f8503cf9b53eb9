package io.gimbal.cuda;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * Lends the start of a Java array to a C function: it reads what the array held there, and what it writes is in the
 * array when the call is done. The function must not keep the address. Thread-safe.
 */
public final class NativeArrays {
    /** A call of a C function, given the address of the values; it returns a status. */
    public interface Call {
        int with(long address);
    }

    private NativeArrays() {}

    /** Lends {@code count} values. */
    public static int longs(long[] values, int count, Call call) {
        return lend(values, JAVA_LONG, count, call);
    }

    /** Lends {@code count} values. */
    public static int ints(int[] values, int count, Call call) {
        return lend(values, JAVA_INT, count, call);
    }

    /** Lends {@code count} values. */
    public static int floats(float[] values, int count, Call call) {
        return lend(values, JAVA_FLOAT, count, call);
    }

    /** Lends all values. */
    public static int bytes(byte[] values, Call call) {
        return lend(values, JAVA_BYTE, values.length, call);
    }

    /** The text that a C function wrote: UTF-8, up to the first zero byte or the end. */
    public static String text(byte[] bytes) {
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) {
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    private static int lend(Object values, ValueLayout type, int count, Call call) {
        try (Arena arena = Arena.ofConfined()) {
            // An address must not be null, however few values there are.
            MemorySegment lent = arena.allocate(type, Math.max(1, count));
            MemorySegment.copy(values, 0, lent, type, 0, count);
            int status = call.with(lent.address());
            MemorySegment.copy(lent, type, 0, values, 0, count);
            return status;
        }
    }
}
