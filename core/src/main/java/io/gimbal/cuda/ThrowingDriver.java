package io.gimbal.cuda;

import java.util.Objects;
import java.util.function.Supplier;

/** The driver over any binding's C functions: it checks every status. What the step loop calls makes no object. */
public final class ThrowingDriver implements Driver {
    private static final int SUCCESS = 0;
    private static final int NOT_READY = 600;
    private static final int HOST_ALLOC_PORTABLE = 1;
    private static final int STREAM_NON_BLOCKING = 1;
    private static final int EVENT_DISABLE_TIMING = 2;
    private static final int CAPTURE_THREAD_LOCAL = 1;
    private static final int NAME_BYTES = 256;

    private final RawDriver raw;
    private final Supplier<String> detail;

    /**
     * Checks the calls of {@code raw}.
     *
     * @param detail what the library says about its last failure beyond the status; empty for nothing
     */
    public ThrowingDriver(RawDriver raw, Supplier<String> detail) {
        this.raw = Objects.requireNonNull(raw, "raw is null");
        this.detail = Objects.requireNonNull(detail, "detail is null");
    }

    @Override
    public void initialize() {
        check(raw.initialize(), "cuInit");
    }

    @Override
    public int version() {
        int[] version = new int[1];
        check(raw.version(version), "cuDriverGetVersion");
        return version[0];
    }

    @Override
    public int deviceCount() {
        int[] count = new int[1];
        check(raw.deviceCount(count), "cuDeviceGetCount");
        return count[0];
    }

    @Override
    public int device(int ordinal) {
        int[] device = new int[1];
        int status = raw.device(device, ordinal);
        if (status != SUCCESS) {
            throw failure("cuDeviceGet", status, "ordinal " + ordinal);
        }
        return device[0];
    }

    @Override
    public String deviceName(int device) {
        byte[] name = new byte[NAME_BYTES];
        checkDevice(raw.deviceName(name, device), "cuDeviceGetName", device);
        return NativeArrays.text(name);
    }

    @Override
    public int deviceAttribute(int attribute, int device) {
        int[] value = new int[1];
        int status = raw.deviceAttribute(value, attribute, device);
        if (status != SUCCESS) {
            throw failure("cuDeviceGetAttribute", status, "attribute " + attribute + ", device " + device);
        }
        return value[0];
    }

    @Override
    public long totalMemory(int device) {
        long[] bytes = new long[1];
        checkDevice(raw.totalMemory(bytes, device), "cuDeviceTotalMem_v2", device);
        return bytes[0];
    }

    @Override
    public long retainPrimaryContext(int device) {
        long[] context = new long[1];
        checkDevice(raw.retainPrimaryContext(context, device), "cuDevicePrimaryCtxRetain", device);
        return context[0];
    }

    @Override
    public void releasePrimaryContext(int device) {
        checkDevice(raw.releasePrimaryContext(device), "cuDevicePrimaryCtxRelease_v2", device);
    }

    @Override
    public void setCurrentContext(long context) {
        int status = raw.setCurrentContext(context);
        if (status != SUCCESS) {
            throw failure("cuCtxSetCurrent", status, "context " + hex(context));
        }
    }

    @Override
    public long currentContext() {
        long[] context = new long[1];
        check(raw.currentContext(context), "cuCtxGetCurrent");
        return context[0];
    }

    @Override
    public int contextDevice() {
        int[] device = new int[1];
        check(raw.contextDevice(device), "cuCtxGetDevice");
        return device[0];
    }

    @Override
    public void synchronizeContext() {
        check(raw.synchronizeContext(), "cuCtxSynchronize");
    }

    @Override
    public long allocate(long bytes) {
        long[] pointer = new long[1];
        int status = raw.allocate(pointer, bytes);
        if (status != SUCCESS) {
            throw failure("cuMemAlloc_v2", status, bytes + " bytes");
        }
        return pointer[0];
    }

    @Override
    public void free(long pointer) {
        int status = raw.free(pointer);
        if (status != SUCCESS) {
            throw failure("cuMemFree_v2", status, "pointer " + hex(pointer));
        }
    }

    @Override
    public AllocationRange allocationRange(long pointer) {
        long[] baseAndBytes = new long[2];
        int status = raw.allocationRange(baseAndBytes, pointer);
        if (status != SUCCESS) {
            throw failure("cuMemGetAddressRange_v2", status, "pointer " + hex(pointer));
        }
        return new AllocationRange(baseAndBytes[0], baseAndBytes[1]);
    }

