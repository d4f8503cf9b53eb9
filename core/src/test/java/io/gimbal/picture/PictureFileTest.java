package io.gimbal.picture;

import static io.gimbal.picture.Refusals.DUE;
import static io.gimbal.picture.Refusals.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PictureFileTest {
    @ParameterizedTest
    @CsvSource({"1,1,false", "7,5,false", "64,48,false", "33,17,true"})
    void aPhotoIsReadToTheBitAsOtherDecodersReadIt(int width, int height, boolean progressive) throws IOException {
        byte[] jpeg = JpegBytes.of(photo(width, height), progressive);
        BufferedImage expected = ImageIO.read(new ByteArrayInputStream(jpeg));
        byte[] colours = colours(jpeg);
        for (int i = 0; i < width * height; i++) {
            int rgb = expected.getRGB(i % width, i / width) & 0xFFFFFF;
            assertEquals(rgb, (colours[3 * i] & 255) << 16 | (colours[3 * i + 1] & 255) << 8 | colours[3 * i + 2] & 255,
                    "pixel " + i);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 30, 100, 128, 200, 255})
    void greysAreReadAsTheyAreStoredInEveryKindOfFile(int grey) throws IOException {
        byte[] plain = {(byte) grey, (byte) grey, (byte) grey};
        assertArrayEquals(plain, colours(JpegBytes.ofChannels(1, 1, grey)));
        assertArrayEquals(plain, colours(JpegBytes.jfif(JpegBytes.ofChannels(1, 1, grey))));
        byte value = (byte) grey;
        assertArrayEquals(plain, colours(new PngBytes(1, 1, 8, PngBytes.GREY).rows((byte) 0, value)));
        assertArrayEquals(plain, colours(new PngBytes(1, 1, 8, PngBytes.GREY_ALPHA).rows((byte) 0, value, (byte) -1)));
        assertArrayEquals(plain, colours(new PngBytes(1, 1, 8, PngBytes.COLOURS).rows((byte) 0, value, value, value)));
        assertArrayEquals(plain, colours(new PngBytes(1, 1, 16, PngBytes.GREY).rows((byte) 0, value, value)));
        assertArrayEquals(plain, colours(new PngBytes(1, 1, 8, PngBytes.PALETTE)
                .chunk("PLTE", value, value, value).rows((byte) 0, (byte) 0)));
    }

    @Test
    void lessThanEightBitsAreSpreadOverTheWholeRange() throws IOException {
        assertArrayEquals(triples(0, 255, 255, 0, 255), colours(new PngBytes(5, 1, 1, PngBytes.GREY)
                .rows((byte) 0, (byte) 0b01101000)));
        assertArrayEquals(triples(0, 85, 170, 255), colours(new PngBytes(4, 1, 2, PngBytes.GREY)
                .rows((byte) 0, (byte) 0b00011011)));
        assertArrayEquals(triples(0, 17, 238, 255), colours(new PngBytes(4, 1, 4, PngBytes.GREY)
                .rows((byte) 0, (byte) 0x01, (byte) 0xEF)));
    }

    @Test
    void sixteenBitsAreRoundedToTheNearestOfEight() throws IOException {
        // 128 is just below half of 257, 129 just above.
        assertArrayEquals(triples(0, 1, 255), colours(new PngBytes(3, 1, 16, PngBytes.GREY)
                .rows((byte) 0, (byte) 0, (byte) 128, (byte) 0, (byte) 129, (byte) -1, (byte) -1)));
        assertArrayEquals(new byte[] {1, 2, 3}, colours(new PngBytes(1, 1, 16, PngBytes.COLOURS_ALPHA)
                .rows((byte) 0, (byte) 1, (byte) 1, (byte) 2, (byte) 2, (byte) 3, (byte) 3, (byte) -1, (byte) -1)));
    }

    @Test
    void interlacedPicturesAreReadAsOthers() throws IOException {
        BufferedImage image = photo(19, 13);
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
        try (var stream = new MemoryCacheImageOutputStream(png)) {
            ImageWriteParam param = writer.getDefaultWriteParam();
            param.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
            writer.setOutput(stream);
            writer.write(null, new IIOImage(image, null, null), param);
        }
        assertEquals(1, png.toByteArray()[28], "interlaced");
        assertArrayEquals(colours(image), colours(png.toByteArray()));
    }

    @Test
    void profilesAndGammasChangeNothing() throws IOException {
        byte[] linear = ICC_Profile.getInstance(ColorSpace.CS_LINEAR_RGB).getData();
        byte[] jpeg = JpegBytes.of(photo(16, 16), false);
        byte[] profile = JpegBytes.join(JpegBytes.ascii("ICC_PROFILE\0"), new byte[] {1, 1}, linear);
        assertArrayEquals(colours(jpeg), colours(JpegBytes.with(jpeg, JpegBytes.ICC, profile)));
        byte[] rows = {0, 10, 20, 30};
        byte[] packed = JpegBytes.join(JpegBytes.ascii("p\0\0"), PngBytes.deflated(linear, linear.length));
        assertArrayEquals(new byte[] {10, 20, 30}, colours(new PngBytes(1, 1, 8, PngBytes.COLOURS)
                .chunk("gAMA", (byte) 0, (byte) 1, (byte) 0x86, (byte) 0xA0).chunk("sRGB", (byte) 0)
                .chunk("iCCP", packed).rows(rows)));
        assertArrayEquals(triples(100), colours(new PngBytes(1, 1, 8, PngBytes.GREY)
                .chunk("gAMA", (byte) 0, (byte) 1, (byte) 0x86, (byte) 0xA0).rows((byte) 0, (byte) 100)));
    }

    @Test
    void coloursOfAJpegAreWhatItsMarkersSay() throws IOException {
        // Luminance 150 with chrominances 100 and 160, by JFIF's formula.
        int[] stored = {150, 100, 160};
        byte[] meant = {(byte) 195, (byte) 137, 100};
        byte[] asTheyAre = {(byte) 150, 100, (byte) 160};
        byte[] bare = JpegBytes.ofChannels(8, 8, stored);
        assertArrayEquals(meant, first(colours(bare)));
        assertArrayEquals(meant, first(colours(JpegBytes.jfif(bare))));
        assertArrayEquals(meant, first(colours(JpegBytes.adobe(bare, 1))));
        assertArrayEquals(asTheyAre, first(colours(JpegBytes.adobe(bare, 0))));
        assertArrayEquals(asTheyAre, first(colours(named(bare, "RGB"))));
        assertArrayEquals(meant, first(colours(JpegBytes.jfif(named(bare, "RGB")))));
        assertArrayEquals(meant, first(colours(named(bare, "abc"))));
    }

    /** The same components by other names, in the header and in the scan. */
    private static byte[] named(byte[] jpeg, String names) {
        byte[] other = jpeg.clone();
        int header = JpegBytes.find(jpeg, 0xC0);
        int scan = JpegBytes.find(jpeg, 0xDA);
        for (int i = 0; i < 3; i++) {
            other[header + 10 + 3 * i] = (byte) names.charAt(i);
            other[scan + 5 + 2 * i] = (byte) names.charAt(i);
        }
        return other;
    }

    @Test
    void inksBecomeTheColoursThatTheyPrint() throws IOException {
        // Adobe stores what the inks let through: 255 is no ink.
        byte[] inks = JpegBytes.adobe(JpegBytes.ofChannels(8, 8, 200, 100, 50, 255), 0);
        assertArrayEquals(new byte[] {(byte) 200, 100, 50}, first(colours(inks)));
        assertArrayEquals(new byte[] {100, 50, 25},
                first(colours(JpegBytes.adobe(JpegBytes.ofChannels(8, 8, 200, 100, 50, 128), 0))));
        // The inks 60, 118, 155 as luminance and chrominances; black lets half through.
        byte[] packed = JpegBytes.adobe(JpegBytes.ofChannels(8, 8, 150, 100, 160, 128), 2);
        assertArrayEquals(new byte[] {30, 59, 78}, first(colours(packed)));
        assertRefused(JpegBytes.ofChannels(8, 8, 200, 100, 50, 255), PictureFile::colours, "without Adobe's marker",
                "Save it in colours");
    }

    @Test
    void whatHarmsNoPixelIsLeftAlone() throws IOException {
        byte[] jpeg = JpegBytes.of(photo(24, 24), false);
        byte[] plain = colours(jpeg);
        byte[] brokenProfile = JpegBytes.join(JpegBytes.ascii("ICC_PROFILE\0"), new byte[] {1, 1, 9, 9, 9});
        byte[] newJfif = jpeg.clone();
        newJfif[11] = 7;
        byte[] oddScan = jpeg.clone();
        int scan = JpegBytes.find(jpeg, 0xDA);
        oddScan[scan + 2 + 2 + 1 + 6] = 1;
        for (byte[] whole : List.of(JpegBytes.before(jpeg, 2, (byte) 0, (byte) 0x11, (byte) 0x22),
                JpegBytes.join(jpeg, new byte[1000]), JpegBytes.join(jpeg, jpeg),
                JpegBytes.with(jpeg, JpegBytes.ICC, brokenProfile), JpegBytes.with(jpeg, 0xFE, new byte[] {1, 2}),
                JpegBytes.with(jpeg, JpegBytes.EXIF, JpegBytes.ascii("Exif\0\0nonsense")), newJfif, oddScan,
                JpegBytes.before(jpeg, jpeg.length - 2, (byte) 0xFF, (byte) 0xFF),
                JpegBytes.before(jpeg, jpeg.length - scan, (byte) 0, (byte) 5))) {
            assertArrayEquals(plain, colours(whole));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aJpegThatIsCutOffAnywhereIsRefused(boolean progressive) throws IOException {
        byte[] jpeg = JpegBytes.of(photo(20, 15), progressive);
        for (int length = 2; length < jpeg.length; length++) {
            byte[] cut = Arrays.copyOf(jpeg, length);
            assertRefused(cut, PictureFile::colours, "cut-off");
        }
    }

    @Test
    void aJpegWhosePixelsStopBeforeItsEndMarkerIsRefused() throws IOException {
        byte[] jpeg = JpegBytes.of(photo(40, 30), false);
        byte[] hollow = JpegBytes.join(Arrays.copyOf(jpeg, jpeg.length - 200), new byte[] {(byte) 0xFF, (byte) 0xD9});
        assertRefused(hollow, PictureFile::colours, "premature end of data", "open it in another program");
    }

    @Test
    void rareKindsOfJpegAreRefusedByName() throws IOException {
        byte[] jpeg = JpegBytes.of(photo(16, 16), false);
        int header = JpegBytes.find(jpeg, 0xC0);
        assertRefused(changed(jpeg, header + 1, 0xC9), PictureFile::colours, "header c9", "baseline and progressive");
        assertRefused(changed(jpeg, header + 4, 12), PictureFile::colours, "12 bits");
        assertRefused(changed(jpeg, header + 5, 0, 0), PictureFile::colours, "16 x 0 pixels");
        assertRefused(JpegBytes.ofChannels(8, 8, 1, 2), PictureFile::colours, "2 channels");
    }

    @Test
    void whatEachOrientationShowsIsSaidAndHowToMendIt() throws IOException {
        byte[] jpeg = JpegBytes.of(photo(16, 8), false);
        for (int orientation = 0; orientation <= 9; orientation++) {
            for (boolean little : new boolean[] {true, false}) {
                byte[] tiff = JpegBytes.orientation(orientation, little);
                byte[] turned = JpegBytes.with(jpeg, JpegBytes.EXIF, JpegBytes.join(JpegBytes.ascii("Exif\0\0"), tiff));
                byte[] png = new PngBytes(1, 1, 8, PngBytes.GREY).chunk("eXIf", tiff).rows((byte) 0, (byte) 7);
                if (orientation >= 2 && orientation <= 8) {
                    String name = "orientation, " + orientation + ",";
                    assertRefused(turned, PictureFile::colours, name, "-auto-orient", "exiftool");
                    assertRefused(png, picture -> picture.classNumbers(DUE), name);
                } else {
                    assertArrayEquals(colours(jpeg), colours(turned));
                    assertArrayEquals(triples(7), colours(png));
                }
            }
        }
    }

    @Test
    void transparentPixelsAreRefusedWithTheirPlace() throws IOException {
        assertRefused(new PngBytes(2, 1, 8, PngBytes.COLOURS_ALPHA).rows((byte) 0, (byte) 1, (byte) 2, (byte) 3,
                (byte) -1, (byte) 1, (byte) 2, (byte) 3, (byte) 254), PictureFile::colours, "row 0, column 1",
                "-alpha remove");
        assertRefused(new PngBytes(1, 1, 8, PngBytes.GREY).chunk("tRNS", (byte) 0, (byte) 9)
                .rows((byte) 0, (byte) 9), PictureFile::colours, "transparent");
        assertArrayEquals(triples(8), colours(new PngBytes(1, 1, 8, PngBytes.GREY)
                .chunk("tRNS", (byte) 0, (byte) 9).rows((byte) 0, (byte) 8)));
        byte[] colours = {10, 20, 30, 40, 50, 60};
        assertRefused(new PngBytes(1, 1, 8, PngBytes.PALETTE).chunk("PLTE", colours).chunk("tRNS", (byte) 0)
                .rows((byte) 0, (byte) 0), PictureFile::colours, "transparent");
        assertArrayEquals(new byte[] {40, 50, 60}, colours(new PngBytes(1, 1, 8, PngBytes.PALETTE)
                .chunk("PLTE", colours).chunk("tRNS", (byte) 0).rows((byte) 0, (byte) 1)));
    }

    @Test
    void classNumbersAreThoseThatAreStored() throws IOException {
        assertArrayEquals(new int[] {3, 13}, classes(new PngBytes(2, 1, 8, PngBytes.GREY)
                .rows((byte) 0, (byte) 3, (byte) 13)));
        assertArrayEquals(new int[] {3, 13}, classes(new PngBytes(2, 1, 4, PngBytes.GREY)
                .rows((byte) 0, (byte) 0x3D)));
        byte[] palette = new byte[3 * 16];
        palette[10] = 99;
        assertArrayEquals(new int[] {3, 13}, classes(new PngBytes(2, 1, 8, PngBytes.PALETTE).chunk("PLTE", palette)
                .chunk("tRNS", (byte) 0).rows((byte) 0, (byte) 3, (byte) 13)));
        assertArrayEquals(new int[] {1}, classes(new PngBytes(1, 1, 8, PngBytes.PALETTE)
                .chunk("PLTE", triples(0, 1)).rows((byte) 0, (byte) 1)));
        // What an optimiser makes of a grey picture: the number 1 for the grey 13.
        assertRefused(new PngBytes(1, 1, 8, PngBytes.PALETTE).chunk("PLTE", triples(0, 13)).rows((byte) 0, (byte) 1),
                picture -> picture.classNumbers(DUE), "number 1 of its palette is the grey 13", DUE);
        assertArrayEquals(new int[] {0x1234}, classes(new PngBytes(1, 1, 16, PngBytes.GREY)
                .rows((byte) 0, (byte) 0x12, (byte) 0x34)));
        assertRefused(new PngBytes(1, 1, 8, PngBytes.GREY_ALPHA).rows((byte) 0, (byte) 0, (byte) 1),
                picture -> picture.classNumbers(DUE), "2 channels", DUE);
    }

    @Test
    void greyLevelsAreThoseThatAreStored() throws IOException {
        Function<PictureFile, byte[]> levels = picture -> picture.greyLevels(DUE);
        assertArrayEquals(new byte[] {3, (byte) 200}, read(new PngBytes(2, 1, 8, PngBytes.GREY)
                .rows((byte) 0, (byte) 3, (byte) 200), levels));
        assertRefused(new PngBytes(2, 1, 4, PngBytes.GREY).rows((byte) 0, (byte) 0x3D), levels, "4 bits", DUE);
        assertRefused(new PngBytes(1, 1, 16, PngBytes.GREY).rows((byte) 0, (byte) 0, (byte) 1), levels, "16 bits", DUE);
        assertRefused(new PngBytes(1, 1, 8, PngBytes.PALETTE).chunk("PLTE", (byte) 1, (byte) 2, (byte) 3)
                .rows((byte) 0, (byte) 0), levels, "palette", DUE);
        assertRefused(new PngBytes(1, 1, 8, PngBytes.PALETTE).chunk("PLTE", triples(77)).rows((byte) 0, (byte) 0),
                levels, "the grey 77", DUE);
    }

    @Test
    void numbersInALossyFormAreRefused() throws IOException {
        byte[] jpeg = JpegBytes.ofChannels(8, 8, 5);
        assertRefused(jpeg, picture -> picture.classNumbers(DUE), "a JPEG, which changes the numbers", DUE);
        assertRefused(jpeg, picture -> picture.greyLevels(DUE), "a JPEG, which changes the numbers", DUE);
    }

    @Test
    void brokenPngsAreRefused() throws IOException {
        byte[] none = new PngBytes(1, 1, 8, PngBytes.GREY).end();
        assertRefused(none, PictureFile::colours, "no pixels");
        assertRefused(new PngBytes(2, 2, 8, PngBytes.GREY).rows((byte) 0, (byte) 1), PictureFile::colours, "cut-off");
        assertRefused(new PngBytes(2, 2, 8, PngBytes.GREY).chunk("IDAT", (byte) 1).end(), PictureFile::colours,
                "damaged");
        assertRefused(new PngBytes(1, 1, 8, PngBytes.PALETTE).rows((byte) 0, (byte) 0), PictureFile::colours,
                "no palette");
        assertRefused(new PngBytes(1, 1, 8, PngBytes.PALETTE).chunk("PLTE", triples(1)).rows((byte) 0, (byte) 1),
                PictureFile::colours, "number 1 of a palette of 1");
        assertRefused(new PngBytes(1, 1, 3, PngBytes.GREY).rows((byte) 0, (byte) 1), PictureFile::colours, "3 bits");
        assertRefused(new PngBytes(0, 1, 8, PngBytes.GREY).rows((byte) 0), PictureFile::colours, "0 x 1 pixels");
        assertRefused(new PngBytes(1, 1, 8, PngBytes.GREY).chunk("CgBI", (byte) 1).rows((byte) 0, (byte) 1),
                PictureFile::colours, "'CgBI'");
        assertRefused(Arrays.copyOf(none, 20), PictureFile::colours, "ends within a chunk");
        assertRefused(Arrays.copyOf(none, none.length - 1), PictureFile::colours, "ends before its last chunk");
    }

    @Test
    void picturesThatUnpackToGigabytesAreRefusedOrReadWithoutDoingSo() {
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            byte[] zeros = new byte[0];
            long many = 1L << 28;
            byte[] packed = PngBytes.deflated(zeros, many);
            assertTrue(packed.length < 1 << 19);
            assertRefused(new PngBytes(1 << 15, 1 << 15, 8, PngBytes.COLOURS).chunk("IDAT", packed).end(),
                    PictureFile::colours, "32768 x 32768 pixels");
            assertRefused(new PngBytes(Integer.MAX_VALUE, Integer.MAX_VALUE, 16, PngBytes.COLOURS_ALPHA)
                    .chunk("IDAT", packed).end(), PictureFile::colours, "2147483647 x 2147483647 pixels");
            byte[] text = JpegBytes.join(JpegBytes.ascii("t\0\0"), packed);
            byte[] more = new PngBytes(1, 1, 8, PngBytes.PALETTE).chunk("zTXt", text).chunk("iCCP", text)
                    .chunk("PLTE", triples(5)).chunk("IDAT", packed).end();
            assertArrayEquals(triples(5), colours(more));
            byte[] jpeg = JpegBytes.of(photo(16, 16), false);
            byte[] large = changed(jpeg, JpegBytes.find(jpeg, 0xC0) + 5, 0xFF, 0xFF, 0xFF, 0xFF);
            assertRefused(large, PictureFile::colours, "65535 x 65535 pixels");
            byte[] scanned = JpegBytes.of(photo(16, 16), true);
            int scan = JpegBytes.find(scanned, 0xDA);
            byte[] again = new byte[300 * 20];
            byte[] empty = Arrays.copyOfRange(scanned, scan, scan + 14);
            for (int i = 0; i < 300; i++) {
                System.arraycopy(empty, 0, again, i * 20, 14);
            }
            assertRefused(JpegBytes.before(scanned, 2, again), PictureFile::colours, "more than 256 scans");
        });
    }

    private static BufferedImage photo(int width, int height) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        SplittableRandom random = new SplittableRandom(width);
        for (int i = 0; i < width * height; i++) {
            image.setRGB(i % width, i / width, 5 * (i % width) << 16 | random.nextInt(256) << 8 | 5 * (i / width));
        }
        return image;
    }

    private static byte[] colours(BufferedImage image) {
        byte[] colours = new byte[3 * image.getWidth() * image.getHeight()];
        for (int i = 0; i < colours.length / 3; i++) {
            int rgb = image.getRGB(i % image.getWidth(), i / image.getWidth());
            colours[3 * i] = (byte) (rgb >> 16);
            colours[3 * i + 1] = (byte) (rgb >> 8);
            colours[3 * i + 2] = (byte) rgb;
        }
        return colours;
    }

    private static byte[] triples(int... greys) {
        byte[] colours = new byte[3 * greys.length];
        for (int i = 0; i < colours.length; i++) {
            colours[i] = (byte) greys[i / 3];
        }
        return colours;
    }

    private static byte[] first(byte[] colours) {
        return Arrays.copyOf(colours, 3);
    }

    private static byte[] changed(byte[] bytes, int at, int... values) {
        byte[] other = bytes.clone();
        for (int i = 0; i < values.length; i++) {
            other[at + i] = (byte) values[i];
        }
        return other;
    }

    private static byte[] colours(byte[] bytes) {
        return read(bytes, PictureFile::colours);
    }

    private static int[] classes(byte[] bytes) {
        return read(bytes, picture -> picture.classNumbers(DUE));
    }

    private static <T> T read(byte[] bytes, Function<PictureFile, T> reading) {
        return reading.apply(Refusals.open(bytes));
    }
}
