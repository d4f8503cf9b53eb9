package io.gimbal.cuda.panama;

import static io.gimbal.cuda.panama.Calls.call;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.gimbal.cuda.CudaException;
import io.gimbal.cuda.Dnn;
import io.gimbal.cuda.Failures;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** cuDNN's backend interface by method handles. */
final class PanamaDnn implements Dnn {
    private static final int SUCCESS = 0;
    private static final int TYPE_BACKEND_DESCRIPTOR = 15;
    private static final int TYPE_CHAR = 24;
    private static final int MESSAGE_BYTES = 4096;

    private final DnnFunctions functions;

    PanamaDnn(SharedLibrary library) {
        this.functions = NativeLoader.bind(DnnFunctions.class, library);
    }

    @Override
    public long version() {
        return Calls.callLong(functions.version());
    }

    @Override
    public long create() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = arena.allocate(JAVA_LONG);
            check(call(functions.create(), handle.address()), "cudnnCreate", "");
            return handle.get(JAVA_LONG, 0);
        }
    }

    @Override
    public void destroy(long handle) {
        check(call(functions.destroy(), handle), "cudnnDestroy", "");
    }

    @Override
    public void setStream(long handle, long stream) {
        check(call(functions.setStream(), handle, stream), "cudnnSetStream", "");
    }

    @Override
    public long createDescriptor(int type) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment descriptor = arena.allocate(JAVA_LONG);
            int status = call(functions.createDescriptor(), type, descriptor.address());
            if (status != SUCCESS) {
                throw failure("cudnnBackendCreateDescriptor", status, "type " + type);
            }
            return descriptor.get(JAVA_LONG, 0);
        }
    }

    @Override
    public void destroyDescriptor(long descriptor) {
        check(call(functions.destroyDescriptor(), descriptor), "cudnnBackendDestroyDescriptor", "");
    }

    @Override
    public void setAttribute(long descriptor, int name, int type, long... values) {
        try (Arena arena = Arena.ofConfined()) {
            setAttribute(descriptor, name, type, values.length, arena.allocateFrom(JAVA_LONG, values));
        }
    }

    @Override
    public void setAttribute(long descriptor, int name, int type, int... values) {
        try (Arena arena = Arena.ofConfined()) {
            setAttribute(descriptor, name, type, values.length, arena.allocateFrom(JAVA_INT, values));
        }
    }

    @Override
    public void setAttribute(long descriptor, int name, int type, float... values) {
        try (Arena arena = Arena.ofConfined()) {
            setAttribute(descriptor, name, type, values.length, arena.allocateFrom(JAVA_FLOAT, values));
        }
    }

    @Override
    public void setAttribute(long descriptor, int name, int type, byte... values) {
        try (Arena arena = Arena.ofConfined()) {
            setAttribute(descriptor, name, type, values.length, arena.allocateFrom(JAVA_BYTE, values));
        }
    }

    private void setAttribute(long descriptor, int name, int type, long count, MemorySegment values) {
        int status = call(functions.setAttribute(), descriptor, name, type, count, values.address());
        if (status != SUCCESS) {
            throw failure("cudnnBackendSetAttribute", status, "attribute " + name + ", type " + type + ", " + count
                    + " values");
        }
    }

    @Override
    public void finalizeDescriptor(long descriptor) {
        check(call(functions.finalizeDescriptor(), descriptor), "cudnnBackendFinalize", "");
    }

    @Override
    public long attributeCount(long descriptor, int name, int type) {
        try (Arena arena = Arena.ofConfined()) {
            return getAttribute(arena, descriptor, name, type, 0, MemorySegment.NULL);
        }
    }

    @Override
    public long[] attributeLongs(long descriptor, int name, int type, int most) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment values = arena.allocate(JAVA_LONG, Math.max(1, most));
            long count = Math.min(most, getAttribute(arena, descriptor, name, type, most, values));
            return values.asSlice(0, count * Long.BYTES).toArray(JAVA_LONG);
        }
    }

    @Override
    public int[] attributeInts(long descriptor, int name, int type, int most) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment values = arena.allocate(JAVA_INT, Math.max(1, most));
            long count = Math.min(most, getAttribute(arena, descriptor, name, type, most, values));
            return values.asSlice(0, count * Integer.BYTES).toArray(JAVA_INT);
        }
    }

    @Override
    public int attributeDescriptors(long descriptor, int name, long... into) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment values = arena.allocateFrom(JAVA_LONG, into);
            long count = getAttribute(arena, descriptor, name, TYPE_BACKEND_DESCRIPTOR, into.length, values);
            return (int) Math.min(into.length, count);
        }
    }

    @Override
    public String attributeText(long descriptor, int name, int mostBytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(mostBytes + 1L);
            getAttribute(arena, descriptor, name, TYPE_CHAR, mostBytes, text);
            return text.getString(0);
        }
    }

    private long getAttribute(Arena arena, long descriptor, int name, int type, long most, MemorySegment values) {
        MemorySegment count = arena.allocate(JAVA_LONG);
        int status = call(functions.getAttribute(), descriptor, name, type, most, count.address(), values.address());
        if (status != SUCCESS) {
            throw failure("cudnnBackendGetAttribute", status, "attribute " + name + ", type " + type + ", at most "
                    + most);
        }
        return count.get(JAVA_LONG, 0);
    }

    @Override
    public void execute(long handle, long executionPlan, long variantPack) {
        check(call(functions.execute(), handle, executionPlan, variantPack), "cudnnBackendExecute", "");
    }

    private void check(int status, String function, String arguments) {
        if (status != SUCCESS) {
            throw failure(function, status, arguments);
        }
    }

    private CudaException failure(String function, int status, String arguments) {
        // Read first: any further call may replace it.
        String detail = lastError();
        return Failures.ofDnn(function, status, arguments, detail, version());
    }

    private String lastError() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment message = arena.allocate(MESSAGE_BYTES);
            functions.lastErrorString().invokeExact(message.address(), (long) MESSAGE_BYTES);
            return message.getString(0);
        } catch (UnsatisfiedLinkError beforeCudnn9) {
            return "";
        } catch (Throwable problem) {
            throw Calls.rethrown(problem);
        }
    }
}
