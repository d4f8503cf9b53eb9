package io.gimbal.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Assertions;

/** Random arrays, and comparisons of a kernel's floats with its twin's doubles. */
final class Numbers {
    /** A float's rounding unit. */
    static final double UNIT = 0x1p-24;

    private Numbers() {}

    static float[] random(long seed, int count) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    static float[] random(long seed, int count, double mean, double deviation) {
        float[] values = random(seed, count);
        for (int i = 0; i < count; i++) {
            values[i] = (float) (mean + deviation * values[i]);
        }
        return values;
    }

    static double[] wide(float[] values) {
        return expected(values.length, i -> values[i]);
    }

    static int[] randomInts(long seed, int count, int bound) {
        return new Random(seed).ints(count, 0, bound).toArray();
    }

    static double[] expected(int count, IntToDoubleFunction value) {
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = value.applyAsDouble(i);
        }
        return values;
    }

    /**
     * Each |actual - expected| at most {@code units} rounding units of the larger of 1 and |expected|. NaN equals NaN.
     */
    static void assertClose(String what, double[] expected, float[] actual, double units) {
        assertClose(what, expected, expected(expected.length, i -> Math.max(1, Math.abs(expected[i]))), actual, units);
    }

    /**
     * Each |actual - expected| at most {@code units} rounding units of {@code scale}: for a sum, the sum of its terms'
     * magnitudes, by which its rounding errors go.
     */
    static void assertClose(String what, double[] expected, double[] scale, float[] actual, double units) {
        assertEquals(expected.length, actual.length, what);
        for (int i = 0; i < expected.length; i++) {
            double allowed = units * UNIT * scale[i];
            boolean same = expected[i] == actual[i] || Double.isNaN(expected[i]) && Float.isNaN(actual[i]);
            if (!same && !(Math.abs(actual[i] - expected[i]) <= allowed)) {
                Assertions.fail(what + ", element " + i + " of " + expected.length + ": " + actual[i]
                        + " where the twin has " + expected[i]
                        + " (allowed " + allowed + ")");
            }
        }
    }
}
