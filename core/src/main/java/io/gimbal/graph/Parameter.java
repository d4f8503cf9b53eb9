package io.gimbal.graph;

import io.gimbal.engine.ModelLayout;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A learned tensor: its name, shape and start values as files have them. Where it lies on a device is a layout's to
 * say. Immutable; a parameter is equal to itself alone.
 */
public final class Parameter {
    /** In memory each starts at a multiple of so many words. */
    public static final int ALIGNMENT_WORDS = 32;

    private final String name;
    private final int[] shape;
    private final Start start;
    private final boolean factor;

    /** Puts the start values of a seed over zeros, in the files' order. */
    private interface Start {
        void put(float[] values, long seed);
    }

    private Parameter(String name, int[] shape, boolean factor, Start start) {
        this.name = name;
        this.shape = shape;
        this.factor = factor;
        this.start = start;
    }

    /**
     * Starts uniformly in plus or minus 1 / sqrt(fanIn), as PyTorch's convolutions and linear layers do.
     *
     * @param name  in files
     * @param fanIn how many inputs a unit has
     * @param shape in files
     * @return the parameter
     */
    public static Parameter uniform(String name, int fanIn, int... shape) {
        double bound = 1 / Math.sqrt(fanIn);
        return new Parameter(name, shape, shape.length > 1, (values, seed) -> {
            SplittableRandom random = random(name, seed);
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) ((2 * random.nextDouble() - 1) * bound);
            }
        });
    }

    /**
     * Starts normally distributed with mean 0, by Box and Muller's transform: two words of the seed's numbers a value,
     * and the same whatever the machine.
     *
     * @param name      in files
     * @param deviation above 0
     * @param shape     in files
     * @return the parameter
     */
    public static Parameter normal(String name, double deviation, int... shape) {
        return new Parameter(name, shape, shape.length > 1, (values, seed) -> {
            SplittableRandom random = random(name, seed);
            for (int i = 0; i < values.length; i++) {
                double radius = Math.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
                values[i] = (float) (deviation * radius * StrictMath.cos(2 * Math.PI * random.nextDouble()));
            }
        });
    }

    /** Numbers of its own for each parameter. */
    private static SplittableRandom random(String name, long seed) {
        return new SplittableRandom(seed * 0x9E3779B97F4A7C15L + name.hashCode());
    }

    /**
     * Starts at one value everywhere.
     *
     * @param name  in files
     * @param value a number
     * @param shape in files
     * @return the parameter
     */
    public static Parameter constant(String name, float value, int... shape) {
        return new Parameter(name, shape, shape.length > 1, (values, _) -> Arrays.fill(values, value));
    }

    /**
     * Starts at one value in each row of its first dimension; no product reads it.
     *
     * @param name   in files
     * @param values one for each row
     * @param shape  in files
     * @return the parameter
     */
    public static Parameter rows(String name, float[] values, int... shape) {
        float[] rows = values.clone();
        return new Parameter(name, shape, false, (all, _) -> {
            int each = all.length / rows.length;
            for (int row = 0; row < rows.length; row++) {
                Arrays.fill(all, row * each, (row + 1) * each, rows[row]);
            }
        });
    }

    /**
     * Filters [out, in, kernel, kernel] that start as blocks side by side in their inputs: number j times the identity
     * for inputs j * out and so on, in the middle of the kernel.
     *
     * @param name    in files
     * @param numbers one for each block
     * @param shape   in files
     * @return the parameter
     */
    public static Parameter blocks(String name, List<Double> numbers, int... shape) {
        int out = shape[0];
        int spots = shape[2] * shape[3];
        return new Parameter(name, shape, true, (values, _) -> {
            for (int channel = 0; channel < out; channel++) {
                for (int block = 0; block < numbers.size(); block++) {
                    values[(channel * shape[1] + block * out + channel) * spots + spots / 2] = numbers.get(block)
                            .floatValue();
                }
            }
        });
    }

    /** {@return its name in files} */
    public String name() {
        return name;
    }

    /** {@return the shape in files} */
    public long[] shape() {
        return Arrays.stream(shape).asLongStream().toArray();
    }

    /** {@return how many values it has} */
    public int count() {
        int count = 1;
        for (int size : shape) {
            count = Math.multiplyExact(count, size);
        }
        return count;
    }

    /** {@return whether it is a convolution's filters: four dimensions} */
    public boolean filter() {
        return shape.length == 4;
    }

    /** {@return whether products read it: filters, and the weights of linear layers} */
    public boolean factor() {
        return factor;
    }

    /**
     * {@return the start values in the files' order; the same for the same seed and name}
     *
     * @param seed any number
     */
    public float[] initialValues(long seed) {
        float[] values = new float[count()];
        start.put(values, seed);
        return values;
    }

    /** {@return how many output channels it has: the first dimension} */
    public int outs() {
        return shape[0];
    }

    /** {@return how many input channels it has: the second dimension, or 1} */
    public int ins() {
        return shape.length > 1 ? shape[1] : 1;
    }

    @Override
    public String toString() {
        return name + Arrays.toString(shape);
    }
}
