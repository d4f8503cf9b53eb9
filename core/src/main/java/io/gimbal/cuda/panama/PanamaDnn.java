package io.gimbal.cuda.panama;

import static io.gimbal.cuda.panama.Calls.call;

import io.gimbal.cuda.NativeArrays;
import io.gimbal.cuda.RawDnn;

/** cuDNN's backend interface by method handles. */
final class PanamaDnn implements RawDnn {
    private final DnnFunctions functions;
    private final LastDnnError lastError;

    PanamaDnn(SharedLibrary library) {
        this.functions = NativeLoader.bind(DnnFunctions.class, library);
        this.lastError = new LastDnnError(library);
    }

    @Override
    public long version() {
        return Calls.callLong(functions.version());
    }

    @Override
    public String lastError() {
        return lastError.get();
    }

    @Override
    public int create(long[] handle) {
        return NativeArrays.longs(handle, 1, out -> call(functions.create(), out));
    }

    @Override
    public int destroy(long handle) {
        return call(functions.destroy(), handle);
    }

    @Override
    public int setStream(long handle, long stream) {
        return call(functions.setStream(), handle, stream);
    }

    @Override
    public int createDescriptor(int type, long[] descriptor) {
        return NativeArrays.longs(descriptor, 1, out -> call(functions.createDescriptor(), type, out));
    }

    @Override
    public int destroyDescriptor(long descriptor) {
        return call(functions.destroyDescriptor(), descriptor);
    }

    @Override
    public int finalizeDescriptor(long descriptor) {
        return call(functions.finalizeDescriptor(), descriptor);
    }

    @Override
    public int setAttribute(long descriptor, int name, int type, long count, long values) {
        return call(functions.setAttribute(), descriptor, name, type, count, values);
    }

    @Override
    public int attribute(long descriptor, int name, int type, long most, long[] count, long values) {
        return NativeArrays.longs(count, 1, out -> call(functions.getAttribute(), descriptor, name, type, most, out,
                values));
    }

    @Override
    public int execute(long handle, long executionPlan, long variantPack) {
        return call(functions.execute(), handle, executionPlan, variantPack);
    }
}
