package io.gimbal.cuda;

/**
 * cuDNN's backend (graph) interface: descriptors, their attributes, and execution. Descriptor types, attribute names
 * and attribute types are numbered as in {@code cudnn_graph.h}. A handle is for one thread at a time; descriptors once
 * finalized may be shared.
 */
public interface Dnn {
    /** {@code cudnnGetVersion}: 92400 for 9.24.0. */
    long version();

    /** {@code cudnnCreate}. */
    long create();

    /** {@code cudnnDestroy}. */
    void destroy(long handle);

    /** {@code cudnnSetStream}. */
    void setStream(long handle, long stream);

    /** {@code cudnnBackendCreateDescriptor}. */
    long createDescriptor(int type);

    /** {@code cudnnBackendDestroyDescriptor}. */
    void destroyDescriptor(long descriptor);

    /** {@code cudnnBackendSetAttribute} with 64-bit values: integers, pointers, handles and descriptors. */
    void setAttribute(long descriptor, int name, int type, long... values);

    /** {@code cudnnBackendSetAttribute} with 32-bit values: enumerations (data types, modes) and 32-bit integers. */
    void setAttribute(long descriptor, int name, int type, int... values);

    /** {@code cudnnBackendSetAttribute} with float values. */
    void setAttribute(long descriptor, int name, int type, float... values);

    /** {@code cudnnBackendSetAttribute} with bytes: booleans and text (end it with a zero byte yourself). */
    void setAttribute(long descriptor, int name, int type, byte... values);

    /**
     * {@code cudnnBackendFinalize}.
     *
     * @throws UnsupportedGraphException where the library says that it cannot run this (statuses 3000 to 3999 of cuDNN
     *     9)
     */
    void finalizeDescriptor(long descriptor);

    /** {@code cudnnBackendGetAttribute} with a count of 0: how many values there are to get. */
    long attributeCount(long descriptor, int name, int type);

    /** {@code cudnnBackendGetAttribute} of 64-bit integers, at most {@code most}. */
    long[] attributeLongs(long descriptor, int name, int type, int most);

    /** {@code cudnnBackendGetAttribute} of 32-bit values, at most {@code most}. */
    int[] attributeInts(long descriptor, int name, int type, int most);

    /**
     * {@code cudnnBackendGetAttribute} of descriptors: fills those handed in, which the caller created with the right
     * type and destroys.
     *
     * @return how many of them were filled
     */
    int attributeDescriptors(long descriptor, int name, long... into);

    /** {@code cudnnBackendGetAttribute} of text. */
    String attributeText(long descriptor, int name, int mostBytes);

    /** {@code cudnnBackendExecute}. */
    void execute(long handle, long executionPlan, long variantPack);
}
