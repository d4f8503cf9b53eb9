package io.gimbal.cuda;

import java.util.concurrent.atomic.LongAdder;

/** A driver that counts what costs time and passes every call on. Counting makes no object and takes no lock. */
public final class CountingDriver extends DelegatingDriver {
    private final LongAdder hostToDevice = new LongAdder();
    private final LongAdder deviceToHost = new LongAdder();
    private final LongAdder deviceToDevice = new LongAdder();
    private final LongAdder synchronizations = new LongAdder();
    private final LongAdder allocations = new LongAdder();
    private final LongAdder launches = new LongAdder();
    private final LongAdder graphLaunches = new LongAdder();

    /** Counts the calls to {@code driver} that go through this. */
    public CountingDriver(Driver driver) {
        super(driver);
    }

    /** The totals so far. While other threads call the driver, each figure is right for some moment near this one. */
    public Counters counters() {
        return new Counters(hostToDevice.sum(), deviceToHost.sum(), deviceToDevice.sum(), synchronizations.sum(),
                allocations.sum(), launches.sum(), graphLaunches.sum());
    }

    @Override
    public void synchronizeContext() {
        synchronizations.increment();
        super.synchronizeContext();
    }

    @Override
    public long allocate(long bytes) {
        allocations.increment();
        return super.allocate(bytes);
    }

    @Override
    public long allocateHost(long bytes) {
        allocations.increment();
        return super.allocateHost(bytes);
    }

    @Override
    public void copyHostToDevice(long destination, long source, long bytes, long stream) {
        hostToDevice.increment();
        super.copyHostToDevice(destination, source, bytes, stream);
    }

    @Override
    public void copyDeviceToHost(long destination, long source, long bytes, long stream) {
        deviceToHost.increment();
        super.copyDeviceToHost(destination, source, bytes, stream);
    }

    @Override
    public void copyDeviceToDevice(long destination, long source, long bytes, long stream) {
        deviceToDevice.increment();
        super.copyDeviceToDevice(destination, source, bytes, stream);
    }

    @Override
    public void synchronizeStream(long stream) {
        synchronizations.increment();
        super.synchronizeStream(stream);
    }

    @Override
    public void synchronizeEvent(long event) {
        synchronizations.increment();
        super.synchronizeEvent(event);
    }

    @Override
    public void launchKernel(long function, int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ,
                             int sharedBytes, long stream, Object... arguments) {
        launches.increment();
        super.launchKernel(function, gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes, stream, arguments);
    }

    @Override
    public void launchGraph(long executableGraph, long stream) {
        graphLaunches.increment();
        super.launchGraph(executableGraph, stream);
    }
}
