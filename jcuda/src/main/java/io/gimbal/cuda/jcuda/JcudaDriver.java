package io.gimbal.cuda.jcuda;

import static io.gimbal.cuda.jcuda.NativePointers.get;
import static io.gimbal.cuda.jcuda.NativePointers.set;

import io.gimbal.cuda.RawDriver;
import jcuda.CudaException;
import jcuda.NativePointerObject;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/** The driver by JCuda. What the step loop calls makes no object: each thread has one of each handle, and sets it. */
final class JcudaDriver implements RawDriver {
    private static final int SUCCESS = 0;

    private static final ThreadLocal<Handles> HANDLES = ThreadLocal.withInitial(Handles::new);

    /** One thread's handles; none is read after the call that it was set for. */
    private static final class Handles {
        final CUcontext context = new CUcontext();
        final CUdevice device = new CUdevice();
        final CUstream stream = new CUstream();
        final CUevent event = new CUevent();
        final CUevent secondEvent = new CUevent();
        final CUdeviceptr pointer = new CUdeviceptr();
        final CUdeviceptr secondPointer = new CUdeviceptr();
        final Pointer host = new Pointer();
        final CUmodule module = new CUmodule();
        final CUfunction function = new CUfunction();
        final CUgraph graph = new CUgraph();
        final CUgraphExec executable = new CUgraphExec();

        CUdevice device(int number) {
            return set(device, number);
        }

        CUstream stream(long handle) {
            return set(stream, handle);
        }

        CUevent event(long handle) {
            return set(event, handle);
        }

        CUdeviceptr pointer(long address) {
            return set(pointer, address);
        }

        Pointer host(long address) {
            return set(host, address);
        }
    }

    private static int status(ThrownStatus.Call call) {
        return ThrownStatus.of(call, CUresult::stringFor);
    }

    private static int thrown(CudaException thrown) {
        return ThrownStatus.of(thrown, CUresult::stringFor);
    }

    private static Handles handles() {
        return HANDLES.get();
    }

    /** Hands out what a call wrote into a handle. */
    private static int yielded(int status, NativePointerObject from, long[] to) {
        to[0] = get(from);
        return status;
    }

    @Override
    public int initialize() {
        return status(() -> JCudaDriver.cuInit(0));
    }

    @Override
    public int version(int[] version) {
        return status(() -> JCudaDriver.cuDriverGetVersion(version));
    }

    @Override
    public String errorText(int status) {
        String[] text = new String[1];
        return status(() -> JCudaDriver.cuGetErrorString(status, text)) == SUCCESS && text[0] != null ? text[0] : "";
    }

    @Override
    public int deviceCount(int[] count) {
        return status(() -> JCudaDriver.cuDeviceGetCount(count));
    }

    @Override
    public int device(int[] device, int ordinal) {
        CUdevice found = handles().device(0);
        int status = status(() -> JCudaDriver.cuDeviceGet(found, ordinal));
        device[0] = (int) get(found);
        return status;
    }

    @Override
    public int deviceName(byte[] name, int device) {
        return status(() -> JCudaDriver.cuDeviceGetName(name, name.length, handles().device(device)));
    }

    @Override
    public int deviceAttribute(int[] value, int attribute, int device) {
        return status(() -> JCudaDriver.cuDeviceGetAttribute(value, attribute, handles().device(device)));
    }

    @Override
    public int totalMemory(long[] bytes, int device) {
        return status(() -> JCudaDriver.cuDeviceTotalMem(bytes, handles().device(device)));
    }

    @Override
    public int retainPrimaryContext(long[] context, int device) {
        Handles handles = handles();
        int status = status(() -> JCudaDriver.cuDevicePrimaryCtxRetain(handles.context, handles.device(device)));
        return yielded(status, handles.context, context);
    }

    @Override
    public int releasePrimaryContext(int device) {
        return status(() -> JCudaDriver.cuDevicePrimaryCtxRelease(handles().device(device)));
    }

    @Override
    public int setCurrentContext(long context) {
        try {
            return JCudaDriver.cuCtxSetCurrent(set(handles().context, context));
        } catch (CudaException thrown) {
            return thrown(thrown);
        }
    }

    @Override
    public int currentContext(long[] context) {
        CUcontext current = set(handles().context, 0);
        return yielded(status(() -> JCudaDriver.cuCtxGetCurrent(current)), current, context);
    }

    @Override
    public int contextDevice(int[] device) {
        CUdevice found = handles().device(0);
        int status = status(() -> JCudaDriver.cuCtxGetDevice(found));
        device[0] = (int) get(found);
        return status;
    }

