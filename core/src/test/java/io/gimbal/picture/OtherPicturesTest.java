package io.gimbal.picture;

import static io.gimbal.picture.Refusals.DUE;
import static io.gimbal.picture.Refusals.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Base64;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Windows bitmaps, portable float maps and WebP. */
class OtherPicturesTest {

    @Nested
    class Bitmaps {
        @ParameterizedTest
        @ValueSource(ints = {BufferedImage.TYPE_3BYTE_BGR, BufferedImage.TYPE_BYTE_GRAY,
            BufferedImage.TYPE_BYTE_INDEXED, BufferedImage.TYPE_BYTE_BINARY})
        void aBitmapIsReadAsTheJdkReadsIt(int kind) throws IOException {
            for (int[] size : new int[][] {{1, 1}, {5, 3}, {33, 20}}) {
                BufferedImage image = new BufferedImage(size[0], size[1], kind);
                for (int i = 0; i < size[0] * size[1]; i++) {
                    image.setRGB(i % size[0], i / size[0], i * 0x051F37);
                }
                byte[] file = written(image);
                BufferedImage expected = ImageIO.read(new ByteArrayInputStream(file));
                byte[] colours = Refusals.open(file).colours();
                for (int i = 0; i < size[0] * size[1]; i++) {
                    int rgb = colours[3 * i] << 16 & 0xFF0000 | colours[3 * i + 1] << 8 & 0xFF00
                            | colours[3 * i + 2] & 0xFF;
                    assertEquals(kind == BufferedImage.TYPE_BYTE_GRAY ? grey(image, i)
                            : expected.getRGB(i % size[0], i / size[0]) & 0xFFFFFF, rgb, "pixel " + i);
                }
            }
        }

        /** As stored: the JDK brightens greys on their way to colours. */
        private static int grey(BufferedImage image, int i) {
            return image.getRaster().getSample(i % image.getWidth(), i / image.getWidth(), 0) * 0x010101;
        }

        private static byte[] written(BufferedImage image) throws IOException {
            ByteArrayOutputStream file = new ByteArrayOutputStream();
            ImageIO.write(image, "bmp", file);
            return file.toByteArray();
        }

        private static byte[] ofFourBytes(int rows, byte... pixels) {
            ByteBuffer file = ByteBuffer.allocate(54 + pixels.length).order(ByteOrder.LITTLE_ENDIAN);
            file.put((byte) 'B').put((byte) 'M').putInt(2, file.limit()).putInt(10, 54).putInt(14, 40);
            file.putInt(18, 1).putInt(22, rows).putShort(26, (short) 1).putShort(28, (short) 32).put(54, pixels);
            return file.array();
        }

        @Test
        void rowsMayGoDownwardsAndTheFourthByteIsLeftAlone() {
            byte[] pixels = {1, 2, 3, 0, 4, 5, 6, 77};
            assertArrayEquals(new byte[] {6, 5, 4, 3, 2, 1}, Refusals.open(ofFourBytes(2, pixels)).colours());
            assertArrayEquals(new byte[] {3, 2, 1, 6, 5, 4}, Refusals.open(ofFourBytes(-2, pixels)).colours());
        }

        @Test
        void brokenAndPackedBitmapsAreRefused() throws IOException {
            byte[] file = ofFourBytes(1, (byte) 1, (byte) 2, (byte) 3, (byte) 4);
            for (int length = 2; length < file.length; length++) {
                assertRefused(Arrays.copyOf(file, length), PictureFile::colours, "cut-off");
            }
            assertRefused(changed(file, 30, 1), PictureFile::colours, "packed in way 1", "PNG");
            assertRefused(changed(file, 28, 16), PictureFile::colours, "16 bits a pixel");
            assertRefused(changed(file, 14, 12), PictureFile::colours, "header of 12 bytes");
            assertRefused(changed(file, 22, Integer.MIN_VALUE), PictureFile::colours, "-2147483648 pixels");
            assertRefused(changed(file, 18, Integer.MAX_VALUE), PictureFile::colours, "ends within its pixels");
        }

        private static byte[] changed(byte[] file, int at, int value) {
            byte[] other = file.clone();
            ByteBuffer.wrap(other).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
            return other;
        }
    }

    @Nested
    class FloatMaps {
        private static byte[] map(String header, ByteOrder order, float... numbers) {
            ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length).order(order);
            for (float number : numbers) {
                bytes.putFloat(number);
            }
            return JpegBytes.join(JpegBytes.ascii(header), bytes.array());
        }

        @Test
        void theLowestRowComesFirstInEitherByteOrder() {
            float[] shown = {3, 4, 1, 2};
            PictureFile little = Refusals.open(map("Pf\n2 2\n-1.0\n", ByteOrder.LITTLE_ENDIAN, 1, 2, 3, 4));
            assertEquals(SampleType.FLOAT_32, little.type());
            assertArrayEquals(shown, little.values(DUE));
            assertArrayEquals(shown, Refusals.open(map("Pf 2 2 0.003922\r\n", ByteOrder.BIG_ENDIAN, 1, 2, 3, 4))
                    .values(DUE));
            assertArrayEquals(new float[] {4, 5, 6, 1, 2, Float.POSITIVE_INFINITY}, Refusals.open(map("PF\n1 2\n-1\n",
                    ByteOrder.LITTLE_ENDIAN, 1, 2, Float.POSITIVE_INFINITY, 4, 5, 6)).values(DUE));
        }

