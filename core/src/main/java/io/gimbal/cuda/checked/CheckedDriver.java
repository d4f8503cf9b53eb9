package io.gimbal.cuda.checked;

import io.gimbal.cuda.AllocationRange;
import io.gimbal.cuda.DelegatingDriver;
import io.gimbal.cuda.Driver;
import io.gimbal.cuda.HostBuffer;
import io.gimbal.cuda.checked.MemoryRange.Kind;

/**
 * A driver that refuses
 * <ul>
 * <li>with an {@link IllegalArgumentException}: copies, fills and views that are not, as a whole, in one live
 *     allocation of the kind of memory that they want, in particular in one that was freed or never made here; freeing
 *     what is not the begin of a live allocation; filling words at an address that is not a multiple of 4;</li>
 * <li>with an {@link IllegalArgumentException}: kernel arguments that point into memory that was freed and has not been
 *     allocated again. What else a 64-bit argument holds may be a number and is let through;</li>
 * <li>with an {@link IllegalStateException}: streams, events, graphs and executable graphs that were destroyed or never
 *     created here. The legacy stream, 0, may be used always.</li>
 * </ul>
 * Of an empty range only that its address must not lie in freed memory is asked. Work that is still in a stream when
 * its memory is freed is not seen. Thread-safe to the extent that the wrapped driver is.
 */
public final class CheckedDriver extends DelegatingDriver {
    static final long LEGACY_STREAM = 0;

    private static final String DESTINATION = "the destination";
    private static final String SOURCE = "the source";

    private final MemoryChecks memory = new MemoryChecks();
    private final Handles streams = new Handles("stream");
    private final Handles events = new Handles("event");
    private final Handles graphs = new Handles("graph");
    private final Handles executables = new Handles("executable graph");

    CheckedDriver(Driver driver) {
        super(driver);
    }

    /** What is known of memory; cuBLAS and cuDNN look there too. */
    MemoryChecks memory() {
        return memory;
    }

    Handles streams() {
        return streams;
    }

    static void requireStream(Handles streams, String function, long stream) {
        if (stream != LEGACY_STREAM) {
            streams.require(function, stream);
        }
    }

    private void requireStream(String function, long stream) {
        requireStream(streams, function, stream);
    }

    @Override
    public long allocate(long bytes) {
        long pointer = super.allocate(bytes);
        memory.allocated(Kind.DEVICE, pointer, bytes);
        return pointer;
    }

    @Override
    public void free(long pointer) {
        memory.free("cuMemFree_v2", Kind.DEVICE, pointer, super::free);
    }

    /**
     * From now on the allocation may be used, whoever made it; its maker frees it, and that it must not be used from
     * then on is not seen here.
     */
    @Override
    public AllocationRange allocationRange(long pointer) {
        AllocationRange range = super.allocationRange(pointer);
        memory.madeElsewhere(range.base(), range.bytes());
        return range;
    }

    @Override
    public long allocateHost(long bytes) {
        long address = super.allocateHost(bytes);
        memory.allocated(Kind.PINNED, address, bytes);
        return address;
    }

    @Override
    public HostBuffer hostBuffer(long address, long bytes) {
        memory.requireInside("hostBuffer", "the address", Kind.PINNED, address, bytes);
        return super.hostBuffer(address, bytes);
    }

    @Override
    public void freeHost(long address) {
        memory.free("cuMemFreeHost", Kind.PINNED, address, super::freeHost);
    }

    @Override
    public void copyHostToDevice(long destination, long source, long bytes, long stream) {
        requireCopy("cuMemcpyHtoDAsync_v2", Kind.DEVICE, destination, Kind.PINNED, source, bytes, stream);
        super.copyHostToDevice(destination, source, bytes, stream);
    }

    @Override
    public void copyDeviceToHost(long destination, long source, long bytes, long stream) {
        requireCopy("cuMemcpyDtoHAsync_v2", Kind.PINNED, destination, Kind.DEVICE, source, bytes, stream);
        super.copyDeviceToHost(destination, source, bytes, stream);
    }

    @Override
    public void copyDeviceToDevice(long destination, long source, long bytes, long stream) {
        requireCopy("cuMemcpyDtoDAsync_v2", Kind.DEVICE, destination, Kind.DEVICE, source, bytes, stream);
        super.copyDeviceToDevice(destination, source, bytes, stream);
    }

    private void requireCopy(String function, Kind to, long destination, Kind from, long source, long bytes,
            long stream) {
        requireStream(function, stream);
        memory.requireInside(function, DESTINATION, to, destination, bytes);
        memory.requireInside(function, SOURCE, from, source, bytes);
    }

