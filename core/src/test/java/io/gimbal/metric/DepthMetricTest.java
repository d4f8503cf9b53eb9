package io.gimbal.metric;

import static io.gimbal.metric.Buffers.find;
import static io.gimbal.metric.Buffers.floats;
import static io.gimbal.metric.Buffers.prediction;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DepthMetricTest {

    @Test
    void figuresAreThoseOfTheFormulas() {
        Random random = new Random(3);
        int places = 900;
        float[] truth = new float[places];
        float[] guess = new float[places];
        for (int i = 0; i < places; i++) {
            truth[i] = random.nextInt(8) == 0 ? 0 : 0.5f + 9 * random.nextFloat();
            guess[i] = truth[i] + (float) random.nextGaussian();
        }
        DepthMetric metric = new DepthMetric(0);
        metric.add(prediction(guess), floats(truth), places);
        assertEquals(squares(truth, guess, Double.NaN), find(metric, "RMSE").value(), 1e-9);
        assertEquals(relative(truth, guess, Double.NaN), find(metric, "relative error").value(), 1e-9);
        assertEquals(absolute(truth, guess, Double.NaN), find(metric, "absolute error").value(), 1e-9);
        assertEquals(logarithmic(truth, guess, Double.NaN), find(metric, "log RMSE").value(), 1e-9);
        for (int power = 1; power <= 3; power++) {
            assertEquals(within(truth, guess, Double.NaN, power), find(metric, delta(power)).value(), 1e-9);
        }
        double bestSquares = Double.MAX_VALUE;
        double bestRelative = Double.MAX_VALUE;
        double bestAbsolute = Double.MAX_VALUE;
        double bestLogarithmic = Double.MAX_VALUE;
        double[] bestWithin = new double[4];
        for (double constant = 0.5; constant < 9.5; constant += 0.001) {
            bestSquares = Math.min(bestSquares, squares(truth, guess, constant));
            bestRelative = Math.min(bestRelative, relative(truth, guess, constant));
            bestAbsolute = Math.min(bestAbsolute, absolute(truth, guess, constant));
            bestLogarithmic = Math.min(bestLogarithmic, logarithmic(truth, guess, constant));
            for (int power = 1; power <= 3; power++) {
                bestWithin[power] = Math.max(bestWithin[power], within(truth, guess, constant, power));
            }
        }
        // The search steps by a millimetre; the median is known to 0.05 %.
        assertEquals(bestSquares, find(metric, "RMSE").constant(), 1e-6);
        assertEquals(bestRelative, find(metric, "relative error").constant(), 1e-4);
        assertEquals(bestAbsolute, find(metric, "absolute error").constant(), 1e-4);
        assertEquals(bestLogarithmic, find(metric, "log RMSE").constant(), 1e-6);
        for (int power = 1; power <= 3; power++) {
            // The search may step over one depth of some 800.
            assertEquals(bestWithin[power], find(metric, delta(power)).constant(), 0.26);
        }
        assertTrue(find(metric, "RMSE").better());
    }

    @Test
    void perfectPredictionsScoreZeroAndAConstantRoomLeavesTheConstantNothing() {
        DepthMetric metric = new DepthMetric(0);
        metric.add(prediction(2, 2, 7), floats(2, 2, 0), 3);
        for (Score score : metric.scores()) {
            assertEquals(score.higherIsBetter() ? 100 : 0, score.value());
            assertEquals(score.higherIsBetter() ? 100 : 0, score.constant(), 1e-12);
        }
    }

    @Test
    void aNaNPredictionShowsAndBadLabelsDoNotCount() {
        DepthMetric metric = new DepthMetric(0);
        metric.add(prediction(1, 1, 1), floats(Float.NaN, Float.POSITIVE_INFINITY, -3), 3);
        assertTrue(Double.isNaN(find(metric, "RMSE").value()));
        assertTrue(Double.isNaN(find(metric, "RMSE").constant()));
        metric.add(prediction(3), floats(2), 1);
        assertEquals(1, find(metric, "RMSE").value(), 1e-12);
        metric.add(prediction(Float.NaN), floats(2), 1);
        metric.scores().stream().filter(score -> !score.higherIsBetter()).forEach(score -> assertTrue(Double.isNaN(
                score.value()) && !score.better()));
        // 3 is 1.5 times 2, and a NaN is outside.
        assertEquals(0, find(metric, "delta 1.25").value());
        assertEquals(50, find(metric, "delta 1.25^2").value());
        metric.reset();
        metric.add(prediction(3), floats(2), 1);
        assertEquals(0.5, find(metric, "relative error").value(), 1e-12);
    }

    @Test
    void aDepthBehindTheCameraIsNextToNothing() {
        DepthMetric metric = new DepthMetric(0);
        metric.add(prediction(-5, 0), floats(1, 1), 2);
        assertEquals(9 * Math.log(10), find(metric, "log RMSE").value(), 1e-9);
        assertEquals(0, find(metric, "delta 1.25^3").value());
        assertEquals(3.5, find(metric, "absolute error").value(), 1e-12);
    }

    /** Of just over so many values each is known to a bin's width. */
    @Test
    void manyDepthsAreCountedInBins() {
        int places = 5000;
        float[] truth = new float[places];
        Random random = new Random(4);
        for (int i = 0; i < places; i++) {
            truth[i] = (float) Math.exp(random.nextGaussian());
        }
        DepthMetric metric = new DepthMetric(0);
        metric.add(prediction(truth), floats(truth), places);
        double median = 0;
        float[] sorted = truth.clone();
        Arrays.sort(sorted);
        for (float depth : truth) {
            median += Math.abs(depth - sorted[places / 2]) / places;
        }
        assertEquals(median, find(metric, "absolute error").constant(), 1e-4 * median);
        int most = 0;
        for (int from = 0, to = 0; from < places; from++) {
            while (to < places && sorted[to] < sorted[from] * 1.5625) {
                to++;
            }
            most = Math.max(most, to - from);
        }
        // A bin at either end, of some hundred that the window spans.
        assertEquals(100.0 * most / places, find(metric, "delta 1.25").constant(), 0.2);
    }

    private static String delta(int power) {
        return power == 1 ? "delta 1.25" : "delta 1.25^" + power;
    }

    /** A function of a prediction and its label. */
    private interface Error {
        double of(double predicted, double depth);
    }

    private static double mean(float[] truth, float[] guess, double constant, Error error) {
        double sum = 0;
        int count = 0;
        for (int i = 0; i < truth.length; i++) {
            if (truth[i] != 0) {
                sum += error.of(Double.isNaN(constant) ? guess[i] : constant, truth[i]);
                count++;
            }
        }
        return sum / count;
    }

    private static double absolute(float[] truth, float[] guess, double constant) {
        return mean(truth, guess, constant, (predicted, depth) -> Math.abs(predicted - depth));
    }

    private static double logarithmic(float[] truth, float[] guess, double constant) {
        return Math.sqrt(mean(truth, guess, constant, (predicted, depth) -> Math.pow(Math.log(Math.max(predicted, 1e-9))
                - Math.log(depth), 2)));
    }

    private static double within(float[] truth, float[] guess, double constant, int power) {
        return 100 * mean(truth, guess, constant, (predicted, depth) -> predicted > 0 && Math.max(predicted / depth,
                depth / predicted) < Math.pow(1.25, power) ? 1 : 0);
    }

    private static double squares(float[] truth, float[] guess, double constant) {
        return Math.sqrt(mean(truth, guess, constant, (predicted, depth) -> (predicted - depth) * (predicted - depth)));
    }

    private static double relative(float[] truth, float[] guess, double constant) {
        return mean(truth, guess, constant, (predicted, depth) -> Math.abs(predicted - depth) / depth);
    }
}
