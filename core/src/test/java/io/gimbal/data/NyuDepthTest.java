package io.gimbal.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.picture.FileNames;
import io.gimbal.config.UserException;
import io.gimbal.picture.HeapShare;
import io.gimbal.picture.PngBytes;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NyuDepthTest {
    @TempDir
    Path folder;

    @BeforeEach
    void writeThreeSamples() throws IOException {
        for (String split : List.of("train", "test")) {
            for (String kind : List.of("rgb", "depth_u8", "label13")) {
                Files.createDirectories(folder.resolve(split).resolve(kind));
            }
        }
        for (String name : List.of("0001", "0002", "0007")) {
            write("rgb", name, picture(40, 30, BufferedImage.TYPE_3BYTE_BGR, 0x406080));
            BufferedImage depth = picture(40, 30, BufferedImage.TYPE_BYTE_GRAY, 0);
            BufferedImage label = picture(40, 30, BufferedImage.TYPE_BYTE_GRAY, 0);
            for (int y = 0; y < 30; y++) {
                for (int x = 0; x < 40; x++) {
                    depth.getRaster().setSample(x, y, 0, x < 4 ? 0 : 50);
                    label.getRaster().setSample(x, y, 0, x < 20 ? 0 : 1 + y % 13);
                }
            }
            write("depth_u8", name, depth);
            write("label13", name, label);
        }
        Files.writeString(folder.resolve("train.txt"), "0001\n0002\n\n0007\n");
        Files.writeString(folder.resolve("test.txt"), "");
    }

    @Test
    void aSampleIsReadAsTheFilesHaveIt() {
        NyuDepth data = new NyuDepth(folder, "train", 30, 40, 0);
        assertEquals(3, data.size());
        assertEquals("0007", data.name(2));
        FloatBuffer image = FloatBuffer.allocate(30 * 40 * 3);
        ByteBuffer classes = buffer(30 * 40);
        ByteBuffer depth = buffer(30 * 40);
        ByteBuffer normals = buffer(30 * 40 * 3);
        data.read(1, false, image, Map.of("segmentation", classes, "depth", depth, "normals", normals));
        // JPEG keeps a plain colour to about one of 255.
        assertEquals((0x40 / 255f - 0.5f) * 4, image.get(0), 0.04f);
        assertEquals((0x60 / 255f - 0.5f) * 4, image.get(1), 0.04f);
        assertEquals((0x80 / 255f - 0.5f) * 4, image.get(2), 0.04f);
        assertEquals(255, classes.getInt(0));
        assertEquals(0, classes.getInt(4 * 25));
        assertEquals(12, classes.getInt(4 * (12 * 40 + 25)));
        assertEquals(0, depth.getFloat(0));
        assertEquals(50.5f / 25.5115f, depth.getFloat(4 * 30), 1e-6f);
        assertEquals(0, normals.getFloat(8));
        int middle = 12 * (15 * 40 + 25);
        assertEquals(-1, normals.getFloat(middle + 8), 1e-5f);
    }

    @Test
    void resizingAndFlippingKeepLabelsWhole() {
        NyuDepth data = new NyuDepth(folder, "train", 10, 11, 0);
        ByteBuffer classes = buffer(110);
        data.read(0, true, FloatBuffer.allocate(330), Map.of("segmentation", classes));
        for (int i = 0; i < 110; i++) {
            int number = classes.getInt(4 * i);
            assertTrue(number == 255 || number < 13);
            // The labelled half is on the left now.
            assertEquals(i % 11 > 5, number == 255, "pixel " + i);
        }
    }

    @Test
    void aLimitTakesSamplesFromTheWholeList() {
        NyuDepth data = new NyuDepth(folder, "train", 4, 4, 2);
        assertEquals(2, data.size());
        assertEquals("0001", data.name(0));
        assertEquals("0007", data.name(1));
        assertEquals(3, new NyuDepth(folder, "train", 4, 4, 100).size());
    }

    @Test
    void aMissingOrEmptyFolderIsNamed() throws IOException {
        assertFails(() -> new NyuDepth(folder.resolve("nowhere"), "train", 4, 4, 0), "nowhere", "no such folder");
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertFails(() -> new NyuDepth(empty, "train", 4, 4, 0), "empty/train.txt", "the data folder is empty");
        assertFails(() -> new NyuDepth(folder, "validation", 4, 4, 0), "'validation'", "'test'");
    }

    @Test
    void anEmptyOrStrangeListIsNamed() throws IOException {
        assertFails(() -> new NyuDepth(folder, "test", 4, 4, 0), "test.txt", "empty");
        Files.writeString(folder.resolve("test.txt"), "0001\n../../secret\n");
        assertFails(() -> new NyuDepth(folder, "test", 4, 4, 0), "test.txt, line 2", "../../secret");
        Files.write(folder.resolve("test.txt"), new byte[] {(byte) 0xFF, (byte) 0xFE, 1});
        assertFails(() -> new NyuDepth(folder, "test", 4, 4, 0), "test.txt", "text");
    }

    @Test
    void listsAndFilesOfAnySystemAreRead() throws IOException {
        FileNames.assumeWritable("küche");
        Path split = folder.resolve("train");
        for (String kind : List.of("rgb", "depth_u8", "label13")) {
            Files.createDirectories(split.resolve(kind).resolve("küche"));
        }
        Files.move(split.resolve("rgb/0002.jpg"), split.resolve("rgb/küche/my first.JPEG"));
        Files.move(split.resolve("depth_u8/0002.png"), split.resolve("depth_u8/küche/my first.PNG"));
        Files.move(split.resolve("label13/0002.png"), split.resolve("label13/küche/my first.png"));
        Files.writeString(folder.resolve("train.txt"), "\uFEFF0001\r\nküche/my first \r\n\r\n0007\r\n");
        NyuDepth data = new NyuDepth(folder, "train", 4, 4, 0);
        assertEquals(3, data.size());
        assertEquals("küche/my first", data.name(1));
        read(data, 1);
    }

    @Test
    void aMissingFileIsNamedBeforeAnythingIsRead() throws IOException {
        Files.delete(folder.resolve("train/depth_u8/0002.png"));
        assertFails(() -> new NyuDepth(folder, "train", 4, 4, 0), "0002.png", "missing", "train.txt");
    }

    @Test
    void aFileThatVanishesLaterIsNamed() throws IOException {
        NyuDepth data = new NyuDepth(folder, "train", 4, 4, 0);
        Files.delete(folder.resolve("train/depth_u8/0002.png"));
        assertFails(() -> read(data, 1), "0002.png", "missing");
    }

    @Test
    void cutOffPicturesAreNamedWhereverTheyAreCut() throws IOException {
        NyuDepth data = new NyuDepth(folder, "train", 4, 4, 0);
        for (String file : List.of("train/rgb/0002.jpg", "train/depth_u8/0002.png", "train/label13/0002.png")) {
            byte[] whole = Files.readAllBytes(folder.resolve(file));
            for (int length = 0; length < whole.length; length += Math.max(1, whole.length / 40)) {
                Files.write(folder.resolve(file), Arrays.copyOf(whole, length));
                assertFails(() -> read(data, 1), file);
            }
            Files.write(folder.resolve(file), whole);
        }
        read(data, 1);
    }

    @Test
    void aFlippedBitInAPngIsFound() throws IOException {
        NyuDepth data = new NyuDepth(folder, "train", 4, 4, 0);
        Path file = folder.resolve("train/label13/0002.png");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 4;
        Files.write(file, bytes);
        assertFails(() -> read(data, 1), "label13/0002.png", "checksum");
    }

    @Test
    void whatIsNoPictureIsNamed() throws IOException {
        NyuDepth data = new NyuDepth(folder, "train", 4, 4, 0);
        Files.writeString(folder.resolve("train/rgb/0002.jpg"), "<html>not found</html>");
        assertFails(() -> read(data, 1), "rgb/0002.jpg", "neither a picture");
    }

    @Test
    void aHeaderThatClaimsHugePixelsIsRefusedBeforeTheyAreAllocated() throws IOException {
        NyuDepth data = new NyuDepth(folder, "train", 4, 4, 0);
        Path file = folder.resolve("train/depth_u8/0002.png");
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
        bytes.putInt(16, 1_000_000).putInt(20, 1_000_000);
        java.util.zip.CRC32 sum = new java.util.zip.CRC32();
        sum.update(bytes.array(), 12, 17);
        bytes.putInt(29, (int) sum.getValue());
        Files.write(file, bytes.array());
        assertFails(() -> read(data, 1), "depth_u8/0002.png", "1000000 x 1000000");
    }

    @Test
    void aClassNumberOutOfRangeIsNamedWithItsPlace() throws IOException {
        BufferedImage label = picture(40, 30, BufferedImage.TYPE_BYTE_GRAY, 0);
        label.getRaster().setSample(7, 5, 0, 14);
        write("label13", "0002", label);
        assertFails(() -> read(new NyuDepth(folder, "train", 4, 4, 0), 1), "label13/0002.png", "class number 14",
                "row 5, column 7");
    }

    @Test
    void labelsOf16BitsAreReadAsThoseOf8AreAndCheckedLikewise() throws IOException {
        NyuDepth data = new NyuDepth(folder, "train", 4, 4, 0);
        Path file = folder.resolve("train/label13/0002.png");
        byte[] rows = new byte[30 * 81];
        for (int i = 2; i < rows.length; i += 81) {
            for (int x = 0; x < 40; x++) {
                rows[i + 2 * x] = 13;
            }
        }
        Files.write(file, new PngBytes(40, 30, 16, PngBytes.GREY).rows(rows));
        ByteBuffer classes = buffer(16);
        data.read(1, false, buffer(48).asFloatBuffer(), Map.of("segmentation", classes));
        assertEquals(12, classes.getInt(0));
        rows[5 * 81 + 2 * 7 + 1] = 1;
        Files.write(file, new PngBytes(40, 30, 16, PngBytes.GREY).rows(rows));
        assertFails(() -> read(data, 1), "label13/0002.png", "class number 269", "row 5, column 7");
    }

    @Test
    void picturesOfDifferentSizesAreNamed() throws IOException {
        write("depth_u8", "0002", picture(20, 30, BufferedImage.TYPE_BYTE_GRAY, 0));
        assertFails(() -> read(new NyuDepth(folder, "train", 4, 4, 0), 1), "depth_u8/0002.png", "20 x 30", "40 x 30");
    }

    @Test
    void labelsAndDepthInALossyOrAnotherFormAreRefusedWithTheFormThatIsDue() throws IOException {
        NyuDepth data = new NyuDepth(folder, "train", 4, 4, 0);
        Path depth = folder.resolve("train/depth_u8/0002.png");
        Files.write(depth, new PngBytes(40, 30, 16, PngBytes.GREY).rows(new byte[30 * 81]));
        assertFails(() -> read(data, 1), "depth_u8/0002.png", "16 bits", "round(metres * 25.5115 - 0.5)");
        Files.copy(folder.resolve("train/rgb/0002.jpg"), depth, StandardCopyOption.REPLACE_EXISTING);
        assertFails(() -> read(data, 1), "depth_u8/0002.png", "JPEG", "round(metres * 25.5115 - 0.5)");
        Files.copy(folder.resolve("train/rgb/0002.jpg"), folder.resolve("train/label13/0002.png"),
                StandardCopyOption.REPLACE_EXISTING);
        assertFails(() -> read(data, 1), "label13/0002.png", "JPEG", "whose numbers are the classes");
    }

    @Test
    void aSampleThatTheHeapCouldNotHoldIsRefusedByItsSizeBeforeItIsUnpacked() throws IOException {
        NyuDepth data = new NyuDepth(folder, "train", 4, 4, 0);
        int rows = (int) Math.min(8192, HeapShare.LARGEST / 100 / 8192 + 1);
        assumeTrue(rows * 8192L * 100 > HeapShare.LARGEST, "this heap holds every picture that is read");
        byte[] large = new PngBytes(8192, rows, 1, PngBytes.GREY)
                .chunk("IDAT", PngBytes.deflated(new byte[0], 1025L * rows)).end();
        for (String file : List.of("rgb/0002.jpg", "depth_u8/0002.png", "label13/0002.png")) {
            Files.write(folder.resolve("train").resolve(file), large);
        }
        assertFails(() -> read(data, 1), "rgb/0002.jpg", "8192 x " + rows + " pixels", "half of Java's heap", "-Xmx");
    }

    @Test
    void labelsInColourAreRefused() throws IOException {
        write("label13", "0002", picture(40, 30, BufferedImage.TYPE_3BYTE_BGR, 0));
        assertFails(() -> read(new NyuDepth(folder, "train", 4, 4, 0), 1), "label13/0002.png", "3 channels");
    }

    @Test
    void fortyClassesAndDepthInMillimetresAreReadAndMayBeAlone() throws IOException {
        BufferedImage label = picture(40, 30, BufferedImage.TYPE_BYTE_GRAY, 0);
        BufferedImage depth = picture(40, 30, BufferedImage.TYPE_USHORT_GRAY, 0);
        for (int x = 0; x < 40; x++) {
            label.getRaster().setSample(x, 0, 0, x + 1);
            depth.getRaster().setSample(x, 0, 0, 1500 + x);
        }
        for (String kind : List.of("depth", "label40")) {
            Files.createDirectories(folder.resolve("train").resolve(kind));
            for (String name : List.of("0001", "0002", "0007")) {
                write(kind, name, kind.equals("depth") ? depth : label);
            }
        }
        Intake intake = Intake.ofColours(30, 40);
        assertFails(() -> new NyuDepth(folder, "train", 40, NyuDepth.DepthFiles.ANY, intake, 0), "depth_u8",
                "data.depth");
        NyuDepth both = new NyuDepth(folder, "train", 40, NyuDepth.DepthFiles.U16, intake, 0);
        assertEquals(List.of("segmentation", "depth", "normals"), both.fields().stream().map(Field::name).toList());
        ByteBuffer classes = buffer(30 * 40);
        ByteBuffer metres = buffer(30 * 40);
        both.read(0, false, FloatBuffer.allocate(30 * 40 * 3), Map.of("segmentation", classes, "depth", metres));
        assertEquals(39, classes.getInt(4 * 39));
        assertEquals(255, classes.getInt(4 * 40));
        assertEquals("wall", both.field("segmentation").nameOf(0));
        assertEquals("otherprop", both.field("segmentation").nameOf(39));
        assertEquals(1.539f, metres.getFloat(4 * 39), 1e-6f);
        assertEquals(0, metres.getFloat(4 * 40));

        Files.move(folder.resolve("train/depth"), folder.resolve("train/gone"));
        Files.move(folder.resolve("train/depth_u8"), folder.resolve("train/gone8"));
        assertEquals(List.of("segmentation"), new NyuDepth(folder, "train", 40, NyuDepth.DepthFiles.ANY, intake, 0)
                .fields().stream().map(Field::name).toList());
        assertFails(() -> new NyuDepth(folder, "train", 40, NyuDepth.DepthFiles.U16, intake, 0), "train/depth",
                "no such folder");
        Files.move(folder.resolve("train/label40"), folder.resolve("train/gone40"));
        assertFails(() -> new NyuDepth(folder, "train", 40, NyuDepth.DepthFiles.ANY, intake, 0), "label40");
        assertFails(() -> new NyuDepth(folder, "train", 14, NyuDepth.DepthFiles.ANY, intake, 0), "13 or 40");
    }

    private static void assertFails(Runnable action, String... parts) {
        UserException exception = assertThrows(UserException.class, action::run);
        for (String part : parts) {
            assertTrue(exception.getMessage().contains(part), "'" + part + "' in: " + exception.getMessage());
        }
    }

    private static void read(DataSet data, int index) {
        int pixels = data.height() * data.width();
        data.read(index, false, FloatBuffer.allocate(3 * pixels), Map.of("depth", buffer(pixels),
                "segmentation", buffer(pixels), "normals", buffer(3 * pixels)));
    }

    private static ByteBuffer buffer(int values) {
        return ByteBuffer.allocate(4 * values).order(ByteOrder.nativeOrder());
    }

    private static BufferedImage picture(int width, int height, int type, int colour) {
        BufferedImage picture = new BufferedImage(width, height, type);
        for (int i = 0; i < width * height; i++) {
            picture.setRGB(i % width, i / width, colour);
        }
        return picture;
    }

    private void write(String kind, String name, BufferedImage picture) throws IOException {
        boolean jpeg = kind.equals("rgb");
        Path file = folder.resolve("train").resolve(kind).resolve(name + (jpeg ? ".jpg" : ".png"));
        assertTrue(ImageIO.write(picture, jpeg ? "jpeg" : "png", file.toFile()));
    }
}
