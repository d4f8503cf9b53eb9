package io.gimbal.cuda.panama;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The block of arguments that {@code cuLaunchKernel} reads: pointers to the values, which it copies before it returns.
 */
final class KernelArguments {
    private KernelArguments() {}

    static MemorySegment write(Arena arena, Object... arguments) {
        MemorySegment values = arena.allocate(JAVA_LONG, Math.max(1, arguments.length));
        MemorySegment pointers = arena.allocate(JAVA_LONG, Math.max(1, arguments.length));
        for (int i = 0; i < arguments.length; i++) {
            long offset = (long) i * Long.BYTES;
            switch (arguments[i]) {
                case Long value -> values.set(JAVA_LONG, offset, value);
                case Integer value -> values.set(JAVA_INT, offset, value);
                case Float value -> values.set(JAVA_FLOAT, offset, value);
                case Double value -> values.set(JAVA_DOUBLE, offset, value);
                default -> throw new AssertionError("argument " + i + " was let through: " + arguments[i]);
            }
            pointers.setAtIndex(JAVA_LONG, i, values.address() + offset);
        }
        return pointers;
    }
}
