package io.gimbal.cuda;

import java.util.Objects;

/** A driver that passes every call on to another, for those that do something more with some. */
public abstract class DelegatingDriver implements Driver {
    private final Driver driver;

    /** Passes calls on to {@code driver}. */
    protected DelegatingDriver(Driver driver) {
        this.driver = Objects.requireNonNull(driver, "driver is null");
    }

    @Override
    public void initialize() {
        driver.initialize();
    }

    @Override
    public int version() {
        return driver.version();
    }

    @Override
    public int deviceCount() {
        return driver.deviceCount();
    }

    @Override
    public int device(int ordinal) {
        return driver.device(ordinal);
    }

    @Override
    public String deviceName(int device) {
        return driver.deviceName(device);
    }

    @Override
    public int deviceAttribute(int attribute, int device) {
        return driver.deviceAttribute(attribute, device);
    }

    @Override
    public long totalMemory(int device) {
        return driver.totalMemory(device);
    }

    @Override
    public long retainPrimaryContext(int device) {
        return driver.retainPrimaryContext(device);
    }

    @Override
    public void releasePrimaryContext(int device) {
        driver.releasePrimaryContext(device);
    }

    @Override
    public void setCurrentContext(long context) {
        driver.setCurrentContext(context);
    }

    @Override
    public long currentContext() {
        return driver.currentContext();
    }

    @Override
    public int contextDevice() {
        return driver.contextDevice();
    }

    @Override
    public void synchronizeContext() {
        driver.synchronizeContext();
    }

    @Override
    public long allocate(long bytes) {
        return driver.allocate(bytes);
    }

    @Override
    public void free(long pointer) {
        driver.free(pointer);
    }

    @Override
    public AllocationRange allocationRange(long pointer) {
        return driver.allocationRange(pointer);
    }

    @Override
    public long freeMemory() {
        return driver.freeMemory();
    }

    @Override
    public long allocateHost(long bytes) {
        return driver.allocateHost(bytes);
    }

    @Override
    public HostBuffer hostBuffer(long address, long bytes) {
        return driver.hostBuffer(address, bytes);
    }

    @Override
    public void freeHost(long address) {
        driver.freeHost(address);
    }

    @Override
    public void copyHostToDevice(long destination, long source, long bytes, long stream) {
        driver.copyHostToDevice(destination, source, bytes, stream);
    }

    @Override
    public void copyDeviceToHost(long destination, long source, long bytes, long stream) {
        driver.copyDeviceToHost(destination, source, bytes, stream);
    }

    @Override
    public void copyDeviceToDevice(long destination, long source, long bytes, long stream) {
        driver.copyDeviceToDevice(destination, source, bytes, stream);
    }

    @Override
    public void fillBytes(long destination, byte value, long count, long stream) {
        driver.fillBytes(destination, value, count, stream);
    }

    @Override
    public void fillWords(long destination, int value, long count, long stream) {
        driver.fillWords(destination, value, count, stream);
    }

    @Override
    public long createStream() {
        return driver.createStream();
    }

    @Override
    public void destroyStream(long stream) {
        driver.destroyStream(stream);
    }

    @Override
    public long streamContext(long stream) {
        return driver.streamContext(stream);
    }

    @Override
    public void synchronizeStream(long stream) {
        driver.synchronizeStream(stream);
    }

    @Override
    public boolean streamDone(long stream) {
        return driver.streamDone(stream);
    }

    @Override
    public void streamWaitEvent(long stream, long event) {
        driver.streamWaitEvent(stream, event);
    }

    @Override
    public void beginCapture(long stream) {
        driver.beginCapture(stream);
    }

    @Override
    public long endCapture(long stream) {
        return driver.endCapture(stream);
    }

    @Override
    public boolean capturing(long stream) {
        return driver.capturing(stream);
    }

    @Override
    public long createEvent(boolean timing) {
        return driver.createEvent(timing);
    }

    @Override
    public void destroyEvent(long event) {
        driver.destroyEvent(event);
    }

    @Override
    public void recordEvent(long event, long stream) {
        driver.recordEvent(event, stream);
    }

    @Override
    public void synchronizeEvent(long event) {
        driver.synchronizeEvent(event);
    }

    @Override
    public boolean eventDone(long event) {
        return driver.eventDone(event);
    }

    @Override
    public float elapsedMilliseconds(long start, long end) {
        return driver.elapsedMilliseconds(start, end);
    }

    @Override
    public long loadModule(byte[] image) {
        return driver.loadModule(image);
    }

    @Override
    public void unloadModule(long module) {
        driver.unloadModule(module);
    }

    @Override
    public long function(long module, String name) {
        return driver.function(module, name);
    }

    @Override
    public int functionAttribute(int attribute, long function) {
        return driver.functionAttribute(attribute, function);
    }

    @Override
    public void launchKernel(long function, int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ,
                             int sharedBytes, long stream, Object... arguments) {
        driver.launchKernel(function, gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes, stream, arguments);
    }

    @Override
    public long graphNodeCount(long graph) {
        return driver.graphNodeCount(graph);
    }

    @Override
    public long instantiateGraph(long graph) {
        return driver.instantiateGraph(graph);
    }

    @Override
    public void launchGraph(long executableGraph, long stream) {
        driver.launchGraph(executableGraph, stream);
    }

    @Override
    public void destroyExecutableGraph(long executableGraph) {
        driver.destroyExecutableGraph(executableGraph);
    }

    @Override
    public void destroyGraph(long graph) {
        driver.destroyGraph(graph);
    }
}
