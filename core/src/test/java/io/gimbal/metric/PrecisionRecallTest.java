package io.gimbal.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PrecisionRecallTest {

    private static PrecisionRecall curve(double... recallAndPrecision) {
        int count = recallAndPrecision.length / 2;
        double[] recall = new double[count];
        double[] precision = new double[count];
        for (int i = 0; i < count; i++) {
            recall[i] = recallAndPrecision[2 * i];
            precision[i] = recallAndPrecision[2 * i + 1];
        }
        return new PrecisionRecall(recall, precision);
    }

    /** At part s of the way R is 1 - s and P is s, so that F is 2 s (1 - s), 0.5 at most; 50 / 99 is nearest to it. */
    @Test
    void theLargestFMayLieBetweenTwoThresholds() {
        assertEquals(2 * 50 * 49 / (99.0 * 99), curve(1, 0, 0, 1).largestF(), 1e-12);
        assertEquals(2 * 0.6 * 0.5 / 1.1, curve(0.6, 0.5).largestF(), 1e-12);
        assertEquals(0, curve(0, 0, 0, 0).largestF());
    }

    @Test
    void theAreaIsSumsOfPrecisionOverAHundredAndOneRecalls() {
        assertEquals(1.01, curve(1, 1, 0, 1).area(), 1e-12);
        assertEquals(0.5 * 1.01, curve(1, 0, 0, 1).area(), 1e-12);
        assertEquals(0.26 * 0.8, curve(0.5, 0.8, 0.25, 0.8).area(), 1e-12, "nothing below 0.25 and above 0.5");
    }

    @Test
    void ofOneRecallTheLowestThresholdsPrecisionCounts() {
        assertEquals(0.2 * 0.51, curve(0.5, 0.2, 0.5, 0.9, 0, 0.2).area(), 1e-12);
        assertEquals(0, curve(0.5, 0.2, 0.5, 0.9).area(), "a single recall has no area");
    }
}
