package io.gimbal.picture;

import static io.gimbal.picture.Refusals.DUE;
import static io.gimbal.picture.Refusals.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TiffFileTest {
    private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;

    @ParameterizedTest
    @CsvSource({"none,false", "none,true", "LZW,false", "LZW,true", "ZLib,false", "Deflate,true", "PackBits,false"})
    void whatTheJdkWritesIsReadExactly(String packing, boolean tiled) throws IOException {
        SplittableRandom random = new SplittableRandom(7);
        for (int kind : new int[] {BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_USHORT_GRAY,
            BufferedImage.TYPE_3BYTE_BGR}) {
            for (int[] size : new int[][] {{1, 1}, {7, 5}, {130, 70}}) {
                BufferedImage image = new BufferedImage(size[0], size[1], kind);
                int channels = image.getRaster().getNumBands();
                int[] numbers = new int[size[0] * size[1] * channels];
                for (int i = 0; i < numbers.length; i++) {
                    // Runs and noise: what packs well, and what fills tables of codes.
                    int most = kind == BufferedImage.TYPE_USHORT_GRAY ? 65536 : 256;
                    numbers[i] = i % 100 < 50 ? 9 : random.nextInt(most);
                }
                image.getRaster().setPixels(0, 0, size[0], size[1], numbers);
                PictureFile file = Refusals.open(written(image, packing, tiled));
                float[] values = file.values(DUE);
                assertEquals(channels, file.channels());
                for (int i = 0; i < numbers.length; i++) {
                    assertEquals(numbers[i], values[i], "number " + i);
                }
            }
        }
    }

    private static byte[] written(BufferedImage image, String packing, boolean tiled) throws IOException {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("tiff").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (var stream = new MemoryCacheImageOutputStream(bytes)) {
            ImageWriteParam param = writer.getDefaultWriteParam();
            if (!packing.equals("none")) {
                param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
                param.setCompressionType(packing);
            }
            if (tiled) {
                param.setTilingMode(ImageWriteParam.MODE_EXPLICIT);
                param.setTiling(32, 16, 0, 0);
            }
            writer.setOutput(stream);
            writer.write(null, new IIOImage(image, null, null), param);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    @Test
    void numbersOfEveryTypeAreReadInBothByteOrders() {
        for (ByteOrder order : new ByteOrder[] {LITTLE, ByteOrder.BIG_ENDIAN}) {
            byte[] singles = ByteBuffer.allocate(8).order(order).putFloat(0.25f).putFloat(-3e8f).array();
            assertArrayEquals(new float[] {0.25f, -3e8f}, Refusals.open(new TiffBytes(order, 2, 1, 32, singles)
                    .tag(339, 3).file()).values(DUE));
            byte[] shorts = ByteBuffer.allocate(4).order(order).putShort((short) -2).putShort((short) 5).array();
            assertArrayEquals(new int[] {-2, 5}, Refusals.open(new TiffBytes(order, 1, 2, 16, shorts).tag(339, 2)
                    .file()).classNumbers(DUE));
            assertArrayEquals(new int[] {65534, 5}, Refusals.open(new TiffBytes(order, 1, 2, 16, shorts).file())
                    .classNumbers(DUE));
        }
    }

    @Test
    void differencesAndBytePlanesAreUndone() {
        byte[] differences = {10, 5, (byte) 250, 1, 1, 1};
        assertArrayEquals(new int[] {10, 15, 9, 1, 2, 3}, Refusals.open(new TiffBytes(LITTLE, 3, 2, 8, differences)
                .tag(317, 2).file()).classNumbers(DUE));
        // 1.0f and 2.0f are 3F800000 and 40000000: planes 3F 40, 80 00, 00 00, 00 00, each byte less the one before.
        byte[] planes = {0x3F, 0x01, 0x40, (byte) 0x80, 0, 0, 0, 0};
        assertArrayEquals(new float[] {1, 2}, Refusals.open(new TiffBytes(LITTLE, 2, 1, 32, planes).tag(317, 3)
                .tag(339, 3).file()).values(DUE));
        assertArrayEquals(new float[] {1, 2}, Refusals.open(new TiffBytes(ByteOrder.BIG_ENDIAN, 2, 1, 32, planes)
                .tag(317, 3).tag(339, 3).file()).values(DUE));
    }

    @Test
    void channelsMayLieInPlanes() {
        byte[] file = new TiffBytes(LITTLE, 2, 1, 8, (byte) 1, (byte) 2, (byte) 3, (byte) 4, (byte) 5, (byte) 6)
                .tag(262, 2).tag(277, 3).tag(284, 2).tag(258, 8, 8, 8).tag(273, 8, 10, 12).tag(279, 2, 2, 2).file();
        assertArrayEquals(new byte[] {1, 3, 5, 2, 4, 6}, Refusals.open(file).colours());
    }

    @Test
    void aPalettesNumbersAreClassesAndItsColoursAPhoto() {
        long[] table = new long[3 * 256];
        table[7] = 0x1234;
        table[256 + 7] = 0xFFFF;
        byte[] file = new TiffBytes(LITTLE, 1, 1, 8, (byte) 7).tag(262, 3).tag(320, table).file();
        assertArrayEquals(new byte[] {0x12, -1, 0}, Refusals.open(file).colours());
        assertArrayEquals(new int[] {7}, Refusals.open(file).classNumbers(DUE));
    }

    @Test
    void whatIsNotReadIsRefusedByName() {
        byte[] one = {1, 2, 3, 4};
        assertRefused(new TiffBytes(LITTLE, 4, 1, 8, one).tag(262, 0).file(), PictureFile::colours, "0 for white");
        assertRefused(new TiffBytes(LITTLE, 1, 1, 8, one).tag(262, 5).tag(277, 4).file(), PictureFile::colours, "CMYK");
        assertRefused(new TiffBytes(LITTLE, 4, 1, 8, one).tag(259, 7).file(), PictureFile::colours, "in way 7",
                "tiffcp");
        assertRefused(new TiffBytes(LITTLE, 4, 1, 1, one).file(), PictureFile::colours, "1 bits");
        assertRefused(new TiffBytes(LITTLE, 1, 1, 8, one).tag(277, 2).tag(258, 8, 16).file(), PictureFile::colours,
                "channels differ");
        assertRefused(new TiffBytes(LITTLE, 1, 1, 8, one).tag(262, 2).tag(277, 4).tag(338, 2).file(),
                picture -> picture.values(DUE), "transparency");
        assertRefused(new TiffBytes(LITTLE, 4, 1, 8, one).tag(274, 3).file(), PictureFile::colours, "orientation, 3,");
        byte[] pages = new TiffBytes(LITTLE, 4, 1, 8, one).file();
        ByteBuffer.wrap(pages).order(LITTLE).putInt(pages.length - 4, 12);
        assertRefused(pages, PictureFile::colours, "more than one picture");
        byte[] big = new TiffBytes(LITTLE, 4, 1, 8, one).file();
        big[2] = 43;
        assertRefused(big, PictureFile::colours, "BigTIFF");
    }

    @Test
    void brokenFilesAreRefused() {
        byte[] whole = new TiffBytes(LITTLE, 4, 1, 8, (byte) 1, (byte) 2, (byte) 3, (byte) 4).file();
        for (int length = 4; length < whole.length; length++) {
            assertRefused(Arrays.copyOf(whole, length), PictureFile::colours, "cut-off");
        }
        assertRefused(new TiffBytes(LITTLE, 5, 1, 8, new byte[4]).file(), PictureFile::colours, "part 0 unpacks to 4");
        assertRefused(new TiffBytes(LITTLE, 5, 1, 8, new byte[4]).tag(259, 5).file(), PictureFile::colours, "damaged");
        assertRefused(new TiffBytes(LITTLE, 5, 1, 8, new byte[4]).tag(259, 8).file(), PictureFile::colours, "damaged");
        assertRefused(new TiffBytes(LITTLE, 4, 1, 8, new byte[4]).without(273).file(), PictureFile::colours, "tag 273");
        assertRefused(new TiffBytes(LITTLE, 4, 9, 8, new byte[4]).tag(278, 1).file(), PictureFile::colours, "1 parts");
        assertRefused(new TiffBytes(LITTLE, 0, 9, 8, new byte[4]).file(), PictureFile::colours, "0 x 9 pixels");
        assertRefused(new TiffBytes(LITTLE, 1 << 20, 1 << 20, 8, new byte[4]).file(), PictureFile::colours,
                "up to 64 MiB");
        assertRefused(new TiffBytes(LITTLE, 1, 1 << 20, 8, new byte[4]).tag(322, 8000).tag(323, 1).tag(324, 8)
                .tag(325, 4).file(), PictureFile::colours, "reach far beyond");
        assertRefused(new TiffBytes(LITTLE, 1, 1, 8, new byte[4]).tag(273, 0xFFFFFFFFL).file(), PictureFile::colours,
                "ends within its pixels");
    }
}
