package io.gimbal.storage;

import java.util.Arrays;

/**
 * A tensor's line in a file's header.
 *
 * @param name the tensor's name
 * @param type its elements' type
 * @param shape its sizes, outermost first; empty for a scalar
 * @param begin where its bytes begin, counted from the end of the header
 * @param end where they end; {@code end - begin} is the shape's product times the element's size
 */
public record Entry(String name, DType type, long[] shape, long begin, long end) {
    public Entry {
        shape = shape.clone();
    }

    /** A copy of the sizes. */
    @Override
    public long[] shape() {
        return shape.clone();
    }

    /** The size of the tensor's data. */
    public long bytes() {
        return end - begin;
    }

    /** Type and shape as messages show them, {@code F32 [16, 3, 7, 7]}. */
    @Override
    public String toString() {
        return type + " " + Arrays.toString(shape);
    }
}
