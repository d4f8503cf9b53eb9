package io.gimbal.data;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Keeps decoded samples until a bound of bytes is reached; what comes after that is made anew each time. It never
 * drops what it has: with a shuffled order every sample is as likely to be wanted next as any other.
 *
 * <p>The bound is {@value #MEBIBYTES} MiB or an eighth of the heap's limit, whichever is less: NYUv2's 795 training
 * images at 96 x 128 take 186 MiB. Safe for use by several threads; two that miss the same sample at once both make it.
 */
final class PixelCache {
    private static final int MEBIBYTES = 512;
    private final AtomicReferenceArray<Pixels> kept;
    private final AtomicInteger room;

    PixelCache(int size, int height, int width) {
        this(size, height, width, Math.min((long) MEBIBYTES << 20, Runtime.getRuntime().maxMemory() / 8));
    }

    PixelCache(int size, int height, int width, long boundBytes) {
        kept = new AtomicReferenceArray<>(size);
        room = new AtomicInteger((int) Math.min(size, boundBytes / Pixels.bytes(height, width)));
    }

    /** The sample of that number, or null. */
    Pixels find(int index) {
        return kept.get(index);
    }

    void offer(int index, Pixels pixels) {
        if (room.get() <= 0 || room.getAndDecrement() <= 0) {
            return;
        }
        if (!kept.compareAndSet(index, null, pixels)) {
            room.getAndIncrement();
        }
    }
}
