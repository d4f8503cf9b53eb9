package io.gimbal.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LineFileTest {
    @TempDir
    private Path folder;
    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("lines");
    }

    private String written(LineFile opened) throws IOException {
        try (opened) {
            opened.write("new\n");
        }
        return Files.readString(file);
    }

    @Test
    void anEmptyFileIsANewOneOrOneWhoseContentGoes() throws IOException {
        assertEquals("new\n", written(LineFile.create(file)));
        Files.writeString(file, "old\nolder\n");
        assertEquals("new\n", written(LineFile.create(file)));
    }

    @ParameterizedTest
    @CsvSource({"'a\nb\nc\n', 1, 'a\nnew\n'", "'a\nb\nc', 2, 'a\nb\nnew\n'",
            "'a\r\n\u00e9\nc\n', 2, 'a\r\n\u00e9\nnew\n'",
        "'a\n', 0, 'new\n'", "'a\n\n\n', 3, 'a\n\n\nnew\n'"})
    void whatStandsBehindTheFirstLinesGoes(String before, long lines, String after) throws IOException {
        Files.writeString(file, before);
        assertEquals(after, written(LineFile.behind(file, lines)));
    }

    @Test
    void aFileWithFewerLinesIsRefusedAndStays() throws IOException {
        Files.writeString(file, "a\nb\nhalf");
        String message = assertThrows(UserException.class, () -> LineFile.behind(file, 3)).getMessage();
        assertEquals(file + ": has 2 lines where the checkpoint needs 3; the log was changed since", message);
        assertEquals("a\nb\nhalf", Files.readString(file));
        Files.delete(file);
        assertEquals(file + ": there is no such file.",
                assertThrows(UserException.class, () -> LineFile.behind(file, 1)).getMessage());
    }

    @ParameterizedTest
    @CsvSource({"'a\nb\n', 'a\nb\nnew\n'", "'a\nhalf', 'a\nnew\n'", "half, 'new\n'", "'', 'new\n'"})
    void atTheEndIsBehindTheLastWholeLine(String before, String after) throws IOException {
        Files.writeString(file, before);
        assertEquals(after, written(LineFile.atTheEnd(file)));
        Files.delete(file);
        assertEquals("new\n", written(LineFile.atTheEnd(file)));
    }

    @Test
    void anEndlessLineTakesNoMemory() throws IOException {
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(400_000_000L);
        }
        String message = assertThrows(UserException.class, () -> LineFile.behind(file, 1)).getMessage();
        assertTrue(message.contains("has 0 lines"), message);
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "mkfifo and /dev are POSIX's")
    void whatIsNoOrdinaryFileIsRefusedUnopened() throws IOException, InterruptedException {
        assertEquals(0, new ProcessBuilder("mkfifo", file.toString()).start().waitFor());
        String message = file + ": is a pipe or a device, where a file of lines is needed.";
        assertEquals(message, assertThrows(UserException.class, () -> LineFile.create(file)).getMessage());
        assertEquals(message, assertThrows(UserException.class, () -> LineFile.behind(file, 1)).getMessage());
        assertEquals(message, assertThrows(UserException.class, () -> LineFile.atTheEnd(file)).getMessage());
        Files.delete(file);
        Files.createDirectory(file);
        assertThrows(UserException.class, () -> LineFile.create(file));
    }

    @Test
    void aNewFileIsNotWrittenThroughALink() throws IOException {
        Path other = Files.writeString(folder.resolve("other"), "mine");
        Files.createSymbolicLink(file, other);
        assertThrows(UserException.class, () -> LineFile.create(file));
        assertEquals("mine", Files.readString(other));
        Files.delete(other);
        assertThrows(UserException.class, () -> LineFile.create(file));
        assertFalse(Files.exists(other));
    }

    /** A disk that takes so many bytes and then is full, until there is room again. */
    private static final class FullDisk extends OutputStream {
        private int room;

        FullDisk(int room) {
            this.room = room;
        }

        @Override
        public void write(int octet) throws IOException {
            if (room == 0) {
                throw new IOException("No space left on device");
            }
            room--;
        }
    }

    @Test
    void aFullDiskIsToldOnceWithTheFile() throws IOException {
        FullDisk disk = new FullDisk(10);
        LineFile lines = new LineFile(file, disk);
        lines.write("a line\n");
        lines.flush();
        lines.write("another line\n");
        String message = assertThrows(UncheckedIOException.class, lines::flush).getMessage();
        assertEquals(file + ": cannot be written: No space left on device.", message);
        disk.room = 100;
        for (Runnable call : List.<Runnable>of(() -> write(lines), lines::flush, lines::force, lines::close)) {
            assertEquals(message, assertThrows(UncheckedIOException.class, call::run).getMessage(),
                    "what is lost stays lost, and is told");
        }
        assertEquals(100, disk.room);
    }

    private static void write(LineFile lines) {
        try {
            lines.write("a third line\n");
        } catch (IOException e) {
            throw new AssertionError("a line file throws no such thing", e);
        }
    }

    @Test
    void anInterruptedThreadWritesAndForcesAndStaysInterrupted() throws IOException {
        try (LineFile lines = LineFile.create(file)) {
            Thread.currentThread().interrupt();
            lines.write("a line\n");
            lines.force();
            assertEquals("a line\n", Files.readString(file));
            lines.write("another\n");
        }
        assertTrue(Thread.interrupted());
        assertEquals("a line\nanother\n", Files.readString(file));
    }
}
