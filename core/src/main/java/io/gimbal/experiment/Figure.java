package io.gimbal.experiment;

import java.util.List;

/**
 * A figure over seeds.
 *
 * @param count     of the seeds that have it
 * @param mean      over them; NaN where none has it
 * @param deviation the sample's standard deviation, by n - 1; NaN of fewer than two
 */
record Figure(int count, double mean, double deviation) {
    /** Of some values, those that are not finite left out. */
    static Figure of(List<Double> values) {
        double[] finite = values.stream().mapToDouble(Double::doubleValue).filter(Double::isFinite).toArray();
        if (finite.length == 0) {
            return new Figure(0, Double.NaN, Double.NaN);
        }
        double sum = 0;
        for (double value : finite) {
            sum += value;
        }
        double mean = sum / finite.length;
        double squares = 0;
        for (double value : finite) {
            squares += (value - mean) * (value - mean);
        }
        return new Figure(finite.length, mean, finite.length < 2 ? Double.NaN
                : Math.sqrt(squares / (finite.length - 1)));
    }
}
