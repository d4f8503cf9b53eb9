package io.gimbal.measure;

import io.gimbal.config.UserException;
import io.gimbal.picture.NumberArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * An argument of a kernel that is measured: an array in device memory, or a number. Immutable.
 */
public sealed interface KernelArgument {
    /** {@return what its numbers are} */
    ElementType type();

    /** How {@link #parse} is to be written. */
    String FORM = "[out] TYPE[4096x1024]=FILL for an array, TYPE=NUMBER for a number. FILL is random, random "
            + "LOW..HIGH, zeros, a number or a file.npy";

    /**
     * A number.
     *
     * @param type  of the number
     * @param value in Java's types: a Double where the type has a fraction, else a Long, of 64 unsigned bits as if
     *              signed
     */
    record Scalar(ElementType type, Number value) implements KernelArgument {
        /** As the driver takes it: a Long, Integer, Float or Double. */
        Object argument() {
            ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            type.put(bytes, value);
            return switch (type) {
                case FLOAT -> bytes.getFloat(0);
                case DOUBLE -> bytes.getDouble(0);
                case INT64, UINT64 -> bytes.getLong(0);
                default -> bytes.getInt(0);
            };
        }

        @Override
        public String toString() {
            return type + "=" + value;
        }
    }

    /**
     * An array.
     *
     * @param type   of its numbers
     * @param shape  its extents, the slowest first
     * @param output whether the kernel writes it, and it is checked
     * @param fill   what it holds before a launch
     */
    record Array(ElementType type, List<Integer> shape, boolean output, Fill fill) implements KernelArgument {
        /** Keeps a copy of the extents. */
        public Array {
            shape = List.copyOf(shape);
        }

        /** {@return how many numbers it has} */
        public long count() {
            return shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
        }

        /** {@return bytes of all its numbers} */
        public long bytes() {
            return Math.multiplyExact(count(), type.bytes());
        }

        @Override
        public String toString() {
            return (output ? "out " : "") + type + shape.stream().map(String::valueOf).collect(Collectors.joining("x",
                    "[", "]")) + fill;
        }
    }

    /** What an array holds before a launch. */
    sealed interface Fill {
        /** Bytes of 255, which are NaN in a type with a fraction: what is read, or left, of them shows. */
        record Unwritten() implements Fill {
            @Override
            public String toString() {
                return "";
            }
        }

        /**
         * The same number everywhere.
         *
         * @param value as {@link Scalar} has it
         */
        record Constant(Number value) implements Fill {
            @Override
            public String toString() {
                return "=" + value;
            }
        }

        /**
         * Evenly distributed numbers; whole ones up to {@code high}, others up to less than it.
         *
         * @param low  included
         * @param high as {@link Scalar} has it
         */
        record Random(Number low, Number high) implements Fill {
            @Override
            public String toString() {
                return "=random " + low + ".." + high;
            }
        }

        /**
         * The numbers of a file.
         *
         * @param file    which was read
         * @param numbers what it holds
         */
        record Stored(Path file, NumberArray numbers) implements Fill {
            @Override
            public String toString() {
                return "=" + file;
            }
        }
    }

    /**
     * Reads arguments, with commas between.
     *
     * @param text such as {@code out float[8], int=8}
     * @return one for each parameter, in order
     * @throws UserException if one is not as {@link #FORM} says, or a file of one is not of its type and shape
     */
    static List<KernelArgument> parse(String text) {
        List<KernelArgument> arguments = new ArrayList<>();
        if (text.isBlank()) {
            return arguments;
        }
        for (String one : text.split(",", -1)) {
            arguments.add(new ArgumentReader(arguments.size() + 1, one.strip()).read());
        }
        return List.copyOf(arguments);
    }
}
