package io.gimbal.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** NYUv2's one file, as h5py writes one of its form with five samples of 8 x 6 pixels (make.py beside them). */
class NyuLabeledTest {
    private static final int HEIGHT = 6;
    private static final int WIDTH = 8;

    @TempDir
    private Path folder;

    @BeforeEach
    void smallFiles() throws IOException {
        for (String name : List.of("splits.mat", "classMapping40.mat")) {
            try (InputStream in = resource(name)) {
                Files.copy(in, folder.resolve(name));
            }
        }
    }

    private static InputStream resource(String name) {
        return NyuLabeledTest.class.getResourceAsStream("nyuv2/" + name);
    }

    private Path file(String name) throws IOException {
        Path file = folder.resolve(name);
        try (InputStream in = new GZIPInputStream(resource(name + ".gz"))) {
            Files.write(file, in.readAllBytes());
        }
        return file;
    }

    private NyuLabeled open(String name, String split, int classes) throws IOException {
        return new NyuLabeled(file(name), folder.resolve("splits.mat"), split,
                Optional.of(folder.resolve("classMapping40.mat")), classes, Intake.ofColours(HEIGHT, WIDTH), 0);
    }

    /** A field's values, those of classes as real numbers; "image" for the image, from 0 to 255. */
    private static float[] read(DataSet data, int index, String field) {
        FloatBuffer image = FloatBuffer.allocate(3 * HEIGHT * WIDTH);
        if (field.equals("image")) {
            data.read(index, false, image, Map.of());
            float[] levels = new float[image.capacity()];
            for (int i = 0; i < levels.length; i++) {
                levels[i] = Math.round((image.get(i) / 2 + 1) * 127.5f);
            }
            return levels;
        }
        int channels = data.field(field).channels();
        ByteBuffer values = ByteBuffer.allocate(4 * channels * HEIGHT * WIDTH).order(ByteOrder.nativeOrder());
        data.read(index, false, image, Map.of(field, values));
        float[] read = new float[channels * HEIGHT * WIDTH];
        for (int i = 0; i < read.length; i++) {
            read[i] = data.field(field).kind() == Field.Kind.CLASSES ? values.getInt(4 * i) : values.getFloat(4 * i);
        }
        return read;
    }

    @Test
    void theSplitsSamplesAreReadRowByRow() throws IOException {
        NyuLabeled train = open("labeled.mat", "train", 40);
        assertEquals(3, train.size());
        assertEquals(List.of("segmentation", "depth", "normals"), train.fields().stream().map(Field::name).toList());
        assertEquals("number 3", train.name(1));
        float[] image = new float[3 * HEIGHT * WIDTH];
        float[] classes = new float[HEIGHT * WIDTH];
        for (int row = 0; row < HEIGHT; row++) {
            for (int column = 0; column < WIDTH; column++) {
                int pixel = row * WIDTH + column;
                image[3 * pixel] = 20 + column;
                image[3 * pixel + 1] = 100 + row;
                image[3 * pixel + 2] = 100;
                // As make.py maps them: label k is class (k - 1) % 40.
                classes[pixel] = (200 + 10 * column + row - 1) % 40;
            }
        }
        assertArrayEquals(image, read(train, 1, "image"));
        assertArrayEquals(classes, read(train, 1, "segmentation"));
        float[] depths = new float[HEIGHT * WIDTH];
        Arrays.fill(depths, 4);
        assertArrayEquals(depths, read(train, 1, "depth"));
        NyuLabeled test = open("labeled.mat", "test", 40);
        assertEquals(2, test.size());
        assertEquals(6, read(test, 1, "depth")[0]);
    }

    @Test
    void labelsWithoutAClassAreNone() throws IOException {
        float[] classes = read(open("labeled.mat", "train", 40), 0, "segmentation");
        assertEquals(255, classes[0], "label 0");
        assertEquals(0, classes[WIDTH], "label 1");
        assertEquals(255, classes[5 * WIDTH], "label 5, which the map has as 0");
        assertEquals(9, classes[1], "label 10");
    }

    @Test
    void thirteenClassesComeOfForty() throws IOException {
        NyuLabeled thirteen = open("labeled.mat", "train", 13);
        float[] classes = read(thirteen, 0, "segmentation");
        // Labels 1, 2, 3, 4 and 10 are wall, floor, cabinet, bed and bookshelf.
        assertEquals("wall", thirteen.field("segmentation").nameOf((int) classes[WIDTH]));
        assertEquals("floor", thirteen.field("segmentation").nameOf((int) classes[2 * WIDTH]));
        assertEquals("furniture", thirteen.field("segmentation").nameOf((int) classes[3 * WIDTH]));
        assertEquals("bed", thirteen.field("segmentation").nameOf((int) classes[4 * WIDTH]));
        assertEquals("furniture", thirteen.field("segmentation").nameOf((int) classes[1]));
    }

    @Test
    void normalsAreThoseOfTheDepth() throws IOException {
        float[] normals = read(open("labeled.mat", "train", 40), 0, "normals");
        // A wall straight ahead, which the fit tells to float32's rounding and bytes keep exactly.
        assertArrayEquals(new float[] {0, 0, -1}, Arrays.copyOf(normals, 3), 1e-6f);
    }