    @Override
    public int synchronizeContext() {
        try {
            return JCudaDriver.cuCtxSynchronize();
        } catch (CudaException thrown) {
            return thrown(thrown);
        }
    }

    @Override
    public int allocate(long[] pointer, long bytes) {
        CUdeviceptr allocated = handles().pointer(0);
        return yielded(status(() -> JCudaDriver.cuMemAlloc(allocated, bytes)), allocated, pointer);
    }

    @Override
    public int free(long pointer) {
        return status(() -> JCudaDriver.cuMemFree(handles().pointer(pointer)));
    }

    @Override
    public int allocationRange(long[] baseAndBytes, long pointer) {
        Handles handles = handles();
        long[] bytes = new long[1];
        int status = status(() -> JCudaDriver.cuMemGetAddressRange(set(handles.secondPointer, 0), bytes,
                handles.pointer(pointer)));
        baseAndBytes[0] = get(handles.secondPointer);
        baseAndBytes[1] = bytes[0];
        return status;
    }

    @Override
    public int memoryInfo(long[] freeAndTotal) {
        long[] total = new long[1];
        int status = status(() -> JCudaDriver.cuMemGetInfo(freeAndTotal, total));
        freeAndTotal[1] = total[0];
        return status;
    }

    @Override
    public int allocateHost(long[] address, long bytes, int flags) {
        // A pointer to page-locked memory gets a buffer over it inside JCuda, so it is not one to be used again.
        Pointer allocated = new Pointer();
        return yielded(status(() -> JCudaDriver.cuMemHostAlloc(allocated, bytes, flags)), allocated, address);
    }

    @Override
    public int freeHost(long address) {
        return status(() -> JCudaDriver.cuMemFreeHost(handles().host(address)));
    }

    @Override
    public int copyHostToDevice(long destination, long source, long bytes, long stream) {
        try {
            Handles handles = handles();
            return JCudaDriver.cuMemcpyHtoDAsync(handles.pointer(destination), handles.host(source), bytes,
                    handles.stream(stream));
        } catch (CudaException thrown) {
            return thrown(thrown);
        }
    }

    @Override
    public int copyDeviceToHost(long destination, long source, long bytes, long stream) {
        try {
            Handles handles = handles();
            return JCudaDriver.cuMemcpyDtoHAsync(handles.host(destination), handles.pointer(source), bytes,
                    handles.stream(stream));
        } catch (CudaException thrown) {
            return thrown(thrown);
        }
    }

    @Override
    public int copyDeviceToDevice(long destination, long source, long bytes, long stream) {
        try {
            Handles handles = handles();
            return JCudaDriver.cuMemcpyDtoDAsync(handles.pointer(destination), set(handles.secondPointer, source),
                    bytes, handles.stream(stream));
        } catch (CudaException thrown) {
            return thrown(thrown);
        }
    }

    @Override
    public int fillBytes(long destination, byte value, long count, long stream) {
        try {
            Handles handles = handles();
            return JCudaDriver.cuMemsetD8Async(handles.pointer(destination), value, count, handles.stream(stream));
        } catch (CudaException thrown) {
            return thrown(thrown);
        }
    }

    @Override
    public int fillWords(long destination, int value, long count, long stream) {
        try {
            Handles handles = handles();
            return JCudaDriver.cuMemsetD32Async(handles.pointer(destination), value, count, handles.stream(stream));
        } catch (CudaException thrown) {
            return thrown(thrown);
        }
    }

    @Override
    public int createStream(long[] stream, int flags) {
        CUstream created = handles().stream(0);
        return yielded(status(() -> JCudaDriver.cuStreamCreate(created, flags)), created, stream);
    }

    @Override
    public int destroyStream(long stream) {
        return status(() -> JCudaDriver.cuStreamDestroy(handles().stream(stream)));
    }

    @Override
    public int streamContext(long stream, long[] context) {
        Handles handles = handles();
        int status = status(() -> JCudaDriver.cuStreamGetCtx(handles.stream(stream), set(handles.context, 0)));
        return yielded(status, handles.context, context);
    }

    @Override
    public int synchronizeStream(long stream) {
        try {
            return JCudaDriver.cuStreamSynchronize(handles().stream(stream));
        } catch (CudaException thrown) {
            return thrown(thrown);
        }
    }

    @Override
    public int queryStream(long stream) {
        try {
            return JCudaDriver.cuStreamQuery(handles().stream(stream));
        } catch (CudaException thrown) {
            return thrown(thrown);
        }
    }

