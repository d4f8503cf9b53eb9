package io.gimbal.predict;

import java.time.Duration;
import java.util.Arrays;

/** Counts requests and batches, and keeps the last latencies. Safe for use by several threads. */
final class Latencies {
    private static final int KEPT = 4096;

    private final long[] last = new long[KEPT];
    private long requests;
    private long batches;

    synchronized void addBatch() {
        batches++;
    }

    synchronized void add(long nanoseconds) {
        last[(int) (requests % KEPT)] = nanoseconds;
        requests++;
    }

    synchronized PredictorStatistics statistics(int waiting) {
        long[] sorted = Arrays.copyOf(last, (int) Math.min(requests, KEPT));
        Arrays.sort(sorted);
        return new PredictorStatistics(waiting, requests, batches, at(sorted, 50), at(sorted, 95), at(sorted, 99),
                at(sorted, 100));
    }

    /** The least that so many per cent do not exceed. */
    private static Duration at(long[] sorted, int percent) {
        if (sorted.length == 0) {
            return Duration.ZERO;
        }
        return Duration.ofNanos(sorted[(percent * sorted.length + 99) / 100 - 1]);
    }
}
