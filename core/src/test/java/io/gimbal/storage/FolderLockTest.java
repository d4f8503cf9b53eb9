package io.gimbal.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderLockTest {
    @TempDir
    private Path folder;

    private String refusal(Path path) {
        return assertThrows(UserException.class, () -> FolderLock.take(path).close()).getMessage();
    }

    @Test
    void aFolderIsTakenOnceInAProcessByWhateverPath() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolveSibling(folder.getFileName() + "-link"), folder);
        try (FolderLock lock = FolderLock.take(folder)) {
            assertEquals(Optional.empty(), lock.unlocked());
            for (Path path : new Path[] {folder, link, folder.resolve("../" + folder.getFileName())}) {
                String message = refusal(path);
                assertTrue(message.startsWith(path + " is in use: another training or replay in this process"),
                        message);
            }
        } finally {
            Files.delete(link);
        }
        FolderLock.take(folder).close();
    }

    @Test
    void closingTwiceDoesNotEndTheNextOwnersLock() {
        FolderLock first = FolderLock.take(folder);
        first.close();
        FolderLock second = FolderLock.take(folder);
        first.close();
        refusal(folder);
        second.close();
        FolderLock.take(folder).close();
    }

    /** Holds the folder until it is killed. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) throws IOException {
            FolderLock.take(Path.of(arguments[0]));
            System.out.println("holds");
            System.in.read();
        }
    }

    private Process holder() throws IOException {
        return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:-UsePerfData", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
                Holder.class.getName(), folder.toString()).start();
    }

    @Test
    void anotherProcessIsNamedAndItsLockEndsWithIt() throws IOException, InterruptedException {
        Process process = holder();
        try (BufferedReader printed = process.inputReader()) {
            assertEquals("holds", printed.readLine());
            for (int attempt = 0; attempt < 2; attempt++) {
                String message = refusal(folder);
                assertTrue(message.startsWith(folder + " is in use: another training or replay in process "
                        + process.pid() + " "), message);
            }
        } finally {
            process.destroyForcibly();
            assertTrue(process.waitFor(1, TimeUnit.MINUTES));
        }
        FolderLock.take(folder).close();
    }

    @Test
    void whoWasRefusedInTheProcessDoesNotLetAnotherProcessIn() throws IOException, InterruptedException {
        try (FolderLock lock = FolderLock.take(folder)) {
            assertEquals(Optional.empty(), lock.unlocked());
            refusal(folder);
            Process process = holder();
            String complaint = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(process.waitFor(1, TimeUnit.MINUTES));
            assertTrue(complaint.contains(" is in use: another training or replay in process "
                    + ProcessHandle.current().pid()), complaint);
        }
    }

    @Test
    void aFileSystemWithoutLocksSaysSo() {
        try (FolderLock lock = FolderLock.take(folder, channel -> {
            throw new IOException("No locks available");
        })) {
            assertEquals(Optional.of("No locks available"), lock.unlocked());
            refusal(folder);
        }
    }

    @Test
    void whatCannotBeTheLockIsRefusedAndLeft() throws IOException {
        Path file = folder.resolve(FolderLock.FILE);
        Path elsewhere = folder.resolve("elsewhere");
        Files.createSymbolicLink(file, elsewhere);
        assertEquals(file + ": is no ordinary file, which the lock of the folder must be; remove it.", refusal(folder));
        assertFalse(Files.exists(elsewhere));
        Files.delete(file);
        Files.createDirectory(file);
        refusal(folder);
        Path nowhere = folder.resolve("nowhere");
        String message = refusal(nowhere);
        assertTrue(message.startsWith(nowhere.resolve(FolderLock.FILE) + ": cannot be written: "), message);
    }

    @Test
    void aDiscardedLockLeavesNothingThatItMade() throws IOException {
        FolderLock.take(folder).discard();
        assertFalse(Files.exists(folder.resolve(FolderLock.FILE)));
        Files.createFile(folder.resolve(FolderLock.FILE));
        FolderLock.take(folder).discard();
        assertTrue(Files.exists(folder.resolve(FolderLock.FILE)));
    }
}
