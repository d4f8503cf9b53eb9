package io.gimbal.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.data.Field;
import io.gimbal.loss.Loss;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LandmarkMetricTest {
    private static final Field EYES = Field.ofCoordinates("landmarks", 3, -1).measuredBetween(0, 1);

    private static ByteBuffer labels(float... values) {
        ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.nativeOrder());
        for (int i = 0; i < values.length; i++) {
            buffer.putFloat(4 * i, values[i]);
        }
        return buffer;
    }

    private static double value(Metric metric, String name) {
        return score(metric, name).value();
    }

    private static Score score(Metric metric, String name) {
        return metric.scores().stream().filter(score -> score.name().equals(name)).findFirst().orElseThrow();
    }

    @Test
    void anErrorIsTheMeanDistanceInPartsOfThatOfTheEyes() {
        // In an image of 20 rows and 10 columns: eyes 4 columns and 3 x 20 / 20 rows apart, 5 pixels.
        LandmarkMetric metric = new LandmarkMetric(EYES, 20, 10);
        ByteBuffer label = labels(0.2f, 0.5f, 0.6f, 0.65f, 0.5f, 0.5f);
        metric.add(FloatBuffer.wrap(new float[] {0.2f, 0.5f, 0.6f, 0.65f, 0.8f, 0.7f}), label, 1);
        // One point is 3 columns and 4 rows away, a mean of 5 / 3 pixels.
        assertEquals(100 / 3.0, value(metric, "keypoint error"), 1e-4);
        assertEquals(100, value(metric, "failure rate"));
        metric.add(FloatBuffer.wrap(new float[] {0.2f, 0.5f, 0.6f, 0.65f, 0.5f, 0.57f}), label, 1);
        // 1.4 rows are 0.28 / 3 of the eyes' distance: below a tenth.
        assertEquals((100 / 3.0 + 28 / 3.0) / 2, value(metric, "keypoint error"), 1e-4);
        assertEquals(50, value(metric, "failure rate"));
        assertFalse(metric.scores().getFirst().higherIsBetter());
        assertFalse(metric.scores().getLast().higherIsBetter());
    }

    @Test
    void withoutEyesTheDiagonalIsTheMeasure() {
        LandmarkMetric metric = new LandmarkMetric(Field.ofCoordinates("marks", 1, -1), 4, 3);
        metric.add(FloatBuffer.wrap(new float[] {0.5f, 0.75f}), labels(0.5f, 0.5f), 1);
        assertEquals(20, value(metric, "keypoint error"), 1e-9);
    }

    @Test
    void imagesWithoutALabelOrWithBothEyesAtOnePlaceHaveNoFigure() {
        LandmarkMetric metric = new LandmarkMetric(EYES, 8, 8);
        FloatBuffer prediction = FloatBuffer.allocate(12);
        metric.add(prediction, labels(-1, -1, -1, -1, -1, -1, 0.25f, 0.5f, 0.25f, 0.5f, 0, 1), 2);
        metric.add(prediction, labels(), 0);
        assertTrue(Double.isNaN(value(metric, "keypoint error")));
        assertTrue(Double.isNaN(value(metric, "failure rate")));
        assertFalse(metric.scores().getFirst().labelled());
        // A label that is -1 in some channels alone is one.
        metric.add(prediction, labels(-1, -1, -1, -1, -1, 0), 1);
        metric.add(prediction, labels(0, 0, 1, 0, 0, 0), 1);
        assertEquals(100 / 3.0, value(metric, "keypoint error"), 1e-6);
    }

    @Test
    void notANumberIsAFailureAndMakesTheErrorNone() {
        LandmarkMetric metric = new LandmarkMetric(EYES, 8, 8);
        ByteBuffer label = labels(0, 0, 1, 0, 0.5f, 0.5f);
        metric.add(FloatBuffer.wrap(new float[] {0, 0, 1, 0, 0.5f, Float.NaN}), label, 1);
        metric.add(FloatBuffer.wrap(new float[] {0, 0, 1, 0, 0.5f, 0.5f}), label, 1);
        assertTrue(Double.isNaN(value(metric, "keypoint error")));
        assertEquals(50, value(metric, "failure rate"));
        metric.reset();
        metric.add(FloatBuffer.wrap(new float[] {0, 0, 1, 0, 0.5f, 0.5f}), label, 1);
        assertEquals(0, value(metric, "keypoint error"));
        assertEquals(0, score(metric, "keypoint error").constant());
        assertThrows(IllegalArgumentException.class, () -> metric.add(FloatBuffer.allocate(6), label, 2));
        assertThrows(IllegalArgumentException.class, () -> new LandmarkMetric(Field.ofValues("v", 2, -1), 2, 2));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void overManyImagesItIsWhatAPlainSumSays(int points) {
        Random random = new Random(points);
        int height = 17;
        int width = 40;
        for (boolean eyes : new boolean[] {false, points > 1}) {
            Field field = Field.ofCoordinates("marks", points, -1);
            LandmarkMetric metric = new LandmarkMetric(eyes ? field.measuredBetween(points - 1, 0) : field, height,
                    width);
            int images = 101;
            float[] label = new float[2 * points * images];
            float[] predicted = new float[label.length];
            double[] means = new double[2 * points];
            for (int i = 0; i < label.length; i++) {
                label[i] = random.nextFloat();
                predicted[i] = label[i] + 0.1f * (float) random.nextGaussian();
                means[i % means.length] += label[i] / (double) images;
            }
            double[] due = plain(label, predicted, new double[0], points, height, width, eyes);
            double[] constant = plain(label, predicted, means, points, height, width, eyes);
            metric.add(FloatBuffer.wrap(predicted), labels(label), 40);
            ByteBuffer rest = labels(java.util.Arrays.copyOfRange(label, 80 * points, label.length));
            metric.add(FloatBuffer.wrap(predicted, 80 * points, label.length - 80 * points).slice(), rest, 61);
            assertEquals(due[0], value(metric, "keypoint error"), 1e-9 * due[0]);
            assertEquals(due[1], value(metric, "failure rate"), 1e-9);
            assertEquals(constant[0], score(metric, "keypoint error").constant(), 1e-9 * constant[0]);
            assertEquals(constant[1], score(metric, "failure rate").constant(), 1e-9);
        }
    }

    /** Error and failure rate in %, of predictions, or of one constant where it is given. */
    private static double[] plain(float[] label, float[] predicted, double[] constant, int points, int height,
            int width, boolean eyes) {
        int images = label.length / (2 * points);
        double errors = 0;
        double failures = 0;
        for (int image = 0; image < images; image++) {
            int from = 2 * points * image;
            double unit = Math.sqrt(height * height + width * width);
            if (eyes) {
                int last = from + 2 * points - 2;
                unit = Math.sqrt(Math.pow((label[from] - (double) label[last]) * width, 2)
                        + Math.pow((label[from + 1] - (double) label[last + 1]) * height, 2));
            }
            double sum = 0;
            for (int point = 0; point < points; point++) {
                double x = constant.length > 0 ? constant[2 * point] : predicted[from + 2 * point];
                double y = constant.length > 0 ? constant[2 * point + 1] : predicted[from + 2 * point + 1];
                sum += Math.sqrt(Math.pow((x - label[from + 2 * point]) * width, 2)
                        + Math.pow((y - label[from + 2 * point + 1]) * height, 2));
            }
            errors += sum / points / unit;
            failures += sum / points / unit > 0.1 ? 1 : 0;
        }
        return new double[] {100 * errors / images, 100 * failures / images};
    }

    @Test
    void itIsTheMetricOfCoordinatesAndTheLossStandsBesideIt() {
        Metric metric = Metrics.of(EYES, Loss.l2(), 8, 8);
        assertInstanceOf(Several.class, metric);
        assertEquals(List.of("keypoint error", "failure rate", "loss"), metric.scores().stream().map(Score::name)
                .toList());
        metric.add(FloatBuffer.allocate(6), labels(0, 0, 1, 0, 0, 0), 1);
        assertEquals(1 / 6.0, value(metric, "loss"), 1e-9);
    }
}
