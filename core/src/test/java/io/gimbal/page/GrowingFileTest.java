package io.gimbal.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GrowingFileTest {
    @TempDir
    private Path folder;
    private Path file;
    private GrowingFile growing;

    @BeforeEach
    void nothingIsThereYet() {
        file = folder.resolve("log.jsonl");
        growing = new GrowingFile(file);
    }

    private void add(String text) throws IOException {
        Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private List<String> read() {
        List<String> found = new ArrayList<>();
        growing.read(json -> found.add(json.readValueAsTree().toString()));
        return found;
    }

    @Test
    void eachLineIsReadOnceAndAPartOfALineNotYet() throws IOException {
        assertEquals(List.of(), read());
        add("");
        assertEquals(List.of(), read());
        add("{\"step\":0}\n{\"step\":1}\n{\"st");
        assertEquals(List.of("{\"step\":0}", "{\"step\":1}"), read());
        assertEquals(List.of(), read());
        add("ep\":2}\n");
        assertEquals(List.of("{\"step\":2}"), read());
    }

    @Test
    void aLineThatIsLongerThanABlockIsRead() throws IOException {
        String text = "x".repeat(200_001);
        add("{\"a\":\"" + text + "\"}\n{\"b\":\"" + text);
        assertEquals(List.of("{\"a\":\"" + text + "\"}"), read());
        add("\"}\n");
        assertEquals(List.of("{\"b\":\"" + text + "\"}"), read());
    }

    @Test
    void anInterruptedThreadReadsOn() throws IOException {
        add("{\"step\":0}\n");
        Thread.currentThread().interrupt();
        assertEquals(List.of("{\"step\":0}"), read());
        assertTrue(Thread.interrupted());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"{\"step\": | line 3 is no sound line", "7 | line 3 holds VALUE_NUMBER_INT",
        "x{\"step\":1} | line 3 is no sound line"})
    void whatIsNoObjectIsNamedWithItsLine(String line, String part) throws IOException {
        add("{\"step\":0}\n");
        read();
        add("{\"step\":1}\n" + line + "\n");
        String message = assertThrows(UserException.class, this::read).getMessage();
        assertTrue(message.startsWith(file + ": ") && message.contains(part), message);
    }

    @Test
    void aFileThatBecomesShorterIsRefused() throws IOException {
        add("{\"step\":0}\n");
        read();
        Files.writeString(file, "{}\n");
        String message = assertThrows(UserException.class, this::read).getMessage();
        assertEquals(file + ": became shorter while it was being read.", message);
    }

    @Test
    void aDeviceIsNotOpened() throws IOException {
        Files.createSymbolicLink(file, Path.of("/dev/zero"));
        assertTrue(assertThrows(UserException.class, this::read).getMessage().contains("a pipe or a device"));
    }
}
