package io.gimbal.metric;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * Counts and weights of floats. Up to 2048 are kept as they are; more in bins 1/2048 of a power of two wide, so that a
 * weighted median is known to 0.05 % of itself. Memory then comes by powers of two, 32 KiB each, as they are met.
 */
final class FloatHistogram {
    private static final int BITS = 11;
    private static final int BINS = 1 << BITS;
    private final double[][] weights = new double[512][];
    private final double[][] moments = new double[512][];
    private float[] values = new float[0];
    private double[] ofValues = new double[0];
    /** How many are kept as they are; negative once all are in bins. */
    private int kept;
    private boolean sorted;

    /** Adds a finite value. */
    void add(float value, double weight) {
        if (kept == BINS) {
            int count = kept;
            kept = -1;
            for (int i = 0; i < count; i++) {
                bin(values[i], ofValues[i]);
            }
            values = new float[0];
            ofValues = new double[0];
        }
        if (kept < 0) {
            bin(value, weight);
            return;
        }
        if (kept == values.length) {
            int room = Math.clamp(2L * kept, 8, BINS);
            values = Arrays.copyOf(values, room);
            ofValues = Arrays.copyOf(ofValues, room);
        }
        sorted = false;
        values[kept] = value;
        ofValues[kept++] = weight;
    }

    private void bin(float value, double weight) {
        int key = ordered(value) >>> 23 - BITS;
        int block = key >>> BITS;
        if (weights[block] == null) {
            weights[block] = new double[BINS];
            moments[block] = new double[BINS];
        }
        weights[block][key & BINS - 1] += weight;
        moments[block][key & BINS - 1] += weight * value;
    }

    /** Takes values in ascending order, each with its weight. */
    @FunctionalInterface
    private interface Visitor {
        void value(double value, double weight);
    }

    private void ascending(Visitor visitor) {
        if (kept >= 0) {
            sort();
            for (int i = 0; i < kept; i++) {
                visitor.value(values[i], ofValues[i]);
            }
            return;
        }
        for (int block = 0; block < weights.length; block++) {
            for (int bin = 0; weights[block] != null && bin < BINS; bin++) {
                double weight = weights[block][bin];
                if (weight > 0) {
                    visitor.value(moments[block][bin] / weight, weight);
                }
            }
        }
    }

    private void sort() {
        if (sorted) {
            return;
        }
        long[] keys = new long[kept];
        for (int i = 0; i < kept; i++) {
            keys[i] = (long) (ordered(values[i]) ^ Integer.MIN_VALUE) << Integer.SIZE | i;
        }
        Arrays.sort(keys);
        float[] inOrder = new float[values.length];
        double[] ofSorted = new double[values.length];
        for (int i = 0; i < kept; i++) {
            inOrder[i] = values[(int) keys[i]];
            ofSorted[i] = ofValues[(int) keys[i]];
        }
        values = inOrder;
        ofValues = ofSorted;
        sorted = true;
    }

    /** The sum over all values of weight * f(value), in bins as if each bin's values were their mean. */
    double sum(DoubleUnaryOperator function) {
        double[] sum = {0};
        ascending((value, weight) -> sum[0] += weight * function.applyAsDouble(value));
        return sum[0];
    }

    /** A value with half of all weight at or below it, in bins the weighted mean of the median's bin; NaN if empty. */
    double median() {
        return median(_ -> 1);
    }

    /** The same where each value's weight is that many times as much, a number above 0. */
    double median(DoubleUnaryOperator factor) {
        double half = sum(factor) / 2;
        double[] found = {Double.NaN, 0};
        ascending((value, weight) -> {
            if (found[1] < half) {
                found[0] = value;
            }
            found[1] += weight * factor.applyAsDouble(value);
        });
        return found[0];
    }

    /** The sum over all values of weight * |value - constant|. */
    double absoluteDeviations(double constant) {
        return sum(value -> Math.abs(value - constant));
    }

    /** The most weight of values that lie below {@code top} times the least of them, all of them above 0. */
    double mostWithin(double top) {
        ArrayDeque<double[]> window = new ArrayDeque<>();
        double[] within = {0, 0};
        ascending((value, weight) -> {
            while (!window.isEmpty() && value >= window.getFirst()[0] * top) {
                within[0] -= window.removeFirst()[1];
            }
            window.addLast(new double[] {value, weight});
            within[0] += weight;
            within[1] = Math.max(within[1], within[0]);
        });
        return within[1];
    }

    void reset() {
        Arrays.fill(weights, null);
        Arrays.fill(moments, null);
        kept = 0;
    }

    /** An unsigned number that grows with the float. */
    private static int ordered(float value) {
        int bits = Float.floatToIntBits(value);
        return bits < 0 ? ~bits : bits ^ 0x80000000;
    }
}
