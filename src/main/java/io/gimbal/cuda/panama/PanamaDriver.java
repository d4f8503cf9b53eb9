package io.gimbal.cuda.panama;

import static io.gimbal.cuda.panama.Calls.call;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.gimbal.cuda.CudaException;
import io.gimbal.cuda.Driver;
import io.gimbal.cuda.Failures;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Supplier;

/** The driver by method handles. What the step loop calls makes no object unless it fails. */
final class PanamaDriver implements Driver {
    private static final int SUCCESS = 0;
    private static final int NOT_READY = 600;
    private static final int HOST_ALLOC_PORTABLE = 1;
    private static final int STREAM_NON_BLOCKING = 1;
    private static final int EVENT_DISABLE_TIMING = 2;
    private static final int CAPTURE_THREAD_LOCAL = 1;
    private static final int NAME_BYTES = 256;

    private final DriverFunctions functions;
    private final Supplier<String> detail;

    /** @param detail what the library says about its last failure beyond the status; empty for nothing */
    PanamaDriver(SharedLibrary library, Supplier<String> detail) {
        this.functions = NativeLoader.bind(DriverFunctions.class, library);
        this.detail = detail;
    }

    @Override
    public void initialize() {
        check(call(functions.initialize(), 0), "cuInit");
    }

    @Override
    public int version() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment version = arena.allocate(JAVA_INT);
            check(call(functions.version(), version.address()), "cuDriverGetVersion");
            return version.get(JAVA_INT, 0);
        }
    }

    @Override
    public int deviceCount() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(JAVA_INT);
            check(call(functions.deviceCount(), count.address()), "cuDeviceGetCount");
            return count.get(JAVA_INT, 0);
        }
    }

    @Override
    public int device(int ordinal) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment device = arena.allocate(JAVA_INT);
            int status = call(functions.device(), device.address(), ordinal);
            if (status != SUCCESS) {
                throw failure("cuDeviceGet", status, "ordinal " + ordinal);
            }
            return device.get(JAVA_INT, 0);
        }
    }

    @Override
    public String deviceName(int device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(NAME_BYTES);
            int status = call(functions.deviceName(), name.address(), NAME_BYTES, device);
            if (status != SUCCESS) {
                throw failure("cuDeviceGetName", status, "device " + device);
            }
            return name.getString(0);
        }
    }

    @Override
    public int deviceAttribute(int attribute, int device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(JAVA_INT);
            int status = call(functions.deviceAttribute(), value.address(), attribute, device);
            if (status != SUCCESS) {
                throw failure("cuDeviceGetAttribute", status, "attribute " + attribute + ", device " + device);
            }
            return value.get(JAVA_INT, 0);
        }
    }

    @Override
    public long totalMemory(int device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(JAVA_LONG);
            int status = call(functions.totalMemory(), bytes.address(), device);
            if (status != SUCCESS) {
                throw failure("cuDeviceTotalMem_v2", status, "device " + device);
            }
            return bytes.get(JAVA_LONG, 0);
        }
    }

    @Override
    public long retainPrimaryContext(int device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment context = arena.allocate(ADDRESS);
            int status = call(functions.retainPrimaryContext(), context.address(), device);
            if (status != SUCCESS) {
                throw failure("cuDevicePrimaryCtxRetain", status, "device " + device);
            }
            return context.get(JAVA_LONG, 0);
        }
    }

    @Override
    public void releasePrimaryContext(int device) {
        int status = call(functions.releasePrimaryContext(), device);
        if (status != SUCCESS) {
            throw failure("cuDevicePrimaryCtxRelease_v2", status, "device " + device);
        }
    }

    @Override
    public void setCurrentContext(long context) {
        int status = call(functions.setCurrentContext(), context);
        if (status != SUCCESS) {
            throw failure("cuCtxSetCurrent", status, "context " + hex(context));
        }
    }

    @Override
    public void synchronizeContext() {
        check(call(functions.synchronizeContext()), "cuCtxSynchronize");
    }

    @Override
    public long allocate(long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pointer = arena.allocate(JAVA_LONG);
            int status = call(functions.allocate(), pointer.address(), bytes);
            if (status != SUCCESS) {
                throw failure("cuMemAlloc_v2", status, bytes + " bytes");
            }
            return pointer.get(JAVA_LONG, 0);
        }
    }

    @Override
    public void free(long pointer) {
        int status = call(functions.free(), pointer);
        if (status != SUCCESS) {
            throw failure("cuMemFree_v2", status, "pointer " + hex(pointer));
        }
    }

    @Override
    public long freeMemory() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(JAVA_LONG, 2);
            check(call(functions.memoryInfo(), bytes.address(), bytes.address() + Long.BYTES), "cuMemGetInfo_v2");
            return bytes.getAtIndex(JAVA_LONG, 0);
        }
    }

    @Override
    public long allocateHost(long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pointer = arena.allocate(JAVA_LONG);
            int status = call(functions.allocateHost(), pointer.address(), bytes, HOST_ALLOC_PORTABLE);
            if (status != SUCCESS) {
                throw failure("cuMemHostAlloc", status, bytes + " bytes");
            }
            return pointer.get(JAVA_LONG, 0);
        }
    }

    @Override
    public ByteBuffer hostBuffer(long address, long bytes) {
        if (bytes < 0 || bytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a buffer holds 0 to " + Integer.MAX_VALUE + " bytes, not " + bytes);
        }
        return MemorySegment.ofAddress(address).reinterpret(bytes).asByteBuffer().order(ByteOrder.nativeOrder());
    }

    @Override
    public void freeHost(long address) {
        int status = call(functions.freeHost(), address);
        if (status != SUCCESS) {
            throw failure("cuMemFreeHost", status, "address " + hex(address));
        }
    }

    @Override
    public void copyHostToDevice(long destination, long source, long bytes, long stream) {
        int status = call(functions.copyHostToDevice(), destination, source, bytes, stream);
        if (status != SUCCESS) {
            throw copyFailure("cuMemcpyHtoDAsync_v2", status, destination, source, bytes, stream);
        }
    }

    @Override
    public void copyDeviceToHost(long destination, long source, long bytes, long stream) {
        int status = call(functions.copyDeviceToHost(), destination, source, bytes, stream);
        if (status != SUCCESS) {
            throw copyFailure("cuMemcpyDtoHAsync_v2", status, destination, source, bytes, stream);
        }
    }

    @Override
    public void copyDeviceToDevice(long destination, long source, long bytes, long stream) {
        int status = call(functions.copyDeviceToDevice(), destination, source, bytes, stream);
        if (status != SUCCESS) {
            throw copyFailure("cuMemcpyDtoDAsync_v2", status, destination, source, bytes, stream);
        }
    }

    @Override
    public void fillBytes(long destination, byte value, long count, long stream) {
        int status = call(functions.fillBytes(), destination, value, count, stream);
        if (status != SUCCESS) {
            throw failure("cuMemsetD8Async", status,
                    "destination " + hex(destination) + ", " + count + " bytes, stream " + hex(stream));
        }
    }

    @Override
    public void fillWords(long destination, int value, long count, long stream) {
        int status = call(functions.fillWords(), destination, value, count, stream);
        if (status != SUCCESS) {
            throw failure("cuMemsetD32Async", status,
                    "destination " + hex(destination) + ", " + count + " words, stream " + hex(stream));
        }
    }

    @Override
    public long createStream() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment stream = arena.allocate(JAVA_LONG);
            check(call(functions.createStream(), stream.address(), STREAM_NON_BLOCKING), "cuStreamCreate");
            return stream.get(JAVA_LONG, 0);
        }
    }

    @Override
    public void destroyStream(long stream) {
        checkStream(call(functions.destroyStream(), stream), "cuStreamDestroy_v2", stream);
    }

    @Override
    public void synchronizeStream(long stream) {
        checkStream(call(functions.synchronizeStream(), stream), "cuStreamSynchronize", stream);
    }

    @Override
    public boolean streamDone(long stream) {
        int status = call(functions.queryStream(), stream);
        if (status == NOT_READY) {
            return false;
        }
        checkStream(status, "cuStreamQuery", stream);
        return true;
    }

    @Override
    public void streamWaitEvent(long stream, long event) {
        int status = call(functions.streamWaitEvent(), stream, event, 0);
        if (status != SUCCESS) {
            throw failure("cuStreamWaitEvent", status, "stream " + hex(stream) + ", event " + hex(event));
        }
    }

    @Override
    public void beginCapture(long stream) {
        checkStream(call(functions.beginCapture(), stream, CAPTURE_THREAD_LOCAL), "cuStreamBeginCapture_v2", stream);
    }

    @Override
    public long endCapture(long stream) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment graph = arena.allocate(JAVA_LONG);
            checkStream(call(functions.endCapture(), stream, graph.address()), "cuStreamEndCapture", stream);
            return graph.get(JAVA_LONG, 0);
        }
    }

    @Override
    public boolean capturing(long stream) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(JAVA_INT);
            checkStream(call(functions.isCapturing(), stream, state.address()), "cuStreamIsCapturing", stream);
            return state.get(JAVA_INT, 0) != 0;
        }
    }

    @Override
    public long createEvent(boolean timing) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment event = arena.allocate(JAVA_LONG);
            check(call(functions.createEvent(), event.address(), timing ? 0 : EVENT_DISABLE_TIMING), "cuEventCreate");
            return event.get(JAVA_LONG, 0);
        }
    }

    @Override
    public void destroyEvent(long event) {
        checkEvent(call(functions.destroyEvent(), event), "cuEventDestroy_v2", event);
    }

    @Override
    public void recordEvent(long event, long stream) {
        int status = call(functions.recordEvent(), event, stream);
        if (status != SUCCESS) {
            throw failure("cuEventRecord", status, "event " + hex(event) + ", stream " + hex(stream));
        }
    }

    @Override
    public void synchronizeEvent(long event) {
        checkEvent(call(functions.synchronizeEvent(), event), "cuEventSynchronize", event);
    }

    @Override
    public boolean eventDone(long event) {
        int status = call(functions.queryEvent(), event);
        if (status == NOT_READY) {
            return false;
        }
        checkEvent(status, "cuEventQuery", event);
        return true;
    }

    @Override
    public float elapsedMilliseconds(long start, long end) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment milliseconds = arena.allocate(JAVA_FLOAT);
            int status = call(functions.elapsedTime(), milliseconds.address(), start, end);
            if (status != SUCCESS) {
                throw failure("cuEventElapsedTime", status, "events " + hex(start) + " and " + hex(end));
            }
            return milliseconds.get(JAVA_FLOAT, 0);
        }
    }

    @Override
    public long loadModule(byte[] image) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment module = arena.allocate(JAVA_LONG);
            // The image of a CUBIN is an ELF file, which the driver reads in words; PTX is text and ends with a zero.
            MemorySegment data = arena.allocate(image.length + 1L, Long.BYTES);
            MemorySegment.copy(image, 0, data, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, image.length);
            int status = call(functions.loadModule(), module.address(), data.address());
            if (status != SUCCESS) {
                throw failure("cuModuleLoadData", status, "image of " + image.length + " bytes");
            }
            return module.get(JAVA_LONG, 0);
        }
    }

    @Override
    public void unloadModule(long module) {
        int status = call(functions.unloadModule(), module);
        if (status != SUCCESS) {
            throw failure("cuModuleUnload", status, "module " + hex(module));
        }
    }

    @Override
    public long function(long module, String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment function = arena.allocate(JAVA_LONG);
            int status = call(functions.function(), function.address(), module, arena.allocateFrom(name).address());
            if (status != SUCCESS) {
                throw failure("cuModuleGetFunction", status, "kernel " + name);
            }
            return function.get(JAVA_LONG, 0);
        }
    }

    @Override
    public int functionAttribute(int attribute, long function) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(JAVA_INT);
            int status = call(functions.functionAttribute(), value.address(), attribute, function);
            if (status != SUCCESS) {
                throw failure("cuFuncGetAttribute", status, "attribute " + attribute + ", function " + hex(function));
            }
            return value.get(JAVA_INT, 0);
        }
    }

    @Override
    public void launchKernel(long function, int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ,
                             int sharedBytes, long stream, Object... arguments) {
        int status;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment parameters = KernelArguments.write(arena, arguments);
            status = launch(function, gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes, stream,
                    parameters.address());
        }
        if (status != SUCCESS) {
            throw failure("cuLaunchKernel", status, "function " + hex(function) + ", grid " + gridX + " x " + gridY
                    + " x " + gridZ
                    + ", block " + blockX + " x " + blockY + " x " + blockZ + ", " + sharedBytes
                    + " shared bytes, stream " + hex(stream) + ", " + arguments.length + " arguments");
        }
    }

    private int launch(long function, int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ,
            int sharedBytes, long stream, long parameters) {
        try {
            return (int) functions.launchKernel().invokeExact(function, gridX, gridY, gridZ, blockX, blockY, blockZ,
                    sharedBytes, stream, parameters, 0L);
        } catch (Throwable problem) {
            throw Calls.rethrown(problem);
        }
    }

    @Override
    public long graphNodeCount(long graph) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(JAVA_LONG);
            checkGraph(call(functions.graphNodes(), graph, 0L, count.address()), "cuGraphGetNodes", graph);
            return count.get(JAVA_LONG, 0);
        }
    }

    @Override
    public long instantiateGraph(long graph) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment executable = arena.allocate(JAVA_LONG);
            int status = call(functions.instantiateGraph(), executable.address(), graph, 0L);
            checkGraph(status, "cuGraphInstantiateWithFlags", graph);
            return executable.get(JAVA_LONG, 0);
        }
    }

    @Override
    public void launchGraph(long executableGraph, long stream) {
        int status = call(functions.launchGraph(), executableGraph, stream);
        if (status != SUCCESS) {
            throw failure("cuGraphLaunch", status, "graph " + hex(executableGraph) + ", stream " + hex(stream));
        }
    }

    @Override
    public void destroyExecutableGraph(long executableGraph) {
        checkGraph(call(functions.destroyExecutableGraph(), executableGraph), "cuGraphExecDestroy", executableGraph);
    }

    @Override
    public void destroyGraph(long graph) {
        checkGraph(call(functions.destroyGraph(), graph), "cuGraphDestroy", graph);
    }

    private void check(int status, String function) {
        if (status != SUCCESS) {
            throw failure(function, status, "");
        }
    }

    private void checkStream(int status, String function, long stream) {
        if (status != SUCCESS) {
            throw failure(function, status, "stream " + hex(stream));
        }
    }

    private void checkEvent(int status, String function, long event) {
        if (status != SUCCESS) {
            throw failure(function, status, "event " + hex(event));
        }
    }

    private void checkGraph(int status, String function, long graph) {
        if (status != SUCCESS) {
            throw failure(function, status, "graph " + hex(graph));
        }
    }

    private CudaException copyFailure(String function, int status, long destination, long source, long bytes,
            long stream) {
        return failure(function, status, "destination " + hex(destination) + ", source " + hex(source) + ", " + bytes
                + " bytes, stream " + hex(stream));
    }

    private CudaException failure(String function, int status, String arguments) {
        return Failures.ofDriver(function, status, arguments, words(status), detail.get());
    }

    private String words(int status) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(JAVA_LONG);
            boolean told = call(functions.errorString(), status, text.address()) == SUCCESS;
            return told ? SharedLibrary.text(text.get(JAVA_LONG, 0)) : "";
        }
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }
}
