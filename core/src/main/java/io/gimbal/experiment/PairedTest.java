package io.gimbal.experiment;

import java.util.List;

/**
 * Student's test of paired differences: how likely a mean difference this far from 0, or farther, would be if there
 * were none. It takes the differences for normally distributed.
 *
 * @param differences a seed each, finite ones alone
 * @param mean        of them
 * @param probability two-sided; NaN of fewer than two
 */
record PairedTest(int differences, double mean, double probability) {
    /** Below it a difference is called more than noise. */
    static final double LEVEL = 0.05;

    static PairedTest of(List<Double> differences) {
        Figure figure = Figure.of(differences);
        return new PairedTest(figure.count(), figure.mean(), probability(figure));
    }

    private static double probability(Figure figure) {
        if (figure.count() < 2) {
            return Double.NaN;
        }
        if (figure.deviation() == 0) {
            return figure.mean() == 0 ? 1 : 0;
        }
        double t = figure.mean() / (figure.deviation() / Math.sqrt(figure.count()));
        return outside(Math.abs(t), figure.count() - 1);
    }

    /**
     * How likely Student's t of so many degrees of freedom is beyond -t or t: one minus A(t) of Abramowitz and Stegun,
     * Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
     */
    static double outside(double t, int degrees) {
        double theta = Math.atan(t / Math.sqrt(degrees));
        double sine = Math.sin(theta);
        double cosine = Math.cos(theta);
        boolean odd = degrees % 2 == 1;
        double term = odd ? cosine : 1;
        double sum = degrees == 1 ? 0 : term;
        for (int k = odd ? 3 : 2; k < degrees; k += 2) {
            term *= cosine * cosine * (k - 1) / k;
            sum += term;
        }
        return 1 - (odd ? 2 / Math.PI * (theta + sine * sum) : sine * sum);
    }

    /** Whether the difference is more than noise, at {@link #LEVEL}. */
    boolean significant() {
        return probability < LEVEL;
    }
}
