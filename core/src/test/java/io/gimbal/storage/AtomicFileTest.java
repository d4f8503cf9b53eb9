package io.gimbal.storage;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
    private static final String LEFT_OVER = ".target.00000000-0000-0000-0000-000000000000.tmp";

    @TempDir
    Path folder;

    private static AtomicFile.Content of(String text) {
        return channel -> channel.write(ByteBuffer.wrap(text.getBytes(US_ASCII)));
    }

    private List<String> filesThere() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aFileIsWrittenAndReplacedAndNothingElseStays() throws IOException {
        Path target = folder.resolve("target");
        AtomicFile.write(target, 3, of("one"));
        assertEquals("one", Files.readString(target));
        AtomicFile.write(target, -1, of("two"));
        assertEquals("two", Files.readString(target));
        assertEquals(List.of("target"), filesThere());
    }

    @Test
    void aRelativePathIsWritten() throws IOException {
        Path target = Path.of("target", "atomic-file-test");
        AtomicFile.write(target, 1, of("x"));
        assertEquals("x", Files.readString(target));
        Files.delete(target);
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "file permissions are POSIX's")
    void theFileHasTheFoldersUsualPermissions() throws IOException {
        Path usual = Files.createFile(folder.resolve("usual"));
        AtomicFile.write(folder.resolve("target"), 1, of("x"));
        assertEquals(Files.getPosixFilePermissions(usual), Files.getPosixFilePermissions(folder.resolve("target")));
    }

    @Test
    void aSymbolicLinkStaysALinkAndItsFileIsReplaced() throws IOException {
        Path real = Files.writeString(folder.resolve("real"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link"), real);
        AtomicFile.write(link, 3, of("new"));
        assertTrue(Files.isSymbolicLink(link));
        assertEquals("new", Files.readString(real));
    }

    @Test
    void aLinkToWhatIsNotThereIsRefusedAndStays() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("nowhere"));
        String message = assertThrows(UserException.class, () -> AtomicFile.write(link, 3, of("new"))).getMessage();
        assertEquals(link + ": cannot be written: it is a symbolic link to what is not there, nowhere.", message);
        assertTrue(Files.isSymbolicLink(link));
        assertEquals(List.of("link"), filesThere());
    }

    @Test
    void aNameAsLongAsTheSystemTakesIsWritten() throws IOException {
        for (String name : List.of("x".repeat(255), "\uD83D\uDE00".repeat(63))) {
            AtomicFile.write(folder.resolve(name), 3, of("new"));
            assertEquals(List.of(name), filesThere());
            Files.delete(folder.resolve(name));
        }
        Path longer = folder.resolve("x".repeat(256));
        String message = assertThrows(UserException.class, () -> AtomicFile.write(longer, 3, of("new"))).getMessage();
        assertTrue(message.startsWith(longer + ": could not be written") && message.endsWith(": File name too long."),
                message);
    }

    @Test
    void anInterruptedThreadWritesTheFileAndStaysInterrupted() throws IOException {
        Path target = folder.resolve("target");
        Thread.currentThread().interrupt();
        AtomicFile.write(target, 3, of("one"));
        assertTrue(Thread.interrupted());
        assertEquals("one", Files.readString(target));
        boolean[] again = {false};
        AtomicFile.write(target, 3, channel -> {
            if (!again[0]) {
                again[0] = true;
                Thread.currentThread().interrupt();
            }
            of("two").writeTo(channel);
        });
        assertTrue(Thread.interrupted());
        assertEquals("two", Files.readString(target));
        assertEquals(List.of("target"), filesThere());
    }

    /** Reads what others write into the pipe. */
    private static Process readerOf(Path pipe) throws IOException {
        return new ProcessBuilder("cat", pipe.toString()).start();
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "mkfifo and /dev are POSIX's")
    void whatIsNoOrdinaryFileIsWrittenToAndNotReplaced() throws IOException, InterruptedException {
        Path pipe = folder.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        Path link = Files.createSymbolicLink(folder.resolve("link"), pipe);
        for (Path target : List.of(pipe, link)) {
            Process reader = readerOf(pipe);
            AtomicFile.writeText(target, "through");
            assertEquals("through", new String(reader.getInputStream().readAllBytes(), US_ASCII));
        }
        assertFalse(Files.isRegularFile(pipe));
        assertTrue(Files.isSymbolicLink(link));
        Path none = Files.createSymbolicLink(folder.resolve("null"), Path.of("/dev/null"));
        AtomicFile.writeText(none, "away");
        assertTrue(Files.isSymbolicLink(none));
        Files.delete(none);
        assertEquals(List.of("link", "pipe"), filesThere());
        Path full = Path.of("/dev/full");
        String message = assertThrows(UncheckedIOException.class,
                () -> AtomicFile.writeText(full, "x")).getMessage();
        assertEquals("/dev/full: cannot be written: No space left on device.", message);
    }

    /** A name for an open file is not the file's own: what the process has printed into it stays. */
    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "/proc is Linux's")
    void anOpenFileIsWrittenToAtItsEnd() throws IOException {
        Path target = folder.resolve("target");
        try (FileChannel channel = FileChannel.open(target, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            channel.write(ByteBuffer.wrap("printed, ".getBytes(US_ASCII)));
            Path name = open.filter(each -> pointsAt(each, target)).findFirst().orElseThrow();
            Path link = Files.createSymbolicLink(folder.resolve("link"), name);
            AtomicFile.writeText(name, "written, ");
            AtomicFile.writeText(link, "by a link");
        }
        assertEquals("printed, written, by a link", Files.readString(target));
    }

    private static boolean pointsAt(Path link, Path target) {
        try {
            return Files.readSymbolicLink(link).equals(target);
        } catch (IOException closedMeanwhile) {
            return false;
        }
    }

    @Test
    void whenTheContentFailsTheOldFileStaysAndTheTemporaryGoes() throws IOException {
        Path target = Files.writeString(folder.resolve("target"), "old");
        UncheckedIOException failure = assertThrows(UncheckedIOException.class,
                () -> AtomicFile.write(target, 1_500_000, channel -> {
                    of("half").writeTo(channel);
                    throw new IOException("the source broke");
                }));
        assertTrue(failure.getMessage().startsWith(target + ": could not be written (1.5 MB needed, "),
                failure.getMessage());
        assertTrue(failure.getMessage().endsWith("): the source broke. The previous file is unchanged."),
                failure.getMessage());
        assertThrows(UncheckedIOException.class, () -> AtomicFile.write(target, 1, channel -> {
            throw new UncheckedIOException(new IOException());
        }));
        assertEquals("old", Files.readString(target));
        assertEquals(List.of("target"), filesThere());
    }

    /** The device {@code /dev/full} refuses every byte with the system's own "no space left". */
    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "/dev/full is Linux's")
    void onAFullDiskTheOldFileStaysAndTheTemporaryGoes() throws IOException {
        Path full = Path.of("/dev/full");
        Path target = Files.writeString(folder.resolve("target"), "old");
        UncheckedIOException failure = assertThrows(UncheckedIOException.class,
                () -> AtomicFile.replace(target, 3, of("new"), temporary -> {
                    Files.createFile(temporary);
                    return FileChannel.open(full, StandardOpenOption.WRITE);
                }));
        assertTrue(failure.getMessage().startsWith(target + ": could not be written (3 bytes needed, "),
                failure.getMessage());
        assertTrue(failure.getMessage().endsWith("No space left on device. The previous file is unchanged."),
                failure.getMessage());
        assertEquals("old", Files.readString(target));
        assertEquals(List.of("target"), filesThere());
    }

    /** A process that the shell allows files of 200 kB only: its write breaks off in the middle, as on a full disk. */
    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "the limit on a file's size is set by a POSIX shell")
    void aWriteThatBreaksOffInTheMiddleLeavesTheOldFile() throws IOException, InterruptedException {
        Path target = folder.resolve("checkpoint");
        SafeTensors.write(target, Map.of("old", HostTensor.ofFloats(new long[] {1}, 5)), Map.of());
        Process process = new ProcessBuilder("sh", "-c", "ulimit -f 400 && exec \"$@\"", "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:-UsePerfData", "-cp",
                System.getProperty("java.class.path"), WriteTenMegabytes.class.getName(), target.toString())
                .redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), US_ASCII);
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
        assertEquals(1, process.exitValue(), printed);
        assertTrue(printed.contains(target + ": could not be written (10.0 MB needed, "), printed);
        assertTrue(printed.contains("File too large. The previous file is unchanged."), printed);
        try (TensorFile file = SafeTensors.open(target)) {
            assertEquals(List.of("old"), List.copyOf(file.names()));
        }
        assertEquals(List.of("checkpoint"), filesThere());
    }

    /** The program of the process above. */
    static final class WriteTenMegabytes {
        private WriteTenMegabytes() {
        }

        public static void main(String[] arguments) {
            try {
                HostTensor large = HostTensor.ofFloats(new long[] {2_500_000}, new float[2_500_000]);
                SafeTensors.write(Path.of(arguments[0]), Map.of("new", large), Map.of());
            } catch (UncheckedIOException e) {
                System.out.println(e.getMessage());
                System.exit(1);
            }
        }
    }

    @Test
    void aMissingFolderIsNamed() {
        Path target = folder.resolve("none").resolve("target");
        UserException failure = assertThrows(UserException.class, () -> AtomicFile.write(target, 3, of("new")));
        assertEquals(target + ": could not be written (3 bytes needed): the folder " + folder.resolve("none")
                + " does not exist.", failure.getMessage());
    }

    @Test
    void aFolderIsNotReplaced() throws IOException {
        Path target = Files.createDirectory(folder.resolve("target"));
        Files.writeString(target.resolve("inside"), "x");
        String message = assertThrows(UserException.class, () -> AtomicFile.write(target, 3, of("new"))).getMessage();
        assertEquals(target + ": is a folder, so no file can be written there.", message);
        assertEquals(List.of("target"), filesThere());
    }

    @Test
    void whatAKilledProcessLeftIsRemovedByTheNextWrite() throws IOException {
        Files.writeString(folder.resolve(LEFT_OVER), "half");
        Files.writeString(folder.resolve(".target.notes.tmp"), "mine");
        Files.writeString(folder.resolve(LEFT_OVER.replace("target", "other")), "of another");
        AtomicFile.write(folder.resolve("target"), 3, of("new"));
        assertEquals(List.of(LEFT_OVER.replace("target", "other"), ".target.notes.tmp", "target"), filesThere());
    }

    @Test
    void whatAnotherWriterIsWritingIsLeftAlone() throws IOException {
        Path inUse = Files.writeString(folder.resolve(LEFT_OVER), "half");
        try (FileChannel channel = FileChannel.open(inUse, StandardOpenOption.WRITE); FileLock lock = channel.lock()) {
            assertNotNull(lock);
            AtomicFile.write(folder.resolve("target"), 3, of("new"));
        }
        assertEquals(List.of(LEFT_OVER, "target"), filesThere());
    }

    @Test
    void sizesAreShownInUnitsThatAReaderKnows() {
        assertEquals("0 bytes", Sizes.shown(0));
        assertEquals("1 byte", Sizes.shown(1));
        assertEquals("999 bytes", Sizes.shown(999));
        assertEquals("1.0 kB", Sizes.shown(1000));
        assertEquals("1.0 MB", Sizes.shown(999_950));
        assertEquals("2.1 GB", Sizes.shown(Integer.MAX_VALUE));
        assertEquals("9.2 EB", Sizes.shown(Long.MAX_VALUE));
    }
}
