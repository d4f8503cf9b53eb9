package io.gimbal.metric;

import static io.gimbal.metric.Buffers.find;
import static io.gimbal.metric.Buffers.floats;
import static io.gimbal.metric.Buffers.prediction;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.picture.Thinning;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/**
 * Figures of images are those of the twin, bench/edges/edges.py. The system property gimbal.test.bsds names a folder
 * with BSDS's images: boundaries/NAME.png, how many annotators saw a boundary (value / 255), and segments/NAME.png,
 * the numbers of one annotator's segments.
 */
class EdgeMetricTest {
    private static final float YES = 20;
    private static final float NO = -20;

    private static float logit(double probability) {
        return (float) Math.log(probability / (1 - probability));
    }

    private static EdgeMetric of(int height, int width, float[] logits, float[] truth) {
        EdgeMetric metric = new EdgeMetric(-1);
        metric.add(prediction(logits), floats(truth), truth.length);
        metric.endImage(height, width);
        return metric;
    }

    private static float[] numbers(byte[] map) {
        float[] numbers = new float[map.length];
        for (int i = 0; i < map.length; i++) {
            numbers[i] = map[i];
        }
        return numbers;
    }

    /** A column of edges every so many columns. */
    private static float[] columns(int height, int width, int each, float edge, float none) {
        float[] map = new float[height * width];
        for (int i = 0; i < map.length; i++) {
            map[i] = i % width % each == each / 2 ? edge : none;
        }
        return map;
    }

    /** The same as the twin's, of whole numbers. */
    private static void addCircles(EdgeMetric metric, int number, int rows, int columns) {
        int radius = Math.min(rows, columns) / 3;
        float[] logits = new float[rows * columns];
        byte[] circle = new byte[rows * columns];
        for (int y = 0; y < rows; y++) {
            for (int x = 0; x < columns; x++) {
                int right = x - columns / 2;
                int down = y - rows / 2;
                long noise = (x * 7919L + y * 104729L + number * 1299709L) % 101;
                int off = Math.abs((right - 1) * (right - 1) + (down - number) * (down - number) - radius * radius);
                long percent = Math.max(0, 100 - off) * (noise + 150) / 250;
                logits[y * columns + x] = logit(percent / 100.0);
                circle[y * columns + x] = (byte) (Math.abs(right * right + down * down - radius * radius) <= radius
                        ? 1 : 0);
            }
        }
        Thinning.thin(circle, rows, columns);
        metric.add(prediction(logits), floats(numbers(circle)), circle.length);
        metric.endImage(rows, columns);
    }

    @Test
    void figuresOfThreeImagesAreThePlainTwins() {
        EdgeMetric metric = new EdgeMetric(-1);
        int[][] sizes = {{181, 203}, {130, 120}, {211, 97}};
        for (int i = 0; i < sizes.length; i++) {
            addCircles(metric, i, sizes[i][0], sizes[i][1]);
        }
        assertEquals(85.1578, find(metric, "odsF").value(), 1e-4);
        assertEquals(67.2495, find(metric, "AP").value(), 1e-4);
    }