    @Test
    void withoutAMapOfClassesThereAreNone() throws IOException {
        NyuLabeled data = new NyuLabeled(file("labeled.mat"), folder.resolve("splits.mat"), "train", Optional.empty(),
                13, Intake.ofColours(HEIGHT, WIDTH), 2);
        assertEquals(List.of("depth", "normals"), data.fields().stream().map(Field::name).toList());
        assertEquals(2, data.size());
        assertNotEquals(open("labeled.mat", "train", 13).identity(), data.identity());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"turned.mat | depths has the shape [5, 6, 8], where [5, 8, 6] is due",
        "doubles.mat | depths holds numbers of 8 bytes"})
    void anArrayOfAnotherFormIsRefused(String name, String part) {
        String message = assertThrows(UserException.class, () -> open(name, "train", 40)).getMessage();
        assertTrue(message.contains(name + ": " + part), message);
    }

    @Test
    void depthThatIsNoneIsRefusedByPlace() throws IOException {
        NyuLabeled data = open("bad-depth.mat", "train", 40);
        assertEquals(2, read(data, 0, "depth")[0]);
        String message = assertThrows(UserException.class, () -> read(data, 2, "depth")).getMessage();
        assertTrue(message.contains("depths of sample 4 hold NaN at row 2, column 5"), message);
    }

    @Test
    void whatIsMissingBesideTheFileIsToldWithItsName() throws IOException {
        Files.delete(folder.resolve("classMapping40.mat"));
        refuses("classMapping40.mat: this file is missing", "\"none\"");
        Files.delete(folder.resolve("splits.mat"));
        refuses("splits.mat: this file is missing", "trainNdxs");
        assertThrows(UserException.class, () -> new NyuLabeled(folder.resolve("nowhere.mat"), folder, "train",
                Optional.empty(), 13, Intake.ofColours(1, 1), 0));
        assertThrows(UserException.class, () -> open("labeled.mat", "val", 13));
    }

    private void refuses(String... parts) {
        String message = assertThrows(UserException.class, () -> open("labeled.mat", "train", 40)).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }

    /** Cut off at every 256th byte, and with a bit of every 211th turned: a second. */
    @Test
    void aDamagedFileIsReadOrRefusedButNothingElse() throws IOException {
        byte[] whole = Files.readAllBytes(file("labeled.mat"));
        int refused = 0;
        for (int length = 0; length < whole.length; length += 256) {
            refused += readOrRefused(Arrays.copyOf(whole, length)) ? 0 : 1;
        }
        assertTrue(refused > 40, refused + " cut off files were refused");
        for (int place = 0; place < whole.length; place += 211) {
            byte[] turned = whole.clone();
            turned[place] ^= (byte) (1 << place % 8);
            readOrRefused(turned);
        }
    }

    private boolean readOrRefused(byte[] bytes) throws IOException {
        Path file = Files.write(folder.resolve("damaged.mat"), bytes);
        try {
            NyuLabeled data = new NyuLabeled(file, folder.resolve("splits.mat"), "train",
                    Optional.of(folder.resolve("classMapping40.mat")), 40, Intake.ofColours(HEIGHT, WIDTH), 0);
            for (String field : List.of("image", "segmentation", "depth")) {
                read(data, 2, field);
            }
            return true;
        } catch (UserException refusal) {
            assertTrue(refusal.getMessage().startsWith(file + ": "), refusal.getMessage());
            return false;
        }
    }

    @Test
    void manyThreadsReadTheSameAndAnInterruptOfOneEndsNoOther() throws Exception {
        NyuLabeled data = open("labeled.mat", "train", 40);
        float[] expected = read(open("labeled.mat", "train", 40), 1, "image");
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<float[]>> reads = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                boolean interrupted = i % 10 == 0;
                reads.add(threads.submit(() -> {
                    if (interrupted) {
                        Thread.currentThread().interrupt();
                    }
                    try {
                        // The set keeps what it read: the file itself is asked here.
                        data.decode(data.intake(), 1, Set.of());
                    } catch (RuntimeException broken) {
                        assertTrue(interrupted, broken.toString());
                    }
                    Thread.interrupted();
                    return read(data, 1, "image");
                }));
            }
            for (Future<float[]> read : reads) {
                assertArrayEquals(expected, read.get());
            }
        }
    }

    @Test
    void whereTheLibraryIsMissingItIsNamed() throws Exception {
        List<URL> others = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (!entry.contains("jhdf")) {
                others.add(Path.of(entry).toUri().toURL());
            }
        }
        Path file = file("labeled.mat");
        try (URLClassLoader loader = new URLClassLoader(others.toArray(URL[]::new),
                ClassLoader.getPlatformClassLoader())) {
            Class<?> intakes = loader.loadClass(Intake.class.getName());
            Object intake = intakes.getMethod("ofColours", int.class, int.class).invoke(null, HEIGHT, WIDTH);
            var constructor = loader.loadClass(NyuLabeled.class.getName()).getConstructor(Path.class, Path.class,
                    String.class, Optional.class, int.class, intakes, int.class);
            Throwable cause = assertThrows(InvocationTargetException.class, () -> constructor.newInstance(file,
                    folder.resolve("splits.mat"), "train", Optional.empty(), 13, intake, 0)).getCause();
            assertEquals(UserException.class.getName(), cause.getClass().getName());
            assertTrue(cause.getMessage().contains("io.jhdf:jhdf"), cause.getMessage());
            assertInstanceOf(ClassNotFoundException.class, cause.getCause());
        }
    }
}
