package io.gimbal.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileFailuresTest {
    @TempDir
    private Path folder;

    /** What fails, by the system's own answer. */
    private interface Call {
        void on(Path file) throws IOException;
    }

    private static String reason(Path file, Call call) {
        return FileFailures.reason(file, assertThrows(IOException.class, () -> call.on(file)));
    }

    @Test
    void theSystemsAnswerIsToldOnceAndNamesNoPathTwice() throws IOException {
        Path none = folder.resolve("none");
        assertEquals("there is no such file", reason(none, Files::readAllBytes));
        assertEquals("the folder " + none + " does not exist", reason(none.resolve("x"), Files::createFile));
        Path file = Files.createFile(folder.resolve("file"));
        assertEquals("there is a file of that name already", reason(file, Files::createFile));
        assertEquals("there is a folder of that name already", reason(folder, Files::createDirectory));
        assertEquals("Not a directory", reason(file.resolve("x"), Files::readAllBytes));
        assertEquals("it is no folder", reason(file, Files::newDirectoryStream));
        assertEquals("File name too long", reason(folder.resolve("x".repeat(300)), Files::createFile));
        assertEquals("Is a directory", reason(folder, Files::readAllBytes));
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("nowhere"));
        String dangling = "it is a symbolic link to what is not there, nowhere";
        assertEquals(dangling, reason(link, Files::readAllBytes));
        assertEquals(dangling, reason(link, Files::createDirectory));
        assertEquals(dangling, reason(link, Files::createFile));
    }

    @Test
    void anotherFileThatIsInTheWayIsNamed() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        assertEquals(file + ": there is a file of that name already",
                reason(file.resolve("a/b"), path -> Files.createDirectory(file)));
    }

    @Test
    void whatWasGivenAndWhatFailedAreToldApart() {
        Path file = Path.of("file");
        RuntimeException denied = FileFailures.reading(file, new AccessDeniedException("file"));
        assertInstanceOf(UserException.class, denied);
        assertEquals("file: cannot be read: permission denied.", denied.getMessage());
        assertInstanceOf(UserException.class, FileFailures.reading(file, new MalformedInputException(1)));
        assertInstanceOf(UserException.class,
                FileFailures.writing(file, new FileSystemException("file", null, "Read-only file system")));
        assertInstanceOf(UserException.class, FileFailures.writing(file, new FileSystemException("file")));
        for (IOException failure : new IOException[] {new IOException("No space left on device"),
            new FileSystemException("file", null, "No space left on device"), new IOException("Input/output error"),
            new FileSystemException("file", null, "Too many open files")}) {
            RuntimeException failed = FileFailures.writing(file, failure);
            assertInstanceOf(UncheckedIOException.class, failed);
            String reason = failure instanceof FileSystemException named ? named.getReason() : failure.getMessage();
            assertEquals("file: cannot be written: " + reason + ".", failed.getMessage());
        }
        assertEquals("the thread was interrupted", FileFailures.reason(file, new ClosedByInterruptException()));
        assertEquals("IOException", FileFailures.reason(file, new IOException()));
    }
}
