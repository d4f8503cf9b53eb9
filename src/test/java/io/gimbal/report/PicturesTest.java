package io.gimbal.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import io.gimbal.data.NyuDepth;
import io.gimbal.data.Rooms;
import java.awt.image.BufferedImage;
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

    @Test
    void aSheetOfRoomsIsWrittenWithEveryPanel() throws IOException {
        Rooms rooms = new Rooms(1, 3, 24, 32);
        Pictures pictures = new Pictures(24, 32, rooms.fields(), NyuDepth.CLASS_NAMES);
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
        Pictures pictures = new Pictures(2, 3, List.of(depth), List.of());
        FloatBuffer image = FloatBuffer.allocate(18);
        Map<String, ByteBuffer> truths = Map.of("depth", ByteBuffer.allocate(24));
        Map<String, FloatBuffer> predictions = Map.of("depth", FloatBuffer.allocate(6));
        pictures.add(image, truths, predictions);
        assertEquals("the image has 36 places; one sample of 3 x 2 pixels has 18", assertThrows(
                IllegalArgumentException.class, () -> pictures.add(FloatBuffer.allocate(36), truths, predictions))
                .getMessage());
        assertEquals("the truth of 'depth' is missing; one sample of 3 x 2 pixels has 24", assertThrows(
                IllegalArgumentException.class, () -> pictures.add(image, Map.of(), predictions)).getMessage());
        assertEquals("the prediction of 'depth' has 12 places; one sample of 3 x 2 pixels has 6", assertThrows(
                IllegalArgumentException.class, () -> pictures.add(image, truths, Map.of("depth",
                        FloatBuffer.allocate(12)))).getMessage());
    }

    @Test
    void truthAndARightPredictionLookTheSameAndUnlabelledPixelsAreGrey() {
        Field depth = Field.ofValues("depth", 1, 0);
        Field number = Field.ofClasses("class", 2, 255);
        Pictures pictures = new Pictures(1, 2, List.of(depth, number), List.of());
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
        Pictures pictures = new Pictures(1, 1, List.of(normals, depth), List.of());
        pictures.add(FloatBuffer.allocate(3), Map.of("normals", floats(0, 0, 0), "depth", floats(0)),
                Map.of("normals", FloatBuffer.wrap(new float[] {Float.NaN, 0, 1}), "depth",
                        FloatBuffer.wrap(new float[] {Float.NaN})));
        BufferedImage sheet = pictures.draw();
        for (int column = 1; column < 5; column++) {
            assertEquals(0xFF808080, sheet.getRGB(6 + column * 214 + 50, 90), "panel " + column);
        }
    }

    @Test
    void aFileThatCannotBeWrittenIsNamed() {
        Pictures pictures = new Pictures(1, 1, List.of(), List.of());
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
