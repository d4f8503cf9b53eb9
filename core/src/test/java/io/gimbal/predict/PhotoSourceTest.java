package io.gimbal.predict;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.data.Normalisation;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.picture.PngWriter;
import io.gimbal.run.TinyRooms;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An image is predicted alike, to the bit, in whatever form it comes; and a model by whatever leads to it. */
class PhotoSourceTest {
    @TempDir
    private static Path folder;
    private static Device device;
    private static Model model;
    private static Predictor predictor;

    @BeforeAll
    static void open() {
        device = Device.open(DeviceKind.SOFT);
        model = Model.load(TinyModel.write(folder.resolve("model"), 1));
        predictor = model.predictor(device, PredictorOptions.only(1));
    }

    @AfterAll
    static void close() {
        predictor.close();
        device.close();
    }

    private static BufferedImage picture(int type, int height, int width) {
        BufferedImage image = new BufferedImage(width, height, type);
        image.setRGB(0, 0, width, height, new Random(height).ints((long) height * width).map(rgb -> rgb | 0xFF000000)
                .toArray(), 0, width);
        return image;
    }

    private static float[] predict(PhotoSource source) {
        try {
            return predictor.predict(source).raw(0);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {BufferedImage.TYPE_3BYTE_BGR, BufferedImage.TYPE_INT_RGB, BufferedImage.TYPE_INT_ARGB,
        BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_USHORT_GRAY, BufferedImage.TYPE_BYTE_INDEXED})
    void aPictureIsPredictedAlikeAsFileAsBytesAndAsJavaHoldsIt(int type) throws IOException {
        BufferedImage image = picture(type, 33, 50);
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        assertTrue(ImageIO.write(image, "png", written));
        Path file = Files.write(folder.resolve(type + ".png"), written.toByteArray());
        float[] due = predict(PhotoSource.of(file));
        assertArrayEquals(due, predict(PhotoSource.ofBytes(written.toByteArray())));
        assertArrayEquals(due, predict(PhotoSource.of(image)));
    }

    @Test
    void aNormalisedImageIsWhatThePhotoBecomes() throws IOException {
        int[] colours = new Random(3).ints((long) TinyModel.HEIGHT * TinyModel.WIDTH, 0, 1 << 24).toArray();
        Path file = Files.write(folder.resolve("own.png"), PngWriter.ofColours(colours, TinyModel.HEIGHT,
                TinyModel.WIDTH));
        float[] values = new float[TinyModel.VALUES];
        for (int i = 0; i < values.length; i++) {
            values[i] = Normalisation.RANGE.of(i % 3, colours[i / 3] >> 16 - 8 * (i % 3) & 255, 255);
        }
        float[] due = predict(PhotoSource.of(file));
        assertArrayEquals(due, predict(PhotoSource.normalised(values)));
        FloatBuffer among = FloatBuffer.allocate(values.length + 9).put(4, values).position(4).limit(4 + values.length);
        assertArrayEquals(due, predict(PhotoSource.normalised(among)));
        assertEquals(4, among.position());
        for (ByteOrder order : new ByteOrder[] {ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN}) {
            ByteBuffer bytes = ByteBuffer.allocateDirect(4 * values.length).order(order);
            bytes.asFloatBuffer().put(values);
            assertArrayEquals(due, predict(PhotoSource.normalised(bytes)));
        }
        assertThrows(UserException.class, () -> predict(PhotoSource.normalised(ByteBuffer.allocate(4
                * values.length + 1))));
    }

    @Test
    void whatIsSubmittedMayChangeAfterwards() throws Exception {
        float[] values = TinyModel.images(1, TinyModel.VALUES).getFirst();
        float[] due = predict(PhotoSource.normalised(values.clone()));
        var answer = predictor.submit(PhotoSource.normalised(values));
        Arrays.fill(values, 0);
        assertArrayEquals(due, answer.get().raw(0));
    }

    @Test
    void whatIsTransparentOrAnArchiveIsRefused() throws IOException {
        BufferedImage glass = picture(BufferedImage.TYPE_INT_ARGB, 4, 5);
        glass.setRGB(2, 1, 0x7F000000);
        assertTrue(assertThrows(UserException.class, () -> predict(PhotoSource.of(glass))).getMessage()
                .startsWith("the image: the pixel in row 1, column 2 is transparent"));
        ByteArrayOutputStream archive = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(archive)) {
            zip.putNextEntry(new ZipEntry("a.npy"));
        }
        assertTrue(assertThrows(UserException.class, () -> predict(PhotoSource.ofBytes(archive.toByteArray())))
                .getMessage().startsWith("the image: an archive of arrays (npz)"));
    }

