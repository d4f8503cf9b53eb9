package io.gimbal.cuda;


/**
 * The slice of the CUDA driver API that Gimbal calls, one method a C function.
 *
 * <p>Handles and device pointers are {@code long}. Every method checks the returned status and throws a
 * {@link CudaException} that names the function, the status by name and number, and the arguments that decide.
 * Calls act on the context that is current on the calling thread; {@link #setCurrentContext} makes one current.
 * Implementations are thread-safe to the extent that the driver is.
 */
public interface Driver {
    /** {@code cuInit}: once in a process before anything else; more often is harmless. */
    void initialize();

    /** {@code cuDriverGetVersion}: 13000 for CUDA 13.0. */
    int version();

    /** {@code cuDeviceGetCount}. */
    int deviceCount();

    /** {@code cuDeviceGet}: the device of that ordinal. */
    int device(int ordinal);

    /** {@code cuDeviceGetName}. */
    String deviceName(int device);

    /** {@code cuDeviceGetAttribute}; attributes are numbered as in {@code cuda.h}. */
    int deviceAttribute(int attribute, int device);

    /** {@code cuDeviceTotalMem_v2}, in bytes. */
    long totalMemory(int device);

    /** {@code cuDevicePrimaryCtxRetain}: the context; pair each with {@link #releasePrimaryContext}. */
    long retainPrimaryContext(int device);

    /** {@code cuDevicePrimaryCtxRelease_v2}. */
    void releasePrimaryContext(int device);

    /** {@code cuCtxSetCurrent}, for the calling thread. */
    void setCurrentContext(long context);

    /** {@code cuCtxGetCurrent}: the calling thread's context; 0 for none. */
    long currentContext();

    /** {@code cuCtxGetDevice}: the device of the current context. */
    int contextDevice();

    /** {@code cuCtxSynchronize}. */
    void synchronizeContext();

    /** {@code cuMemAlloc_v2}: device memory, 256-byte aligned. */
    long allocate(long bytes);

    /** {@code cuMemFree_v2}. */
    void free(long pointer);

    /** {@code cuMemGetAddressRange_v2}: the allocation of device memory that the pointer lies in. */
    AllocationRange allocationRange(long pointer);

    /** {@code cuMemGetInfo_v2}: free bytes of the device. */
    long freeMemory();

    /** {@code cuMemHostAlloc} (portable): the address of page-locked host memory. */
    long allocateHost(long bytes);

    /**
     * Memory from {@link #allocateHost} as byte buffers, to be closed before {@link #freeHost}. At most 2 GiB.
     */
    HostBuffer hostBuffer(long address, long bytes);

    /** {@code cuMemFreeHost}. */
    void freeHost(long address);

    /** {@code cuMemcpyHtoDAsync_v2}; {@code source} is a host address. */
    void copyHostToDevice(long destination, long source, long bytes, long stream);

    /** {@code cuMemcpyDtoHAsync_v2}; {@code destination} is a host address. */
    void copyDeviceToHost(long destination, long source, long bytes, long stream);

    /** {@code cuMemcpyDtoDAsync_v2}. */
    void copyDeviceToDevice(long destination, long source, long bytes, long stream);

    /** {@code cuMemsetD8Async}. */
    void fillBytes(long destination, byte value, long count, long stream);

    /** {@code cuMemsetD32Async}: {@code count} 32-bit words. */
    void fillWords(long destination, int value, long count, long stream);

    /** {@code cuStreamCreate} with {@code CU_STREAM_NON_BLOCKING}. */
    long createStream();

    /** {@code cuStreamDestroy_v2}. */
    void destroyStream(long stream);

    /**
     * {@code cuStreamGetCtx}: the context that the stream was created in; of the legacy stream (0), the current one.
     */
    long streamContext(long stream);

    /** {@code cuStreamSynchronize}. */
    void synchronizeStream(long stream);

    /** {@code cuStreamQuery}: whether all work in the stream is done. */
    boolean streamDone(long stream);

    /** {@code cuStreamWaitEvent}: later work in the stream waits for the event; the host does not. */
    void streamWaitEvent(long stream, long event);

    /** {@code cuStreamBeginCapture_v2} in thread-local mode. */
    void beginCapture(long stream);

    /** {@code cuStreamEndCapture}: the captured graph. */
    long endCapture(long stream);

    /**
     * {@code cuStreamIsCapturing}: whether the stream is being captured, or was until something spoiled the capture.
     */
    boolean capturing(long stream);

    /** {@code cuEventCreate}; {@code timing} false gives {@code CU_EVENT_DISABLE_TIMING}. */
    long createEvent(boolean timing);

    /** {@code cuEventDestroy_v2}. */
    void destroyEvent(long event);

    /** {@code cuEventRecord}. */
    void recordEvent(long event, long stream);

    /** {@code cuEventSynchronize}. */
    void synchronizeEvent(long event);

    /** {@code cuEventQuery}: whether the work that the event recorded is done. */
    boolean eventDone(long event);

    /** {@code cuEventElapsedTime}: milliseconds between two timing events. */
    float elapsedMilliseconds(long start, long end);

    /** {@code cuModuleLoadData} of a CUBIN or PTX image. */
    long loadModule(byte[] image);

    /** {@code cuModuleUnload}. */
    void unloadModule(long module);

    /** {@code cuModuleGetFunction}. */
    long function(long module, String name);

    /** {@code cuFuncGetAttribute}; attributes are numbered as in {@code cuda.h}. */
    int functionAttribute(int attribute, long function);

    /**
     * {@code cuLaunchKernel}. Each argument is a {@link Long} (a pointer or a 64-bit integer), {@link Integer}, {@link
     * Float} or {@link Double} and must be of the size that the kernel's parameter has. Not for the step loop, which
     * launches a graph.
     */
    void launchKernel(long function, int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ,
                      int sharedBytes, long stream, Object... arguments);

    /** {@code cuGraphGetNodes}: how many nodes the graph has. */
    long graphNodeCount(long graph);

    /** {@code cuGraphInstantiateWithFlags}: an executable graph. */
    long instantiateGraph(long graph);

    /** {@code cuGraphLaunch}. */
    void launchGraph(long executableGraph, long stream);

    /** {@code cuGraphExecDestroy}. */
    void destroyExecutableGraph(long executableGraph);

    /** {@code cuGraphDestroy}. */
    void destroyGraph(long graph);
}
