package io.gimbal.measure;

import io.gimbal.device.KernelCounts;
import io.gimbal.device.KernelResources;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a launch of a kernel needs, did and took.
 *
 * @param kernel    its name
 * @param place     its name and where it stands
 * @param launch    how it was launched
 * @param resources what it needs of a multiprocessor
 * @param resident  blocks that a multiprocessor holds at once; empty where the architecture's limits are not known
 * @param bytes     that a launch moves, for the rates: as they were counted, or as the arguments say
 * @param counts    what it did, where it was interpreted
 * @param least     the shortest time on an H200 by these counts
 * @param times     what it took, on a GPU
 * @param checks    outputs beside what is due
 * @param findings  what a reader should look at: sentences with lines of the source
 */
public record MeasuredKernel(String kernel, String place, KernelLaunch launch, KernelResources resources,
        OptionalInt resident, long bytes, Optional<KernelCounts> counts, Optional<Least> least, Optional<Times> times,
        List<OutputCheck> checks, List<String> findings) {
    private static final int WARP = 32;
    private static final int MOST_THREADS = 2048;

    /** Keeps copies. */
    public MeasuredKernel {
        checks = List.copyOf(checks);
        findings = List.copyOf(findings);
    }

    /**
     * A bound from below.
     *
     * @param seconds at least
     * @param limit   what asks for so much
     */
    public record Least(double seconds, Limit limit) {}

    /**
     * Times of one launch, in seconds.
     *
     * @param cold after something else has filled the caches
     * @param warm one of several launches, one behind the other
     */
    public record Times(Distribution cold, Distribution warm) {}

    /** {@return the share of a multiprocessor's threads that its resident blocks have} */
    public double occupancy() {
        long warps = (launch.block().count() + WARP - 1) / WARP;
        return resident.isEmpty() ? Double.NaN : (double) resident.getAsInt() * warps * WARP / MOST_THREADS;
    }

    /** {@return how many bytes a second it moved, with cold caches} */
    public double bytesPerSecond() {
        return times.map(taken -> bytes / taken.cold().median()).orElse(Double.NaN);
    }

    /** {@return whether all checks passed} */
    public boolean passed() {
        return checks.stream().allMatch(OutputCheck::passed);
    }
}
