package io.gimbal.storage;

import io.gimbal.config.FileFailures;
import io.gimbal.config.UserException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Files that are there whole or not at all. The content goes to a temporary file in the same folder, which is forced to
 * the disk and then takes the target's name in one move. Whatever fails, the temporary file is deleted and the target
 * stays as it was; a process killed half-way leaves a temporary file, which the next write of the same target removes.
 * An interrupt of the thread changes nothing: the file is written, and the thread stays interrupted.
 *
 * <p>What is no ordinary file, such as a pipe or {@code /dev/stdout}, is written to and never replaced; opening a pipe
 * waits for its reader.
 */
public final class AtomicFile {
    private static final int MOST_LINKS = 40;
    private static final int LONGEST_PREFIX = 40;

    private AtomicFile() {
    }

    /** What goes into the file. */
    @FunctionalInterface
    public interface Content {
        /** Writes everything; the channel is closed by the caller. */
        void writeTo(WritableByteChannel channel) throws IOException;
    }

    /** How the temporary file is opened for writing. */
    @FunctionalInterface
    interface Opener {
        FileChannel open(Path temporary) throws IOException;
    }

    /**
     * Writes a file, or replaces it.
     *
     * @param target the file; if it is a symbolic link, the file that it points at
     * @param bytes how large the file will be, for the message; negative if that is not known
     * @param content writes the file's content; where the thread is interrupted meanwhile, once more
     * @throws UserException if the file may not be written there: names it, its size and the cause
     * @throws java.io.UncheckedIOException if the disk is full or fails, likewise
     */
    public static void write(Path target, long bytes, Content content) {
        if (isWrittenThrough(target)) {
            writeThrough(target, content);
        } else {
            replace(target, bytes, content, AtomicFile::create);
        }
    }

    /** Writes bytes as {@link #write(Path, long, Content)} does. */
    public static void writeBytes(Path target, byte[] bytes) {
        write(target, bytes.length, channel -> {
            ByteBuffer rest = ByteBuffer.wrap(bytes);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
        });
    }

    /** Writes a text, in UTF-8, as {@link #write(Path, long, Content)} does. */
    public static void writeText(Path target, String text) {
        writeBytes(target, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Whether it is a pipe or a device, or one of the process's open files, whatever that is. */
    private static boolean isWrittenThrough(Path target) {
        return Files.exists(target) && !Files.isRegularFile(target) && !Files.isDirectory(target)
                || isOpenFile(target);
    }

    /** Whether it is a name for an open file, as {@code /dev/stdout} and {@code /proc/self/fd/1} are. */
    private static boolean isOpenFile(Path target) {
        Path link = target.toAbsolutePath();
        for (int k = 0; k < MOST_LINKS && Files.isSymbolicLink(link); k++) {
            if (link.startsWith("/proc") || link.startsWith("/dev/fd")) {
                return true;
            }
            try {
                link = link.resolveSibling(Files.readSymbolicLink(link));
            } catch (IOException unreadable) {
                return false;
            }
        }
        return false;
    }

    private static void writeThrough(Path target, Content content) {
        try (WritableByteChannel channel = Channels.newChannel(Files.newOutputStream(target, StandardOpenOption.WRITE,
                StandardOpenOption.APPEND))) {
            content.writeTo(channel);
        } catch (IOException e) {
            throw FileFailures.writing(target, e);
        }
    }

    static void replace(Path target, long bytes, Content content, Opener opener) {
        if (Files.isDirectory(target)) {
            throw new UserException(target + ": is a folder, so no file can be written there.");
        }
        if (Files.isSymbolicLink(target) && Files.notExists(target)) {
            throw FileFailures.writing(target, new FileAlreadyExistsException(target.toString()));
        }
        boolean interrupted = Thread.interrupted();
        Path temporary = null;
        try {
            Path file = Files.isSymbolicLink(target) ? target.toRealPath() : target.toAbsolutePath();
            removeLeftOvers(file);
            temporary = file.resolveSibling(prefix(file) + UUID.randomUUID() + ".tmp");
            try (FileChannel channel = opener.open(temporary)) {
                content.writeTo(channel);
                channel.force(true);
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
            Disk.forceEntries(file.getParent());
        } catch (ClosedByInterruptException again) {
            deleteQuietly(temporary);
            replace(target, bytes, content, opener);
        } catch (IOException e) {
            deleteQuietly(temporary);
            throw failure(target, temporary, bytes, e);
        } catch (RuntimeException | Error e) {
            deleteQuietly(temporary);
            throw e;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static FileChannel create(Path temporary) throws IOException {
        FileChannel channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try {
            // Marks the file as in use for removeLeftOvers of another process; released by closing.
            channel.tryLock();
        } catch (ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            // A file system without locks: the file is written all the same.
            return channel;
        }
        return channel;
    }

    /** Not of all of a long name, since a file's name may have 255 bytes. */
    private static String prefix(Path file) {
        StringBuilder prefix = new StringBuilder(".");
        file.getFileName().toString().codePoints().limit(LONGEST_PREFIX).forEach(prefix::appendCodePoint);
        return prefix.append('.').toString();
    }

    private static void removeLeftOvers(Path file) {
        String prefix = prefix(file);
        try (DirectoryStream<Path> found = Files.newDirectoryStream(file.getParent(), sibling -> {
            String name = sibling.getFileName().toString();
            return name.startsWith(prefix) && name.endsWith(".tmp") && name.length() == prefix.length() + 40;
        })) {
            for (Path leftOver : found) {
                removeUnlessLocked(leftOver);
            }
        } catch (IOException e) {
            // Only tidying; if the folder is unusable, creating the file says so.
            return;
        }
    }

    private static void removeUnlessLocked(Path leftOver) throws IOException {
        try (FileChannel channel = FileChannel.open(leftOver, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            if (lock != null) {
                Files.deleteIfExists(leftOver);
            }
        } catch (OverlappingFileLockException e) {
            // Another thread of this process is writing it.
            return;
        }
    }

    private static void deleteQuietly(Path temporary) {
        if (temporary == null) {
            return;
        }
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            // The failure that led here is the one to report.
            return;
        }
    }

    private static RuntimeException failure(Path target, Path temporary, long bytes, IOException e) {
        String needed = bytes < 0 ? "" : " (" + Sizes.shown(bytes) + " needed" + free(target) + ")";
        String reason = e instanceof AccessDeniedException ? "writing in " + target.toAbsolutePath().getParent()
                + " is not permitted" : FileFailures.reason(temporary == null ? target : temporary, e);
        String previous = Files.exists(target) ? " The previous file is unchanged." : "";
        return FileFailures.withMessage(target + ": could not be written" + needed + ": " + reason + "." + previous, e);
    }

    private static String free(Path target) {
        try {
            Path folder = target.toAbsolutePath().getParent();
            return ", " + Sizes.shown(Files.getFileStore(folder).getUsableSpace()) + " free in its folder";
        } catch (IOException e) {
            return "";
        }
    }
}
