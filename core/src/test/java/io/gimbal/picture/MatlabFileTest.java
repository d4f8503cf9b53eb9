package io.gimbal.picture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that scipy wrote (kinds.py beside them), and such as MATLAB writes, put together by hand. */
class MatlabFileTest {
    private static final Path NAME = Path.of("a.mat");
    private static final int MATRIX = 14;
    private static final int PACKED = 15;

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = MatlabFileTest.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }

    private static byte[] element(ByteOrder order, int type, byte[] data) {
        return ByteBuffer.allocate(8 + (data.length + 7) / 8 * 8).order(order).putInt(type).putInt(data.length)
                .put(data).array();
    }

    private static byte[] ints(ByteOrder order, int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(order);
        for (int value : values) {
            bytes.putInt(value);
        }
        return bytes.array();
    }

    private static byte[] file(ByteOrder order, byte[]... elements) {
        ByteBuffer header = ByteBuffer.allocate(128).order(order);
        header.put(JpegBytes.ascii("MATLAB 5.0 MAT-file, Platform: GLNXA64")).putShort(124, (short) 0x0100)
                .putShort(126, (short) 0x4D49);
        return JpegBytes.join(header.array(), JpegBytes.join(elements));
    }

    /** An array of a kind, 6 being float64, whose numbers are kept as a type. */
    private static byte[] array(ByteOrder order, int kind, int rows, int columns, int type, byte... numbers) {
        return element(order, MATRIX, JpegBytes.join(element(order, 6, ints(order, kind, 0)),
                element(order, 5, ints(order, rows, columns)), element(order, 1, JpegBytes.ascii("x")),
                element(order, type, numbers)));
    }

    private static byte[] packed(byte[] bytes) {
        Deflater deflater = new Deflater();
        deflater.setInput(bytes);
        deflater.finish();
        byte[] packed = new byte[bytes.length + 100];
        int count = deflater.deflate(packed);
        deflater.end();
        return JpegBytes.join(ints(ByteOrder.LITTLE_ENDIAN, PACKED, count), Arrays.copyOf(packed, count));
    }

    @ParameterizedTest
    @ValueSource(strings = {"kinds.mat", "kinds-packed.mat"})
    void everyKindOfArrayIsReadOrSaidToBeUnread(String name) throws IOException {
        MatlabFile file = new MatlabFile(NAME, resource(name));
        assertEquals(List.of("labels", "deep", "small", "text", "cells", "thing", "sparse", "complex", "none", "flag"),
                file.names());
        MatlabArray.Numbers labels = (MatlabArray.Numbers) file.array("labels");
        assertEquals(List.of(3, 4), labels.shape());
        assertEquals(SampleType.UNSIGNED_16, labels.type());
        assertEquals(4000, labels.at(1), "column by column");
        assertEquals("sofa", ((MatlabArray.Text) file.array("text")).text());
        List<MatlabArray> cells = ((MatlabArray.Cells) file.array("cells")).cells();
        assertEquals(2.5, ((MatlabArray.Numbers) cells.get(0)).at(0));
        assertEquals("äb", ((MatlabArray.Text) cells.get(1)).text());
        MatlabArray.Structs thing = (MatlabArray.Structs) file.array("thing");
        assertEquals(List.of("name", "size"), thing.fields());
        assertEquals(2, ((MatlabArray.Numbers) thing.values().getFirst().get(1)).at(1));
        assertEquals("a sparse array", ((MatlabArray.Other) file.array("sparse")).kind());
        assertEquals("complex numbers", ((MatlabArray.Other) file.array("complex")).kind());
        assertEquals(0, ((MatlabArray.Numbers) file.array("none")).count());
        assertEquals(1, ((MatlabArray.Numbers) file.array("flag")).at(0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"kinds.mat", "kinds-packed.mat"})
    void anArrayIsAPictureRowByRow(String name) throws IOException {
        byte[] bytes = resource(name);
        PictureFile labels = PictureFile.of(NAME, bytes, new ArrayChoice("labels", false));
        assertEquals(3, labels.height());
        assertEquals(4, labels.width());
        assertArrayEquals(new int[] {0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10000, 11000},
                labels.classNumbers(Refusals.DUE));
        float[] deep = {0, 0.25f, 0.5f, 0.75f, 1, 1.25f, 1.5f, 1.75f, 2, 2.25f, 2.5f, 2.75f};
        PictureFile last = PictureFile.of(NAME, bytes, new ArrayChoice("deep", false));
        assertEquals(2, last.channels());
        assertArrayEquals(deep, last.values(Refusals.DUE));
        PictureFile first = PictureFile.of(NAME, bytes, new ArrayChoice("deep", true));
        assertEquals(3, first.height());
        assertArrayEquals(new float[] {0, 1.5f, 0.25f, 1.75f, 0.5f, 2, 0.75f, 2.25f, 1, 2.5f, 1.25f, 2.75f},
                first.values(Refusals.DUE));
        refuses(bytes, new ArrayChoice(null, false), "labels, deep", "array");
        refuses(bytes, new ArrayChoice("lables", false), "Did you mean 'labels'?");
        refuses(bytes, new ArrayChoice("text", false), "'text'", "letters");
        refuses(bytes, new ArrayChoice("none", false), "'none'", "[0, 0]");
    }

    private static void refuses(byte[] bytes, ArrayChoice choice, String... parts) {
        String message = assertThrows(UserException.class, () -> PictureFile.of(NAME, bytes, choice)).getMessage();
        for (String part : parts) {
            assertTrue(message.startsWith("a.mat: ") && message.contains(part), message);
        }
    }

    @Test
    void numbersKeptInFewerBytesMeanTheSame() {
        for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
            PictureFile wide = PictureFile.of(NAME, file(order, array(order, 6, 1, 3, 2, (byte) 1, (byte) 200,
                    (byte) 0)), ArrayChoice.ONLY);
            assertEquals(SampleType.FLOAT_64, wide.type(), "what is kept in bytes is real nevertheless");
            assertArrayEquals(new float[] {1, 200, 0}, wide.values(Refusals.DUE));
            PictureFile whole = PictureFile.of(NAME, file(order, array(order, 10, 1, 2, 1, (byte) -3, (byte) 3)),
                    ArrayChoice.ONLY);
            assertEquals(SampleType.SIGNED_16, whole.type());
            assertArrayEquals(new int[] {-3, 3}, whole.classNumbers(Refusals.DUE));
            byte[] negative = file(order, array(order, 11, 1, 1, 1, (byte) -3));
            assertThrows(UserException.class, () -> PictureFile.of(NAME, negative, ArrayChoice.ONLY)
                    .classNumbers(Refusals.DUE));
        }
    }

    @Test
    void aShortElementStandsInItsTag() {
        ByteBuffer inTag = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putInt(3 << 16 | 2)
                .put(new byte[] {7, 8, 9, 0});
        byte[] content = JpegBytes.join(element(ByteOrder.LITTLE_ENDIAN, 6, ints(ByteOrder.LITTLE_ENDIAN, 9, 0)),
                element(ByteOrder.LITTLE_ENDIAN, 5, ints(ByteOrder.LITTLE_ENDIAN, 3, 1)),
                element(ByteOrder.LITTLE_ENDIAN, 1, JpegBytes.ascii("LabelMap")), inTag.array());
        byte[] whole = file(ByteOrder.LITTLE_ENDIAN, element(ByteOrder.LITTLE_ENDIAN, MATRIX, content));
        assertArrayEquals(new int[] {7, 8, 9}, PictureFile.of(NAME, whole, ArrayChoice.ONLY)
                .classNumbers(Refusals.DUE));
    }

    @Test
    void whatIsClaimedButNotThereIsRefusedBeforeItIsAllocated() {
        byte[] honest = array(ByteOrder.LITTLE_ENDIAN, 9, 1, 8, 2, new byte[8]);
        for (int claim : new int[] {1 << 27, Integer.MAX_VALUE, -8}) {
            byte[] claiming = honest.clone();
            ByteBuffer.wrap(claiming).order(ByteOrder.LITTLE_ENDIAN).putInt(4, claim);
            refuses(file(ByteOrder.LITTLE_ENDIAN, packed(claiming)), ArrayChoice.ONLY, "cannot hold");
            refuses(file(ByteOrder.LITTLE_ENDIAN, claiming), ArrayChoice.ONLY, "ends within");
        }
        refuses(file(ByteOrder.LITTLE_ENDIAN, array(ByteOrder.LITTLE_ENDIAN, 9, Integer.MAX_VALUE, Integer.MAX_VALUE,
                2, (byte) 1)), ArrayChoice.ONLY, "1 bytes of numbers");
        refuses(file(ByteOrder.LITTLE_ENDIAN, array(ByteOrder.LITTLE_ENDIAN, 1, 30000, 30000, 2)), ArrayChoice.ONLY,
                "900000000 arrays");
    }

    @Test
    void otherVersionsAreRefusedByName() {
        byte[] hdf5 = new byte[512];
        byte[] start = JpegBytes.ascii("MATLAB 7.3 MAT-file, Platform: GLNXA64");
        System.arraycopy(start, 0, hdf5, 0, start.length);
        refuses(hdf5, ArrayChoice.ONLY, "7.3", "-v7");
        byte[] other = file(ByteOrder.LITTLE_ENDIAN);
        other[125] = 3;
        refuses(other, ArrayChoice.ONLY, "no version 5");
    }

    /** Every byte cut off, and every bit turned, of files of all kinds: 15,000 files in a second. */
    @ParameterizedTest
    @ValueSource(strings = {"kinds.mat", "kinds-packed.mat"})
    void aDamagedFileIsReadOrRefusedButNothingElse(String name) throws IOException {
        byte[] whole = resource(name);
        for (int length = 0; length < whole.length; length++) {
            readOrRefused(Arrays.copyOf(whole, length));
        }
        for (int bit = 0; bit < 8 * whole.length; bit++) {
            byte[] turned = whole.clone();
            turned[bit / 8] ^= (byte) (1 << bit % 8);
            readOrRefused(turned);
        }
    }

    private static void readOrRefused(byte[] bytes) {
        try {
            MatlabFile file = new MatlabFile(NAME, bytes);
            for (String array : file.names()) {
                file.array(array);
                PictureFile.of(NAME, bytes, new ArrayChoice(array, false)).values(Refusals.DUE);
            }
        } catch (UserException refused) {
            assertTrue(refused.getMessage().startsWith("a.mat: "), refused.getMessage());
        }
    }
}
