package io.gimbal.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The first cases are those of the encoding's own description. */
class ProtobufWriterTest {
    private static String hex(ProtobufWriter message) {
        return HexFormat.of().formatHex(message.toBytes());
    }

    @Test
    void anEmptyMessageHasNoBytes() {
        assertEquals("", hex(new ProtobufWriter()));
    }

    @ParameterizedTest
    @CsvSource({"1, 150, 089601", "1, 0, 0800", "1, 127, 087f", "1, 128, 088001", "15, 1, 7801", "16, 1, 800101",
        "1, -1, 08ffffffffffffffffff01", "2, 9223372036854775807, 10ffffffffffffffff7f",
        "536870911, 1, f8ffffff0f01"})
    void numbersTakeSevenBitsAByte(int field, long value, String bytes) {
        assertEquals(bytes, hex(new ProtobufWriter().number(field, value)));
    }

    @Test
    void textsAndMessagesHaveTheirLengthFirst() {
        assertEquals("120774657374696e67", hex(new ProtobufWriter().text(2, "testing")));
        assertEquals("1a03089601", hex(new ProtobufWriter().message(3, new ProtobufWriter().number(1, 150))));
        assertEquals("0a02c3a4", hex(new ProtobufWriter().text(1, "ä")), "UTF-8");
        assertEquals("0a00", hex(new ProtobufWriter().bytes(1, new byte[0])));
    }

    @Test
    void bytesOfABufferAreNotCopiedUntilTheMessageIsWritten() throws IOException {
        ByteBuffer values = ByteBuffer.wrap(new byte[] {9, 1, 2, 9}).position(1).limit(3);
        ProtobufWriter inner = new ProtobufWriter().number(1, 5).bytes(2, values).number(3, 6);
        ProtobufWriter outer = new ProtobufWriter().message(4, inner).text(5, "x");
        values.put(1, (byte) 7);
        assertEquals("2208" + "0805" + "12020702" + "1806" + "2a0178", hex(outer));
        assertEquals(13, outer.length());
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        outer.writeTo(Channels.newChannel(written));
        assertArrayEquals(outer.toBytes(), written.toByteArray());
        assertEquals(1, values.position(), "the buffer is the caller's");
    }

    @Test
    void floatingPointNumbersAreLittleEndian() {
        assertEquals("150000803f", hex(new ProtobufWriter().float32(2, 1)));
        assertEquals("09000000000000f83f", hex(new ProtobufWriter().float64(1, 1.5)));
    }

    @Test
    void fieldsStandInTheOrderTheyWereWritten() {
        assertEquals("0801" + "0802", hex(new ProtobufWriter().number(1, 1).number(1, 2)));
    }
}
