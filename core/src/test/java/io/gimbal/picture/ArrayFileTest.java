package io.gimbal.picture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArrayFileTest {
    @TempDir
    Path folder;

    private static byte[] npy(int version, String header, byte... numbers) {
        byte[] text = JpegBytes.ascii(header);
        ByteBuffer start = ByteBuffer.allocate(version == 1 ? 10 : 12).order(ByteOrder.LITTLE_ENDIAN);
        start.put((byte) 0x93).put(JpegBytes.ascii("NUMPY")).put((byte) version).put((byte) 0);
        if (version == 1) {
            start.putShort((short) text.length);
        } else {
            start.putInt(text.length);
        }
        return JpegBytes.join(start.array(), text, numbers);
    }

    private static byte[] npy(String type, String shape, byte... numbers) {
        return npy(1, "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }  \n", numbers);
    }

    @ParameterizedTest
    @CsvSource({"|b1,01,1", "|u1,ff,255", "|i1,ff,-1", "<u2,0180,32769", ">u2,8001,32769", "<i2,ffff,-1",
        ">i4,fffffffe,-2", "<u4,00000080,2147483648", "<i8,feffffffffffffff,-2", ">u8,0000000000000007,7",
        "<f2,003c,1", ">f4,3f000000,0.5", "<f8,000000000000f03f,1"})
    void aNumberOfEveryTypeIsReadInBothByteOrders(String type, String hex, float expected) {
        byte[] file = npy(type, "(1, 1)", java.util.HexFormat.of().parseHex(hex));
        assertArrayEquals(new float[] {expected}, Refusals.open(file).values(Refusals.DUE));
    }

    @Test
    void rowsColumnsAndChannelsAreWhereTheHeaderSays() {
        byte[] twelve = new byte[12];
        for (int i = 0; i < 12; i++) {
            twelve[i] = (byte) i;
        }
        PictureFile rows = Refusals.open(npy("|u1", "(2, 2, 3)", twelve));
        assertEquals(2, rows.height());
        assertEquals(3, rows.channels());
        assertArrayEquals(twelve, rows.bytes(Refusals.DUE));
        assertArrayEquals(twelve, rows.colours());
        String fortran = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2, 3), }";
        assertArrayEquals(new byte[] {0, 4, 8, 2, 6, 10, 1, 5, 9, 3, 7, 11},
                Refusals.open(npy(2, fortran, twelve)).bytes(Refusals.DUE));
        ArrayChoice first = new ArrayChoice(null, true);
        byte[] planes = npy(3, "{'shape': (3, 2, 2), 'fortran_order': False, 'descr': '|u1'}", twelve);
        assertArrayEquals(new byte[] {0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11},
                Refusals.open(planes, first).bytes(Refusals.DUE));
        String both = "{'descr': '|u1', 'fortran_order': True, 'shape': (3, 2, 2), }";
        PictureFile columns = Refusals.open(npy(1, both, twelve), first);
        assertArrayEquals(new byte[] {0, 1, 2, 6, 7, 8, 3, 4, 5, 9, 10, 11}, columns.bytes(Refusals.DUE));
        columns.turn(3);
        assertArrayEquals(new byte[] {9, 10, 11, 3, 4, 5, 6, 7, 8, 0, 1, 2}, columns.bytes(Refusals.DUE));
    }

    @Test
    void classNumbersMayBeStoredAsFloatsThatAreWhole() {
        byte[] numbers = ByteBuffer.allocate(8).putFloat(-1).putFloat(12).array();
        assertArrayEquals(new int[] {-1, 12}, Refusals.open(npy(">f4", "(1, 2)", numbers)).classNumbers(Refusals.DUE));
        for (float value : new float[] {0.5f, Float.NaN, Float.POSITIVE_INFINITY, 3e9f}) {
            byte[] other = ByteBuffer.allocate(8).putFloat(1).putFloat(value).array();
            Refusals.assertRefused(npy(">f4", "(1, 2)", other), file -> file.classNumbers(Refusals.DUE),
                    "row 0, column 1", Refusals.DUE);
        }
    }

    @Test
    void numbersThatFloat32DoesNotHoldAreRefusedWithTheirPlace() {
        byte[] odd = ByteBuffer.allocate(8).putInt(1).putInt((1 << 24) + 1).array();
        Refusals.assertRefused(npy(">i4", "(2, 1)", odd), file -> file.values(Refusals.DUE), "row 1, column 0 holds "
                + "16777217", "not hold exactly");
        byte[] most = ByteBuffer.allocate(8).putLong(-1).array();
        Refusals.assertRefused(npy(">u8", "(1, 1)", most), file -> file.values(Refusals.DUE), "18446744073709551615");
        byte[] longMost = ByteBuffer.allocate(8).putLong(Long.MAX_VALUE).array();
        Refusals.assertRefused(npy(">i8", "(1, 1)", longMost), file -> file.values(Refusals.DUE),
                "9223372036854775807");
        byte[] large = ByteBuffer.allocate(8).putDouble(1e300).array();
        Refusals.assertRefused(npy(">f8", "(1, 1)", large), file -> file.values(Refusals.DUE), "beyond float32");
    }

    @Test
    void whatIsNoArrayOfNumbersOfAPictureIsRefused() {
        Refusals.assertRefused(npy("|O", "(1, 1)", (byte) 1), PictureFile::height, "'|O'", "pickles");
        Refusals.assertRefused(npy(1, "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1, 1), }",
                new byte[4]), PictureFile::height, "type [('a', '<f4')]");
        Refusals.assertRefused(npy("<c8", "(1, 1)", new byte[8]), PictureFile::height, "'<c8'", "astype");
        Refusals.assertRefused(npy("<b4", "(1, 1)", new byte[4]), PictureFile::height, "'<b4'");
        for (String shape : new String[] {"(5,)", "()", "(1, 2, 3, 4)", "(0, 5)", "(99999999999, 1)"}) {
            Refusals.assertRefused(npy("|u1", shape, (byte) 1), PictureFile::height, "an array of shape",
                    "[height, width, channels]");
        }
        Refusals.assertRefused(npy("|u1", "(4294967296, 4294967296)", (byte) 1), PictureFile::height,
                "an array of shape (4294967296, 4294967296)", "at most", "Make it smaller");
        Refusals.assertRefused(npy("<f4", "(100000, 2000)", (byte) 1), PictureFile::height, "1 bytes of numbers, where "
                + "its shape takes 800000000");
        Refusals.assertRefused(npy("|u1", "(1, 1)", (byte) 1, (byte) 2), PictureFile::height, "2 bytes of numbers");
        Refusals.assertRefused(npy(1, "{'descr': '|u1'}"), PictureFile::height, "does not say what the array is");
        Refusals.assertRefused(npy(4, "{}"), PictureFile::height, "version 4.0");
        byte[] whole = npy("|u1", "(1, 1)", (byte) 1);
        for (int length = 6; length < whole.length; length++) {
            Refusals.assertRefused(java.util.Arrays.copyOf(whole, length), PictureFile::height, "cut-off");
        }
        Refusals.assertRefused(npy("<f4", "(1, 1)", new byte[4]), PictureFile::colours, "1 channel of float32");
    }

    private Path archive(String... names) throws IOException {
        Path file = folder.resolve("arrays.npz");
        try (OutputStream out = Files.newOutputStream(file); ZipOutputStream zip = new ZipOutputStream(out)) {
            for (String name : names) {
                zip.putNextEntry(new ZipEntry(name));
                zip.write(name.startsWith("text") ? new byte[9] : npy("|u1", "(1, 1)", (byte) name.length()));
            }
        }
        return file;
    }

    @Test
    void anArchivesArrayIsItsOnlyOneOrTheOneThatIsNamed() throws IOException {
        assertArrayEquals(new int[] {9}, PictureFile.open(archive("depth.npy", "notes.txt")).classNumbers(""));
        Path two = archive("a.npy", "labels.npy", "text.npy");
        assertArrayEquals(new int[] {10}, PictureFile.open(two, new ArrayChoice("labels", false)).classNumbers(""));
        Refusals.assertRefused(() -> PictureFile.open(two), two, "'a', 'labels', 'text'", "Name it");
        Refusals.assertRefused(() -> PictureFile.open(two, new ArrayChoice("label", false)), two, "not 'label'",
                "'labels'");
        Refusals.assertRefused(() -> PictureFile.open(two, new ArrayChoice("text", false)), two, "no npy file");
        Path none = archive("notes.txt");
        Refusals.assertRefused(() -> PictureFile.open(none), none, "holds no array");
        byte[] bytes = Files.readAllBytes(archive("depth.npy"));
        Path cut = Files.write(folder.resolve("cut.npz"), java.util.Arrays.copyOf(bytes, bytes.length - 30));
        Refusals.assertRefused(() -> PictureFile.open(cut), cut, "no whole ZIP archive");
    }

    @Test
    void anArchiveThatUnpacksToGigabytesIsNot() throws IOException {
        Path file = folder.resolve("bomb.npz");
        byte[] zeros = new byte[1 << 20];
        try (OutputStream out = Files.newOutputStream(file); ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry("a.npy"));
            zip.write(npy("|u1", "(1, 1)"));
            for (int i = 0; i < 300; i++) {
                zip.write(zeros);
            }
        }
        Refusals.assertRefused(() -> PictureFile.open(file), file, "unpacks to more than 268435456 bytes");
    }
}
