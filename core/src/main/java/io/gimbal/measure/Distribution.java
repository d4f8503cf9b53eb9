package io.gimbal.measure;

import java.util.List;

/**
 * Least, middle and greatest of a few figures; the middle of an even number is the mean of the two.
 *
 * @param least  the least
 * @param median the middle
 * @param most   the greatest
 */
public record Distribution(double least, double median, double most) {
    /**
     * Finds least, middle and greatest.
     *
     * @param figures at least one, in any order
     * @return the three
     */
    public static Distribution of(List<Double> figures) {
        double[] sorted = figures.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int half = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
        return new Distribution(sorted[0], median, sorted[sorted.length - 1]);
    }

    /** Each of the figures over {@code count}. */
    Distribution over(int count) {
        return new Distribution(least / count, median / count, most / count);
    }
}
