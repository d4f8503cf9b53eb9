package io.gimbal.cuda;

/**
 * The software device's own switches: how it runs kernels, and the faults that it can be told to have. They act on the
 * whole process. Thread-safe.
 */
public interface Switches {
    /**
     * {@code softcudaSet}.
     *
     * @throws CudaException for a name that the software device does not have or a value that the switch does not take
     */
    void set(String name, long value);

    /** {@code softcudaGet}: a switch's value or a figure such as {@code live_allocations}. */
    long get(String name);

    /** {@code softcudaLastMessage}: what the software device said about the last fault; empty if there was none. */
    String lastMessage();

    /**
     * {@code softcudaCounts}: what kernels have been counted to do since the switch {@code count} was last set to 1, as
     * JSON; native/softcuda/README.md says what it holds.
     */
    String counts();
}
