package io.gimbal.picture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is written is read back by others, and by Gimbal, as it was. */
class WritersTest {
    @ParameterizedTest
    @CsvSource({"1, 1", "1, 7", "5, 1", "33, 65", "300, 401"})
    void picturesAreReadBackToTheBit(int height, int width) throws IOException {
        Random random = new Random(height);
        int[] colours = new int[height * width];
        short[] levels = new short[colours.length];
        byte[] numbers = new byte[colours.length];
        for (int i = 0; i < colours.length; i++) {
            colours[i] = random.nextInt();
            levels[i] = (short) random.nextInt(1 << 16);
            numbers[i] = (byte) random.nextInt(256);
        }
        int[] palette = random.ints(256, 0, 1 << 24).toArray();
        BufferedImage coloured = read(PngWriter.ofColours(colours, height, width));
        BufferedImage transparent = read(PngWriter.ofTransparentColours(colours, height, width));
        BufferedImage grey = read(PngWriter.ofShorts(levels, height, width));
        BufferedImage indexed = read(PngWriter.ofPalette(numbers, height, width, palette));
        for (int i = 0; i < colours.length; i++) {
            assertEquals(colours[i] | 0xFF000000, coloured.getRGB(i % width, i / width));
            assertEquals(colours[i], transparent.getRGB(i % width, i / width));
            assertEquals(levels[i] & 0xFFFF, grey.getRaster().getSample(i % width, i / width, 0));
            assertEquals(numbers[i] & 255, indexed.getRaster().getSample(i % width, i / width, 0));
            assertEquals(palette[numbers[i] & 255], indexed.getRGB(i % width, i / width) & 0xFFFFFF);
        }
        short[] own = PictureFile.of(Path.of("grey.png"), PngWriter.ofShorts(levels, height, width)).shorts("");
        assertArrayEquals(levels, own);
        int[] classes = PictureFile.of(Path.of("classes.png"), PngWriter.ofPalette(numbers, height, width, palette))
                .classNumbers("");
        assertEquals(numbers[numbers.length - 1] & 255, classes[classes.length - 1]);
    }

    private static BufferedImage read(byte[] png) throws IOException {
        return ImageIO.read(new ByteArrayInputStream(png));
    }

    @Test
    void whatIsNoPictureIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> PngWriter.ofColours(new int[5], 2, 3));
        assertThrows(IllegalArgumentException.class, () -> PngWriter.ofColours(new int[0], 0, 3));
        assertThrows(IllegalArgumentException.class, () -> PngWriter.ofPalette(new byte[] {2}, 1, 1, new int[2]));
    }

    @Test
    void arraysAreReadBackToTheBit() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ArrayWriter array = new ArrayWriter(Channels.newChannel(bytes), 2, 3, 2);
        float[] first = {1, -2, Float.MIN_VALUE, Float.NaN, 0.1f, 3e38f};
        float[] second = {-0f, 7, 8, 9, 10, Float.NEGATIVE_INFINITY};
        array.add(first);
        array.add(second);
        byte[] file = bytes.toByteArray();
        assertEquals(0, (file.length - 12 * Float.BYTES) % 64, "the numbers are aligned");
        PictureFile read = PictureFile.of(Path.of("a.npy"), file);
        assertEquals("2 x 3 x 2", read.height() + " x " + read.width() + " x " + read.channels());
        float[] all = new float[12];
        System.arraycopy(first, 0, all, 0, 6);
        System.arraycopy(second, 0, all, 6, 6);
        assertArrayEquals(all, read.values(""));
    }
}
