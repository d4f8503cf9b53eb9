package io.gimbal.metric;

import static io.gimbal.metric.Buffers.find;
import static io.gimbal.metric.Buffers.integers;
import static io.gimbal.metric.Buffers.prediction;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ClassMetricTest {

    @Test
    void figuresAreThoseOfCountingByHand() {
        Random random = new Random(2);
        int classes = 5;
        int places = 700;
        int[] truth = new int[places];
        float[] logits = new float[places * classes];
        for (int i = 0; i < places; i++) {
            // Class 3 never occurs in the labels, and some places have none.
            truth[i] = random.nextInt(10) == 0 ? 255 : new int[] {0, 1, 1, 2, 4}[random.nextInt(5)];
            for (int c = 0; c < classes; c++) {
                logits[i * classes + c] = random.nextFloat() + (truth[i] == c ? 0.5f : 0);
            }
        }
        ClassMetric metric = new ClassMetric(classes, 255, true);
        metric.add(prediction(java.util.Arrays.copyOf(logits, 400 * classes)),
                integers(java.util.Arrays.copyOf(truth, 400)), 400);
        metric.add(prediction(java.util.Arrays.copyOfRange(logits, 400 * classes, logits.length)),
                integers(java.util.Arrays.copyOfRange(truth, 400, places)), 300);
        assertEquals(intersection(truth, logits, classes, -1), find(metric, "mIoU").value(), 1e-9);
        assertEquals(accuracy(truth, logits, classes, -1), find(metric, "pixel accuracy").value(), 1e-9);
        double bestIntersection = 0;
        double bestAccuracy = 0;
        for (int constant = 0; constant < classes; constant++) {
            bestIntersection = Math.max(bestIntersection, intersection(truth, logits, classes, constant));
            bestAccuracy = Math.max(bestAccuracy, accuracy(truth, logits, classes, constant));
        }
        assertEquals(bestIntersection, find(metric, "mIoU").constant(), 1e-9);
        assertEquals(bestAccuracy, find(metric, "pixel accuracy").constant(), 1e-9);
        assertTrue(find(metric, "mIoU").better());
    }

    @Test
    void classesThatOccurNowhereAreLeftOutAndFalseAlarmsAreNot() {
        ClassMetric metric = new ClassMetric(4, 255, true);
        // Truth 0 0 1, taken for 0 2 1: class 2 is a false alarm, class 3 is nowhere.
        metric.add(prediction(1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0), integers(0, 0, 1), 3);
        assertEquals(100 * (0.5 + 1 + 0) / 3, find(metric, "mIoU").value(), 1e-9);
        assertEquals(100 * 2 / 3.0, find(metric, "pixel accuracy").value(), 1e-9);
    }

    @Test
    void aPlaceWithNaNIsWrongAndOfEqualLogitsTheFirstCounts() {
        ClassMetric metric = new ClassMetric(2, 255, false);
        metric.add(prediction(Float.NaN, 5, 1, 1, 5, Float.NaN), integers(1, 0, 0), 3);
        assertEquals(100 / 3.0, find(metric, "accuracy").value(), 1e-9);
        assertEquals(1, metric.scores().size());
    }

    @Test
    void nothingLabelledIsNaN() {
        ClassMetric metric = new ClassMetric(2, 255, true);
        metric.add(prediction(1, 2), integers(255), 1);
        metric.scores().forEach(score -> assertTrue(Double.isNaN(score.value()) && Double.isNaN(score.constant())
                && !score.better()));
        metric.add(prediction(1, 2), integers(1), 1);
        assertEquals(100, find(metric, "mIoU").value());
        metric.reset();
        assertTrue(Double.isNaN(find(metric, "mIoU").value()));
    }

    @Test
    void labelsOutOfRangeAndBuffersTooSmallAreRefused() {
        ClassMetric metric = new ClassMetric(2, 255, true);
        assertThrows(IllegalArgumentException.class, () -> metric.add(prediction(1, 2), integers(2), 1));
        assertThrows(IllegalArgumentException.class, () -> metric.add(prediction(1, 2), integers(-1), 1));
        assertThrows(IllegalArgumentException.class, () -> metric.add(prediction(1, 2), integers(1, 1), 2));
        assertThrows(IllegalArgumentException.class, () -> metric.add(prediction(1, 2, 3, 4), integers(1), 2));
    }

    private static int guess(float[] logits, int place, int classes, int constant) {
        if (constant >= 0) {
            return constant;
        }
        int best = 0;
        for (int c = 1; c < classes; c++) {
            best = logits[place * classes + c] > logits[place * classes + best] ? c : best;
        }
        return best;
    }

    private static double accuracy(int[] truth, float[] logits, int classes, int constant) {
        int right = 0;
        int all = 0;
        for (int i = 0; i < truth.length; i++) {
            all += truth[i] != 255 ? 1 : 0;
            right += truth[i] == guess(logits, i, classes, constant) ? 1 : 0;
        }
        return 100.0 * right / all;
    }

    private static double intersection(int[] truth, float[] logits, int classes, int constant) {
        double sum = 0;
        int present = 0;
        for (int c = 0; c < classes; c++) {
            int both = 0;
            int either = 0;
            for (int i = 0; i < truth.length; i++) {
                boolean guessed = guess(logits, i, classes, constant) == c;
                if (truth[i] != 255) {
                    both += truth[i] == c && guessed ? 1 : 0;
                    either += truth[i] == c || guessed ? 1 : 0;
                }
            }
            present += either > 0 ? 1 : 0;
            sum += either > 0 ? (double) both / either : 0;
        }
        return 100 * sum / present;
    }
}
