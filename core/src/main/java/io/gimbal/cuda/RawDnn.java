package io.gimbal.cuda;

/**
 * cuDNN's C functions as a binding calls them: each returns the status, and writes what it yields to the start of an
 * array. {@link ThrowingDnn} checks the statuses; types, names and values are as there.
 */
public interface RawDnn {
    /** {@code cudnnGetVersion}. */
    long version();

    /** {@code cudnnGetLastErrorString}: what the library says of its last failure; empty before cuDNN 9. */
    String lastError();

    /** {@code cudnnCreate}. */
    int create(long[] handle);

    /** {@code cudnnDestroy}. */
    int destroy(long handle);

    /** {@code cudnnSetStream}. */
    int setStream(long handle, long stream);

    /** {@code cudnnBackendCreateDescriptor}. */
    int createDescriptor(int type, long[] descriptor);

    /** {@code cudnnBackendDestroyDescriptor}. */
    int destroyDescriptor(long descriptor);

    /** {@code cudnnBackendFinalize}. */
    int finalizeDescriptor(long descriptor);

    /** {@code cudnnBackendSetAttribute} of {@code count} values at a host address. */
    int setAttribute(long descriptor, int name, int type, long count, long values);

    /**
     * {@code cudnnBackendGetAttribute}: at most {@code most} values to a host address, which may hold some to be read.
     */
    int attribute(long descriptor, int name, int type, long most, long[] count, long values);

    /** {@code cudnnBackendExecute}. */
    int execute(long handle, long executionPlan, long variantPack);
}
