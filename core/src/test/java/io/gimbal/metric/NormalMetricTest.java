package io.gimbal.metric;

import static io.gimbal.metric.Buffers.find;
import static io.gimbal.metric.Buffers.floats;
import static io.gimbal.metric.Buffers.prediction;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NormalMetricTest {

    @Test
    void figuresAreThoseOfTheAnglesOneByOne() {
        Random random = new Random(4);
        int places = 3001;
        float[] truth = new float[3 * places];
        float[] guess = new float[3 * places];
        for (int i = 0; i < places; i++) {
            double[] direction = {random.nextGaussian(), random.nextGaussian(), -2 + random.nextGaussian()};
            double length = Math.sqrt(direction[0] * direction[0] + direction[1] * direction[1] + direction[2]
                    * direction[2]);
            boolean labelled = random.nextInt(9) > 0;
            for (int c = 0; c < 3; c++) {
                truth[3 * i + c] = labelled ? (float) (direction[c] / length) : 0;
                // Of any length.
                guess[3 * i + c] = (float) (4 * (direction[c] / length + 0.3 * random.nextGaussian()));
            }
        }
        NormalMetric metric = new NormalMetric(0);
        metric.add(prediction(guess), floats(truth), places);
        List<Double> angles = angles(truth, guess, null);
        List<Double> constant = angles(truth, guess, mean(truth));
        assertEquals(mean(angles), find(metric, "mean angle").value(), 1e-6);
        // Bins of a hundredth of a degree.
        assertEquals(angles.get(angles.size() / 2), find(metric, "median angle").value(), 0.02);
        // Directions are counted in cells of half a degree.
        assertEquals(mean(constant), find(metric, "mean angle").constant(), 0.01);
        assertEquals(constant.get(constant.size() / 2), find(metric, "median angle").constant(), 0.15);
        assertEquals(offCosine(angles), find(metric, "1 - |cos|").value(), 1e-9);
        assertEquals(offCosine(constant), find(metric, "1 - |cos|").constant(), 1e-3);
        for (double limit : new double[] {11.25, 22.5, 30}) {
            String name = "within " + (limit == 30 ? "30" : Double.toString(limit)) + " deg";
            assertEquals(share(angles, limit), find(metric, name).value(), 1e-9);
            // A cell at the limit counts wholly: half a per cent of the places.
            assertEquals(share(constant, limit), find(metric, name).constant(), 0.5);
        }
        assertTrue(find(metric, "mean angle").better() && find(metric, "within 30 deg").better());
    }

    private static double offCosine(List<Double> angles) {
        return angles.stream().mapToDouble(angle -> 1 - Math.abs(Math.cos(Math.toRadians(angle)))).average()
                .orElseThrow();
    }

    @Test
    void aNormalAndItsOppositeAreOneToTheCosinesSize() {
        NormalMetric metric = new NormalMetric(0);
        metric.add(prediction(0, 0, -1, 0, 3, 0), floats(0, 0, 1, 0, 0, 1), 2);
        assertEquals(0.5, find(metric, "1 - |cos|").value(), 1e-12);
    }

    @Test
    void smallAnglesKeepTheirDigits() {
        double tiny = 1e-5;
        assertEquals(Math.toDegrees(tiny), NormalMetric.angle(0, 0, 1, 0, Math.sin(tiny), Math.cos(tiny)), 1e-12);
        assertEquals(180, NormalMetric.angle(0, 0, 2, 0, 0, -1), 1e-12);
        assertEquals(90, NormalMetric.angle(0, 0, 0, 0, 0, -1), 1e-12);
    }

    @Test
    void everyDirectionHasItsCell() {
        NormalMetric metric = new NormalMetric(0);
        for (float[] axis : new float[][] {{1, 0, 0}, {-1, 0, 0}, {0, 1, 0}, {0, -1, 0}, {0, 0, 1}, {0, 0, -1}}) {
            metric.reset();
            metric.add(prediction(axis), floats(axis), 1);
            assertEquals(0, find(metric, "mean angle").value(), 1e-9);
            assertEquals(0, find(metric, "mean angle").constant(), 1e-9);
            assertEquals(100, find(metric, "within 11.25 deg").constant());
        }
    }

    @Test
    void noLabelsAreNaNAndANaNPredictionShows() {
        NormalMetric metric = new NormalMetric(0);
        metric.add(prediction(1, 2, 3), floats(0, 0, 0), 1);
        metric.scores().forEach(score -> assertTrue(Double.isNaN(score.value()) && Double.isNaN(score.constant())));
        metric.add(prediction(0, 0, 1, Float.NaN, 0, 0), floats(0, 0, 1, 0, 0, 1), 2);
        assertTrue(Double.isNaN(find(metric, "mean angle").value()));
        assertTrue(Double.isNaN(find(metric, "median angle").value()));
        assertEquals(50, find(metric, "within 30 deg").value());
    }

    private static double[] mean(float[] truth) {
        double[] sum = new double[3];
        for (int i = 0; i < truth.length; i++) {
            sum[i % 3] += truth[i];
        }
        return sum;
    }

    private static List<Double> angles(float[] truth, float[] guess, double[] constant) {
        List<Double> angles = new ArrayList<>();
        for (int i = 0; i < truth.length; i += 3) {
            if (truth[i] == 0 && truth[i + 1] == 0 && truth[i + 2] == 0) {
                continue;
            }
            double[] p = constant != null ? constant : new double[] {guess[i], guess[i + 1], guess[i + 2]};
            double length = Math.sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
            double one = Math.sqrt((double) truth[i] * truth[i] + truth[i + 1] * truth[i + 1] + truth[i + 2]
                    * truth[i + 2]);
            double cosine = (p[0] * truth[i] + p[1] * truth[i + 1] + p[2] * truth[i + 2]) / length / one;
            angles.add(Math.toDegrees(Math.acos(Math.clamp(cosine, -1, 1))));
        }
        Collections.sort(angles);
        return angles;
    }

    private static double mean(List<Double> angles) {
        return angles.stream().mapToDouble(angle -> angle).average().orElseThrow();
    }

    private static double share(List<Double> angles, double limit) {
        return 100.0 * angles.stream().filter(angle -> angle <= limit).count() / angles.size();
    }
}