    @Override
    public long freeMemory() {
        long[] freeAndTotal = new long[2];
        check(raw.memoryInfo(freeAndTotal), "cuMemGetInfo_v2");
        return freeAndTotal[0];
    }

    @Override
    public long allocateHost(long bytes) {
        long[] address = new long[1];
        int status = raw.allocateHost(address, bytes, HOST_ALLOC_PORTABLE);
        if (status != SUCCESS) {
            throw failure("cuMemHostAlloc", status, bytes + " bytes");
        }
        return address[0];
    }

    @Override
    public HostBuffer hostBuffer(long address, long bytes) {
        return new HostBuffer(address, bytes);
    }

    @Override
    public void freeHost(long address) {
        int status = raw.freeHost(address);
        if (status != SUCCESS) {
            throw failure("cuMemFreeHost", status, "address " + hex(address));
        }
    }

    @Override
    public void copyHostToDevice(long destination, long source, long bytes, long stream) {
        int status = raw.copyHostToDevice(destination, source, bytes, stream);
        if (status != SUCCESS) {
            throw copyFailure("cuMemcpyHtoDAsync_v2", status, destination, source, bytes, stream);
        }
    }

    @Override
    public void copyDeviceToHost(long destination, long source, long bytes, long stream) {
        int status = raw.copyDeviceToHost(destination, source, bytes, stream);
        if (status != SUCCESS) {
            throw copyFailure("cuMemcpyDtoHAsync_v2", status, destination, source, bytes, stream);
        }
    }

    @Override
    public void copyDeviceToDevice(long destination, long source, long bytes, long stream) {
        int status = raw.copyDeviceToDevice(destination, source, bytes, stream);
        if (status != SUCCESS) {
            throw copyFailure("cuMemcpyDtoDAsync_v2", status, destination, source, bytes, stream);
        }
    }

    @Override
    public void fillBytes(long destination, byte value, long count, long stream) {
        int status = raw.fillBytes(destination, value, count, stream);
        if (status != SUCCESS) {
            throw failure("cuMemsetD8Async", status,
                    "destination " + hex(destination) + ", " + count + " bytes, stream " + hex(stream));
        }
    }

    @Override
    public void fillWords(long destination, int value, long count, long stream) {
        int status = raw.fillWords(destination, value, count, stream);
        if (status != SUCCESS) {
            throw failure("cuMemsetD32Async", status,
                    "destination " + hex(destination) + ", " + count + " words, stream " + hex(stream));
        }
    }

    @Override
    public long createStream() {
        long[] stream = new long[1];
        check(raw.createStream(stream, STREAM_NON_BLOCKING), "cuStreamCreate");
        return stream[0];
    }

    @Override
    public void destroyStream(long stream) {
        checkStream(raw.destroyStream(stream), "cuStreamDestroy_v2", stream);
    }

    @Override
    public long streamContext(long stream) {
        long[] context = new long[1];
        checkStream(raw.streamContext(stream, context), "cuStreamGetCtx", stream);
        return context[0];
    }

    @Override
    public void synchronizeStream(long stream) {
        checkStream(raw.synchronizeStream(stream), "cuStreamSynchronize", stream);
    }

    @Override
    public boolean streamDone(long stream) {
        int status = raw.queryStream(stream);
        if (status == NOT_READY) {
            return false;
        }
        checkStream(status, "cuStreamQuery", stream);
        return true;
    }

    @Override
    public void streamWaitEvent(long stream, long event) {
        int status = raw.streamWaitEvent(stream, event);
        if (status != SUCCESS) {
            throw failure("cuStreamWaitEvent", status, "stream " + hex(stream) + ", event " + hex(event));
        }
    }

    @Override
    public void beginCapture(long stream) {
        checkStream(raw.beginCapture(stream, CAPTURE_THREAD_LOCAL), "cuStreamBeginCapture_v2", stream);
    }

    @Override
    public long endCapture(long stream) {
        long[] graph = new long[1];
        checkStream(raw.endCapture(stream, graph), "cuStreamEndCapture", stream);
        return graph[0];
    }

    @Override
    public boolean capturing(long stream) {
        int[] state = new int[1];
        checkStream(raw.capturing(stream, state), "cuStreamIsCapturing", stream);
        return state[0] != 0;
    }

    @Override
    public long createEvent(boolean timing) {
        long[] event = new long[1];
        check(raw.createEvent(event, timing ? 0 : EVENT_DISABLE_TIMING), "cuEventCreate");
        return event[0];
    }

    @Override
    public void destroyEvent(long event) {
        checkEvent(raw.destroyEvent(event), "cuEventDestroy_v2", event);
    }

