package io.gimbal.cuda;

/**
 * The driver's C functions as a binding calls them: each returns the status, and writes what it yields to the start of
 * an array. {@link ThrowingDriver} checks the statuses and says what is wrong; arguments are as there.
 */
public interface RawDriver {
    /** {@code cuInit}. */
    int initialize();

    /** {@code cuDriverGetVersion}. */
    int version(int[] version);

    /** {@code cuGetErrorString}: what the driver says of a status; empty for one that it does not know. */
    String errorText(int status);

    /** {@code cuDeviceGetCount}. */
    int deviceCount(int[] count);

    /** {@code cuDeviceGet}. */
    int device(int[] device, int ordinal);

    /** {@code cuDeviceGetName}: the name's bytes, ended by a zero. */
    int deviceName(byte[] name, int device);

    /** {@code cuDeviceGetAttribute}. */
    int deviceAttribute(int[] value, int attribute, int device);

    /** {@code cuDeviceTotalMem_v2}. */
    int totalMemory(long[] bytes, int device);

    /** {@code cuDevicePrimaryCtxRetain}. */
    int retainPrimaryContext(long[] context, int device);

    /** {@code cuDevicePrimaryCtxRelease_v2}. */
    int releasePrimaryContext(int device);

    /** {@code cuCtxSetCurrent}. */
    int setCurrentContext(long context);

    /** {@code cuCtxGetCurrent}. */
    int currentContext(long[] context);

    /** {@code cuCtxGetDevice}. */
    int contextDevice(int[] device);

    /** {@code cuCtxSynchronize}. */
    int synchronizeContext();

    /** {@code cuMemAlloc_v2}. */
    int allocate(long[] pointer, long bytes);

    /** {@code cuMemFree_v2}. */
    int free(long pointer);

    /** {@code cuMemGetAddressRange_v2}: the base and the size. */
    int allocationRange(long[] baseAndBytes, long pointer);

    /** {@code cuMemGetInfo_v2}: free bytes and all. */
    int memoryInfo(long[] freeAndTotal);

    /** {@code cuMemHostAlloc}. */
    int allocateHost(long[] address, long bytes, int flags);

    /** {@code cuMemFreeHost}. */
    int freeHost(long address);

    /** {@code cuMemcpyHtoDAsync_v2}. */
    int copyHostToDevice(long destination, long source, long bytes, long stream);

    /** {@code cuMemcpyDtoHAsync_v2}. */
    int copyDeviceToHost(long destination, long source, long bytes, long stream);

    /** {@code cuMemcpyDtoDAsync_v2}. */
    int copyDeviceToDevice(long destination, long source, long bytes, long stream);

    /** {@code cuMemsetD8Async}. */
    int fillBytes(long destination, byte value, long count, long stream);

    /** {@code cuMemsetD32Async}. */
    int fillWords(long destination, int value, long count, long stream);

    /** {@code cuStreamCreate}. */
    int createStream(long[] stream, int flags);

    /** {@code cuStreamDestroy_v2}. */
    int destroyStream(long stream);

    /** {@code cuStreamGetCtx}. */
    int streamContext(long stream, long[] context);

    /** {@code cuStreamSynchronize}. */
    int synchronizeStream(long stream);

    /** {@code cuStreamQuery}. */
    int queryStream(long stream);

    /** {@code cuStreamWaitEvent}, without flags. */
    int streamWaitEvent(long stream, long event);

    /** {@code cuStreamBeginCapture_v2}. */
    int beginCapture(long stream, int mode);

    /** {@code cuStreamEndCapture}. */
    int endCapture(long stream, long[] graph);

    /** {@code cuStreamIsCapturing}. */
    int capturing(long stream, int[] state);

    /** {@code cuEventCreate}. */
    int createEvent(long[] event, int flags);

    /** {@code cuEventDestroy_v2}. */
    int destroyEvent(long event);

    /** {@code cuEventRecord}. */
    int recordEvent(long event, long stream);

    /** {@code cuEventSynchronize}. */
    int synchronizeEvent(long event);

    /** {@code cuEventQuery}. */
    int queryEvent(long event);

    /** {@code cuEventElapsedTime}. */
    int elapsedTime(float[] milliseconds, long start, long end);

    /** {@code cuModuleLoadData}. */
    int loadModule(long[] module, byte[] image);

    /** {@code cuModuleUnload}. */
    int unloadModule(long module);

    /** {@code cuModuleGetFunction}. */
    int function(long[] function, long module, String name);

    /** {@code cuFuncGetAttribute}. */
    int functionAttribute(int[] value, int attribute, long function);

    /** {@code cuLaunchKernel}: arguments of the types Long, Integer, Float and Double. */
    int launchKernel(long function, int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ,
            int sharedBytes, long stream, Object... arguments);

    /** {@code cuGraphGetNodes}, for the count alone. */
    int graphNodeCount(long graph, long[] count);

    /** {@code cuGraphInstantiateWithFlags}, without flags. */
    int instantiateGraph(long[] executable, long graph);

    /** {@code cuGraphLaunch}. */
    int launchGraph(long executable, long stream);

    /** {@code cuGraphExecDestroy}. */
    int destroyExecutableGraph(long executable);

    /** {@code cuGraphDestroy}. */
    int destroyGraph(long graph);
}
