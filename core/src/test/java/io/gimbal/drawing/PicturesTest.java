package io.gimbal.drawing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import io.gimbal.data.Normalisation;
import io.gimbal.data.Rooms;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PicturesTest {
    @TempDir
    Path folder;

    /** What has a panel of its own for the truth: points are drawn into one. */
    private static List<Field> dense(Rooms rooms) {
        return rooms.fields().stream().filter(field -> field.kind() != Field.Kind.POINTS).toList();
    }

    @Test
    void aSheetOfRoomsIsWrittenWithEveryPanel() throws IOException {
        Rooms rooms = new Rooms(1, 3, 24, 32);
        Pictures pictures = new Pictures(rooms, dense(rooms));
        for (int index = 0; index < 3; index++) {
            addAsIfPredictedWell(pictures, rooms, index);
        }
        Path file = folder.resolve("samples.png");
        pictures.write(file);
        BufferedImage sheet = ImageIO.read(file.toFile());
        // Panels of 7 x 32 pixels with 6 between: input and three pairs.
        assertEquals(6 + 7 * (224 + 6), sheet.getWidth());
        assertTrue(sheet.getHeight() > 3 * 168);
        for (int column = 0; column < 7; column++) {
            Set<Integer> colours = new HashSet<>();
            for (int y = 0; y < 168; y++) {
                for (int x = 0; x < 224; x++) {
                    colours.add(sheet.getRGB(6 + column * 230 + x, 60 + y));
                }
            }
            assertTrue(colours.size() > 2, "panel " + column + " is blank");
        }
    }

    @Test
    void buffersOfAnotherSizeThanOneSampleAreRefused() {
        Field depth = Field.ofValues("depth", 1, 0);
        Pictures pictures = new Pictures(2, 3, 3, Normalisation.RANGE, List.of(depth));
        FloatBuffer image = FloatBuffer.allocate(18);
        Map<String, ByteBuffer> truths = Map.of("depth", ByteBuffer.allocate(24));
        Map<String, FloatBuffer> predictions = Map.of("depth", FloatBuffer.allocate(6));
        pictures.add(image, truths, predictions);
        assertEquals("the image has 36 places; one sample of 3 x 2 pixels has 18", assertThrows(
                IllegalArgumentException.class, () -> pictures.add(FloatBuffer.allocate(36), truths, predictions))
                .getMessage());
        assertEquals("the truth of 'depth' has 20 places; one sample of 3 x 2 pixels has 24", assertThrows(
                IllegalArgumentException.class, () -> pictures.add(image, Map.of("depth", ByteBuffer.allocate(20)),
                        predictions)).getMessage());
        assertEquals("the prediction of 'depth' is missing; one sample of 3 x 2 pixels has 6", assertThrows(
                IllegalArgumentException.class, () -> pictures.add(image, truths, Map.of())).getMessage());
        assertEquals("the prediction of 'depth' has 12 places; one sample of 3 x 2 pixels has 6", assertThrows(
                IllegalArgumentException.class, () -> pictures.add(image, truths, Map.of("depth",
                        FloatBuffer.allocate(12)))).getMessage());
    }

    @Test
    void truthAndARightPredictionLookTheSameAndUnlabelledPixelsAreGrey() {
        Field depth = Field.ofValues("depth", 1, 0);
        Field number = Field.ofClasses("class", 2, 255);
        Pictures pictures = new Pictures(1, 2, 3, Normalisation.RANGE, List.of(depth, number));
        FloatBuffer image = FloatBuffer.wrap(new float[] {-2, -2, -2, 2, 2, 2});
        pictures.add(image, Map.of("depth", floats(0, 3), "class", integers(255, 1)),
                Map.of("depth", FloatBuffer.wrap(new float[] {3, 3}), "class",
                        FloatBuffer.wrap(new float[] {1, 0, 0, 1})));
        BufferedImage sheet = pictures.draw();
        int y = 6 + 2 * 24 + 5;
        int left = 6;
        int step = 2 * 104 + 6;
        assertEquals(0xFF000000, sheet.getRGB(left + 50, y));
        assertEquals(0xFFFFFFFF, sheet.getRGB(left + 150, y));
        assertEquals(0xFF808080, sheet.getRGB(left + step + 50, y));
        assertNotEquals(0xFF808080, sheet.getRGB(left + step + 150, y));
        assertEquals(sheet.getRGB(left + step + 150, y), sheet.getRGB(left + 2 * step + 150, y));
        assertEquals(0xFF808080, sheet.getRGB(left + 3 * step + 50, y));
        assertEquals(sheet.getRGB(left + 3 * step + 150, y), sheet.getRGB(left + 4 * step + 150, y));
    }

    @Test
    void predictionsThatAreNotNumbersAreDrawnGrey() {
        Field normals = Field.ofValues("normals", 3, 0);
        Field depth = Field.ofValues("depth", 1, 0);
        Pictures pictures = new Pictures(1, 1, 3, Normalisation.RANGE, List.of(normals, depth));
        pictures.add(FloatBuffer.allocate(3), Map.of("normals", floats(0, 0, 0), "depth", floats(0)),
                Map.of("normals", FloatBuffer.wrap(new float[] {Float.NaN, 0, 1}), "depth",
                        FloatBuffer.wrap(new float[] {Float.NaN})));
        BufferedImage sheet = pictures.draw();
        for (int column = 1; column < 5; column++) {
            assertEquals(0xFF808080, sheet.getRGB(6 + column * 214 + 50, 90), "panel " + column);
        }
    }

    @Test
    void withoutATruthThePredictionStandsAlone() {
        Field depth = Field.ofDepth("depth", 0);
        Pictures pictures = new Pictures(1, 2, 3, Normalisation.RANGE, List.of(depth));
        pictures.add(FloatBuffer.allocate(6), Map.of(), Map.of("depth", FloatBuffer.wrap(new float[] {1, 3})));
        BufferedImage sheet = pictures.draw();
        assertEquals(6 + 2 * (208 + 6), sheet.getWidth(), "the input and one panel");
        assertEquals(0xFF440154, sheet.getRGB(6 + 214 + 50, 60), "the least prediction is dark");
        assertEquals(0xFFFDE725, sheet.getRGB(6 + 214 + 150, 60), "the largest is bright");
    }

    @Test
    void coordinatesAreMarkedWhereTheySayIfThatIsInTheImage() {
        int height = 20;
        int width = 10;
        Field points = Field.ofCoordinates("face", 2, -1).named(List.of("eye", "nose"));
        Sample.Kind kind = new Sample.Kind(height, width, 3, Normalisation.RANGE, List.of(points));
        FloatBuffer image = FloatBuffer.allocate(height * width * 3);
        // Column 2 of 10 and row 15 of 20; the other point lies outside, or is no number.
        for (float outside : new float[] {1, -0.01f, Float.NaN, Float.POSITIVE_INFINITY}) {
            Sample sample = Sample.of(kind, image, Map.of("face", floats(0.25f, 0.775f, 0.5f, 0.5f)), Map.of("face",
                    FloatBuffer.wrap(new float[] {0.25f, 0.775f, outside, 0.5f})));
            assertEquals(List.of(), sample.words());
            int[] predicted = sample.views().getFirst().prediction();
            assertEquals(Colours.ofClass(0), predicted[15 * width + 2]);
            assertEquals(0, java.util.Arrays.stream(predicted).filter(colour -> colour == Colours.ofClass(1)).count());
            int[] truth = sample.views().getFirst().truth().orElseThrow();
            assertEquals(Colours.ofClass(0), truth[15 * width + 2]);
            assertEquals(Colours.ofClass(1), truth[10 * width + 5]);
        }
        Sample unlabelled = Sample.of(kind, image, Map.of("face", floats(-1, -1, -1, -1)), Map.of("face",
                FloatBuffer.allocate(4)));
        assertEquals(Colours.UNLABELLED, unlabelled.views().getFirst().truth().orElseThrow()[0]);
        assertEquals(List.of("eye", "nose"), kind.drawings().getFirst().legend().stream().map(Drawing.Entry::name)
                .toList());
    }

    @Test
    void pointsAreMarkedWhereTheirHeatMapsAreLargest() {
        int size = 9;
        Field points = Field.ofPoints("joints", 2, -1).named(List.of("hand", "foot"));
        float[] heat = new float[size * size * 2];
        heat[2 * (2 * size + 3)] = 1;
        Sample sample = Sample.of(new Sample.Kind(size, size, 3, Normalisation.RANGE, List.of(points)),
                FloatBuffer.allocate(size * size * 3), Map.of("joints", floats(heat)),
                Map.of("joints", FloatBuffer.wrap(new float[size * size * 2])));
        int[] truth = sample.views().getFirst().truth().orElseThrow();
        assertEquals(Colours.ofClass(0), truth[2 * size + 3]);
        assertEquals(Colours.INK, truth[2 * size + 1], "its rim");
        for (int pixel : truth) {
            assertNotEquals(Colours.ofClass(1), pixel, "a point without a peak is not in the image");
        }
        for (int pixel : sample.views().getFirst().prediction()) {
            assertEquals(Colours.paled(0x808080), pixel);
        }
    }

    @Test
    void pointsThatNobodyLabelledAreGrey() {
        Field points = Field.ofPoints("joints", 1, -1);
        Sample sample = Sample.of(new Sample.Kind(1, 2, 3, Normalisation.RANGE, List.of(points)),
                FloatBuffer.allocate(6), Map.of("joints", floats(-1, -1)),
                Map.of("joints", FloatBuffer.wrap(new float[] {0, 1})));
        assertArrayEquals(new int[] {0x808080, 0x808080}, sample.views().getFirst().truth().orElseThrow());
        assertEquals(Colours.ofClass(0), sample.views().getFirst().prediction()[1], "a mark at the image's edge");
    }

    @Test
    void displacementsOfOneDirectionHaveOneHueAndTheTruthsLongestIsTheStrongest() {
        Sample sample = Sample.of(new Sample.Kind(1, 3, 3, Normalisation.RANGE, List.of(Field.ofFlow("flow", 99))),
                FloatBuffer.allocate(9), Map.of("flow", floats(4, 0, 0, 0, 99, 99)),
                Map.of("flow", FloatBuffer.wrap(new float[] {40, 0, -4, 0, Float.NaN, 0})));
        Sample.View view = sample.views().getFirst();
        assertArrayEquals(new int[] {0xFF0000, 0xFFFFFF, 0x808080}, view.truth().orElseThrow());
        assertArrayEquals(new int[] {0xFF0000, 0x00FFFF, 0x808080}, view.prediction());
        assertEquals(4, view.scale().orElseThrow().high());
    }

    @Test
    void whatIsKnownOfTheWholeImageIsSaidInWords() {
        Field breed = Field.ofClasses("breed", 3, -1).named(List.of("pug", "beagle", "husky")).ofTheWholeImage();
        Field age = Field.ofValues("age", 1, -1).ofTheWholeImage();
        Field many = Field.ofValues("traits", 6, -1).ofTheWholeImage();
        Sample.Kind kind = new Sample.Kind(2, 2, 1, Normalisation.RANGE, List.of(breed, age, many));
        Map<String, FloatBuffer> predictions = Map.of("breed", FloatBuffer.wrap(new float[] {0, 2, 1}), "age",
                FloatBuffer.wrap(new float[] {2.5f}), "traits", FloatBuffer.wrap(new float[6]));
        assertEquals(List.of("breed: husky, predicted beagle", "age: unlabelled, predicted 2.50",
                "traits: predicted 0 0.00, 1 0.00, 2 0.00, 3 0.00 ..."), Sample.of(kind, FloatBuffer.allocate(4),
                Map.of("breed", integers(2), "age", floats(-1)), predictions).words());
        Pictures pictures = new Pictures(2, 2, 1, Normalisation.RANGE, kind.fields());
        pictures.add(FloatBuffer.allocate(4), Map.of(), predictions);
        assertTrue(pictures.draw().getHeight() > 208 + 3 * 24, "a line for each");
    }

    @Test
    void aStripHasAPanelAFieldAndRowsOfOneHeight() throws IOException {
        Rooms rooms = new Rooms(1, 3, 24, 32);
        Pictures pictures = new Pictures(rooms, dense(rooms));
        for (int index = 0; index < 3; index++) {
            addAsIfPredictedWell(pictures, rooms, index);
        }
        Strip strip = pictures.strip(2);
        BufferedImage inputs = read(strip.inputs());
        BufferedImage truths = read(strip.truths());
        BufferedImage predictions = read(strip.predictions());
        assertEquals(List.of(128, 2 * 96 + 4), List.of(inputs.getWidth(), inputs.getHeight()));
        assertEquals(List.of(3 * 132 - 4, 2 * 96 + 4), List.of(truths.getWidth(), truths.getHeight()));
        for (int y = 0; y < truths.getHeight(); y++) {
            for (int x = 0; x < truths.getWidth(); x++) {
                assertEquals(truths.getRGB(x, y), predictions.getRGB(x, y), "a right prediction at " + x + ", " + y);
            }
        }
        assertEquals(0, truths.getRGB(129, 10) >>> 24, "nothing between panels");
        JsonNode legend = new ObjectMapper().readTree(strip.legend());
        assertEquals(2, legend.get("samples").intValue());
        assertEquals("bed", legend.at("/fields/0/legend/0/name").textValue());
        assertEquals(2, legend.at("/fields/1/scales").size());
        assertEquals("m", legend.at("/fields/1/scales/0/2").textValue());
    }

    @Test
    void aStripOfLargeImagesIsSmall() throws IOException {
        Pictures pictures = new Pictures(300, 640, 1, Normalisation.RANGE, List.of(Field.ofDepth("depth", 0)));
        pictures.add(FloatBuffer.allocate(300 * 640), Map.of(), Map.of("depth", FloatBuffer.allocate(300 * 640)));
        BufferedImage inputs = read(pictures.strip(9).inputs());
        assertEquals(List.of(128, 60), List.of(inputs.getWidth(), inputs.getHeight()));
        assertEquals(0, read(pictures.strip(9).truths()).getRGB(5, 5) >>> 24, "there is no truth");
        assertTrue(Pictures.canShow(new Rooms(1, 1, 24, 32)));
    }

    private static BufferedImage read(byte[] png) throws IOException {
        return ImageIO.read(new ByteArrayInputStream(png));
    }

    @Test
    void aFileThatCannotBeWrittenIsNamed() {
        Pictures pictures = new Pictures(1, 1, 3, Normalisation.RANGE, List.of());
        assertThrows(IllegalStateException.class, () -> pictures.write(folder.resolve("none.png")));
        pictures.add(FloatBuffer.allocate(3), Map.of(), Map.of());
        UserException exception = assertThrows(UserException.class, () ->
                pictures.write(folder.resolve("nowhere/samples.png")));
        assertTrue(exception.getMessage().contains("nowhere/samples.png"), exception.getMessage());
    }

    @Test
    void everyPrintableLetterHasDots() {
        for (char letter = '!'; letter <= '~'; letter++) {
            BufferedImage picture = new BufferedImage(6, 8, BufferedImage.TYPE_INT_RGB);
            Lettering.draw(picture, String.valueOf(letter), 0, 0, 1, 0xFFFFFF);
            int dots = 0;
            for (int i = 0; i < 48; i++) {
                dots += (picture.getRGB(i % 6, i / 6) & 0xFFFFFF) != 0 ? 1 : 0;
            }
            assertTrue(dots >= 3, "letter " + letter);
        }
        assertEquals(11, Lettering.width("ab", 1));
    }

    private static void addAsIfPredictedWell(Pictures pictures, DataSet data, int index) {
        int pixels = data.height() * data.width();
        Map<String, ByteBuffer> truths = new HashMap<>();
        Map<String, FloatBuffer> predictions = new HashMap<>();
        for (Field field : data.fields()) {
            truths.put(field.name(), ByteBuffer.allocate(pixels
                    * field.bytesPerPlace()).order(ByteOrder.nativeOrder()));
        }
        FloatBuffer image = FloatBuffer.allocate(3 * pixels);
        data.read(index, false, image, truths);
        for (Field field : data.fields()) {
            ByteBuffer truth = truths.get(field.name());
            if (field.kind() != Field.Kind.CLASSES) {
                predictions.put(field.name(), truth.asFloatBuffer());
            } else {
                FloatBuffer logits = FloatBuffer.allocate(pixels * field.classes());
                for (int pixel = 0; pixel < pixels; pixel++) {
                    logits.put(pixel * field.classes() + truth.getInt(4 * pixel), 1);
                }
                predictions.put(field.name(), logits);
            }
        }
        pictures.add(image, truths, predictions);
    }

    private static ByteBuffer floats(float... values) {
        ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.nativeOrder());
        buffer.asFloatBuffer().put(values);
        return buffer;
    }

    private static ByteBuffer integers(int... values) {
        ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.nativeOrder());
        buffer.asIntBuffer().put(values);
        return buffer;
    }
}
