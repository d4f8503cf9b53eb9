package io.gimbal.device;

import io.gimbal.cuda.Switches;
import java.util.List;

/**
 * The switches of the software device. They act on the whole process, at once; tests set them back. Thread-safe.
 */
public final class SoftDevice {
    /** The environment variable that says how many threads compute; without it as many as there are processors. */
    public static final String THREADS = "GIMBAL_SOFT_THREADS";

    private final Switches switches;

    SoftDevice(Switches switches) {
        this.switches = switches;
    }

    /** {@return how many threads compute} */
    public int threads() {
        return Math.toIntExact(switches.get("threads"));
    }

    /**
     * Lets {@code count} threads compute.
     *
     * @param count at least 1; 0 for the default
     */
    public void threads(int count) {
        switches.set("threads", count);
    }

    /**
     * Whether blocks run as 256 threads each, with true barriers and shuffles, and not as one fast thread.
     *
     * @param on whether they do
     */
    public void simt(boolean on) {
        switches.set("simt", on ? 1 : 0);
    }

    /**
     * Whether work waits until something waits for it, so that a missing wait shows.
     *
     * @param on whether it does
     */
    public void lateStreams(boolean on) {
        switches.set("late_streams", on ? 1 : 0);
    }

    /**
     * Lets the n-th allocation of device memory from now fail; 0 for none.
     *
     * @param nth from 1 on, or 0
     */
    public void failAllocation(long nth) {
        switches.set("fail_allocation", nth);
    }

    /**
     * Lets the n-th plan of a convolution from now fail for want of host memory; 0 for none.
     *
     * @param nth from 1 on, or 0
     */
    public void failPlan(long nth) {
        switches.set("fail_plan", nth);
    }

    /**
     * Whether fresh device memory is filled with signalling NaNs.
     *
     * @param on whether it is
     */
    public void poison(boolean on) {
        switches.set("poison", on ? 1 : 0);
    }

    /**
     * Whether allocations have guarded ends, which are looked at when they are freed and when the context is
     * synchronised.
     *
     * @param on whether they have, from the next allocation on
     */
    public void guard(boolean on) {
        switches.set("guard", on ? 1 : 0);
    }

    /**
     * Whether cuDNN's heuristics offer every engine that can run a convolution, and not the preferred one alone.
     *
     * @param on whether they do
     */
    public void allEngines(boolean on) {
        switches.set("all_engines", on ? 1 : 0);
    }

    /**
     * Lets launches and waits fail with this status until the context is released; 0 for none.
     *
     * @param status a {@code CUresult}
     */
    public void stickyError(int status) {
        switches.set("sticky_error", status);
    }

    /**
     * A switch's value, or a figure: {@code live_allocations}, {@code live_bytes}.
     *
     * @param name of the switch or figure
     * @return its value
     */
    public long get(String name) {
        return switches.get(name);
    }

    /**
     * Sets a switch by name.
     *
     * @param name  of the switch
     * @param value as {@code native/softcuda/README.md} has it
     */
    public void set(String name, long value) {
        switches.set(name, value);
    }

    /** {@return what the software device said about the last fault; empty if there was none} */
    public String lastMessage() {
        return switches.lastMessage();
    }

    /**
     * Ends a launch of PTX with an error when its warps have executed so many instructions; 0 for no bound.
     *
     * @param count of all warps together
     */
    public void mostInstructions(long count) {
        switches.set("most_instructions", count);
    }

    /**
     * Begins to count anew what kernels do that run by their PTX, or ends it.
     *
     * @param on whether it counts
     */
    public void count(boolean on) {
        switches.set("count", on ? 1 : 0);
    }

    /** {@return what has been counted since {@link #count} began; launches that are not done yet are not in it} */
    public List<KernelCounts> counts() {
        return KernelCounts.read(switches.counts());
    }
}