    @Override
    public void fillBytes(long destination, byte value, long count, long stream) {
        String function = "cuMemsetD8Async";
        requireStream(function, stream);
        memory.requireInside(function, DESTINATION, Kind.DEVICE, destination, count);
        super.fillBytes(destination, value, count, stream);
    }

    @Override
    public void fillWords(long destination, int value, long count, long stream) {
        String function = "cuMemsetD32Async";
        requireStream(function, stream);
        MemoryChecks.requireAligned(function, DESTINATION, destination, Integer.BYTES);
        // More words than an address space has bytes need not be told apart.
        long bytes = count > Long.MAX_VALUE / Integer.BYTES ? Long.MAX_VALUE : Math.max(-1, count) * Integer.BYTES;
        memory.requireInside(function, DESTINATION, Kind.DEVICE, destination, bytes);
        super.fillWords(destination, value, count, stream);
    }

    @Override
    public long createStream() {
        return streams.created(super.createStream());
    }

    @Override
    public void destroyStream(long stream) {
        streams.destroy("cuStreamDestroy_v2", stream, super::destroyStream);
    }

    /** From now on the stream may be used, whoever made it. */
    @Override
    public long streamContext(long stream) {
        long context = super.streamContext(stream);
        streams.created(stream);
        return context;
    }

    @Override
    public void synchronizeStream(long stream) {
        requireStream("cuStreamSynchronize", stream);
        super.synchronizeStream(stream);
    }

    @Override
    public boolean streamDone(long stream) {
        requireStream("cuStreamQuery", stream);
        return super.streamDone(stream);
    }

    @Override
    public void streamWaitEvent(long stream, long event) {
        requireStream("cuStreamWaitEvent", stream);
        events.require("cuStreamWaitEvent", event);
        super.streamWaitEvent(stream, event);
    }

    @Override
    public void beginCapture(long stream) {
        requireStream("cuStreamBeginCapture_v2", stream);
        super.beginCapture(stream);
    }

    @Override
    public long endCapture(long stream) {
        requireStream("cuStreamEndCapture", stream);
        return graphs.created(super.endCapture(stream));
    }

    @Override
    public boolean capturing(long stream) {
        requireStream("cuStreamIsCapturing", stream);
        return super.capturing(stream);
    }

    @Override
    public long createEvent(boolean timing) {
        return events.created(super.createEvent(timing));
    }

    @Override
    public void destroyEvent(long event) {
        events.destroy("cuEventDestroy_v2", event, super::destroyEvent);
    }

    @Override
    public void recordEvent(long event, long stream) {
        events.require("cuEventRecord", event);
        requireStream("cuEventRecord", stream);
        super.recordEvent(event, stream);
    }

    @Override
    public void synchronizeEvent(long event) {
        events.require("cuEventSynchronize", event);
        super.synchronizeEvent(event);
    }

    @Override
    public boolean eventDone(long event) {
        events.require("cuEventQuery", event);
        return super.eventDone(event);
    }

    @Override
    public float elapsedMilliseconds(long start, long end) {
        events.require("cuEventElapsedTime", start);
        events.require("cuEventElapsedTime", end);
        return super.elapsedMilliseconds(start, end);
    }

    @Override
    public void launchKernel(long function, int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ,
            int sharedBytes, long stream, Object... arguments) {
        String kernelLaunch = "cuLaunchKernel";
        requireStream(kernelLaunch, stream);
        for (int i = 0; i < arguments.length; i++) {
            if (arguments[i] instanceof Long value) {
                memory.requireNotFreed(kernelLaunch, "argument " + i + ",", value);
            }
        }
        super.launchKernel(function, gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes, stream, arguments);
    }

    @Override
    public long graphNodeCount(long graph) {
        graphs.require("cuGraphGetNodes", graph);
        return super.graphNodeCount(graph);
    }

    @Override
    public long instantiateGraph(long graph) {
        graphs.require("cuGraphInstantiateWithFlags", graph);
        return executables.created(super.instantiateGraph(graph));
    }

    @Override
    public void launchGraph(long executableGraph, long stream) {
        executables.require("cuGraphLaunch", executableGraph);
        requireStream("cuGraphLaunch", stream);
        super.launchGraph(executableGraph, stream);
    }

    @Override
    public void destroyExecutableGraph(long executableGraph) {
        executables.destroy("cuGraphExecDestroy", executableGraph, super::destroyExecutableGraph);
    }

    @Override
    public void destroyGraph(long graph) {
        graphs.destroy("cuGraphDestroy", graph, super::destroyGraph);
    }
}
