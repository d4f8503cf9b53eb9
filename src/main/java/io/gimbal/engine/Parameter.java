package io.gimbal.engine;

import java.util.Arrays;

/**
 * A learned tensor: its name, shape and start values as files have them. Where it lies on a device is its {@link
 * ModelLayout}'s to say. Immutable; a parameter is equal to itself alone.
 */
public final class Parameter {
    private final String name;
    private final int[] shape;
    private final double uniformBound;
    /** Start values that each stand for an equal share of the elements; for a uniform start none. */
    private final float[] rows;
    private final boolean factor;

    private Parameter(String name, int[] shape, double uniformBound, float[] rows, boolean factor) {
        this.name = name;
        this.shape = shape;
        this.uniformBound = uniformBound;
        this.rows = rows;
        this.factor = factor;
    }

    /** Starts uniformly in plus or minus 1 / sqrt(fanIn), as PyTorch's convolutions and linear layers do. */
    static Parameter uniform(String name, int fanIn, int... shape) {
        return new Parameter(name, shape, 1 / Math.sqrt(fanIn), new float[0], shape.length > 1);
    }

    /** Starts at one value everywhere. */
    static Parameter constant(String name, float value, int... shape) {
        return new Parameter(name, shape, 0, new float[] {value}, shape.length > 1);
    }

    /** Starts at one value in each row of its first dimension; no product reads it. */
    static Parameter rows(String name, float[] values, int... shape) {
        return new Parameter(name, shape, 0, values.clone(), false);
    }

    public String name() {
        return name;
    }

    /** The shape in files. */
    public long[] shape() {
        return Arrays.stream(shape).asLongStream().toArray();
    }

    public int count() {
        int count = 1;
        for (int size : shape) {
            count = Math.multiplyExact(count, size);
        }
        return count;
    }

    /** Whether it is a convolution's filters: four dimensions. */
    boolean filter() {
        return shape.length == 4;
    }

    /** Whether products read it: filters, and the weights of linear layers. */
    boolean factor() {
        return factor;
    }

    /** The start values in the files' order; the same for the same seed and name. */
    float[] initialValues(long seed) {
        float[] values = new float[count()];
        if (uniformBound == 0) {
            int each = values.length / rows.length;
            for (int row = 0; row < rows.length; row++) {
                Arrays.fill(values, row * each, (row + 1) * each, rows[row]);
            }
            return values;
        }
        java.util.SplittableRandom random = new java.util.SplittableRandom(seed * 0x9E3779B97F4A7C15L
                + name.hashCode());
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) ((2 * random.nextDouble() - 1) * uniformBound);
        }
        return values;
    }

    /** Output channels: the first dimension. */
    int outs() {
        return shape[0];
    }

    /** Input channels: the second dimension, or 1. */
    int ins() {
        return shape.length > 1 ? shape[1] : 1;
    }

    @Override
    public String toString() {
        return name + Arrays.toString(shape);
    }
}
