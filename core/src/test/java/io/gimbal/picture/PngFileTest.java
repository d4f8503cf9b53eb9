package io.gimbal.picture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PngFileTest {
    private static final int[][] SIZES = {{1, 1}, {2, 3}, {5, 4}, {9, 17}, {33, 20}, {700, 130}};
    private static final int[][] PASSES = {{0, 0, 8, 8}, {0, 4, 8, 8}, {4, 0, 8, 4}, {0, 2, 4, 4}, {2, 0, 4, 2},
        {0, 1, 2, 2}, {1, 0, 2, 1}};

    static Stream<Arguments> kinds() {
        int[][] kinds = {{1, 0}, {2, 0}, {4, 0}, {8, 0}, {16, 0}, {8, 2}, {16, 2}, {1, 3}, {2, 3}, {4, 3}, {8, 3},
            {8, 4}, {16, 4}, {8, 6}, {16, 6}};
        return Stream.of(kinds).flatMap(kind -> Stream.of(true, false)
                .map(interlaced -> Arguments.of(kind[0], kind[1], interlaced)));
    }

    /** Every kind with every filter, of random bytes: packed in one part or in many. */
    @ParameterizedTest
    @MethodSource("kinds")
    void everyKindIsReadAsTheJdkReadsIt(int bits, int type, boolean interlaced) throws IOException {
        SplittableRandom random = new SplittableRandom(bits * 10 + type);
        int channels = type == 2 ? 3 : type == 4 ? 2 : type == 6 ? 4 : 1;
        for (int[] size : SIZES) {
            PngBytes png = new PngBytes(size[0], size[1], bits, type, interlaced);
            if (type == PngBytes.PALETTE) {
                png.chunk("PLTE", bytes(random, 3 << bits));
            }
            byte[] rows = rows(random, size, channels * bits, interlaced);
            byte[] packed = PngBytes.deflated(rows, rows.length);
            for (int at = 0; at < packed.length; at += 1000) {
                png.chunk("IDAT", java.util.Arrays.copyOfRange(packed, at, Math.min(packed.length, at + 1000)));
            }
            byte[] file = png.end();
            Raster expected = decoded(file);
            Samples samples = Refusals.open(file).unpack();
            int[] pixel = new int[channels];
            for (int y = 0; y < size[1]; y++) {
                for (int x = 0; x < size[0]; x++) {
                    expected.getPixel(x, y, pixel);
                    for (int c = 0; c < channels; c++) {
                        assertEquals(pixel[c], samples.unsigned(y, x, c), "row " + y + ", column " + x);
                    }
                }
            }
        }
    }

    private static byte[] rows(SplittableRandom random, int[] size, int pixelBits, boolean interlaced) {
        ByteArrayOutputStream rows = new ByteArrayOutputStream();
        for (int[] pass : interlaced ? PASSES : new int[][] {{0, 0, 1, 1}}) {
            int height = (size[1] - pass[0] + pass[2] - 1) / pass[2];
            int width = (size[0] - pass[1] + pass[3] - 1) / pass[3];
            for (int y = 0; y < height && width > 0; y++) {
                rows.write(random.nextInt(5));
                rows.writeBytes(bytes(random, (width * pixelBits + 7) / 8));
            }
        }
        return rows.toByteArray();
    }

    private static byte[] bytes(SplittableRandom random, int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private static Raster decoded(byte[] file) throws IOException {
        ImageReader reader = ImageIO.getImageReadersByFormatName("png").next();
        try (ImageInputStream in = ImageIO.createImageInputStream(new ByteArrayInputStream(file))) {
            reader.setInput(in, true, true);
            return reader.read(0).getRaster();
        } finally {
            reader.dispose();
        }
    }

    @Test
    void numbersOfSixteenBitsAreKeptWhole() throws IOException {
        PictureFile depth = Refusals.open(new PngBytes(3, 1, 16, PngBytes.GREY)
                .rows((byte) 0, (byte) 0, (byte) 1, (byte) 0x80, (byte) 0, (byte) -1, (byte) -1));
        assertEquals(SampleType.UNSIGNED_16, depth.type());
        assertArrayEquals(new short[] {1, (short) 0x8000, -1}, depth.shorts(Refusals.DUE));
        assertArrayEquals(new float[] {1, 32768, 65535}, depth.values(Refusals.DUE));
        assertArrayEquals(new int[] {1, 32768, 65535}, depth.classNumbers(Refusals.DUE));
    }

    @Test
    void transparencyAndColoursOfAPaletteAreNoValues() throws IOException {
        Refusals.assertRefused(new PngBytes(1, 1, 8, PngBytes.COLOURS_ALPHA).rows((byte) 0, (byte) 1, (byte) 2,
                (byte) 3, (byte) -1), picture -> picture.values(Refusals.DUE), "transparency", "-alpha off");
        Refusals.assertRefused(new PngBytes(1, 1, 8, PngBytes.PALETTE).chunk("PLTE", (byte) 1, (byte) 2, (byte) 3)
                .rows((byte) 0, (byte) 0), picture -> picture.values(Refusals.DUE), "palette", Refusals.DUE);
        Refusals.assertRefused(new PngBytes(1, 1, 8, PngBytes.GREY).rows((byte) 5, (byte) 0), PictureFile::colours,
                "a row has filter 5");
    }

    /** What stands where, as viewers show a picture of two columns 1 2, 3 4, 5 6 of that orientation. */
    @Test
    void everyOrientationCanBeApplied() throws IOException {
        int[][] shown = {{1, 2, 3, 4, 5, 6}, {2, 1, 4, 3, 6, 5}, {6, 5, 4, 3, 2, 1}, {5, 6, 3, 4, 1, 2},
            {1, 3, 5, 2, 4, 6}, {5, 3, 1, 6, 4, 2}, {6, 4, 2, 5, 3, 1}, {2, 4, 6, 1, 3, 5}};
        byte[] file = new PngBytes(2, 3, 8, PngBytes.GREY).chunk("eXIf", JpegBytes.orientation(6, true))
                .rows((byte) 0, (byte) 1, (byte) 2, (byte) 0, (byte) 3, (byte) 4, (byte) 0, (byte) 5, (byte) 6);
        for (int orientation = 1; orientation <= 8; orientation++) {
            PictureFile picture = Refusals.open(file, ArrayChoice.ONLY);
            assertEquals(6, picture.orientation());
            picture.turn(orientation);
            assertEquals(orientation >= 5 ? 2 : 3, picture.height());
            assertEquals(orientation >= 5 ? 3 : 2, picture.width());
            assertArrayEquals(shown[orientation - 1], picture.classNumbers(Refusals.DUE));
            byte[] colours = picture.colours();
            for (int i = 0; i < 6; i++) {
                assertEquals(shown[orientation - 1][i], colours[3 * i + 1]);
            }
        }
    }
}