    @Test
    void figuresOfBsdsAreThePlainTwins() throws IOException {
        String folder = System.getProperty("gimbal.test.bsds", "");
        assumeTrue(!folder.isEmpty(), "gimbal.test.bsds does not say where images of BSDS lie");
        List<Path> files;
        try (Stream<Path> all = Files.list(Path.of(folder, "boundaries"))) {
            files = all.sorted().toList();
        }
        EdgeMetric metric = new EdgeMetric(-1);
        for (Path file : files) {
            Raster seen = ImageIO.read(file.toFile()).getRaster();
            Raster segments = ImageIO.read(Path.of(folder, "segments").resolve(file.getFileName()).toFile())
                    .getRaster();
            int height = seen.getHeight();
            int width = seen.getWidth();
            byte[] borders = new byte[height * width];
            float[] logits = new float[borders.length];
            for (int i = 0; i < borders.length; i++) {
                int y = i / width;
                int x = i % width;
                logits[i] = logit(seen.getSample(x, y, 0) / 255.0);
                int around = segments.getSample(x, y == 0 ? 1 : y - 1, 0)
                        + segments.getSample(x, y == height - 1 ? y - 1 : y + 1, 0)
                        + segments.getSample(x == 0 ? 1 : x - 1, y, 0)
                        + segments.getSample(x == width - 1 ? x - 1 : x + 1, y, 0);
                borders[i] = (byte) (around == 4 * segments.getSample(x, y, 0) ? 0 : 1);
            }
            metric.add(prediction(logits), floats(numbers(borders)), borders.length);
            metric.endImage(height, width);
        }
        System.out.println(files.size() + " images of BSDS: " + metric.scores());
        assertEquals(29, files.size(), "the twin's figures are of 29 images");
        assertEquals(79.4637, find(metric, "odsF").value(), 1e-4);
        assertEquals(83.5034, find(metric, "AP").value(), 1e-4);
    }

    @Test
    void whatIsPredictedWhereItIsHasAllOfF() {
        EdgeMetric metric = of(30, 40, columns(30, 40, 10, YES, NO), columns(30, 40, 10, 1, 0));
        assertEquals(100, find(metric, "odsF").value(), 1e-9);
        assertEquals(0, find(metric, "AP").value(), "one recall at all thresholds is no curve");
        Score other = find(of(30, 40, columns(30, 40, 10, NO, NO), columns(30, 40, 10, 1, 0)), "odsF");
        assertEquals(0, other.value());
        assertTrue(other.labelled());
        assertFalse(other.better());
    }

    /** Of a diagonal of 400 the tolerance is 3 pixels. */
    @Test
    void theToleranceIsAPartOfTheDiagonal() {
        int height = 240;
        int width = 320;
        float[] truth = new float[height * width];
        truth[100 * width + 100] = 1;
        for (int off : new int[] {0, 3, 4}) {
            float[] logits = new float[truth.length];
            Arrays.fill(logits, NO);
            logits[100 * width + 100 + off] = YES;
            assertEquals(off <= 3 ? 100 : 0, find(of(height, width, logits, truth), "odsF").value(), 1e-9);
        }
    }

    @Test
    void aLogitAtAThresholdReachesIt() {
        float[] truth = {0, 1, 0};
        for (float logit : new float[] {logit(0.01), logit(0.5), -0f, logit(0.99), Float.POSITIVE_INFINITY}) {
            assertEquals(100, find(of(1, 3, new float[] {NO, logit, NO}, truth), "odsF").value(), 1e-9, "of " + logit);
        }
        for (float logit : new float[] {Math.nextDown(logit(0.01)), Float.NEGATIVE_INFINITY, Float.NaN}) {
            assertEquals(0, find(of(1, 3, new float[] {NO, logit, NO}, truth), "odsF").value(), "of " + logit);
        }
    }

    @Test
    void countsAreOfTheWholeSetAndNotMeansOverImages() {
        EdgeMetric metric = new EdgeMetric(-1);
        // 3 of 3 in one image, none of 1 in another, which predicts 2 where nothing is.
        metric.add(prediction(YES, NO, YES, NO, YES), floats(1, 0, 1, 0, 1), 5);
        metric.endImage(1, 5);
        metric.add(prediction(YES, NO, YES, NO, NO), floats(0, 0, 0, 0, 1), 5);
        metric.endImage(5, 1);
        assertEquals(100 * 2 * (3 / 5.0) * (3 / 4.0) / (3 / 5.0 + 3 / 4.0), find(metric, "odsF").value(), 1e-9);
    }