    @Override
    public void recordEvent(long event, long stream) {
        int status = raw.recordEvent(event, stream);
        if (status != SUCCESS) {
            throw failure("cuEventRecord", status, "event " + hex(event) + ", stream " + hex(stream));
        }
    }

    @Override
    public void synchronizeEvent(long event) {
        checkEvent(raw.synchronizeEvent(event), "cuEventSynchronize", event);
    }

    @Override
    public boolean eventDone(long event) {
        int status = raw.queryEvent(event);
        if (status == NOT_READY) {
            return false;
        }
        checkEvent(status, "cuEventQuery", event);
        return true;
    }

    @Override
    public float elapsedMilliseconds(long start, long end) {
        float[] milliseconds = new float[1];
        int status = raw.elapsedTime(milliseconds, start, end);
        if (status != SUCCESS) {
            throw failure("cuEventElapsedTime", status, "events " + hex(start) + " and " + hex(end));
        }
        return milliseconds[0];
    }

    @Override
    public long loadModule(byte[] image) {
        long[] module = new long[1];
        int status = raw.loadModule(module, image);
        if (status != SUCCESS) {
            throw failure("cuModuleLoadData", status, "image of " + image.length + " bytes");
        }
        return module[0];
    }

    @Override
    public void unloadModule(long module) {
        int status = raw.unloadModule(module);
        if (status != SUCCESS) {
            throw failure("cuModuleUnload", status, "module " + hex(module));
        }
    }

    @Override
    public long function(long module, String name) {
        long[] function = new long[1];
        int status = raw.function(function, module, name);
        if (status != SUCCESS) {
            throw failure("cuModuleGetFunction", status, "kernel " + name);
        }
        return function[0];
    }

    @Override
    public int functionAttribute(int attribute, long function) {
        int[] value = new int[1];
        int status = raw.functionAttribute(value, attribute, function);
        if (status != SUCCESS) {
            throw failure("cuFuncGetAttribute", status, "attribute " + attribute + ", function " + hex(function));
        }
        return value[0];
    }

    @Override
    public void launchKernel(long function, int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ,
                             int sharedBytes, long stream, Object... arguments) {
        for (int i = 0; i < arguments.length; i++) {
            checkArgument(i, arguments[i]);
        }
        int status = raw.launchKernel(function, gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes, stream,
                arguments);
        if (status != SUCCESS) {
            throw failure("cuLaunchKernel", status, "function " + hex(function) + ", grid " + gridX + " x " + gridY
                    + " x " + gridZ
                    + ", block " + blockX + " x " + blockY + " x " + blockZ + ", " + sharedBytes
                    + " shared bytes, stream " + hex(stream) + ", " + arguments.length + " arguments");
        }
    }

    private static void checkArgument(int index, Object argument) {
        if (argument == null) {
            throw new IllegalArgumentException("kernel argument " + index + " is null; a null pointer is 0L");
        }
        if (!(argument instanceof Long || argument instanceof Integer || argument instanceof Float
                || argument instanceof Double)) {
            throw new IllegalArgumentException("kernel argument " + index + " is a " + argument.getClass().getName()
                    + "; it may be a Long, Integer, Float or Double");
        }
    }

    @Override
    public long graphNodeCount(long graph) {
        long[] count = new long[1];
        checkGraph(raw.graphNodeCount(graph, count), "cuGraphGetNodes", graph);
        return count[0];
    }

    @Override
    public long instantiateGraph(long graph) {
        long[] executable = new long[1];
        checkGraph(raw.instantiateGraph(executable, graph), "cuGraphInstantiateWithFlags", graph);
        return executable[0];
    }

    @Override
    public void launchGraph(long executableGraph, long stream) {
        int status = raw.launchGraph(executableGraph, stream);
        if (status != SUCCESS) {
            throw failure("cuGraphLaunch", status, "graph " + hex(executableGraph) + ", stream " + hex(stream));
        }
    }

    @Override
    public void destroyExecutableGraph(long executableGraph) {
        checkGraph(raw.destroyExecutableGraph(executableGraph), "cuGraphExecDestroy", executableGraph);
    }

    @Override
    public void destroyGraph(long graph) {
        checkGraph(raw.destroyGraph(graph), "cuGraphDestroy", graph);
    }

    private void check(int status, String function) {
        if (status != SUCCESS) {
            throw failure(function, status, "");
        }
    }

    private void checkDevice(int status, String function, int device) {
        if (status != SUCCESS) {
            throw failure(function, status, "device " + device);
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
        // Asked first: the next call may replace it.
        String said = detail.get();
        return Failures.ofDriver(function, status, arguments, raw.errorText(status), said);
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }
}