    @Override
    public int streamWaitEvent(long stream, long event) {
        try {
            Handles handles = handles();
            return JCudaDriver.cuStreamWaitEvent(handles.stream(stream), handles.event(event), 0);
        } catch (CudaException thrown) {
            return thrown(thrown);
        }
    }

    @Override
    public int beginCapture(long stream, int mode) {
        return status(() -> JCudaDriver.cuStreamBeginCapture(handles().stream(stream), mode));
    }

    @Override
    public int endCapture(long stream, long[] graph) {
        Handles handles = handles();
        int status = status(() -> JCudaDriver.cuStreamEndCapture(handles.stream(stream), set(handles.graph, 0)));
        return yielded(status, handles.graph, graph);
    }

    @Override
    public int capturing(long stream, int[] state) {
        return status(() -> JCudaDriver.cuStreamIsCapturing(handles().stream(stream), state));
    }

    @Override
    public int createEvent(long[] event, int flags) {
        CUevent created = handles().event(0);
        return yielded(status(() -> JCudaDriver.cuEventCreate(created, flags)), created, event);
    }

    @Override
    public int destroyEvent(long event) {
        return status(() -> JCudaDriver.cuEventDestroy(handles().event(event)));
    }

    @Override
    public int recordEvent(long event, long stream) {
        try {
            Handles handles = handles();
            return JCudaDriver.cuEventRecord(handles.event(event), handles.stream(stream));
        } catch (CudaException thrown) {
            return thrown(thrown);
        }
    }

    @Override
    public int synchronizeEvent(long event) {
        try {
            return JCudaDriver.cuEventSynchronize(handles().event(event));
        } catch (CudaException thrown) {
            return thrown(thrown);
        }
    }

    @Override
    public int queryEvent(long event) {
        try {
            return JCudaDriver.cuEventQuery(handles().event(event));
        } catch (CudaException thrown) {
            return thrown(thrown);
        }
    }

    @Override
    public int elapsedTime(float[] milliseconds, long start, long end) {
        Handles handles = handles();
        return status(() -> JCudaDriver.cuEventElapsedTime(milliseconds, handles.event(start),
                set(handles.secondEvent, end)));
    }

    @Override
    public int loadModule(long[] module, byte[] image) {
        CUmodule loaded = set(handles().module, 0);
        return yielded(status(() -> JCudaDriver.cuModuleLoadData(loaded, image)), loaded, module);
    }

    @Override
    public int unloadModule(long module) {
        return status(() -> JCudaDriver.cuModuleUnload(set(handles().module, module)));
    }

    @Override
    public int function(long[] function, long module, String name) {
        Handles handles = handles();
        int status = status(() -> JCudaDriver.cuModuleGetFunction(set(handles.function, 0),
                set(handles.module, module), name));
        return yielded(status, handles.function, function);
    }

    @Override
    public int functionAttribute(int[] value, int attribute, long function) {
        return status(() -> JCudaDriver.cuFuncGetAttribute(value, attribute, set(handles().function, function)));
    }

    @Override
    public int launchKernel(long function, int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ,
            int sharedBytes, long stream, Object... arguments) {
        Handles handles = handles();
        return status(() -> JCudaDriver.cuLaunchKernel(set(handles.function, function), gridX, gridY, gridZ, blockX,
                blockY, blockZ, sharedBytes, handles.stream(stream), KernelArguments.of(arguments), null));
    }

    @Override
    public int graphNodeCount(long graph, long[] count) {
        return status(() -> JCudaDriver.cuGraphGetNodes(set(handles().graph, graph), null, count));
    }

    @Override
    public int instantiateGraph(long[] executable, long graph) {
        Handles handles = handles();
        int status = status(() -> JCudaDriver.cuGraphInstantiate(set(handles.executable, 0),
                set(handles.graph, graph), 0));
        return yielded(status, handles.executable, executable);
    }

    @Override
    public int launchGraph(long executable, long stream) {
        try {
            Handles handles = handles();
            return JCudaDriver.cuGraphLaunch(set(handles.executable, executable), handles.stream(stream));
        } catch (CudaException thrown) {
            return thrown(thrown);
        }
    }

    @Override
    public int destroyExecutableGraph(long executable) {
        return status(() -> JCudaDriver.cuGraphExecDestroy(set(handles().executable, executable)));
    }

    @Override
    public int destroyGraph(long graph) {
        return status(() -> JCudaDriver.cuGraphDestroy(set(handles().graph, graph)));
    }
}
