package io.gimbal.cuda.jcuda;

import io.gimbal.cuda.RawDnn;
import java.util.function.Supplier;
import jcuda.Pointer;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnBackendDescriptor;
import jcuda.jcudnn.cudnnHandle;
import jcuda.jcudnn.cudnnStatus;
import jcuda.runtime.cudaStream_t;

/** cuDNN's backend interface by JCudnn, whose Java side is of cuDNN 8: only functions that 9 has alike are called. */
final class JcudaDnn implements RawDnn {
    private final Supplier<String> lastError;

    /** @param lastError {@code cudnnGetLastErrorString}, which JCudnn does not have */
    JcudaDnn(Supplier<String> lastError) {
        this.lastError = lastError;
    }

    @Override
    public long version() {
        return JCudnn.cudnnGetVersion();
    }

    @Override
    public String lastError() {
        return lastError.get();
    }

    @Override
    public int create(long[] handle) {
        cudnnHandle created = new cudnnHandle();
        int status = status(() -> JCudnn.cudnnCreate(created));
        handle[0] = NativePointers.get(created);
        return status;
    }

    @Override
    public int destroy(long handle) {
        return status(() -> JCudnn.cudnnDestroy(handle(handle)));
    }

    @Override
    public int setStream(long handle, long stream) {
        return status(() -> JCudnn.cudnnSetStream(handle(handle), NativePointers.set(new cudaStream_t(), stream)));
    }

    @Override
    public int createDescriptor(int type, long[] descriptor) {
        cudnnBackendDescriptor created = new cudnnBackendDescriptor();
        int status = status(() -> JCudnn.cudnnBackendCreateDescriptor(type, created));
        descriptor[0] = NativePointers.get(created);
        return status;
    }

    @Override
    public int destroyDescriptor(long descriptor) {
        return status(() -> JCudnn.cudnnBackendDestroyDescriptor(descriptor(descriptor)));
    }

    @Override
    public int finalizeDescriptor(long descriptor) {
        return status(() -> JCudnn.cudnnBackendFinalize(descriptor(descriptor)));
    }

    @Override
    public int setAttribute(long descriptor, int name, int type, long count, long values) {
        return status(() -> JCudnn.cudnnBackendSetAttribute(descriptor(descriptor), name, type, count,
                NativePointers.set(new Pointer(), values)));
    }

    @Override
    public int attribute(long descriptor, int name, int type, long most, long[] count, long values) {
        return status(() -> JCudnn.cudnnBackendGetAttribute(descriptor(descriptor), name, type, most, count,
                NativePointers.set(new Pointer(), values)));
    }

    @Override
    public int execute(long handle, long executionPlan, long variantPack) {
        return status(() -> JCudnn.cudnnBackendExecute(handle(handle), descriptor(executionPlan),
                descriptor(variantPack)));
    }

    private static cudnnHandle handle(long handle) {
        return NativePointers.set(new cudnnHandle(), handle);
    }

    private static int status(ThrownStatus.Call call) {
        return ThrownStatus.of(call, cudnnStatus::stringFor);
    }

    private static cudnnBackendDescriptor descriptor(long descriptor) {
        return NativePointers.set(new cudnnBackendDescriptor(), descriptor);
    }
}
