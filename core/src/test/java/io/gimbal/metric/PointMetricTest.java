package io.gimbal.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class PointMetricTest {
    private static final int HEIGHT = 10;
    private static final int WIDTH = 20;

    private final PointMetric metric = new PointMetric(2, HEIGHT, WIDTH, -1);
    private final ByteBuffer target = ByteBuffer.allocate(4 * 2 * HEIGHT * WIDTH).order(ByteOrder.nativeOrder());
    private final FloatBuffer prediction = FloatBuffer.allocate(2 * HEIGHT * WIDTH);

    private void label(int channel, int y, int x, float value) {
        target.putFloat(4 * (2 * (y * WIDTH + x) + channel), value);
    }

    private void predict(int channel, int y, int x, float value) {
        prediction.put(2 * (y * WIDTH + x) + channel, value);
    }

    private double value(String name) {
        return metric.scores().stream().filter(score -> score.name().equals(name)).findFirst().orElseThrow().value();
    }

    @Test
    void distancesAreFromTheLargestPredictionToTheNearestPlace() {
        label(0, 2, 2, 1);
        label(0, 2, 3, 0.6f);
        label(0, 8, 18, 0.9f);
        predict(0, 5, 14, 7);
        metric.add(prediction, target, HEIGHT * WIDTH);
        // 3 down and 4 across of 20: 25 %.
        assertEquals(25, value("mean distance"), 1e-12);
        assertEquals(0, value("within 10 %"));
        predict(0, 8, 17, 8);
        metric.add(prediction, target, HEIGHT * WIDTH);
        assertEquals(15, value("mean distance"), 1e-12);
        assertEquals(50, value("within 5 %"));
    }

    @Test
    void aPointThatIsNotThereAsksNothing() {
        label(1, 0, 0, 1);
        metric.add(prediction, target, HEIGHT * WIDTH);
        assertEquals(100, value("within 5 %"));
        assertEquals(0, value("mean distance"));
    }

    @Test
    void anUnlabelledImageAndNoImageAtAllAreNotCounted() {
        for (int i = 0; i < target.capacity(); i += 4) {
            target.putFloat(i, -1);
        }
        metric.add(prediction, target, HEIGHT * WIDTH);
        assertFalse(metric.scores().getFirst().labelled());
        metric.add(prediction, target, 0);
    }

    @Test
    void theBestConstantIsThePlaceWithMostRoundIt() {
        for (int[] place : List.of(new int[] {1, 1}, new int[] {1, 2}, new int[] {9, 19})) {
            for (int i = 0; i < target.capacity(); i += 4) {
                target.putFloat(i, 0);
            }
            label(0, place[0], place[1], 1);
            metric.add(prediction, target, HEIGHT * WIDTH);
        }
        assertEquals(200 / 3.0, metric.scores().getFirst().constant(), 1e-9);
    }

    @Test
    void ofTwoEqualNeighboursThePlaceIsOne() {
        label(0, 4, 4, 0.9f);
        label(0, 4, 5, 0.9f);
        predict(0, 4, 5, 1);
        metric.add(prediction, target, HEIGHT * WIDTH);
        assertEquals(100 / 20.0, value("mean distance"), 1e-12);
    }

    @Test
    void notANumberIsFurthestAwayAndPartsOfImagesAreRefused() {
        label(0, 0, 0, 1);
        predict(0, 3, 3, Float.NaN);
        metric.add(prediction, target, HEIGHT * WIDTH);
        assertEquals(100 * Math.hypot(10, 20) / 20, value("mean distance"), 1e-9);
        metric.reset();
        assertFalse(metric.scores().getFirst().labelled());
        assertThrows(IllegalArgumentException.class, () -> metric.add(prediction, target, 7));
    }
}
