package io.gimbal.storage;

import io.gimbal.config.UserException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import java.util.function.Supplier;

/**
 * What an interrupt of its thread does not break off. File work: Java closes the channel of a thread that is
 * interrupted, so the work is done again. And waiting. The thread is marked as interrupted afterwards.
 */
public final class Uninterrupted {
    private Uninterrupted() {
    }

    /**
     * Does the work, from the start again where an interrupt closed its channel.
     *
     * @param work may be done twice
     */
    public static <T> T get(Supplier<T> work) {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try {
                    return work.get();
                } catch (UserException | UncheckedIOException failure) {
                    if (!(failure.getCause() instanceof ClosedChannelException) || !Thread.interrupted()) {
                        throw failure;
                    }
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The same for work without a result. */
    public static void run(Runnable work) {
        get(() -> {
            work.run();
            return null;
        });
    }

    /** What waits, and can be interrupted. */
    public interface Waiting {
        /** Waits; asked again, it goes on. */
        void await() throws InterruptedException;
    }

    /** Waits until it is over. */
    public static void await(Waiting waiting) {
        boolean interrupted = false;
        while (true) {
            try {
                waiting.await();
                break;
            } catch (InterruptedException interruption) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
