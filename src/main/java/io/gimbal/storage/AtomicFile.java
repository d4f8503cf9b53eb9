package io.gimbal.storage;

import io.gimbal.config.UserException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Files that are there whole or not at all. The content goes to a temporary file in the same folder, which is forced to
 * the disk and then takes the target's name in one move. Whatever fails, the temporary file is deleted and the target
 * stays as it was; a process killed half-way leaves a temporary file, which the next write of the same target removes.
 */
public final class AtomicFile {
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
     * @param content writes the file's content
     * @throws UserException if the file could not be written: names it, its size and the cause
     */
    public static void write(Path target, long bytes, Content content) {
        write(target, bytes, content, AtomicFile::create);
    }

    /**
     * Writes a text, in UTF-8, as {@link #write(Path, long, Content)} writes.
     *
     * @throws UserException if the file could not be written
     */
    public static void writeText(Path target, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        write(target, bytes.length, channel -> {
            ByteBuffer rest = ByteBuffer.wrap(bytes);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
        });
    }

    static void write(Path target, long bytes, Content content, Opener opener) {
        if (Files.isDirectory(target)) {
            throw new UserException(target + ": is a folder, so no file can be written there.");
        }
        Path temporary = null;
        try {
            Path file = Files.isSymbolicLink(target) && Files.exists(target) ? target.toRealPath()
                    : target.toAbsolutePath();
            removeLeftOvers(file);
            temporary = file.resolveSibling(prefix(file) + UUID.randomUUID() + ".tmp");
            try (FileChannel channel = opener.open(temporary)) {
                content.writeTo(channel);
                channel.force(true);
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
            Disk.forceEntries(file.getParent());
        } catch (IOException e) {
            deleteQuietly(temporary);
            throw failure(target, bytes, e);
        } catch (RuntimeException | Error e) {
            deleteQuietly(temporary);
            throw e;
        }
    }

    private static FileChannel create(Path temporary) throws IOException {
        FileChannel channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try {
            // Marks the file as in use for removeLeftOvers of another process; released by closing.
            channel.tryLock();
        } catch (IOException e) {
            // A file system without locks: the file is written all the same.
            return channel;
        }
        return channel;
    }

    private static String prefix(Path file) {
        return "." + file.getFileName() + ".";
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

    private static UserException failure(Path target, long bytes, IOException e) {
        String needed = bytes < 0 ? "" : " (" + Sizes.shown(bytes) + " needed" + free(target) + ")";
        String previous = Files.exists(target) ? " The previous file is unchanged." : "";
        return new UserException(target + ": could not be written" + needed + ": " + cause(e, target) + "." + previous,
                e);
    }

    private static String free(Path target) {
        try {
            Path folder = target.toAbsolutePath().getParent();
            return ", " + Sizes.shown(Files.getFileStore(folder).getUsableSpace()) + " free in its folder";
        } catch (IOException e) {
            return "";
        }
    }

    private static String cause(IOException e, Path target) {
        Path folder = target.toAbsolutePath().getParent();
        if (e instanceof NoSuchFileException) {
            return "the folder " + folder + " does not exist";
        }
        if (e instanceof AccessDeniedException) {
            return "writing in " + folder + " is not permitted";
        }
        if (e instanceof FileSystemException system && system.getReason() != null) {
            return system.getReason();
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
}
