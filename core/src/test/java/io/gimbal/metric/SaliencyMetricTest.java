package io.gimbal.metric;

import static io.gimbal.metric.Buffers.find;
import static io.gimbal.metric.Buffers.floats;
import static io.gimbal.metric.Buffers.prediction;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class SaliencyMetricTest {
    private static final int UNLABELLED = -1;

    private final SaliencyMetric metric = new SaliencyMetric(UNLABELLED);

    private void image(float[] shares, float... truth) {
        float[] logits = new float[shares.length];
        for (int i = 0; i < shares.length; i++) {
            logits[i] = (float) Math.log(shares[i] / (1 - shares[i]));
        }
        metric.add(prediction(logits), floats(truth), truth.length);
        metric.endImage(1, truth.length);
    }

    /** As the definition has it, threshold by threshold and image by image. */
    @Test
    void figuresAreTheBestOverThresholdsOfMeansOverImages() {
        Random random = new Random(8);
        int images = 5;
        int pixels = 37;
        float[][] shares = new float[images][pixels];
        float[][] truth = new float[images][pixels];
        for (int image = 0; image < images; image++) {
            for (int i = 0; i < pixels; i++) {
                truth[image][i] = random.nextInt(6) == 0 ? UNLABELLED : random.nextInt(2);
                shares[image][i] = (float) Math.clamp(0.5 * random.nextFloat() + 0.4 * truth[image][i], 0.01, 0.99);
            }
            image(shares[image], truth[image]);
        }
        double bestIntersection = 0;
        double bestF = 0;
        for (int step = 4; step <= 18; step++) {
            double intersection = 0;
            double precision = 0;
            double recall = 0;
            for (int image = 0; image < images; image++) {
                int both = 0;
                int either = 0;
                int predicted = 0;
                int yes = 0;
                for (int i = 0; i < pixels; i++) {
                    boolean said = shares[image][i] > step / 20.0 && truth[image][i] != UNLABELLED;
                    boolean is = truth[image][i] == 1;
                    both += said && is ? 1 : 0;
                    either += said || is ? 1 : 0;
                    predicted += said ? 1 : 0;
                    yes += is ? 1 : 0;
                }
                intersection += (double) both / either / images;
                precision += both == 0 ? 0 : (double) both / predicted / images;
                recall += (double) both / yes / images;
            }
            bestIntersection = Math.max(bestIntersection, intersection);
            bestF = Math.max(bestF, precision == 0 ? 0 : 2 * precision * recall / (precision + recall));
        }
        assertEquals(100 * bestIntersection, find(metric, "mIoU").value(), 1e-9);
        assertEquals(100 * bestF, find(metric, "maxF").value(), 1e-9);
    }

    @Test
    void theBestConstantIsYesOrNoEverywhere() {
        image(new float[] {0.5f, 0.5f, 0.5f, 0.5f}, 1, 1, 1, 0);
        // Yes: 3/4 of the pixels, all found.
        assertEquals(75, find(metric, "mIoU").constant(), 1e-9);
        assertEquals(100 * 2 * 0.75 / 1.75, find(metric, "maxF").constant(), 1e-9);
        image(new float[] {0.5f}, 0);
        image(new float[] {0.5f}, 0);
        // No is right of two images in three; yes is as good as 0.75 / 3.
        assertEquals(200 / 3.0, find(metric, "mIoU").constant(), 1e-9);
    }

    @Test
    void whereThereIsNothingAndNothingIsSaidTheIntersectionIsWhole() {
        image(new float[] {0.1f, 0.1f}, 0, 0);
        assertEquals(100, find(metric, "mIoU").value(), 1e-9);
        assertEquals(0, find(metric, "maxF").value(), 1e-9);
    }

    @Test
    void imagesWithoutLabelsDoNotCountAndNaNSaysNo() {
        image(new float[] {0.9f, 0.9f}, UNLABELLED, UNLABELLED);
        metric.scores().forEach(score -> assertTrue(Double.isNaN(score.value()) && !score.labelled()));
        metric.add(prediction(Float.NaN, 5), floats(1, 1), 2);
        metric.endImage(2, 1);
        assertEquals(50, find(metric, "mIoU").value(), 1e-9);
        metric.reset();
        image(new float[] {0.95f}, 1);
        assertEquals(100, find(metric, "maxF").value(), 1e-9);
    }
}
