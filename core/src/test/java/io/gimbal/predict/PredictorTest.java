package io.gimbal.predict;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import io.gimbal.data.Fit;
import io.gimbal.data.Normalisation;
import io.gimbal.data.PhotoIntake;
import io.gimbal.data.Shown;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.drawing.Palette;
import io.gimbal.engine.InferenceStep;
import io.gimbal.engine.LoadedModel;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.picture.JpegBytes;
import io.gimbal.picture.PictureFile;
import io.gimbal.picture.PngWriter;
import io.gimbal.picture.Window;
import io.gimbal.run.NyuFolder;
import io.gimbal.run.Quiet;
import io.gimbal.run.RunFolder;
import io.gimbal.run.TinyRooms;
import io.gimbal.run.TrainedModel;
import io.gimbal.run.TrainingConfig;
import io.gimbal.run.TrainingPlan;
import io.gimbal.run.TrainingRun;
import io.gimbal.source.Sources;
import io.gimbal.train.Validation;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a run has learned predicts photos of any size, in their own pixels. The tiny network takes 16 x 24. */
class PredictorTest {
    private static final Config CONFIG = Config.parse(TinyRooms.TEXT, "tiny.json").with("epochs=1");

    @TempDir
    private static Path shared;
    private static Device device;

    @TempDir
    private Path folder;

    @BeforeAll
    static void train() {
        device = Device.open(DeviceKind.SOFT);
        for (Fit fit : List.of(Fit.STRETCH, Fit.INSIDE, Fit.COVER, Fit.CROP)) {
            Config config = CONFIG.with("data.fit=" + fit.name().toLowerCase(java.util.Locale.ROOT)).with(
                    "data.count=3");
            try (TrainingRun run = new TrainingRun(device, TrainingConfig.read(config), RunFolder.create(run(fit),
                    "tiny", config), () -> { })) {
                run.run(new Quiet());
            }
        }
    }

    @AfterAll
    static void close() {
        device.close();
    }

    private static Path run(Fit fit) {
        return shared.resolve(fit.name());
    }

    private static TrainedModel model(Fit fit) {
        return TrainedModel.read(run(fit), Optional.empty());
    }

    private Path photo(String name, int height, int width) throws IOException {
        int[] colours = new Random(height).ints((long) height * width, 0, 1 << 24).toArray();
        return Files.write(folder.resolve(name), PngWriter.ofColours(colours, height, width));
    }

    /** Batches of one size: which engines sum, and so the last bits, may differ from size to size. */
    private static Predictor predictor(TrainedModel model, int batch) {
        return Model.of(model).predictor(device, PredictorOptions.only(batch));
    }

