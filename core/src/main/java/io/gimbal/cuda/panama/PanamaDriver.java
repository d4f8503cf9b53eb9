package io.gimbal.cuda.panama;

import static io.gimbal.cuda.panama.Calls.call;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.gimbal.cuda.NativeArrays;
import io.gimbal.cuda.RawDriver;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The driver by method handles. What the step loop calls makes no object. */
final class PanamaDriver implements RawDriver {
    private static final int SUCCESS = 0;

    private final DriverFunctions functions;

    PanamaDriver(SharedLibrary library) {
        this.functions = NativeLoader.bind(DriverFunctions.class, library);
    }

    @Override
    public int initialize() {
        return call(functions.initialize(), 0);
    }

    @Override
    public int version(int[] version) {
        return NativeArrays.ints(version, 1, out -> call(functions.version(), out));
    }

    @Override
    public String errorText(int status) {
        long[] text = new long[1];
        int known = NativeArrays.longs(text, 1, out -> call(functions.errorString(), status, out));
        return known == SUCCESS ? SharedLibrary.text(text[0]) : "";
    }

    @Override
    public int deviceCount(int[] count) {
        return NativeArrays.ints(count, 1, out -> call(functions.deviceCount(), out));
    }

    @Override
    public int device(int[] device, int ordinal) {
        return NativeArrays.ints(device, 1, out -> call(functions.device(), out, ordinal));
    }

    @Override
    public int deviceName(byte[] name, int device) {
        return NativeArrays.bytes(name, out -> call(functions.deviceName(), out, name.length, device));
    }

    @Override
    public int deviceAttribute(int[] value, int attribute, int device) {
        return NativeArrays.ints(value, 1, out -> call(functions.deviceAttribute(), out, attribute, device));
    }

    @Override
    public int totalMemory(long[] bytes, int device) {
        return NativeArrays.longs(bytes, 1, out -> call(functions.totalMemory(), out, device));
    }

    @Override
    public int retainPrimaryContext(long[] context, int device) {
        return NativeArrays.longs(context, 1, out -> call(functions.retainPrimaryContext(), out, device));
    }

    @Override
    public int releasePrimaryContext(int device) {
        return call(functions.releasePrimaryContext(), device);
    }

    @Override
    public int setCurrentContext(long context) {
        return call(functions.setCurrentContext(), context);
    }

    @Override
    public int currentContext(long[] context) {
        return NativeArrays.longs(context, 1, out -> call(functions.currentContext(), out));
    }

    @Override
    public int contextDevice(int[] device) {
        return NativeArrays.ints(device, 1, out -> call(functions.contextDevice(), out));
    }

    @Override
    public int synchronizeContext() {
        return call(functions.synchronizeContext());
    }

    @Override
    public int allocate(long[] pointer, long bytes) {
        return NativeArrays.longs(pointer, 1, out -> call(functions.allocate(), out, bytes));
    }

    @Override
    public int free(long pointer) {
        return call(functions.free(), pointer);
    }

    @Override
    public int allocationRange(long[] baseAndBytes, long pointer) {
        return NativeArrays.longs(baseAndBytes, 2,
                out -> call(functions.allocationRange(), out, out + Long.BYTES, pointer));
    }

    @Override
    public int memoryInfo(long[] freeAndTotal) {
        return NativeArrays.longs(freeAndTotal, 2, out -> call(functions.memoryInfo(), out, out + Long.BYTES));
    }

    @Override
    public int allocateHost(long[] address, long bytes, int flags) {
        return NativeArrays.longs(address, 1, out -> call(functions.allocateHost(), out, bytes, flags));
    }

    @Override
    public int freeHost(long address) {
        return call(functions.freeHost(), address);
    }

    @Override
    public int copyHostToDevice(long destination, long source, long bytes, long stream) {
        return call(functions.copyHostToDevice(), destination, source, bytes, stream);
    }

    @Override
    public int copyDeviceToHost(long destination, long source, long bytes, long stream) {
        return call(functions.copyDeviceToHost(), destination, source, bytes, stream);
    }

    @Override
    public int copyDeviceToDevice(long destination, long source, long bytes, long stream) {
        return call(functions.copyDeviceToDevice(), destination, source, bytes, stream);
    }

    @Override
    public int fillBytes(long destination, byte value, long count, long stream) {
        return call(functions.fillBytes(), destination, value, count, stream);
    }

