package io.gimbal.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that lie: every one is refused in one sentence, before anything is allocated by what it claims. */
class BadFilesTest {
    @TempDir
    Path folder;

    private static byte[] file(long claimedLength, byte[] header, int dataBytes) {
        return ByteBuffer.allocate(8 + header.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN).putLong(claimedLength)
                .put(header).array();
    }

    private static byte[] file(String header, int dataBytes) {
        byte[] bytes = header.getBytes(StandardCharsets.UTF_8);
        return file(bytes.length, bytes, dataBytes);
    }

    private String fault(byte[] content) throws IOException {
        Path path = Files.write(folder.resolve("bad"), content);
        String message = assertThrows(UserException.class, () -> SafeTensors.open(path).close()).getMessage();
        String begin = path + ": is not a sound safetensors file: ";
        assertTrue(message.startsWith(begin) && message.endsWith(".") && message.lines().count() == 1, message);
        return message.substring(begin.length(), message.length() - 1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,16]}} | tensor 'a' is F32 [2], which takes 8 bytes, but its"
            + " data_offsets hold 16",
        "{'a':{'dtype':'F32','shape':[6],'data_offsets':[0,24]}} | tensor 'a' claims the bytes from 0 to 24 of the"
            + " data, which"
            + " has 16 (is the file cut short?)",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[16,8]}} | tensor 'a' claims the bytes from 16 to 8 of the"
            + " data, which"
            + " has 16 (is the file cut short?)",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[-8,0]}} | tensor 'a': 'data_offsets' holds -8, but must hold"
            + " whole"
            + " numbers from 0 to 9223372036854775807",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,18446744073709551624]}} | tensor 'a': 'data_offsets' holds"
            + " 18446744073709551624, but must hold whole numbers from 0 to 9223372036854775807",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,9223372036854775807]}} | tensor 'a' claims the bytes from"
            + " 0 to"
            + " 9223372036854775807 of the data, which has 16 (is the file cut short?)",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0]}} | tensor 'a': 'data_offsets' must be two numbers, begin"
            + " and end",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8,16]}} | tensor 'a': 'data_offsets' has more than 2"
            + " elements",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':'0'}} | tensor 'a': 'data_offsets' is the text '0', but must"
            + " be a list"
            + " of whole numbers",
        "{'a':{'dtype':'F32','shape':[4.0],'data_offsets':[0,16]}} | tensor 'a': 'shape' holds 4.0, but must hold"
            + " whole numbers"
            + " from 0 to 9223372036854775807",
        "{'a':{'dtype':'F32','shape':[-2,-2],'data_offsets':[0,16]}} | tensor 'a': 'shape' holds -2, but must hold"
            + " whole numbers"
            + " from 0 to 9223372036854775807",
        "{'a':{'dtype':'F32','shape':[[4]],'data_offsets':[0,16]}} | tensor 'a': 'shape' holds a list, but must hold"
            + " whole"
            + " numbers from 0 to 9223372036854775807",
        "{'a':{'dtype':'F32','shape':[4611686018427387905,4],'data_offsets':[0,16]}} | tensor 'a' has the shape"
            + " [4611686018427387905, 4], whose product overflows",
        "{'a':{'dtype':'F64','shape':[2305843009213693954],'data_offsets':[0,16]}} | tensor 'a' has the shape"
            + " [2305843009213693954], whose product overflows",
        "{'a':{'dtype':'f32','shape':[4],'data_offsets':[0,16]}} | tensor 'a': 'dtype' is 'f32', which is not one of"
            + " the types"
            + " that Gimbal knows: F64, F32, BF16, F16, I64, I32, U8, I8, BOOL",
        "{'a':{'dtype':7,'shape':[4],'data_offsets':[0,16]}} | tensor 'a': 'dtype' is 7, but must be a text",
        "{'a':{'shape':[4],'data_offsets':[0,16]}} | tensor 'a' lacks its dtype",
        "{'a':{'dtype':'F32','data_offsets':[0,16]}} | tensor 'a' lacks its shape",
        "{'a':{'dtype':'F32','shape':[4]}} | tensor 'a' lacks its data_offsets",
        "{'a':{'dtype':'F32','shape':[4],'data_offsets':[0,16],'x':1}} | tensor 'a' has the unknown key 'x'; it may"
            + " have dtype,"
            + " shape and data_offsets",
        "{'a':[]} | tensor 'a' is a list, but must be a JSON object",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'b':{'dtype':'F32','shape':[3],'data_offsets':[4,16]}} |"
            + " the tensors 'a' and 'b' overlap at byte 4 of the data",
        "{'a':{'dtype':'F32','shape':[4],'data_offsets':[0,16]},"
            + "'b':{'dtype':'F32','shape':[4],'data_offsets':[0,16]}} |"
            + ""
            + " the tensors 'a' and 'b' overlap at byte 0 of the data",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},'b':{'dtype':'F32','shape':[2],'data_offsets':[8,16]}} |"
            + " the bytes from 4 to 8 of the data belong to no tensor",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[12,16]}} | the bytes from 0 to 12 of the data belong to no"
            + " tensor",
        "{'a':{'dtype':'F32','shape':[3],'data_offsets':[0,12]}} | the data has 16 bytes, but the tensors end at byte"
            + " 12",
        "{} | the data has 16 bytes, but the tensors end at byte 0",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'a':{'dtype':'F32','shape':[2],'data_offsets':[8,16]}}"
            + " | its header"
            + " is not valid JSON: the key 'a' stands twice in the same object",
        "{'a':{'dtype':'F32','dtype':'F32','shape':[4],'data_offsets':[0,16]}} | its header is not valid JSON: the"
            + " key 'dtype'"
            + " stands twice in the same object",
        "{'__metadata__':{'a':1}} | __metadata__ 'a' is 1, but must be a text",
        "{'__metadata__':{'a':{}}} | __metadata__ 'a' is an object, but must be a text",
        "{'__metadata__':[]} | __metadata__ is a list, but must be a JSON object",
        "{'a':{'dtype':'F32','shape':[4],'data_offsets':[0,16]} | its header is not valid JSON: the text ends where"
            + " '}' must"
            + " close what is open",
        "{'a':{'dtype':'F32','shape':[4],'data_offsets':[0,16]}}x | its header is not valid JSON: 'x' is no JSON"
            + " value (a text"
            + " needs double quotes)",
        "{'a':{'dtype':'F32','shape':[4],'data_offsets':[0,16]}} {} | its header goes on after the end of its JSON"
            + " object",
        "[] | its header does not begin with '{'",
        "x | its header does not begin with '{'"})
    void aLyingHeaderIsRefusedWithWhatIsWrong(String header, String fault) throws IOException {
        assertEquals(fault, fault(file(header.strip().replace('\'', '"'), 16)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7})
    void aFileWithoutRoomForTheLengthIsRefused(int bytes) throws IOException {
        assertEquals("it has " + bytes + (bytes == 1 ? " byte" : " bytes")
                + ", fewer than the header's length alone takes",
                fault(new byte[bytes]));
    }

    @Test
    void aHeaderLongerThanTheFileIsRefused() throws IOException {
        assertEquals("it claims a header of 3 bytes, but only 2 follow (is the file cut short?)",
                fault(file(3, "{}".getBytes(StandardCharsets.US_ASCII), 0)));
    }

    @ParameterizedTest
    @CsvSource({"100000001,100000001", "1000000000,1000000000", "9223372036854775807,9223372036854775807",
        "-1,18446744073709551615", "-9223372036854775808,9223372036854775808"})
    void aHeaderOfGigabytesIsRefusedUnread(long claimed, String shown) throws IOException {
        assertEquals("it claims a header of " + shown + " bytes, where at most 100000000 are allowed",
                fault(file(claimed, new byte[2], 0)));
    }

    @Test
    void aHeaderOfGigabytesThatIsReallyThereIsRefusedUnread() throws IOException {
        Path path = folder.resolve("sparse");
        try (RandomAccessFile sparse = new RandomAccessFile(path.toFile(), "rw")) {
            sparse.writeLong(Long.reverseBytes(3_000_000_000L));
            sparse.setLength(4_000_000_000L);
        }
        String message = assertThrows(UserException.class, () -> SafeTensors.open(path).close()).getMessage();
        assertTrue(message.contains("it claims a header of 3000000000 bytes"), message);
    }

    @Test
    void aLongHeaderOfZeroesIsRefused() throws IOException {
        Path path = folder.resolve("sparse");
        try (RandomAccessFile sparse = new RandomAccessFile(path.toFile(), "rw")) {
            sparse.writeLong(Long.reverseBytes(90_000_000L));
            sparse.setLength(90_000_008L);
        }
        String message = assertThrows(UserException.class, () -> SafeTensors.open(path).close()).getMessage();
        assertTrue(message.endsWith("its header does not begin with '{'."), message);
    }

    @Test
    void anEmptyHeaderIsRefused() throws IOException {
        assertEquals("its header does not begin with '{'", fault(file("", 0)));
    }

    @Test
    void bytesThatAreNotUtf8AreRefused() throws IOException {
        byte[] header = "{\"\u00e9\":{}}".getBytes(StandardCharsets.ISO_8859_1);
        assertEquals("its header is not UTF-8 text", fault(file(header.length, header, 0)));
    }

    @Test
    void shapesOfEndlessDimensionsAreRefused() throws IOException {
        String header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[" + "1,".repeat(1000) + "4],\"data_offsets\":[0,16]}}";
        assertEquals("tensor 'a': 'shape' has more than 32 elements", fault(file(header, 16)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "{\"a\":"})
    void deepNestingIsRefusedWithoutOverflow(String open) throws IOException {
        String fault = fault(file("{\"a\":" + open.repeat(100_000), 0));
        assertTrue(fault.startsWith("tensor 'a' ") || fault.contains("deep"), fault);
    }

    @Test
    void emptyTensorsMayStandAnywhere() throws IOException {
        String header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[0,9223372036854775807],\"data_offsets\":[8,8]},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}";
        assertTrue(fault(file(header, 16)).contains("overlap"), "the format wants offsets in order");
        Path path = Files.write(folder.resolve("good"), file(header.replace("[8,8]", "[16,16]"), 16));
        try (TensorFile file = SafeTensors.open(path)) {
            assertEquals(0, file.read("a").elements());
        }
    }

    @Test
    void namesFromAFileCannotBreakTheMessagesLine() throws IOException {
        String fault = fault(file("{\"a\\n\\u001b[31m" + "x".repeat(10_000) + "\":7}", 0));
        assertTrue(fault.length() < 200 && fault.chars().noneMatch(Character::isISOControl), fault);
    }

    @Test
    void aFileCutAnywhereIsRefused() throws IOException {
        byte[] whole = file("{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}", 16);
        for (int length = 0; length < whole.length; length++) {
            fault(Arrays.copyOf(whole, length));
        }
    }

    @Test
    void randomDamageIsRefusedOrHarmless() throws IOException {
        byte[] whole = file("{\"__metadata__\":{\"k\":\"v\"},"
                + "\"a\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},"
                + "\"b\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[8,16]}}", 16);
        Random random = new Random(7);
        for (int trial = 0; trial < 1000; trial++) {
            byte[] damaged = whole.clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                damaged[random.nextInt(damaged.length - 16)] = (byte) random.nextInt(256);
            }
            Path path = Files.write(folder.resolve("damaged"), damaged);
            try (TensorFile file = SafeTensors.open(path)) {
                file.names().forEach(file::read);
            } catch (UserException expected) {
                assertTrue(expected.getMessage().startsWith(path.toString()), expected.getMessage());
            }
        }
    }

    @Test
    void missingFilesAndFoldersAreRefused() {
        Path missing = folder.resolve("missing");
        assertEquals(missing + ": there is no such file.",
                assertThrows(UserException.class, () -> SafeTensors.open(missing).close()).getMessage());
        assertEquals(folder + ": is a folder, where a safetensors file is needed.",
                assertThrows(UserException.class, () -> SafeTensors.open(folder).close()).getMessage());
    }
}
