package io.gimbal.metric;

import static io.gimbal.metric.Buffers.find;
import static io.gimbal.metric.Buffers.floats;
import static io.gimbal.metric.Buffers.prediction;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.data.Field;
import io.gimbal.loss.Loss;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OtherMetricsTest {

    @Test
    void errorsAreThoseOfTheFormulasAndConstantsAreChosenByChannel() {
        Random random = new Random(6);
        int places = 401;
        float[] truth = new float[2 * places];
        float[] guess = new float[2 * places];
        for (int i = 0; i < truth.length; i++) {
            truth[i] = (float) (random.nextGaussian() * (i % 2 == 0 ? 1 : 30) - 5 * (i % 2));
            guess[i] = truth[i] + (float) random.nextGaussian();
        }
        ErrorMetric metric = new ErrorMetric(2, 1e9f);
        metric.add(prediction(guess), floats(truth), places);
        double absolute = 0;
        double squared = 0;
        for (int i = 0; i < truth.length; i++) {
            double error = (double) guess[i] - truth[i];
            absolute += Math.abs(error);
            squared += error * error;
        }
        assertEquals(absolute / truth.length, find(metric, "MAE").value(), 1e-9);
        assertEquals(Math.sqrt(squared / truth.length), find(metric, "RMSE").value(), 1e-9);
        double deviations = 0;
        double squares = 0;
        for (int channel = 0; channel < 2; channel++) {
            float[] values = new float[places];
            double mean = 0;
            for (int i = 0; i < places; i++) {
                values[i] = truth[2 * i + channel];
                mean += values[i] / (double) places;
            }
            java.util.Arrays.sort(values);
            for (float value : values) {
                deviations += Math.abs(value - values[places / 2]);
                squares += (value - mean) * (value - mean);
            }
        }
        // The median is known to 0.05 %.
        assertEquals(deviations / truth.length, find(metric, "MAE").constant(), 1e-3 * deviations / truth.length);
        assertEquals(Math.sqrt(squares / truth.length), find(metric, "RMSE").constant(), 1e-9 * squares);
    }

    @Test
    void onlyPlacesIgnoredInAllChannelsAreLeftOut() {
        ErrorMetric metric = new ErrorMetric(2, 0);
        metric.add(prediction(9, 9, 1, 1), floats(0, 0, 0, 3), 2);
        assertEquals(1.5, find(metric, "MAE").value(), 1e-12);
        ErrorMetric unknown = new ErrorMetric(1, Float.NaN);
        unknown.add(prediction(9, 2), floats(Float.NaN, 1), 2);
        assertEquals(1, find(unknown, "MAE").value(), 1e-12);
        unknown.reset();
        assertTrue(Double.isNaN(find(unknown, "MAE").value()));
    }

    @Test
    void binaryAnswersAreCountedAgainstTheMoreFrequentOne() {
        BinaryMetric metric = new BinaryMetric(2, -1);
        metric.add(prediction(1, -1, -1, -1, 2, Float.NaN, 5, 5), floats(1, 0, 0, 0, 1, 1, -1, -1), 4);
        assertEquals(100 * 5 / 6.0, find(metric, "accuracy").value(), 1e-9);
        assertEquals(100 * 4 / 6.0, find(metric, "accuracy").constant(), 1e-9);
        metric.reset();
        assertTrue(Double.isNaN(find(metric, "accuracy").value()));
    }

    @Test
    void aHistogramsMedianIsTheWeightedOne() {
        FloatHistogram histogram = new FloatHistogram();
        assertTrue(Double.isNaN(histogram.median()));
        histogram.add(-4, 1);
        histogram.add(0, 1);
        histogram.add(3, 5);
        histogram.add(1000, 2);
        assertEquals(3, histogram.median());
        assertEquals(7 + 3 + 2 * 997, histogram.absoluteDeviations(3), 1e-9);
        histogram.add(-4, 20);
        assertEquals(-4, histogram.median());
    }

    private static List<String> names(Field field, Loss loss) {
        return Metrics.of(field, loss, 4, 6).scores().stream().map(Score::name).toList();
    }

    @Test
    void eachTaskGetsTheMetricsOfItsKindAndItsLoss() {
        List<String> angles = List.of("mean angle", "median angle", "within 11.25 deg", "within 22.5 deg",
                "within 30 deg", "1 - |cos|", "loss");
        List<String> yesOrNo = List.of("accuracy", "mIoU", "maxF", "loss");
        assertEquals(List.of("mIoU", "pixel accuracy", "loss"), names(Field.ofClasses("segmentation", 13, 255),
                Loss.crossEntropy(13)));
        assertEquals(List.of("accuracy", "loss"), names(Field.ofClasses("digit", 10, 255).ofTheWholeImage(),
                Loss.crossEntropy(10)));
        assertEquals(List.of("RMSE", "relative error", "absolute error", "log RMSE", "delta 1.25", "delta 1.25^2",
                "delta 1.25^3", "loss"), names(Field.ofValues("depth", 1, 0), Loss.l1()));
        assertEquals(angles, names(Field.ofValues("normals", 3, 0), Loss.l1()));
        assertEquals(angles, names(Field.ofValues("directions", 3, 0), Loss.cosine()));
        assertEquals(angles, names(Field.ofValues("directions", 3, 0), Loss.normalizedL1()));
        assertEquals(yesOrNo, names(Field.ofValues("saliency", 1, -1), Loss.binaryCrossEntropy(0.9)));
        assertEquals(yesOrNo, names(Field.ofValues("saliency", 1, -1), Loss.balancedBinaryCrossEntropy()));
        assertEquals(List.of("accuracy", "loss"), names(Field.ofValues("two", 2, -1), Loss.binaryCrossEntropy(0.5)));
        assertEquals(List.of("accuracy", "loss"), names(Field.ofValues("male", 1, -1).ofTheWholeImage(),
                Loss.binaryCrossEntropy(0.5)));
        assertEquals(List.of("MAE", "RMSE", "loss"), names(Field.ofValues("keypoints", 48, -1), Loss.l2()));
        assertEquals("loss", names(Field.ofPoints("joints", 2, -1), Loss.l2()).getLast());
    }

    @Test
    void edgesThatAreLogitsAreMeasuredThoroughlyByTheirLinesToo() {
        Field edges = Field.ofEdges("edges", -1);
        Loss logits = Loss.binaryCrossEntropy(0.9);
        assertEquals(List.of("accuracy", "mIoU", "maxF", "loss"), names(edges, logits));
        assertEquals(List.of("accuracy", "mIoU", "maxF", "loss", "odsF", "AP"), thorough(edges, logits));
        for (Field other : List.of(Field.ofValues("saliency", 1, -1), Field.ofValues("two", 2, -1))) {
            assertEquals(names(other, logits), thorough(other, logits));
        }
        assertEquals(names(edges, Loss.l1()), thorough(edges, Loss.l1()));
        Field joints = Field.ofPoints("joints", 2, -1);
        assertEquals(names(joints, Loss.l2()), thorough(joints, Loss.l2()));
    }

    private static List<String> thorough(Field field, Loss loss) {
        return Metrics.thorough(field, loss, 4, 6).scores().stream().map(Score::name).toList();
    }

    @Test
    void linesOfEdgesAreMeasuredWhereTheImageEnds() {
        Metric both = Metrics.thorough(Field.ofEdges("edges", -1), Loss.binaryCrossEntropy(0.9), 1, 3);
        both.add(prediction(-9, 9, -9), floats(0, 1, 0), 3);
        both.endImage(1, 3);
        assertEquals(100, find(both, "accuracy").value());
        assertEquals(100, find(both, "odsF").value(), 1e-9);
        both.reset();
        assertTrue(both.scores().stream().noneMatch(Score::labelled));
    }

    @Test
    void betterByIsTheShareOfTheConstantsFigure() {
        assertEquals(0.25, new Score("RMSE", "m", 0.75, 1, false).betterBy(), 1e-12);
        assertEquals(0.5, new Score("mIoU", "%", 30, 20, true).betterBy(), 1e-12);
        assertEquals(-0.5, new Score("mIoU", "%", 10, 20, true).betterBy(), 1e-12);
    }
}
