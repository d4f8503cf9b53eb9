package io.gimbal.cuda;

import static io.gimbal.cuda.DnnNames.TYPE_BACKEND_DESCRIPTOR;
import static io.gimbal.cuda.DnnNames.TYPE_CHAR;

import java.util.Arrays;
import java.util.Objects;

/** cuDNN's backend interface over any binding's C functions: it checks every status. */
public final class ThrowingDnn implements Dnn {
    private static final int SUCCESS = 0;

    private final RawDnn raw;

    /** Checks the calls of {@code raw}. */
    public ThrowingDnn(RawDnn raw) {
        this.raw = Objects.requireNonNull(raw, "raw is null");
    }

    @Override
    public long version() {
        return raw.version();
    }

    @Override
    public long create() {
        long[] handle = new long[1];
        check(raw.create(handle), "cudnnCreate");
        return handle[0];
    }

    @Override
    public void destroy(long handle) {
        check(raw.destroy(handle), "cudnnDestroy");
    }

    @Override
    public void setStream(long handle, long stream) {
        check(raw.setStream(handle, stream), "cudnnSetStream");
    }

    @Override
    public long createDescriptor(int type) {
        long[] descriptor = new long[1];
        int status = raw.createDescriptor(type, descriptor);
        if (status != SUCCESS) {
            throw failure("cudnnBackendCreateDescriptor", status, "type " + type);
        }
        return descriptor[0];
    }

    @Override
    public void destroyDescriptor(long descriptor) {
        check(raw.destroyDescriptor(descriptor), "cudnnBackendDestroyDescriptor");
    }

    @Override
    public void setAttribute(long descriptor, int name, int type, long... values) {
        checkSet(NativeArrays.longs(values, values.length,
                lent -> raw.setAttribute(descriptor, name, type, values.length, lent)), name, type, values.length);
    }

    @Override
    public void setAttribute(long descriptor, int name, int type, int... values) {
        checkSet(NativeArrays.ints(values, values.length,
                lent -> raw.setAttribute(descriptor, name, type, values.length, lent)), name, type, values.length);
    }

    @Override
    public void setAttribute(long descriptor, int name, int type, float... values) {
        checkSet(NativeArrays.floats(values, values.length,
                lent -> raw.setAttribute(descriptor, name, type, values.length, lent)), name, type, values.length);
    }

    @Override
    public void setAttribute(long descriptor, int name, int type, byte... values) {
        checkSet(NativeArrays.bytes(values, lent -> raw.setAttribute(descriptor, name, type, values.length, lent)),
                name, type, values.length);
    }

    private void checkSet(int status, int name, int type, int count) {
        if (status != SUCCESS) {
            throw failure("cudnnBackendSetAttribute", status, "attribute " + name + ", type " + type + ", " + count
                    + " values");
        }
    }

    @Override
    public void finalizeDescriptor(long descriptor) {
        check(raw.finalizeDescriptor(descriptor), "cudnnBackendFinalize");
    }

    @Override
    public long attributeCount(long descriptor, int name, int type) {
        long[] count = new long[1];
        checkGet(raw.attribute(descriptor, name, type, 0, count, 0), name, type, 0);
        return count[0];
    }

    @Override
    public long[] attributeLongs(long descriptor, int name, int type, int most) {
        long[] values = new long[most];
        long[] count = new long[1];
        checkGet(NativeArrays.longs(values, most,
                lent -> raw.attribute(descriptor, name, type, most, count, lent)), name, type, most);
        return Arrays.copyOf(values, (int) Math.min(most, count[0]));
    }

    @Override
    public int[] attributeInts(long descriptor, int name, int type, int most) {
        int[] values = new int[most];
        long[] count = new long[1];
        checkGet(NativeArrays.ints(values, most,
                lent -> raw.attribute(descriptor, name, type, most, count, lent)), name, type, most);
        return Arrays.copyOf(values, (int) Math.min(most, count[0]));
    }

    @Override
    public int attributeDescriptors(long descriptor, int name, long... into) {
        long[] count = new long[1];
        // cuDNN fills the descriptors that the array names; it leaves the array alone.
        checkGet(NativeArrays.longs(into.clone(), into.length, lent -> raw.attribute(descriptor, name,
                TYPE_BACKEND_DESCRIPTOR, into.length, count, lent)), name, TYPE_BACKEND_DESCRIPTOR, into.length);
        return (int) Math.min(into.length, count[0]);
    }

    @Override
    public String attributeText(long descriptor, int name, int mostBytes) {
        byte[] text = new byte[mostBytes];
        long[] count = new long[1];
        checkGet(NativeArrays.bytes(text, lent -> raw.attribute(descriptor, name, TYPE_CHAR, mostBytes, count, lent)),
                name, TYPE_CHAR, mostBytes);
        return NativeArrays.text(text);
    }

    private void checkGet(int status, int name, int type, int most) {
        if (status != SUCCESS) {
            throw failure("cudnnBackendGetAttribute", status, "attribute " + name + ", type " + type + ", at most "
                    + most);
        }
    }

    @Override
    public void execute(long handle, long executionPlan, long variantPack) {
        check(raw.execute(handle, executionPlan, variantPack), "cudnnBackendExecute");
    }

    private void check(int status, String function) {
        if (status != SUCCESS) {
            throw failure(function, status, "");
        }
    }

    private CudaException failure(String function, int status, String arguments) {
        // Read first: any further call may replace it.
        String detail = raw.lastError();
        return Failures.ofDnn(function, status, arguments, detail, raw.version());
    }
}
