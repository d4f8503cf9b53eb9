package io.gimbal.train;

import io.gimbal.config.FileFailures;
import io.gimbal.config.UserException;
import io.gimbal.storage.Disk;
import io.gimbal.storage.FolderLock;
import io.gimbal.storage.LineFile;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A folder that results are written to, by one owner at a time: another, in this process or another, is refused until
 * it is closed. Not thread-safe.
 */
public final class OutputFolder implements AutoCloseable {
    private final Path path;
    /** What was made for it, the outermost first. */
    private final List<Path> made;
    private final FolderLock lock;

    private OutputFolder(Path path, List<Path> made) {
        this.path = path;
        this.made = made;
        this.lock = FolderLock.take(path);
    }

    /**
     * Takes a folder, and makes it where it is not there yet.
     *
     * @param path where it is, or is to be
     * @return the folder, this process's until it is closed
     * @throws UserException if it has another owner, or cannot be made or written
     */
    public static OutputFolder open(Path path) {
        List<Path> made = new ArrayList<>();
        makeAll(path, made);
        return new OutputFolder(path, made);
    }

    /**
     * Makes and takes a folder that nothing had: of that name, or with -2, -3, ... behind it.
     *
     * @param wanted where it is to be
     * @return the folder, this process's until it is closed
     */
    public static OutputFolder fresh(Path wanted) {
        List<Path> made = new ArrayList<>();
        makeAll(wanted.toAbsolutePath().getParent(), made);
        Path path = wanted;
        for (int k = 2; !make(path, made); k++) {
            path = wanted.resolveSibling(wanted.getFileName() + "-" + k);
        }
        return new OutputFolder(path, made);
    }

    private static void makeAll(Path path, List<Path> made) {
        if (Files.isDirectory(path)) {
            return;
        }
        Path parent = path.toAbsolutePath().getParent();
        if (parent != null) {
            makeAll(parent, made);
        }
        if (!make(path, made) && !Files.isDirectory(path)) {
            throw failure(path, new FileAlreadyExistsException(path.toString()));
        }
    }

    /** Whether it was made; else something of that name is there. */
    private static boolean make(Path path, List<Path> made) {
        try {
            Files.createDirectory(path);
        } catch (FileAlreadyExistsException there) {
            return false;
        } catch (IOException e) {
            throw failure(path, e);
        }
        made.add(path);
        Disk.forceEntries(path.toAbsolutePath().getParent());
        return true;
    }

    private static RuntimeException failure(Path path, IOException e) {
        return FileFailures.of(path, "the folder cannot be made", e);
    }

    /** {@return where it is} */
    public Path path() {
        return path;
    }

    /** {@return why other processes are not kept out; empty where they are} */
    public Optional<String> unlocked() {
        return lock.unlocked();
    }

    /**
     * A file of it to be written, or replaced.
     *
     * @param name without folders
     * @return where the file is
     * @throws UserException if something else than an ordinary file has that name, such as a link to another's
     */
    public Path file(String name) {
        Path file = path.resolve(name);
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new UserException(file + ": is no ordinary file, and is not written through: remove it, or name "
                    + "another folder");
        }
        return file;
    }

    /**
     * Opens a file of it from the start.
     *
     * @param name without folders
     * @return a file that is empty
     */
    public LineFile writer(String name) {
        return LineFile.create(file(name));
    }

    /** Gives the folder free. */
    @Override
    public void close() {
        lock.close();
    }

    /** Gives the folder free, and removes what was made for it, as far as nothing was put there. */
    public void discard() {
        lock.discard();
        for (Path folder : made.reversed()) {
            try {
                Files.delete(folder);
            } catch (IOException inUse) {
                return;
            }
        }
    }
}
