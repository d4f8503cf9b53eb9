package io.gimbal.cli;

import java.util.List;

/** Least, middle and greatest of a few figures; the middle of an even number is the mean of the two. */
record Distribution(double least, double median, double most) {
    static Distribution of(List<Double> figures) {
        double[] sorted = figures.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int half = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
        return new Distribution(sorted[0], median, sorted[sorted.length - 1]);
    }
}
