package io.gimbal.device;

import io.gimbal.cuda.Driver;

/**
 * Work captured from a stream, ready to be launched as a whole, any number of times, one launch at a time. Arguments of
 * its kernels are those at capture; what they point at is read at each launch. Whoever captured it owns it, and keeps
 * alive the memory that its work uses. Thread-safe.
 */
public final class Graph extends DeviceResource {
    private final long executable;
    private final long nodes;

    Graph(Device device, long executable, long nodes) {
        super(device, true);
        this.executable = executable;
        this.nodes = nodes;
    }

    /** {@return how many operations it holds} */
    public long nodes() {
        return nodes;
    }

    long executable() {
        requireOpen();
        return executable;
    }

    @Override
    String title() {
        return "graph 0x" + Long.toHexString(executable) + " of " + nodes + " nodes";
    }

    @Override
    void release(Driver driver) {
        driver.destroyExecutableGraph(executable);
    }

    @Override
    public String toString() {
        return title();
    }
}
