package io.gimbal.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.checkpoint.DataMeaning;
import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.data.Fit;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.metric.Score;
import io.gimbal.picture.PngWriter;
import io.gimbal.predict.Model;
import io.gimbal.predict.PhotoPrediction;
import io.gimbal.predict.Predictor;
import io.gimbal.predict.PredictorOptions;
import io.gimbal.run.Evaluation;
import io.gimbal.run.Quiet;
import io.gimbal.run.RunFolder;
import io.gimbal.run.TinyRooms;
import io.gimbal.run.TrainedModel;
import io.gimbal.run.TrainingConfig;
import io.gimbal.run.TrainingRun;
import io.gimbal.source.DataFolder;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is predicted is held against labels of any size, in their own pixels. The tiny network takes 16 x 24. */
class NativeScoresTest {
    private static final String NATIVE = ", \"resolution\": \"native\"";
    private static final int CLASSES = 13;
    private static final int UNLABELLED = 255;
    /** Rows and columns of the photos: one pixel, smaller, larger, just the network's, and of other proportions. */
    private static final int[][] SIZES = {{1, 1}, {7, 9}, {48, 64}, {16, 24}, {51, 13}};

    @TempDir
    private static Path shared;
    private static Device device;
    private static DataFolder folder;
    private static final List<int[]> CLASS_LABELS = new ArrayList<>();
    private static final List<float[]> DEPTHS = new ArrayList<>();
    private static final List<float[]> NORMALS = new ArrayList<>();

    @BeforeAll
    static void train() throws Exception {
        device = Device.open(DeviceKind.SOFT);
        Config config = Config.parse(TinyRooms.TEXT, "tiny.json").with("epochs=1");
        try (TrainingRun run = new TrainingRun(device, TrainingConfig.read(config), RunFolder.create(shared.resolve(
                "run"), "tiny", config), () -> { })) {
            run.run(new Quiet());
        }
        folder = new DataFolder(shared.resolve("data"));
        StringBuilder list = new StringBuilder("number\n");
        for (int i = 0; i < SIZES.length; i++) {
            write(i, SIZES[i][0], SIZES[i][1]);
            list.append(i).append('\n');
        }
        folder.text("all.csv", list.toString());
    }

    private static void write(int number, int height, int width) throws Exception {
        Random random = new Random(number);
        int pixels = height * width;
        Files.createDirectories(folder.path);
        Files.write(folder.path.resolve("photo" + number + ".png"), PngWriter.ofColours(random.ints(pixels, 0, 1 << 24)
                .toArray(), height, width));
        int[] classes = random.ints(pixels, 0, CLASSES + 1).map(one -> one == CLASSES ? UNLABELLED : one).toArray();
        folder.grey("classes" + number + ".png", width, height, classes);
        float[] depths = new float[pixels];
        float[] normals = new float[3 * pixels];
        for (int i = 0; i < pixels; i++) {
            depths[i] = random.nextInt(5) == 0 ? 0 : 1 + random.nextFloat();
            double turn = 2 * Math.PI * random.nextDouble();
            normals[3 * i] = (float) Math.cos(turn);
            normals[3 * i + 2] = (float) Math.sin(turn);
        }
        folder.npy("depth" + number + ".npy", height + ", " + width, depths);
        folder.npy("normals" + number + ".npy", height + ", " + width + ", 3", normals);
        CLASS_LABELS.add(classes);
        DEPTHS.add(depths);
        NORMALS.add(normals);
    }

    @AfterAll
    static void close() {
        device.close();
    }

    private static Map<String, List<Score>> scores(String list, String more) {
        return new Evaluation(model(), settings(list, more)).scores(device, done -> { });
    }

    private static TrainedModel model() {
        return TrainedModel.read(shared.resolve("run"), Optional.empty());
    }

    private static List<String> settings(String list, String more) {
        return List.of("validation={\"source\": \"folder\", \"path\": \"" + folder.path + "\", \"list\": \"" + list
                + "\", \"image\": \"photo{number}.png\", \"fields\": {\"segmentation\": {\"file\": "
                + "\"classes{number}.png\", \"kind\": \"classes\", \"classes\": 13, \"ignore\": 255}, \"depth\": {"
                + "\"file\": \"depth{number}.npy\", \"kind\": \"depth\", \"missing\": 0}, \"normals\": {\"file\": "
                + "\"normals{number}.npy\", \"kind\": \"vectors\"}}" + more + "}");
    }

    private static double figure(Map<String, List<Score>> scores, String task, String name) {
        return scores.get(task).stream().filter(score -> score.name().equals(name)).findFirst().orElseThrow().value();
    }

