package io.gimbal.tensorboard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import io.gimbal.storage.ProtobufWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {
    @TempDir
    private Path folder;

    /** The record with which TensorFlow begins each of its event files, but for the time, which is 0 here. */
    @Test
    void aRecordHasLengthAndMaskedChecksums() {
        byte[] event = new ProtobufWriter().float64(1, 0).text(3, "brain.Event:2").toBytes();
        String record = HexFormat.of().formatHex(EventFile.record(event));
        assertEquals("1800000000000000" + "a37f4b22", record.substring(0, 24), "as in every file of TensorFlow's");
        assertEquals(2 * (24 + 16), record.length());
        assertEquals(HexFormat.of().formatHex(event), record.substring(24, 24 + 48));
    }

    @Test
    void anEmptyRecordIsOne() {
        assertEquals("0000000000000000" + "29039807" + "d8ea82a2", HexFormat.of().formatHex(EventFile.record(
                new byte[0])), "the checksum of nothing is 0, and masked the mask");
    }

    @Test
    void aFileThatIsThereIsNotOverwritten() throws IOException {
        Path file = Files.writeString(folder.resolve("events"), "mine");
        assertTrue(assertThrows(UserException.class, () -> new EventFile(file)).getMessage().startsWith(
                file + ": cannot be written"));
        assertEquals("mine", Files.readString(file));
    }
}
