package io.gimbal.metric;

/**
 * Counts and weights of floats in bins 1/2048 of a power of two wide, so that a weighted median is known to 0.05 % of
 * itself without keeping the values. Memory comes by powers of two, 32 KiB each, as they are met.
 */
final class FloatHistogram {
    private static final int BITS = 11;
    private static final int BINS = 1 << BITS;
    private final double[][] weights = new double[512][];
    private final double[][] moments = new double[512][];

    /** Adds a finite value. */
    void add(float value, double weight) {
        int key = ordered(value) >>> 23 - BITS;
        int block = key >>> BITS;
        if (weights[block] == null) {
            weights[block] = new double[BINS];
            moments[block] = new double[BINS];
        }
        weights[block][key & BINS - 1] += weight;
        moments[block][key & BINS - 1] += weight * value;
    }

    /** A value with half of all weight at or below it: the weighted mean of the median's bin; NaN if empty. */
    double median() {
        double all = 0;
        for (double[] block : weights) {
            for (int bin = 0; block != null && bin < BINS; bin++) {
                all += block[bin];
            }
        }
        double below = 0;
        for (int block = 0; block < weights.length; block++) {
            for (int bin = 0; weights[block] != null && bin < BINS; bin++) {
                double weight = weights[block][bin];
                below += weight;
                if (weight > 0 && below >= all / 2) {
                    return moments[block][bin] / weight;
                }
            }
        }
        return Double.NaN;
    }

    /** The sum over all values of weight * |value - constant|, as if each bin's values were their mean. */
    double absoluteDeviations(double constant) {
        double sum = 0;
        for (int block = 0; block < weights.length; block++) {
            for (int bin = 0; weights[block] != null && bin < BINS; bin++) {
                sum += Math.abs(moments[block][bin] - constant * weights[block][bin]);
            }
        }
        return sum;
    }

    void reset() {
        java.util.Arrays.fill(weights, null);
        java.util.Arrays.fill(moments, null);
    }

    /** An unsigned number that grows with the float. */
    private static int ordered(float value) {
        int bits = Float.floatToIntBits(value);
        return bits < 0 ? ~bits : bits ^ 0x80000000;
    }
}
