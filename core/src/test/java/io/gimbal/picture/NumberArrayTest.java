package io.gimbal.picture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumberArrayTest {
    @TempDir
    private Path folder;

    private Path file(String header, byte... numbers) throws IOException {
        byte[] text = header.getBytes(StandardCharsets.US_ASCII);
        byte[] start = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (byte) text.length, 0};
        return Files.write(folder.resolve("a.npy"), JpegBytes.join(start, text, numbers));
    }

    private static String header(String type, boolean byColumns, String shape) {
        return "{'descr': '" + type + "', 'fortran_order': " + (byColumns ? "True" : "False") + ", 'shape': " + shape
                + "}";
    }

    @ParameterizedTest
    @CsvSource({"|b1,01,1", "|u1,ff,255", "|i1,ff,-1", ">u2,8001,32769", "<i2,ffff,-1", ">i4,fffffffe,-2",
        "<u4,00000080,2147483648", "<f2,003c,1", ">f4,3f000000,0.5", "<f8,000000000000f03f,1"})
    void aNumberOfEveryTypeIsReadInBothByteOrders(String type, String hex, double expected) throws IOException {
        NumberArray array = NumberArray.read(file(header(type, false, "(1,)"), HexFormat.of().parseHex(hex)));
        assertEquals(expected, array.value(0));
        assertEquals(List.of(1), array.shape());
    }

    @Test
    void anyShapeIsReadRowByRowHoweverItIsStored() throws IOException {
        byte[] numbers = new byte[24];
        for (int i = 0; i < 24; i++) {
            numbers[i] = (byte) i;
        }
        NumberArray rows = NumberArray.read(file(header("|u1", false, "(2, 3, 2, 2)"), numbers));
        assertEquals(List.of(2, 3, 2, 2), rows.shape());
        assertEquals(23, rows.value(23));
        NumberArray columns = NumberArray.read(file(header("|u1", true, "(2, 3, 4)"), numbers));
        // Number [i, j, k] stands at i + 2 j + 6 k.
        assertEquals(0, columns.value(0));
        assertEquals(6, columns.value(1));
        assertEquals(2, columns.value(4));
        assertEquals(1 + 2 * 2 + 6 * 3, columns.value(23));
        byte[] turned = ByteBuffer.allocate(16).putInt(1).putInt(2).putInt(3).putInt(4).array();
        NumberArray both = NumberArray.read(file(header(">i4", true, "(2, 2)"), turned));
        assertEquals(List.of(1.0, 3.0, 2.0, 4.0), List.of(both.value(0), both.value(1), both.value(2), both.value(3)));
        assertEquals(3, both.numbers().getInt(4));
        assertEquals(List.of(), NumberArray.read(file(header("|u1", false, "()"), (byte) 7)).shape());
    }

    @Test
    void whatIsNoWholeArrayIsRefusedWithItsFile() throws IOException {
        refuses(file(header("|u1", false, "(0, 4)")), "shape (0, 4)");
        refuses(file(header("|u1", false, "(99999, 99999, 99999)"), (byte) 1), "numbers are read");
        refuses(file(header("<f4", false, "(1000,)"), new byte[5]), "5 bytes of numbers, where its shape takes 4000");
        refuses(file(header("|O", false, "(1,)"), (byte) 1), "pickles");
        refuses(Files.write(folder.resolve("b.npy"), new byte[4]), "no npy file");
        refuses(folder.resolve("missing.npy"), "no such file");
        refuses(folder, "folder");
    }

    private static void refuses(Path file, String part) {
        String message = assertThrows(UserException.class, () -> NumberArray.read(file)).getMessage();
        assertTrue(message.contains(part) && message.startsWith(file.toString()), message);
    }
}