    /**
     * Held against sums over the photos' predictions: both are of float64, which 1e-9 leaves room for. Labels of
     * vectors are kept in bytes, each up to 0.4 degrees off to any side; the mean over 4400 of them is within 0.02.
     */
    @ParameterizedTest
    @ValueSource(strings = {"stretch", "inside"})
    void scoresAreThoseOfThePhotosPredictionsInTheirPixels(String fit) throws InterruptedException {
        Sums sums = new Sums();
        TrainedModel model = model();
        DataMeaning told = model.meaning();
        TrainedModel fitted = new TrainedModel(model.configuration(), model.file(), model.steps(), model.graph(),
                model.values(), new DataMeaning(told.normalisation(), told.names(), told.statistics(), Optional.of(
                Fit.valueOf(fit.toUpperCase(Locale.ROOT))), told.kinds()));
        try (Predictor predictor = Model.of(fitted).predictor(device, PredictorOptions.only(1))) {
            for (int i = 0; i < SIZES.length; i++) {
                sums.add(i, predictor.predict(folder.path.resolve("photo" + i + ".png")));
            }
        }
        Map<String, List<Score>> scores = scores("all.csv", NATIVE + ", \"fit\": \"" + fit + "\"");
        assertEquals(100.0 * sums.right / sums.labelled, figure(scores, "segmentation", "pixel accuracy"), 1e-9);
        assertEquals(Math.sqrt(sums.squares / sums.ranges), figure(scores, "depth", "RMSE"), 1e-9);
        assertEquals(sums.degrees / sums.directions, figure(scores, "normals", "mean angle"), 0.02);
    }

    /** What the metrics are of, over all photos. */
    private static final class Sums {
        private long right;
        private long labelled;
        private double squares;
        private long ranges;
        private double degrees;
        private long directions;

        void add(int photo, PhotoPrediction prediction) {
            short[] classes = prediction.classes(0);
            int width = prediction.width();
            for (int i = 0; i < classes.length; i++) {
                int label = CLASS_LABELS.get(photo)[i];
                labelled += label == UNLABELLED ? 0 : 1;
                right += label == classes[i] ? 1 : 0;
            }
            prediction.rows(1, (y, row) -> {
                for (int x = 0; x < width; x++) {
                    float depth = DEPTHS.get(photo)[y * width + x];
                    squares += depth == 0 ? 0 : Math.pow((double) row[x] - depth, 2);
                    ranges += depth == 0 ? 0 : 1;
                }
            });
            prediction.rows(2, (y, row) -> {
                for (int x = 0; x < width; x++) {
                    float[] normals = NORMALS.get(photo);
                    int at = 3 * (y * width + x);
                    double dot = 0;
                    double true2 = 0;
                    double guessed2 = 0;
                    for (int c = 0; c < 3; c++) {
                        dot += (double) row[3 * x + c] * normals[at + c];
                        true2 += (double) normals[at + c] * normals[at + c];
                        guessed2 += (double) row[3 * x + c] * row[3 * x + c];
                    }
                    degrees += Math.toDegrees(Math.acos(Math.clamp(dot / Math.sqrt(true2 * guessed2), -1, 1)));
                    directions++;
                }
            });
        }
    }

    /** But for vectors, which are brought to length 1 in float32 here: 1e-6 degrees. */
    @Test
    void atTheNetworksOwnSizeBothResolutionsAreTheSame() {
        folder.text("one.csv", "number\n3\n");
        Map<String, List<Score>> network = scores("one.csv", "");
        Map<String, List<Score>> natively = scores("one.csv", NATIVE);
        assertEquals(network.get("segmentation"), natively.get("segmentation"));
        assertEquals(network.get("depth"), natively.get("depth"));
        assertEquals(figure(network, "normals", "mean angle"), figure(natively, "normals", "mean angle"), 1e-6);
        assertNotEquals(scores("all.csv", "").get("depth"), scores("all.csv", NATIVE).get("depth"),
                "photos of other sizes tell them apart");
    }

    @Test
    void aNetworkThatDoesNotSeeAllOfAnImageIsRefused() {
        for (String fit : List.of("cover", "crop")) {
            UserException refused = assertThrows(UserException.class, () -> scores("all.csv", NATIVE
                    + ", \"fit\": \"" + fit + "\""));
            assertTrue(refused.getMessage().contains("validation") && refused.getMessage().contains("fit " + fit)
                    && refused.getMessage().contains("stretch or inside"), refused.getMessage());
        }
        UserException refused = assertThrows(UserException.class, () -> scores("all.csv",
                ", \"resolution\": \"full\""));
        assertTrue(refused.getMessage().contains("validation.resolution") && refused.getMessage().contains("native"),
                refused.getMessage());
    }

    @Test
    void aBrokenLabelEndsTheValidationWithItsName() {
        folder.text("broken.csv", "number\n0\n9\n");
        folder.picture("photo9.png", BufferedImage.TYPE_3BYTE_BGR, 4, 4, 1);
        folder.grey("classes9.png", 4, 4, 14);
        folder.npy("depth9.npy", "4, 4", new float[16]);
        folder.npy("normals9.npy", "4, 4, 3", new float[48]);
        UserException refused = assertThrows(UserException.class, () -> scores("broken.csv", NATIVE));
        assertTrue(refused.getMessage().contains("classes9.png"), refused.getMessage());
    }
}