    private static PhotoPrediction predict(Fit fit, Path photo) {
        try (Predictor predictor = predictor(model(fit), 2)) {
            return predictor.predict(PhotoSource.of(photo).withPreview());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static float[] all(PhotoPrediction prediction, int field) {
        int channels = prediction.fields().get(field).predicted();
        float[] all = new float[prediction.height() * prediction.width() * channels];
        prediction.rows(field, (y, row) -> System.arraycopy(row, 0, all, y * row.length, row.length));
        return all;
    }

    @Test
    void theFieldsAreWhatTheRunLearned() {
        try (Predictor predictor = predictor(model(Fit.STRETCH), 2)) {
            List<Field> fields = predictor.model().fields();
            assertEquals(List.of(Field.Kind.CLASSES, Field.Kind.DEPTH, Field.Kind.VECTORS), fields.stream()
                    .map(Field::kind).toList());
            assertEquals("bed", fields.getFirst().nameOf(0));
        }
    }

    /** To the bit: photos take the way that held-out ones take. */
    @Test
    void thePredictionIsThatOfAValidation() throws IOException, InterruptedException {
        Path nyu = NyuFolder.write(folder.resolve("nyu"), 2, 3, 12);
        TrainedModel model = model(Fit.STRETCH);
        Config data = Config.parse("{\"source\": \"nyuv2\", \"path\": \"" + nyu + "\"}", "data");
        TrainingPlan plan = TrainingPlan.read(model.configuration());
        NetworkGraph graph = plan.network().graph(2);
        DataSet held = Sources.validation(Config.parse("{}", "validation"), data, 1, graph.input());
        List<float[]> due = new ArrayList<>();
        try (LoadedModel loaded = new LoadedModel(device, graph, plan.precision(), model.values());
                InferenceStep inference = new InferenceStep(device, loaded.memory(), graph)) {
            new Validation(held, plan.tasks(), 2).run(inference, 3, (labels, predictions, real) -> {
                for (int i = 0; i < real; i++) {
                    float[] logits = new float[16 * 24 * 13];
                    predictions.prediction(0).get(i * logits.length, logits);
                    due.add(logits);
                }
            });
        }
        List<String> names = Files.readAllLines(nyu.resolve("test.txt"));
        try (Predictor predictor = predictor(model, 2)) {
            for (int i = 0; i < names.size(); i++) {
                Path file = nyu.resolve("test/rgb/" + names.get(i) + ".jpg");
                Path photo = Files.exists(file) ? file : nyu.resolve("test/rgb/" + names.get(i) + ".png");
                assertArrayEquals(due.get(i), predictor.predict(photo).raw(0), names.get(i));
            }
        }
    }

    @Test
    void aPhotoOfTheNetworksSizeHasTheNetworksOwnNumbers() throws IOException {
        PhotoPrediction prediction = predict(Fit.STRETCH, photo("same.png", 16, 24));
        assertArrayEquals(prediction.raw(0), all(prediction, 0));
        assertArrayEquals(prediction.raw(1), all(prediction, 1));
        float[] normals = all(prediction, 2);
        for (int i = 0; i < normals.length; i += 3) {
            assertEquals(1, Math.hypot(Math.hypot(normals[i], normals[i + 1]), normals[i + 2]), 1e-6, "float32");
        }
        short[] classes = prediction.classes(0);
        for (int i = 0; i < classes.length; i++) {
            float[] logits = Arrays.copyOfRange(prediction.raw(0), 13 * i, 13 * i + 13);
            for (float logit : logits) {
                assertTrue(logits[classes[i]] >= logit);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"STRETCH, 1, 1", "STRETCH, 33, 17", "STRETCH, 5, 301", "INSIDE, 1, 1", "INSIDE, 40, 20",
        "INSIDE, 7, 99", "COVER, 1, 1", "COVER, 40, 20", "COVER, 9, 77", "CROP, 1, 1", "CROP, 40, 20", "CROP, 31, 47"})
    void anySizeIsPredictedWhereverItIsShown(Fit fit, int height, int width) throws IOException {
        PhotoPrediction prediction = predict(fit, photo("odd.png", height, width));
        assertEquals(height, prediction.height());
        assertEquals(width, prediction.width());
        Shown shown = prediction.shown();
        if (fit == Fit.STRETCH || fit == Fit.INSIDE) {
            assertTrue(shown.whole());
        }
        short[] classes = prediction.classes(0);
        float[] depth = all(prediction, 1);
        for (int i = 0; i < classes.length; i++) {
            int y = i / width - shown.top();
            int x = i % width - shown.left();
            boolean predicted = y >= 0 && x >= 0 && y < shown.rows() && x < shown.columns();
            assertEquals(predicted, classes[i] >= 0);
            assertEquals(predicted, !Float.isNaN(depth[i]));
        }
        assertTrue(shown.rows() > 0 && shown.columns() > 0);
    }

    /** A photo of 32 x 24 fits as 16 x 12, in the middle of 24 columns. */
    @Test
    void aBorderIsCutOffAndACroppedRestIsKnown() throws IOException {
        PhotoPrediction inside = predict(Fit.INSIDE, photo("high.png", 32, 24));
        assertEquals(new Window(0, 6, 16, 12), inside.shown().window());
        assertTrue(inside.shown().whole());
        // Between pixels of the part that is shown alone: at its left end, the leftmost of them.
        float[] depth = all(inside, 1);
        assertEquals(inside.raw(1)[6], depth[0], 1e-6, "a corner is its pixel; sums of float32");
        PhotoPrediction crop = predict(Fit.CROP, photo("large.png", 20, 30));
        assertEquals(new Shown(20, 30, 2, 3, 16, 24, Window.whole(16, 24)), crop.shown());
        assertFalse(crop.shown().whole());
        assertEquals(crop.raw(1)[0], all(crop, 1)[2 * 30 + 3]);
        PhotoPrediction small = predict(Fit.CROP, photo("small.png", 10, 20));
        assertEquals(new Shown(10, 20, 0, 0, 10, 20, new Window(3, 2, 10, 20)), small.shown());
        assertEquals(small.raw(1)[3 * 24 + 2], all(small, 1)[0]);
    }

    /** Shown small, it is the same place of the photo. */
    @Test
    void placesGoToThePhotoAndToAnotherSizeOfIt() {
        PhotoIntake intake = new PhotoIntake(16, 24, 3, Fit.COVER, Normalisation.RANGE);
        Shown shown = intake.shown(64, 48);
        assertEquals(2.0, shown.grownAcross(), 1e-12);
        assertEquals(2.0, shown.grownDown(), 1e-12);
        assertEquals(48, shown.columns());
        assertEquals(32, shown.rows());
        assertEquals(16, shown.top());
        assertEquals(0.5, shown.across(0), 1e-12, "the middle of the first of 24 is between the first two of 48");
        assertEquals(16.5, shown.down(0), 1e-12);
        assertEquals(new Shown(32, 24, 8, 0, 16, 24, Window.whole(16, 24)), shown.at(32, 24));
    }

    /** A photo of 40 x 30 covers 16 x 24 as 32 x 24, of whose rows the middle half is predicted. */
    @Test
    void aPredictionIsBroughtToAnotherSizeOfItsPhoto() throws IOException {
        PhotoPrediction whole = predict(Fit.COVER, photo("high.png", 40, 30));
        PhotoPrediction small = whole.at(32, 24);
        assertEquals(new Shown(32, 24, 8, 0, 16, 24, Window.whole(16, 24)), small.shown());
        TaskPrediction.ValueMap depth = (TaskPrediction.ValueMap) small.task("depth");
        float[] due = new float[32 * 24];
        Arrays.fill(due, Float.NaN);
        System.arraycopy(whole.raw(1), 0, due, 8 * 24, 16 * 24);
        assertArrayEquals(due, depth.values(), "the network's own pixels");
        assertEquals(32 * 24, ((TaskPrediction.ClassMap) small.task("segmentation")).numbers().length);
        assertArrayEquals(all(whole, 2), all(small.at(64, 48).at(40, 30), 2));
        assertThrows(UserException.class, () -> whole.at(0, 3));
    }

    @ParameterizedTest
    @CsvSource({"5.0, 9.0", "5.3, 8.8", "7.49, 3.2"})
    void aPointIsFoundBetweenPixels(double x, double y) {
        float[] maps = new float[16 * 24 * 2];
        for (int i = 0; i < 16 * 24; i++) {
            double squares = Math.pow(i % 24 - x, 2) + Math.pow(i / 24 - y, 2);
            maps[2 * i] = (float) Math.exp(-squares / (2 * 1.5 * 1.5));
            maps[2 * i + 1] = Float.NaN;
        }
        Shown shown = new PhotoIntake(16, 24, 3, Fit.STRETCH, Normalisation.RANGE).shown(48, 240);
        Photo photo = new Photo("p", shown, new int[0]);
        PhotoPrediction prediction = new PhotoPrediction(photo, List.of(Field.ofPoints("joints", 2, 0).named(
                List.of("hand", "foot"))), Set.of(), 16, 24, List.of(maps));
        List<PhotoPrediction.Point> points = prediction.points(0);
        assertEquals(1, points.size(), "a map without a number has no point");
        assertEquals("hand", points.getFirst().name());
        // float32 maps: logarithms are off by 1e-7, the peak by less than 1e-5 of a pixel.
        assertEquals((x + 0.5) * 10 - 0.5, points.getFirst().x(), 1e-3);
        assertEquals((y + 0.5) * 3 - 0.5, points.getFirst().y(), 1e-3);
    }

    /** A pixel of the network's 4 x 4 is 2 columns and 1.5 rows of a photo of 6 x 8. */
    @Test
    void displacementsAreInThePhotosPixels() {
        Shown shown = new PhotoIntake(4, 4, 3, Fit.STRETCH, Normalisation.RANGE).shown(6, 8);
        float[] flow = new float[32];
        for (int i = 0; i < flow.length; i += 2) {
            flow[i] = 2;
            flow[i + 1] = -1;
        }
        PhotoPrediction prediction = new PhotoPrediction(new Photo("p", shown, new int[0]),
                List.of(Field.ofFlow("flow", -1)), Set.of(), 4, 4, List.of(flow));
        float[] all = all(prediction, 0);
        assertEquals(6 * 8 * 2, all.length);
        for (int i = 0; i < all.length; i += 2) {
            assertEquals(4, all[i]);
            assertEquals(-1.5f, all[i + 1]);
        }
    }

    @Test
    void whatLogitsSayIsHowLikelyYesIs() {
        Shown shown = new Shown(1, 3, 0, 0, 1, 3, new Window(0, 0, 1, 3));
        Photo photo = new Photo("p", shown, new int[0]);
        List<Field> fields = List.of(Field.ofValues("edges", 1, 0), Field.ofPoints("joints", 1, 0));
        float[] logits = {-2, 3, -2};
        PhotoPrediction prediction = new PhotoPrediction(photo, fields, Set.of("edges", "joints"), 1, 3,
                List.of(logits, logits));
        assertEquals(1 / (1 + Math.exp(-3)), prediction.values(0, 1, 1, 3)[1], 1e-6);
        assertEquals(1 / (1 + Math.exp(-3)), prediction.points(1).getFirst().score(), 1e-6);
        assertEquals(3, prediction.raw(0)[1]);
        PhotoPrediction plain = new PhotoPrediction(photo, fields, Set.of(), 1, 3, List.of(logits, logits));
        assertEquals(3, plain.values(0, 1, 1, 3)[1]);
    }

    /** Stored 5 x 7 and shown by each of EXIF's orientations: as the same pixels stored upright, to the bit. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, 5, 6, 7, 8})
    void aTurnedPhotoIsPredictedInThePixelsThatAreShown(int orientation) throws IOException {
        BufferedImage picture = new BufferedImage(7, 5, BufferedImage.TYPE_3BYTE_BGR);
        picture.setRGB(0, 0, 7, 5, new Random(1).ints(35, 0, 1 << 24).toArray(), 0, 7);
        byte[] jpeg = JpegBytes.of(picture, false);
        Path turned = Files.write(folder.resolve("turned.jpg"), JpegBytes.with(jpeg, JpegBytes.EXIF, JpegBytes.join(
                JpegBytes.ascii("Exif\0\0"), JpegBytes.orientation(orientation, true))));
        byte[] stored = PictureFile.open(Files.write(folder.resolve("stored.jpg"), jpeg)).colours();
        boolean transposed = orientation >= 5;
        int height = transposed ? 7 : 5;
        int width = transposed ? 5 : 7;
        int[] upright = new int[35];
        for (int i = 0; i < 35; i++) {
            int at = 3 * place(orientation, i / width, i % width);
            upright[i] = (stored[at] & 255) << 16 | (stored[at + 1] & 255) << 8 | stored[at + 2] & 255;
        }
        Path due = Files.write(folder.resolve("upright.png"), PngWriter.ofColours(upright, height, width));
        PhotoPrediction prediction = predict(Fit.INSIDE, turned);
        assertEquals(height + " x " + width, prediction.height() + " x " + prediction.width());
        assertArrayEquals(all(predict(Fit.INSIDE, due), 1), all(prediction, 1));
        assertArrayEquals(predict(Fit.INSIDE, due).photo().preview(), prediction.photo().preview());
    }

    /** Which stored pixel of 5 x 7 is shown in a row and column. */
    private static int place(int orientation, int y, int x) {
        return switch (orientation) {
            case 2 -> y * 7 + 6 - x;
            case 3 -> (4 - y) * 7 + 6 - x;
            case 4 -> (4 - y) * 7 + x;
            case 5 -> x * 7 + y;
            case 6 -> (4 - x) * 7 + y;
            case 7 -> (4 - x) * 7 + 6 - y;
            default -> x * 7 + 6 - y;
        };
    }

    /** Of a photo of 384 x 384 the overlay's second panel begins at 404, 34; a mark's radius is 3.84. */
    @Test
    void pointsAreDrawnIntoTheOverlayIfTheyAreLikely() throws IOException {
        Shown shown = new Shown(384, 384, 0, 0, 384, 384, Window.whole(3, 3));
        Photo photo = new Photo("p.png", shown, new int[384 * 384]);
        float[] maps = new float[18];
        maps[2 * 4] = 0.9f;
        maps[2 * 8 + 1] = 0.05f;
        BufferedImage overlay = ImageIO.read(new ByteArrayInputStream(PredictionOverlay.of(new PhotoPrediction(photo,
                List.of(Field.ofPoints("joints", 2, -1).named(List.of("hand", "foot"))), Set.of(), 3, 3,
                List.of(maps)))));
        assertEquals(Palette.ofClass(0), overlay.getRGB(404 + 192, 34 + 192) & 0xFFFFFF, "the middle of nine");
        assertEquals(0, overlay.getRGB(404 + 192 - 8, 34 + 192) & 0xFFFFFF, "the photo beside it");
        assertEquals(0, overlay.getRGB(404 + 320, 34 + 320) & 0xFFFFFF, "an unlikely one");
    }

    /** What is done with photos, which ends them at the fourth. */
    private static final class Ending implements PhotoStream.Work {
        private final Runnable end;
        private final AtomicInteger begun = new AtomicInteger();
        private final AtomicInteger finished = new AtomicInteger();

        Ending(Runnable end) {
            this.end = end;
        }

        @Override
        public void predicted(PhotoList.Entry photo, PhotoPrediction prediction) {
            if (begun.incrementAndGet() == 4) {
                end.run();
            }
            finished.incrementAndGet();
        }

        @Override
        public void refused(PhotoList.Entry photo, UserException why) {
            throw new AssertionError(why);
        }

        @Override
        public void done(int photos) { }
    }

    /** Whether it ends soon, however the caller is marked. */
    private static boolean ends(Thread thread) {
        boolean interrupted = Thread.interrupted();
        try {
            return thread.join(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private <T extends Throwable> T ended(Class<T> type, Ending work) throws IOException {
        Path one = photo("one.png", 3, 4);
        List<PhotoList.Entry> many = Collections.nCopies(300, new PhotoList.Entry(one, "one"));
        try (Predictor predictor = predictor(model(Fit.STRETCH), 2)) {
            T thrown = assertThrows(type, () -> PhotoStream.predict(predictor, many, work));
            assertTrue(work.begun.get() < 300, "it went on to the end");
            // A pool is closed a moment before its threads have ended.
            assertTrue(Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName()
                    .startsWith("photos-")).allMatch(PredictorTest::ends), "a thread is left");
            return thrown;
        }
    }

    @Test
    void anInterruptionFinishesWhatWasPredictedAndEndsTheThreads() throws IOException {
        Thread caller = Thread.currentThread();
        Ending work = new Ending(caller::interrupt);
        IllegalStateException stopped = ended(IllegalStateException.class, work);
        assertTrue(Thread.interrupted(), "it stays marked");
        assertInstanceOf(InterruptedException.class, stopped.getCause());
        assertEquals(work.begun.get(), work.finished.get());
    }

    @Test
    void afterAFailureNoMoreIsPredictedAndTheThreadsEnd() throws IOException {
        Ending work = new Ending(() -> {
            throw new IllegalArgumentException("the disk is full");
        });
        assertEquals("the disk is full", ended(IllegalArgumentException.class, work).getMessage());
    }

    @Test
    void aDamagedPhotoIsRefusedByName() throws IOException {
        Path broken = Files.write(folder.resolve("broken.png"), new byte[] {1, 2, 3});
        String message = assertThrows(UserException.class, () -> predict(Fit.STRETCH, broken)).getMessage();
        assertTrue(message.startsWith(broken + ": neither a picture"), message);
    }

    @Test
    void anExportedFolderPredictsWhatItsRunDoes() throws IOException, InterruptedException {
        Path photo = photo("photo.png", 20, 30);
        model(Fit.COVER).write(folder.resolve("model"));
        TrainedModel exported = TrainedModel.read(folder.resolve("model"), Optional.empty());
        assertEquals(model(Fit.COVER).meaning(), exported.meaning());
        try (Predictor predictor = predictor(exported, 1)) {
            assertArrayEquals(all(predict(Fit.COVER, photo), 0), all(predictor.predict(photo), 0), 1e-5f,
                    "in a batch of another size");
        }
    }
}