    @Test
    void aNetworkOfOneChannelTakesGreysAndRefusesColours() throws Exception {
        Config grey = Config.parse(TinyRooms.TEXT.replace("[3, 16, 24]", "[1, 16, 24]"), "grey.json");
        Model ofGreys = Model.load(TinyModel.write(folder.resolve("grey"), grey, 1));
        try (Predictor greys = ofGreys.predictor(device, PredictorOptions.only(1))) {
            for (int type : new int[] {BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_USHORT_GRAY}) {
                BufferedImage image = picture(type, 9, 14);
                Path file = folder.resolve("grey" + type + ".png");
                assertTrue(ImageIO.write(image, "png", file.toFile()));
                assertArrayEquals(greys.predict(file).raw(0), greys.predict(PhotoSource.of(image)).raw(0));
            }
            UserException refused = assertThrows(UserException.class, () -> greys.predict(PhotoSource.of(picture(
                    BufferedImage.TYPE_INT_RGB, 3, 3))));
            assertEquals("the image: a picture of 3 channels. model.input has images of 1 channel.",
                    refused.getMessage());
        }
    }

    @Test
    void aPreviewIsKeptWhereItIsAskedForAndAnOverlayWantsOne() throws Exception {
        BufferedImage image = picture(BufferedImage.TYPE_INT_RGB, 10, 20);
        PhotoPrediction without = predictor.predict(PhotoSource.of(image));
        assertNull(without.photo().preview());
        assertTrue(assertThrows(IllegalArgumentException.class, () -> PredictionOverlay.of(without)).getMessage()
                .contains("withPreview()"));
        assertTrue(PredictionOverlay.of(predictor.predict(PhotoSource.of(image).withPreview())).length > 0);
    }

    @Test
    void predictionsByTaskSayWhatThoseByNumberDo() throws Exception {
        PhotoPrediction prediction = predictor.predict(PhotoSource.of(picture(BufferedImage.TYPE_INT_RGB, 20, 30)));
        var classes = assertInstanceOf(TaskPrediction.ClassMap.class, prediction.task("segmentation"));
        assertArrayEquals(prediction.classes(0), classes.numbers());
        assertEquals(prediction.classes(0)[7 * 30 + 11], classes.at(7, 11));
        assertEquals(1, classes.shares().values().stream().mapToDouble(Double::doubleValue).sum(), 1e-12);
        var depth = assertInstanceOf(TaskPrediction.ValueMap.class, prediction.task("depth"));
        assertEquals(20 * 30, depth.values().length);
        var normals = assertInstanceOf(TaskPrediction.ValueMap.class, prediction.task("normals"));
        prediction.rows(2, (y, row) -> {
            for (int i = 0; i < row.length; i++) {
                assertEquals(row[i], normals.at(y, i / 3, i % 3));
            }
        });
        assertEquals("no task is called 'edges'; there are segmentation, depth, normals",
                assertThrows(IllegalArgumentException.class, () -> prediction.task("edges")).getMessage());
    }

    @Test
    void theExamplesProgramPredictsPhotosInThreads() throws Exception {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java")
                .toString(), "--enable-native-access=ALL-UNNAMED", "-Dgimbal.softcuda="
                + System.getProperty("gimbal.softcuda"), "--class-path", System.getProperty("java.class.path"),
                "examples/Predict.java", folder.resolve("model").toString()));
        for (int i = 1; i <= 5; i++) {
            Path file = folder.resolve("photo" + i + ".png");
            assertTrue(ImageIO.write(picture(BufferedImage.TYPE_INT_RGB, 7 * i, 40), "png", file.toFile()));
            command.add(file.toString());
        }
        Path printed = folder.resolve("printed");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(printed.toFile())
                .start();
        assertTrue(process.waitFor(2, TimeUnit.MINUTES), "it takes too long");
        List<String> lines = Files.readAllLines(printed);
        assertEquals(0, process.exitValue(), lines::toString);
        assertEquals("5 predicted by " + model.file().orElseThrow(), lines.getLast());
        for (int i = 1; i <= 5; i++) {
            float depth = ((TaskPrediction.ValueMap) predictor.predict(folder.resolve("photo" + i + ".png"))
                    .task("depth")).at(0, 0, 0);
            Matcher told = Pattern.compile("photo" + i + "\\.png: segmentation \\[.+], depth (\\S+) in .*, normals .*")
                    .matcher(lines.get(lines.size() - 7 + i));
            assertTrue(told.find(), lines::toString);
            assertEquals(depth, Float.parseFloat(told.group(1)), 1e-5, "in a batch of whatever size");
        }
    }

    @Test
    void aModelIsReadByItsFolderOrByItsFile() throws Exception {
        Path file = folder.resolve("model").resolve("model.safetensors");
        assertEquals(Optional.of(file), model.file());
        assertEquals("16 x 24 x 3", model.height() + " x " + model.width() + " x " + model.channels());
        Model byFile = Model.load(file);
        PhotoSource source = PhotoSource.normalised(TinyModel.images(1, TinyModel.VALUES).getFirst());
        try (Predictor own = byFile.predictor(device, PredictorOptions.only(1))) {
            assertArrayEquals(predict(source), own.predict(source).raw(0));
        }
        assertEquals(Optional.empty(), model.steps().stream().boxed().findFirst());
        Path lonely = Files.copy(file, Files.createDirectory(folder.resolve("lonely")).resolve("best.safetensors"));
        assertTrue(assertThrows(UserException.class, () -> Model.load(lonely)).getMessage().contains("config.json"));
        assertThrows(UserException.class, () -> Model.load(folder.resolve("nowhere")));
        assertFalse(model.fields().isEmpty());
    }
}
