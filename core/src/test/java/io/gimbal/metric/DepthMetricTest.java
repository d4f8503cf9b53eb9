package io.gimbal.metric;

import static io.gimbal.metric.Buffers.find;
import static io.gimbal.metric.Buffers.floats;
import static io.gimbal.metric.Buffers.prediction;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
        double bestSquares = Double.MAX_VALUE;
        double bestRelative = Double.MAX_VALUE;
        for (double constant = 0.5; constant < 9.5; constant += 0.001) {
            bestSquares = Math.min(bestSquares, squares(truth, guess, constant));
            bestRelative = Math.min(bestRelative, relative(truth, guess, constant));
        }
        // The search steps by a millimetre; the median is known to 0.05 %.
        assertEquals(bestSquares, find(metric, "RMSE").constant(), 1e-6);
        assertEquals(bestRelative, find(metric, "relative error").constant(), 1e-4);
        assertTrue(find(metric, "RMSE").better());
    }

    @Test
    void perfectPredictionsScoreZeroAndAConstantRoomLeavesTheConstantNothing() {
        DepthMetric metric = new DepthMetric(0);
        metric.add(prediction(2, 2, 7), floats(2, 2, 0), 3);
        for (Score score : metric.scores()) {
            assertEquals(0, score.value());
            assertEquals(0, score.constant(), 1e-12);
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
        metric.scores().forEach(score -> assertTrue(Double.isNaN(score.value()) && !score.better()));
        metric.reset();
        metric.add(prediction(3), floats(2), 1);
        assertEquals(0.5, find(metric, "relative error").value(), 1e-12);
    }

    private static double squares(float[] truth, float[] guess, double constant) {
        double sum = 0;
        int count = 0;
        for (int i = 0; i < truth.length; i++) {
            double value = Double.isNaN(constant) ? guess[i] : constant;
            sum += truth[i] == 0 ? 0 : (value - truth[i]) * (value - truth[i]);
            count += truth[i] == 0 ? 0 : 1;
        }
        return Math.sqrt(sum / count);
    }

    private static double relative(float[] truth, float[] guess, double constant) {
        double sum = 0;
        int count = 0;
        for (int i = 0; i < truth.length; i++) {
            double value = Double.isNaN(constant) ? guess[i] : constant;
            sum += truth[i] == 0 ? 0 : Math.abs(value - truth[i]) / truth[i];
            count += truth[i] == 0 ? 0 : 1;
        }
        return sum / count;
    }
}
