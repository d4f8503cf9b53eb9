package io.gimbal.storage;

import io.gimbal.config.FileFailures;
import io.gimbal.config.UserException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The right to write into a folder, held by one owner at a time: among processes by a lock on the file {@value #FILE}
 * in it, which ends with the process however that ends, and within a process by a list. The file stays when the lock
 * ends, since another owner may be opening it. Safe for several threads.
 */
public final class FolderLock implements AutoCloseable {
    /** The file's name; the holder's process id stands in it. */
    public static final String FILE = ".lock";

    private static final int LONGEST_ID = 20;

    /**
     * The folders of this process. A process must not even open a file that it has locked: closing it would end the
     * lock.
     */
    private static final Set<Object> HELD = ConcurrentHashMap.newKeySet();

    private final Path file;
    private final boolean made;
    private final Object folder;
    private final FileChannel channel;
    private final Optional<String> unlocked;

    private FolderLock(Path file, boolean made, Object folder, FileChannel channel, Optional<String> unlocked) {
        this.file = file;
        this.made = made;
        this.folder = folder;
        this.channel = channel;
        this.unlocked = unlocked;
    }

    /** How the file is locked; null where another process has locked it. */
    @FunctionalInterface
    interface Locking {
        FileLock tryLock(FileChannel channel) throws IOException;
    }

    /**
     * Takes a folder that is there.
     *
     * @throws UserException if it has an owner, whom the message names, or the user may not write into it
     */
    public static FolderLock take(Path folder) {
        return take(folder, FileChannel::tryLock);
    }

    static FolderLock take(Path folder, Locking locking) {
        return Uninterrupted.get(() -> attempt(folder, locking));
    }

    private static FolderLock attempt(Path folder, Locking locking) {
        Path file = folder.resolve(FILE);
        try {
            Object key = key(folder);
            if (!HELD.add(key)) {
                throw inUse(folder, "in this process");
            }
            try {
                return locked(key, folder, locking);
            } catch (IOException | RuntimeException | Error e) {
                HELD.remove(key);
                throw e;
            }
        } catch (IOException e) {
            throw FileFailures.writing(file, e);
        }
    }

    /** What is the same for all paths of a folder. */
    private static Object key(Path folder) throws IOException {
        Object key = Files.readAttributes(folder, BasicFileAttributes.class).fileKey();
        return key != null ? key : folder.toRealPath();
    }

    private static FolderLock locked(Object key, Path folder, Locking locking) throws IOException {
        Path file = folder.resolve(FILE);
        boolean made = Files.notExists(file, LinkOption.NOFOLLOW_LINKS);
        if (!made && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new UserException(file + ": is no ordinary file, which the lock of the folder must be; remove it.");
        }
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ,
                StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        try {
            if (locking.tryLock(channel) == null) {
                throw inUse(folder, owner(channel));
            }
        } catch (OverlappingFileLockException e) {
            channel.close();
            throw inUse(folder, "in this process");
        } catch (ClosedByInterruptException | RuntimeException | Error e) {
            channel.close();
            throw e;
        } catch (IOException e) {
            return new FolderLock(file, made, key, channel, Optional.of(FileFailures.reason(file, e)));
        }
        writeOwner(channel);
        return new FolderLock(file, made, key, channel, Optional.empty());
    }

    private static UserException inUse(Path folder, String where) {
        return new UserException(folder + " is in use: another training or replay " + where + " writes into it. Wait "
                + "for its end, or end it, or name another folder.");
    }

    private static String owner(FileChannel channel) throws IOException {
        ByteBuffer id = ByteBuffer.allocate(LONGEST_ID);
        channel.read(id, 0);
        String text = new String(id.array(), 0, id.position(), StandardCharsets.US_ASCII).strip();
        return text.matches("[0-9]+") ? "in process " + text : "in another process";
    }

    /** The number is for a message alone: a full disk does not keep the owner out. */
    private static void writeOwner(FileChannel channel) throws ClosedByInterruptException {
        String id = ProcessHandle.current().pid() + "\n";
        try {
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(id.getBytes(StandardCharsets.US_ASCII)), 0);
        } catch (ClosedByInterruptException e) {
            // The lock is gone with the channel.
            throw e;
        } catch (IOException unwritable) {
            return;
        }
    }

    /** Why the file system has no locks, so that other processes are not kept out; empty where it has. */
    public Optional<String> unlocked() {
        return unlocked;
    }

    /** Gives a folder free that nothing was written into; where this lock made the file, it is removed. */
    public void discard() {
        if (made) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                // Then it stays, which harms nobody.
                close();
                return;
            }
        }
        close();
    }

    /** Gives the folder free. */
    @Override
    public synchronized void close() {
        if (!channel.isOpen()) {
            return;
        }
        try {
            channel.close();
        } catch (IOException e) {
            // The system ends the lock all the same.
            return;
        } finally {
            HELD.remove(folder);
        }
    }
}