        @Test
        void brokenMapsAreRefused() {
            byte[] whole = map("Pf\n1 1\n-1.0\n", ByteOrder.LITTLE_ENDIAN, 1);
            for (int length = 3; length < whole.length; length++) {
                assertRefused(Arrays.copyOf(whole, length), PictureFile::height, "cut-off");
            }
            assertRefused(map("Pf\n1 1\n0\n", ByteOrder.LITTLE_ENDIAN, 1), PictureFile::height, "scale is 0");
            assertRefused(map("Pf\n1 1\n1.1.1\n", ByteOrder.LITTLE_ENDIAN, 1), PictureFile::height, "scale is 1.1.1");
            assertRefused(map("Pf\n999999999 999999999\n1\n", ByteOrder.BIG_ENDIAN, 1), PictureFile::height,
                    "4 bytes of numbers");
            assertRefused(map("Pf\n1 1\n1\n", ByteOrder.BIG_ENDIAN, 1), PictureFile::colours, "float32");
        }
    }

    /** Files that libwebp wrote by way of Pillow 12.3, of 8 x 6 pixels (30 column, 40 row, 10 (column + row)). */
    @Nested
    class WebPs {
        private static final String LOSSLESS = "UklGRioAAABXRUJQVlA4TB4AAAAvB0ABALmM6H/sIqL/ASEBYY7/GyULxmMUYgKAWzc=";
        private static final String LOSSY = "UklGRmQAAABXRUJQVlA4IFgAAAAQAwCdASoIAAYAAMASJbACdLoB+AH4gS4B"
                + "hAAHVxeFOPAA/v9BEn68/XzQXyN0WeSoA8RZ9P/NleZwHZMem7+G3//xi/znB55y0ULvWDkjtv/xSs8cJAAA";
        /** As the first, but for transparency of 128 in row 2, column 3. */
        private static final String ALPHA = "UklGRjYAAABXRUJQVlA4TCoAAAAvB0ABELmM6H/sIqL/YVDINgI0nPNn/BQu"
                + "41EFAUni8+j5BJy8aDhzdgM=";
        private static final String TURNED = "UklGRl4AAABXRUJQVlA4WAoAAAAIAAAABwAABQAAVlA4TB4AAAAvB0AB"
                + "ALmM6H/sIqL/ASEBYY7/GyULxmMUYgKAWzdFWElGGgAAAE1NACoAAAAIAAEBEgADAAAAAQAGAAAAAAAA";
        /** The start of a file of two pictures. */
        private static final String ANIMATED = "UklGRhYAAABXRUJQVlA4WAoAAAACAAAABwAABQAA";

        @BeforeEach
        void needsTheLibrary() {
            assumeTrue(Leptonica.FOUND != null, "there is no libwebp for this machine");
        }

        private static byte[] file(String text) {
            return Base64.getDecoder().decode(text);
        }

        @Test
        void pixelsPackedWithoutLossAreReadExactly() {
            PictureFile picture = Refusals.open(file(LOSSLESS));
            byte[] expected = new byte[6 * 8 * 3];
            for (int i = 0; i < 48; i++) {
                expected[3 * i] = (byte) (i % 8 * 30);
                expected[3 * i + 1] = (byte) (i / 8 * 40);
                expected[3 * i + 2] = (byte) ((i % 8 + i / 8) * 10);
            }
            assertArrayEquals(expected, picture.colours());
            assertArrayEquals(expected, picture.bytes(DUE));
        }

        @Test
        void pixelsPackedWithLossAreReadAsLibwebpReadsThemAndAreNoValues() {
            byte[] colours = Refusals.open(file(LOSSY)).colours();
            assertArrayEquals(new byte[] {0, 5, 0, 14, 7, 7, 48, 10, 20}, Arrays.copyOf(colours, 9));
            assertArrayEquals(new byte[] {(byte) 216, (byte) 198, (byte) 131}, Arrays.copyOfRange(colours, 141, 144));
            assertRefused(file(LOSSY), picture -> picture.values(DUE), "WebP packed with loss, which changes", DUE);
        }

        @Test
        void whatIsTransparentTurnedOrAnimatedIsRefused() {
            assertRefused(file(ALPHA), PictureFile::colours, "row 2, column 3 is transparent");
            assertRefused(file(TURNED), PictureFile::colours, "orientation, 6,");
            assertRefused(file(ANIMATED), PictureFile::colours, "animated");
        }

        @Test
        void brokenFilesAreRefused() {
            byte[] whole = file(LOSSLESS);
            for (int length = 12; length < whole.length; length++) {
                byte[] cut = Arrays.copyOf(whole, length);
                assertRefused(cut, PictureFile::colours, "cut-off");
                cut[4] = (byte) (length - 8);
                assertRefused(cut, PictureFile::colours, "cut-off");
            }
            byte[] other = whole.clone();
            other[21] = 120;
            assertRefused(other, PictureFile::colours, "libwebp cannot unpack it");
        }
    }
}
