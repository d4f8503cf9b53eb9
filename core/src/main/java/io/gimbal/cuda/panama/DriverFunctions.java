package io.gimbal.cuda.panama;

import static io.gimbal.cuda.panama.CType.BYTE;
import static io.gimbal.cuda.panama.CType.DEVICE_POINTER;
import static io.gimbal.cuda.panama.CType.INT;
import static io.gimbal.cuda.panama.CType.LONG;
import static io.gimbal.cuda.panama.CType.POINTER;
import static io.gimbal.cuda.panama.CType.SIZE;

import java.lang.invoke.MethodHandle;

/** The functions of {@code cuda.h} that Gimbal calls. */
record DriverFunctions(
        @C(name = "cuInit", takes = INT) MethodHandle initialize,
        @C(name = "cuDriverGetVersion", takes = POINTER) MethodHandle version,
        @C(name = "cuGetErrorString", takes = {INT, POINTER}) MethodHandle errorString,
        @C(name = "cuDeviceGetCount", takes = POINTER) MethodHandle deviceCount,
        @C(name = "cuDeviceGet", takes = {POINTER, INT}) MethodHandle device,
        @C(name = "cuDeviceGetName", takes = {POINTER, INT, INT}) MethodHandle deviceName,
        @C(name = "cuDeviceGetAttribute", takes = {POINTER, INT, INT}) MethodHandle deviceAttribute,
        @C(name = "cuDeviceTotalMem_v2", takes = {POINTER, INT}) MethodHandle totalMemory,
        @C(name = "cuDevicePrimaryCtxRetain", takes = {POINTER, INT}) MethodHandle retainPrimaryContext,
        @C(name = "cuDevicePrimaryCtxRelease_v2", takes = INT) MethodHandle releasePrimaryContext,
        @C(name = "cuCtxSetCurrent", takes = POINTER) MethodHandle setCurrentContext,
        @C(name = "cuCtxGetCurrent", takes = POINTER) MethodHandle currentContext,
        @C(name = "cuCtxGetDevice", takes = POINTER) MethodHandle contextDevice,
        @C(name = "cuCtxSynchronize") MethodHandle synchronizeContext,
        @C(name = "cuMemAlloc_v2", takes = {POINTER, SIZE}) MethodHandle allocate,
        @C(name = "cuMemFree_v2", takes = DEVICE_POINTER) MethodHandle free,
        @C(name = "cuMemGetAddressRange_v2", takes = {POINTER, POINTER, DEVICE_POINTER}) MethodHandle allocationRange,
        @C(name = "cuMemGetInfo_v2", takes = {POINTER, POINTER}) MethodHandle memoryInfo,
        @C(name = "cuMemHostAlloc", takes = {POINTER, SIZE, INT}) MethodHandle allocateHost,
        @C(name = "cuMemFreeHost", takes = POINTER) MethodHandle freeHost,
        @C(name = "cuMemcpyHtoDAsync_v2", takes = {DEVICE_POINTER, POINTER, SIZE, POINTER})
        MethodHandle copyHostToDevice,
        @C(name = "cuMemcpyDtoHAsync_v2", takes = {POINTER, DEVICE_POINTER, SIZE, POINTER})
        MethodHandle copyDeviceToHost,
        @C(name = "cuMemcpyDtoDAsync_v2", takes = {DEVICE_POINTER, DEVICE_POINTER, SIZE, POINTER})
        MethodHandle copyDeviceToDevice,
        @C(name = "cuMemsetD8Async", takes = {DEVICE_POINTER, BYTE, SIZE, POINTER}) MethodHandle fillBytes,
        @C(name = "cuMemsetD32Async", takes = {DEVICE_POINTER, INT, SIZE, POINTER}) MethodHandle fillWords,
        @C(name = "cuStreamCreate", takes = {POINTER, INT}) MethodHandle createStream,
        @C(name = "cuStreamDestroy_v2", takes = POINTER) MethodHandle destroyStream,
        @C(name = "cuStreamGetCtx", takes = {POINTER, POINTER}) MethodHandle streamContext,
        @C(name = "cuStreamSynchronize", takes = POINTER) MethodHandle synchronizeStream,
        @C(name = "cuStreamQuery", takes = POINTER) MethodHandle queryStream,
        @C(name = "cuStreamWaitEvent", takes = {POINTER, POINTER, INT}) MethodHandle streamWaitEvent,
        @C(name = "cuStreamBeginCapture_v2", takes = {POINTER, INT}) MethodHandle beginCapture,
        @C(name = "cuStreamEndCapture", takes = {POINTER, POINTER}) MethodHandle endCapture,
        @C(name = "cuStreamIsCapturing", takes = {POINTER, POINTER}) MethodHandle isCapturing,
        @C(name = "cuEventCreate", takes = {POINTER, INT}) MethodHandle createEvent,
        @C(name = "cuEventDestroy_v2", takes = POINTER) MethodHandle destroyEvent,
        @C(name = "cuEventRecord", takes = {POINTER, POINTER}) MethodHandle recordEvent,
        @C(name = "cuEventSynchronize", takes = POINTER) MethodHandle synchronizeEvent,
        @C(name = "cuEventQuery", takes = POINTER) MethodHandle queryEvent,
        @C(name = {"cuEventElapsedTime_v2", "cuEventElapsedTime"}, takes = {POINTER, POINTER, POINTER})
        MethodHandle elapsedTime,
        @C(name = "cuModuleLoadData", takes = {POINTER, POINTER}) MethodHandle loadModule,
        @C(name = "cuModuleUnload", takes = POINTER) MethodHandle unloadModule,
        @C(name = "cuModuleGetFunction", takes = {POINTER, POINTER, POINTER}) MethodHandle function,
        @C(name = "cuFuncGetAttribute", takes = {POINTER, INT, POINTER}) MethodHandle functionAttribute,
        @C(name = "cuLaunchKernel", takes = {POINTER, INT, INT, INT, INT, INT, INT, INT, POINTER, POINTER, POINTER})
        MethodHandle launchKernel,
        @C(name = "cuGraphGetNodes", takes = {POINTER, POINTER, POINTER}) MethodHandle graphNodes,
        @C(name = "cuGraphInstantiateWithFlags", takes = {POINTER, POINTER, LONG}) MethodHandle instantiateGraph,
        @C(name = "cuGraphLaunch", takes = {POINTER, POINTER}) MethodHandle launchGraph,
        @C(name = "cuGraphExecDestroy", takes = POINTER) MethodHandle destroyExecutableGraph,
        @C(name = "cuGraphDestroy", takes = POINTER) MethodHandle destroyGraph) {}
