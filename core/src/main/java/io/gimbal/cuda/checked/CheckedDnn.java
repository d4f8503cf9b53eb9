package io.gimbal.cuda.checked;

import static io.gimbal.cuda.DnnNames.*;

import io.gimbal.cuda.Dnn;
import io.gimbal.cuda.checked.MemoryRange.Kind;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * cuDNN, which refuses
 * <ul>
 * <li>with an {@link IllegalArgumentException}: data pointers of a variant pack, when they are set and again when it is
 *     executed, that do not point into live device memory or are not multiples of the 16 bytes that tensors promise; a
 *     workspace with fewer bytes to its allocation's end than the executed plan needs;</li>
 * <li>with an {@link IllegalStateException}: a handle that another thread is inside a call with (finalizing a
 *     descriptor that holds it is one), a handle, descriptor or stream that was destroyed or never created.</li>
 * </ul>
 * Every data pointer counts as one of the device: tensors by value, which lie on the host, are not for this.
 * Thread-safe.
 */
public final class CheckedDnn implements Dnn {
    private static final String SET = "cudnnBackendSetAttribute";
    private static final String GET = "cudnnBackendGetAttribute";
    private static final String EXECUTE = "cudnnBackendExecute";
    /** CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT of every tensor. */
    private static final int DATA_ALIGNMENT = 16;

    private final Dnn dnn;
    private final MemoryChecks memory;
    private final LibraryHandles handles;
    private final Handles descriptors = new Handles("cuDNN descriptor");
    private final Map<Long, Contents> contents = new ConcurrentHashMap<>();

    /** What a descriptor was given that is looked at again; a handle or workspace of 0 is none. */
    private record Contents(long handle, long[] pointers, long workspace) {
        private static final Contents NONE = new Contents(0, new long[0], 0);
    }

    CheckedDnn(Dnn dnn, MemoryChecks memory, Handles streams) {
        this.dnn = dnn;
        this.memory = memory;
        this.handles = new LibraryHandles("cuDNN handle", streams);
    }

    @Override
    public long version() {
        return dnn.version();
    }

    @Override
    public long create() {
        return handles.created(dnn.create());
    }

    @Override
    public void destroy(long handle) {
        handles.destroy("cudnnDestroy", handle, dnn::destroy);
    }

    @Override
    public void setStream(long handle, long stream) {
        handles.setStream("cudnnSetStream", handle, stream, () -> dnn.setStream(handle, stream));
    }

    @Override
    public long createDescriptor(int type) {
        return descriptors.created(dnn.createDescriptor(type));
    }

    @Override
    public void destroyDescriptor(long descriptor) {
        descriptors.destroy("cudnnBackendDestroyDescriptor", descriptor, destroyed -> {
            contents.remove(destroyed);
            dnn.destroyDescriptor(destroyed);
        });
    }

    private Contents contents(long descriptor) {
        return contents.getOrDefault(descriptor, Contents.NONE);
    }

    @Override
    public void setAttribute(long descriptor, int name, int type, long... values) {
        descriptors.require(SET, descriptor);
        Contents old = contents(descriptor);
        if (type == TYPE_HANDLE && values.length == 1) {
            try (LibraryHandles.Call _ = handles.enter(SET, values[0])) {
                dnn.setAttribute(descriptor, name, type, values);
            }
            contents.put(descriptor, new Contents(values[0], old.pointers(), old.workspace()));
        } else if (name == VARIANT_PACK_DATA_POINTERS) {
            requirePointers(SET, values);
            dnn.setAttribute(descriptor, name, type, values);
            contents.put(descriptor, new Contents(old.handle(), values.clone(), old.workspace()));
        } else if (name == VARIANT_PACK_WORKSPACE && values.length == 1) {
            memory.requireInside(SET, "the workspace", Kind.DEVICE, values[0], values[0] == 0 ? 0 : 1);
            dnn.setAttribute(descriptor, name, type, values);
            contents.put(descriptor, new Contents(old.handle(), old.pointers(), values[0]));
        } else {
            if (type == TYPE_BACKEND_DESCRIPTOR) {
                requireDescriptors(SET, values);
            }
            dnn.setAttribute(descriptor, name, type, values);
        }
    }

    private void requirePointers(String function, long[] pointers) {
        for (int i = 0; i < pointers.length; i++) {
            String role = "data pointer " + i;
            MemoryChecks.requireAligned(function, role, pointers[i], DATA_ALIGNMENT);
            memory.requireInside(function, role, Kind.DEVICE, pointers[i], 1);
        }
    }

    private void requireDescriptors(String function, long... given) {
        for (long descriptor : given) {
            descriptors.require(function, descriptor);
        }
    }

    @Override
    public void setAttribute(long descriptor, int name, int type, int... values) {
        descriptors.require(SET, descriptor);
        dnn.setAttribute(descriptor, name, type, values);
    }

    @Override
    public void setAttribute(long descriptor, int name, int type, float... values) {
        descriptors.require(SET, descriptor);
        dnn.setAttribute(descriptor, name, type, values);
    }

    @Override
    public void setAttribute(long descriptor, int name, int type, byte... values) {
        descriptors.require(SET, descriptor);
        dnn.setAttribute(descriptor, name, type, values);
    }

    @Override
    public void finalizeDescriptor(long descriptor) {
        String function = "cudnnBackendFinalize";
        descriptors.require(function, descriptor);
        long handle = contents(descriptor).handle();
        try (LibraryHandles.Call _ = handle == 0 ? null : handles.enter(function, handle)) {
            dnn.finalizeDescriptor(descriptor);
        }
    }

    @Override
    public long attributeCount(long descriptor, int name, int type) {
        descriptors.require(GET, descriptor);
        return dnn.attributeCount(descriptor, name, type);
    }

    @Override
    public long[] attributeLongs(long descriptor, int name, int type, int most) {
        descriptors.require(GET, descriptor);
        return dnn.attributeLongs(descriptor, name, type, most);
    }

    @Override
    public int[] attributeInts(long descriptor, int name, int type, int most) {
        descriptors.require(GET, descriptor);
        return dnn.attributeInts(descriptor, name, type, most);
    }

    @Override
    public int attributeDescriptors(long descriptor, int name, long... into) {
        descriptors.require(GET, descriptor);
        requireDescriptors(GET, into);
        return dnn.attributeDescriptors(descriptor, name, into);
    }

    @Override
    public String attributeText(long descriptor, int name, int mostBytes) {
        descriptors.require(GET, descriptor);
        return dnn.attributeText(descriptor, name, mostBytes);
    }

    @Override
    public void execute(long handle, long executionPlan, long variantPack) {
        try (LibraryHandles.Call _ = handles.enterWork(EXECUTE, handle)) {
            requireDescriptors(EXECUTE, executionPlan, variantPack);
            Contents pack = contents(variantPack);
            requirePointers(EXECUTE, pack.pointers());
            long needed = dnn.attributeLongs(executionPlan, EXECUTION_PLAN_WORKSPACE_SIZE, TYPE_INT64, 1)[0];
            memory.requireInside(EXECUTE, "the workspace for the plan's " + needed + " bytes", Kind.DEVICE,
                    pack.workspace(), needed);
            dnn.execute(handle, executionPlan, variantPack);
        }
    }
}
