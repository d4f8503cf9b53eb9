package io.gimbal.picture;

import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * Half of Java's heap, lent to the threads that unpack pictures: where large ones come together, threads wait for each
 * other instead of running out of memory.
 */
public final class HeapShare {
    /** The most bytes that one loan may be of. */
    public static final long LARGEST = Runtime.getRuntime().maxMemory() / 2;

    private static final int KIBIBYTES = (int) Math.min(Integer.MAX_VALUE, (LARGEST >> 10) + 1);
    /** Fair, so that many small pictures do not keep a large one waiting for ever. */
    private static final Semaphore FREE = new Semaphore(KIBIBYTES, true);

    private HeapShare() { }

    /** @param bytes about as many as the work holds at most; up to {@link #LARGEST} */
    public static <T> T lend(long bytes, Supplier<T> work) {
        int loan = (int) Math.min(KIBIBYTES, (bytes >> 10) + 1);
        FREE.acquireUninterruptibly(loan);
        try {
            return work.get();
        } finally {
            FREE.release(loan);
        }
    }
}