    @Override
    public int fillWords(long destination, int value, long count, long stream) {
        return call(functions.fillWords(), destination, value, count, stream);
    }

    @Override
    public int createStream(long[] stream, int flags) {
        return NativeArrays.longs(stream, 1, out -> call(functions.createStream(), out, flags));
    }

    @Override
    public int destroyStream(long stream) {
        return call(functions.destroyStream(), stream);
    }

    @Override
    public int streamContext(long stream, long[] context) {
        return NativeArrays.longs(context, 1, out -> call(functions.streamContext(), stream, out));
    }

    @Override
    public int synchronizeStream(long stream) {
        return call(functions.synchronizeStream(), stream);
    }

    @Override
    public int queryStream(long stream) {
        return call(functions.queryStream(), stream);
    }

    @Override
    public int streamWaitEvent(long stream, long event) {
        return call(functions.streamWaitEvent(), stream, event, 0);
    }

    @Override
    public int beginCapture(long stream, int mode) {
        return call(functions.beginCapture(), stream, mode);
    }

    @Override
    public int endCapture(long stream, long[] graph) {
        return NativeArrays.longs(graph, 1, out -> call(functions.endCapture(), stream, out));
    }

    @Override
    public int capturing(long stream, int[] state) {
        return NativeArrays.ints(state, 1, out -> call(functions.isCapturing(), stream, out));
    }

    @Override
    public int createEvent(long[] event, int flags) {
        return NativeArrays.longs(event, 1, out -> call(functions.createEvent(), out, flags));
    }

    @Override
    public int destroyEvent(long event) {
        return call(functions.destroyEvent(), event);
    }

    @Override
    public int recordEvent(long event, long stream) {
        return call(functions.recordEvent(), event, stream);
    }

    @Override
    public int synchronizeEvent(long event) {
        return call(functions.synchronizeEvent(), event);
    }

    @Override
    public int queryEvent(long event) {
        return call(functions.queryEvent(), event);
    }

    @Override
    public int elapsedTime(float[] milliseconds, long start, long end) {
        return NativeArrays.floats(milliseconds, 1, out -> call(functions.elapsedTime(), out, start, end));
    }

    @Override
    public int loadModule(long[] module, byte[] image) {
        try (Arena arena = Arena.ofConfined()) {
            // The image of a CUBIN is an ELF file, which the driver reads in words; PTX is text and ends with a zero.
            MemorySegment data = arena.allocate(image.length + 1L, Long.BYTES);
            MemorySegment.copy(image, 0, data, JAVA_BYTE, 0, image.length);
            return NativeArrays.longs(module, 1, out -> call(functions.loadModule(), out, data.address()));
        }
    }

    @Override
    public int unloadModule(long module) {
        return call(functions.unloadModule(), module);
    }

    @Override
    public int function(long[] function, long module, String name) {
        try (Arena arena = Arena.ofConfined()) {
            long text = arena.allocateFrom(name).address();
            return NativeArrays.longs(function, 1, out -> call(functions.function(), out, module, text));
        }
    }

    @Override
    public int functionAttribute(int[] value, int attribute, long function) {
        return NativeArrays.ints(value, 1, out -> call(functions.functionAttribute(), out, attribute, function));
    }

    @Override
    public int launchKernel(long function, int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ,
            int sharedBytes, long stream, Object... arguments) {
        try (Arena arena = Arena.ofConfined()) {
            long parameters = KernelArguments.write(arena, arguments).address();
            return (int) functions.launchKernel().invokeExact(function, gridX, gridY, gridZ, blockX, blockY, blockZ,
                    sharedBytes, stream, parameters, 0L);
        } catch (Throwable problem) {
            throw Calls.rethrown(problem);
        }
    }

    @Override
    public int graphNodeCount(long graph, long[] count) {
        return NativeArrays.longs(count, 1, out -> call(functions.graphNodes(), graph, 0L, out));
    }

    @Override
    public int instantiateGraph(long[] executable, long graph) {
        return NativeArrays.longs(executable, 1, out -> call(functions.instantiateGraph(), out, graph, 0L));
    }

    @Override
    public int launchGraph(long executable, long stream) {
        return call(functions.launchGraph(), executable, stream);
    }

    @Override
    public int destroyExecutableGraph(long executable) {
        return call(functions.destroyExecutableGraph(), executable);
    }

    @Override
    public int destroyGraph(long graph) {
        return call(functions.destroyGraph(), graph);
    }
}
