package io.gimbal.predict;

import io.gimbal.config.Counts;
import io.gimbal.config.UserException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;

/**
 * How a {@link Predictor} gathers requests. Immutable.
 *
 * @param batches     the sizes of batches, ascending: for each a step is captured, and so many requests as have come
 *                    run in the smallest that holds them. Sizes of which a quarter of Java's heap cannot hold what is
 *                    predicted become the largest that it holds
 * @param longestWait how long a request waits for others to share a batch with, at the most. With 0 it waits while a
 *                    batch runs alone: those that come meanwhile are the next
 * @param queue       how many requests may wait, besides those that are being predicted; at least the largest batch
 * @param listener    is told what happens
 */
public record PredictorOptions(List<Integer> batches, Duration longestWait, int queue, PredictorListener listener) {
    /** More than any machine needs to be busy. */
    static final int MOST_AT_ONCE = 1 << 20;

    private static final Duration LONGEST_WAIT = Duration.ofDays(1);
    private static final int BATCHES_WAITING = 8;

    /** Batches of 1, 2, 4 and 8, no wait, and 64 that may wait. */
    public static final PredictorOptions DEFAULT = upTo(8);

    /**
     * Checks that the parts fit together.
     *
     * @throws UserException naming the part that cannot be
     */
    public PredictorOptions {
        batches = List.copyOf(new TreeSet<>(Objects.requireNonNull(batches, "batches is null")));
        Objects.requireNonNull(longestWait, "longestWait is null");
        Objects.requireNonNull(listener, "listener is null");
        if (batches.isEmpty()) {
            throw new UserException("batches is empty, but must have one size at least.");
        }
        Counts.atLeast("a batch", batches.getFirst(), 1);
        if (batches.getLast() > MOST_AT_ONCE) {
            throw new UserException("a batch is " + batches.getLast() + ", but must be at most " + MOST_AT_ONCE + ".");
        }
        if (longestWait.isNegative() || longestWait.compareTo(LONGEST_WAIT) > 0) {
            throw new UserException("longestWait is " + longestWait + ", but must be from 0 to a day.");
        }
        Counts.atLeast("queue", queue, batches.getLast());
    }

    /**
     * Batches of 1, 2, 4 and so on up to that size, no wait, and 8 batches that may wait.
     *
     * @param largestBatch at least 1
     * @return the options
     */
    public static PredictorOptions upTo(int largestBatch) {
        Counts.atLeast("largestBatch", largestBatch, 1);
        TreeSet<Integer> batches = new TreeSet<>(List.of(largestBatch));
        for (long size = 1; size < largestBatch; size *= 2) {
            batches.add((int) size);
        }
        return of(List.copyOf(batches));
    }

    /**
     * Batches of that size alone, and the rest alike: the predictor is there sooner, since one step is
     * captured. For a stream of photos, which fills its batches.
     *
     * @param batch at least 1
     * @return the options
     */
    public static PredictorOptions only(int batch) {
        return of(List.of(batch));
    }

    private static PredictorOptions of(List<Integer> batches) {
        return new PredictorOptions(batches, Duration.ZERO, Math.clamp((long) BATCHES_WAITING
                * batches.getLast(), 1, Integer.MAX_VALUE), new PredictorListener() { });
    }

    /**
     * The same with another longest wait.
     *
     * @param longest from 0 to a day
     * @return other options; these stay
     */
    public PredictorOptions waiting(Duration longest) {
        return new PredictorOptions(batches, longest, queue, listener);
    }

    /**
     * The same with another bound of those that wait.
     *
     * @param most at least the largest batch
     * @return other options; these stay
     */
    public PredictorOptions queueing(int most) {
        return new PredictorOptions(batches, longestWait, most, listener);
    }

    /**
     * The same with a listener.
     *
     * @param other is told what happens, by several threads
     * @return other options; these stay
     */
    public PredictorOptions telling(PredictorListener other) {
        return new PredictorOptions(batches, longestWait, queue, other);
    }
}
