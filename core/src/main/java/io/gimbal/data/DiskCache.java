package io.gimbal.data;

import io.gimbal.config.FileFailures;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Samples in files of a folder, a file a sample, named by a digest of all that the sample depends on: what has changed
 * has another name. Files are there whole or not at all; a damaged one is as none. As it is opened the files that were
 * used longest ago make room until the bound is kept; when that is reached nothing more is written. Several processes
 * may share a folder: each adds at most what was free as it opened it. Where nothing can be written that is logged
 * once.
 *
 * <p>Safe for use by several threads, and no interrupt of one harms it.
 */
final class DiskCache {
    private static final System.Logger LOGGER = System.getLogger(DiskCache.class.getName());
    private static final String SUFFIX = ".sample";
    private static final String PART = ".part";
    /** What a process that was killed left is not written any more after that long. */
    private static final long HOUR = 3_600_000;
    /** Data sets of one process share the room. */
    private static final Map<SampleCache.Disk, DiskCache> OPEN = new ConcurrentHashMap<>();

    private final Path folder;
    private final AtomicLong room;
    private final AtomicBoolean failed = new AtomicBoolean();

    /** A file and what decides whether it goes. */
    private record Kept(Path file, long bytes, FileTime used) { }

    static DiskCache of(SampleCache.Disk disk) {
        return OPEN.computeIfAbsent(disk, DiskCache::new);
    }

    DiskCache(SampleCache.Disk disk) {
        folder = disk.folder();
        room = new AtomicLong(disk.bytes());
        try {
            Files.createDirectories(folder);
            List<Kept> files = files();
            files.forEach(file -> room.addAndGet(-file.bytes()));
            for (Kept file : files) {
                if (room.get() < 0 && Files.deleteIfExists(file.file())) {
                    room.addAndGet(file.bytes());
                }
            }
        } catch (IOException failure) {
            tell(failure);
        }
    }

    /** What was used longest ago first. */
    private List<Kept> files() throws IOException {
        List<Kept> files = new ArrayList<>();
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path file : (Iterable<Path>) entries::iterator) {
                String name = file.getFileName().toString();
                if (!name.endsWith(SUFFIX) && !name.endsWith(PART)) {
                    continue;
                }
                File entry = file.toFile();
                FileTime used = FileTime.fromMillis(entry.lastModified());
                if (name.endsWith(SUFFIX)) {
                    files.add(new Kept(file, entry.length(), used));
                } else if (System.currentTimeMillis() - used.toMillis() > HOUR) {
                    Files.deleteIfExists(file);
                }
            }
        }
        files.sort(Comparator.comparing(Kept::used));
        return files;
    }

    /** The sample of that key, if it is there and whole; it counts as used now. */
    Optional<Sample> find(String key) {
        File file = file(key).toFile();
        long length = file.length();
        if (length == 0 || length > Integer.MAX_VALUE - 16 || length > Runtime.getRuntime().maxMemory() / 4) {
            return Optional.empty();
        }
        // Not by a channel, which an interrupt of the thread would close.
        try (FileInputStream in = new FileInputStream(file)) {
            Optional<Sample> sample = SampleFile.read(in.readNBytes((int) length));
            sample.ifPresent(found -> file.setLastModified(System.currentTimeMillis()));
            return sample;
        } catch (IOException unreadable) {
            return Optional.empty();
        }
    }

    /** Keeps a sample, in place of what is there under its key. */
    void offer(String key, Sample sample) {
        if (failed.get()) {
            return;
        }
        SampleFile.write(sample).ifPresent(bytes -> {
            long more = bytes.length - file(key).toFile().length();
            if (room.addAndGet(-more) < 0 && more > 0 || !write(file(key), bytes)) {
                room.addAndGet(more);
            }
        });
    }

    /** The move replaces at once; that the disk has it is not waited for, since damage is seen. */
    private boolean write(Path file, byte[] bytes) {
        Path part = folder.resolve(UUID.randomUUID() + PART);
        try {
            try (FileOutputStream out = new FileOutputStream(part.toFile())) {
                out.write(bytes);
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
            return true;
        } catch (IOException failure) {
            part.toFile().delete();
            tell(failure);
            return false;
        }
    }

    private Path file(String key) {
        return folder.resolve(key + SUFFIX);
    }

    private void tell(IOException failure) {
        if (!failed.getAndSet(true)) {
            LOGGER.log(System.Logger.Level.WARNING, folder + ": no more samples are kept there (data.cache.folder), "
                    + "and the training goes on without: " + FileFailures.reason(folder, failure));
        }
    }

    /** What tells a file from another, and from itself after a change: its place, size and time of change. */
    static String stamp(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return file.toAbsolutePath().normalize() + " " + attributes.size() + " " + attributes.lastModifiedTime();
        } catch (IOException failure) {
            throw FileFailures.of(file, "cannot be read", failure);
        }
    }
}