    @Test
    void anImageWithoutTruthCountsItsPredictionsAsWrong() {
        EdgeMetric metric = of(1, 5, new float[] {YES, NO, YES, NO, NO}, new float[5]);
        assertEquals(0, find(metric, "odsF").value());
        assertEquals(0, find(metric, "odsF").constant());
        metric.add(prediction(YES, NO), floats(1, 0), 2);
        metric.endImage(1, 2);
        assertEquals(100 * 2 * (1 / 3.0) / (1 / 3.0 + 1), find(metric, "odsF").value(), 1e-9);
    }

    @Test
    void unlabelledPixelsTakeNoPart() {
        Random random = new Random(4);
        float[] truth = columns(20, 30, 6, 1, 0);
        float[] logits = columns(20, 30, 6, YES, NO);
        for (int i = 0; i < truth.length; i++) {
            truth[i] = i / 30 < 10 ? -1 : truth[i];
        }
        for (int trial = 0; trial < 5; trial++) {
            for (int i = 0; i < 300; i++) {
                logits[i] = trial == 0 ? Float.NaN : (float) random.nextGaussian();
            }
            assertEquals(100, find(of(20, 30, logits, truth), "odsF").value(), 1e-9);
        }
        assertTrue(Double.isNaN(find(of(1, 2, new float[2], new float[] {-1, -1}), "odsF").value()));
        assertFalse(find(of(1, 2, new float[2], new float[] {-1, -1}), "AP").labelled());
    }

    @Test
    void thickLinesAreThinnedOnBothSides() {
        float[] truth = new float[21 * 40];
        float[] logits = new float[truth.length];
        for (int i = 0; i < truth.length; i++) {
            truth[i] = i / 40 >= 9 && i / 40 <= 11 ? 1 : 0;
            logits[i] = truth[i] == 1 ? YES : NO;
        }
        assertEquals(100, find(of(21, 40, logits, truth), "odsF").value(), 1e-9);
        for (int i = 0; i < truth.length; i++) {
            truth[i] = i / 40 == 10 && i % 40 > 0 && i % 40 < 39 ? 1 : 0;
        }
        assertEquals(100, find(of(21, 40, logits, truth), "odsF").value(), 2, "but for the line's ends");
    }

    @Test
    void theConstantIsAnEdgeEverywhereThinnedAndMatched() {
        EdgeMetric metric = of(1, 3, new float[] {NO, NO, NO}, new float[] {0, 1, 0});
        byte[] all = {1, 1, 1};
        Thinning.thin(all, 1, 3);
        int left = all[0] + all[1] + all[2];
        assertEquals(100 * 2.0 * all[1] / (left + 1), find(metric, "odsF").constant(), 1e-9);
        EdgeMetric predicted = of(1, 3, new float[] {0, 0, 0}, new float[] {0, 1, 0});
        assertEquals(find(metric, "odsF").constant(), find(predicted, "odsF").value(), 1e-9);
        assertEquals(find(metric, "AP").constant(), find(predicted, "AP").value(), 1e-9);
    }

    @Test
    void rowsAddedOneByOneAreTheSameImage() {
        Random random = new Random(5);
        int height = 33;
        int width = 21;
        float[] truth = columns(height, width, 7, 1, 0);
        float[] logits = new float[truth.length];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) random.nextGaussian();
        }
        EdgeMetric metric = new EdgeMetric(-1);
        for (int y = 0; y < height; y++) {
            metric.add(prediction(Arrays.copyOfRange(logits, y * width, (y + 1) * width)),
                    floats(Arrays.copyOfRange(truth, y * width, (y + 1) * width)), width);
        }
        assertTrue(Double.isNaN(find(metric, "odsF").value()), "the image did not end");
        metric.endImage(height, width);
        List<Score> whole = of(height, width, logits, truth).scores();
        assertEquals(whole, metric.scores());
        assertThrows(IllegalArgumentException.class, () -> metric.endImage(height, width));
        metric.reset();
        assertTrue(Double.isNaN(find(metric, "AP").value()));
        metric.add(prediction(logits), floats(truth), truth.length);
        metric.endImage(height, width);
        assertEquals(whole, metric.scores());
    }
}
