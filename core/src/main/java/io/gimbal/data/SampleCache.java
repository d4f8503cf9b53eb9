package io.gimbal.data;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Keeps samples in memory until a bound of bytes is reached; what comes after that is made anew each time. It never
 * drops what it has: with a shuffled order every sample is as likely to be wanted next as any other. Safe for use by
 * several threads; two that miss the same sample at once both make it.
 */
public final class SampleCache {
    private final AtomicReferenceArray<Sample> kept;
    private final AtomicLong room;

    /**
     * How much is kept, and where.
     *
     * @param memory bytes of the heap, at least 0
     * @param disk   files that outlast the process
     */
    public record Bounds(long memory, Optional<Disk> disk) {
        private static final int PART = 8;
        /** An eighth of the heap's limit, and no files. */
        public static final Bounds DEFAULT = new Bounds(Runtime.getRuntime().maxMemory() / PART);

        /**
         * In memory alone.
         *
         * @param memory bytes of the heap
         */
        public Bounds(long memory) {
            this(memory, Optional.empty());
        }
    }

    /**
     * Files in which samples are kept.
     *
     * @param folder of them alone; made where there is none
     * @param bytes  of all files together, at least 0
     */
    public record Disk(Path folder, long bytes) {
        /** Knows the folder by its full name. */
        public Disk {
            folder = folder.toAbsolutePath().normalize();
        }
    }

    SampleCache(int size, Bounds bounds) {
        kept = new AtomicReferenceArray<>(size);
        room = new AtomicLong(bounds.memory());
    }

    /** The sample of that number, or null. */
    Sample find(int index) {
        return kept.get(index);
    }

    /** Keeps a sample in the place of one that knew less of it, or of none. */
    void offer(int index, Sample known, Sample sample) {
        long more = sample.bytes() - (known == null ? 0 : known.bytes());
        if (room.addAndGet(-more) < 0 || !kept.compareAndSet(index, known, sample)) {
            room.addAndGet(more);
        }
    }
}
