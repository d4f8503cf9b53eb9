#pragma once
// The public face of the software device: the slice of the CUDA driver and NVRTC C API that it exports, and its own
// switches. Types and numbers are those of the CUDA headers; none of them is needed to build it.
#include <cstddef>

#include "statuses.h"

#define SOFTCUDA_EXPORT extern "C" __attribute__((visibility("default")))

#define SOFTCUDA_ENUMERATOR(name, value, text) name = value,
enum CUresult : int { SOFTCUDA_STATUSES(SOFTCUDA_ENUMERATOR) };
#undef SOFTCUDA_ENUMERATOR

typedef unsigned long long CUdeviceptr;
typedef int CUdevice;
typedef struct CUctx_st* CUcontext;
typedef struct CUmod_st* CUmodule;
typedef struct CUfunc_st* CUfunction;
typedef struct CUevent_st* CUevent;
typedef struct CUstream_st* CUstream;
typedef struct CUgraph_st* CUgraph;
typedef struct CUgraphNode_st* CUgraphNode;
typedef struct CUgraphExec_st* CUgraphExec;
typedef struct _nvrtcProgram* nvrtcProgram;

enum CUdevice_attribute : int {};
enum CUfunction_attribute : int {};
enum CUstreamCaptureMode : int {
    CU_STREAM_CAPTURE_MODE_GLOBAL = 0,
    CU_STREAM_CAPTURE_MODE_THREAD_LOCAL = 1,
    CU_STREAM_CAPTURE_MODE_RELAXED = 2
};
enum CUstreamCaptureStatus : int {
    CU_STREAM_CAPTURE_STATUS_NONE = 0,
    CU_STREAM_CAPTURE_STATUS_ACTIVE = 1,
    CU_STREAM_CAPTURE_STATUS_INVALIDATED = 2
};
enum CUstream_flags : unsigned { CU_STREAM_DEFAULT = 0, CU_STREAM_NON_BLOCKING = 1 };
enum CUevent_flags : unsigned {
    CU_EVENT_DEFAULT = 0,
    CU_EVENT_BLOCKING_SYNC = 1,
    CU_EVENT_DISABLE_TIMING = 2,
    CU_EVENT_INTERPROCESS = 4
};
enum nvrtcResult : int {
    NVRTC_SUCCESS = 0,
    NVRTC_ERROR_OUT_OF_MEMORY = 1,
    NVRTC_ERROR_PROGRAM_CREATION_FAILURE = 2,
    NVRTC_ERROR_INVALID_INPUT = 3,
    NVRTC_ERROR_INVALID_PROGRAM = 4,
    NVRTC_ERROR_INVALID_OPTION = 5,
    NVRTC_ERROR_COMPILATION = 6,
    NVRTC_ERROR_BUILTIN_OPERATION_FAILURE = 7,
    NVRTC_ERROR_INTERNAL_ERROR = 11
};

// Driver, device, context
SOFTCUDA_EXPORT CUresult cuInit(unsigned int flags);
SOFTCUDA_EXPORT CUresult cuDriverGetVersion(int* version);
SOFTCUDA_EXPORT CUresult cuDeviceGetCount(int* count);
SOFTCUDA_EXPORT CUresult cuDeviceGet(CUdevice* device, int ordinal);
SOFTCUDA_EXPORT CUresult cuDeviceGetName(char* name, int length, CUdevice device);
SOFTCUDA_EXPORT CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice device);
SOFTCUDA_EXPORT CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice device);
SOFTCUDA_EXPORT CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device);
SOFTCUDA_EXPORT CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device);
SOFTCUDA_EXPORT CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned int* flags, int* active);
SOFTCUDA_EXPORT CUresult cuCtxCreate_v2(CUcontext* context, unsigned int flags, CUdevice device);
SOFTCUDA_EXPORT CUresult cuCtxDestroy_v2(CUcontext context);
SOFTCUDA_EXPORT CUresult cuCtxPushCurrent_v2(CUcontext context);
SOFTCUDA_EXPORT CUresult cuCtxPopCurrent_v2(CUcontext* context);
SOFTCUDA_EXPORT CUresult cuCtxSetCurrent(CUcontext context);
SOFTCUDA_EXPORT CUresult cuCtxGetCurrent(CUcontext* context);
SOFTCUDA_EXPORT CUresult cuCtxGetDevice(CUdevice* device);
SOFTCUDA_EXPORT CUresult cuCtxSynchronize(void);
SOFTCUDA_EXPORT CUresult cuGetErrorName(CUresult status, const char** text);
SOFTCUDA_EXPORT CUresult cuGetErrorString(CUresult status, const char** text);

// Memory
SOFTCUDA_EXPORT CUresult cuMemAlloc_v2(CUdeviceptr* pointer, size_t bytes);
SOFTCUDA_EXPORT CUresult cuMemFree_v2(CUdeviceptr pointer);
SOFTCUDA_EXPORT CUresult cuMemGetInfo_v2(size_t* free, size_t* total);
SOFTCUDA_EXPORT CUresult cuMemGetAddressRange_v2(CUdeviceptr* base, size_t* bytes, CUdeviceptr pointer);
SOFTCUDA_EXPORT CUresult cuMemAllocHost_v2(void** pointer, size_t bytes);
SOFTCUDA_EXPORT CUresult cuMemHostAlloc(void** pointer, size_t bytes, unsigned int flags);
SOFTCUDA_EXPORT CUresult cuMemFreeHost(void* pointer);
SOFTCUDA_EXPORT CUresult cuMemcpyHtoD_v2(CUdeviceptr target, const void* source, size_t bytes);
SOFTCUDA_EXPORT CUresult cuMemcpyDtoH_v2(void* target, CUdeviceptr source, size_t bytes);
SOFTCUDA_EXPORT CUresult cuMemcpyDtoD_v2(CUdeviceptr target, CUdeviceptr source, size_t bytes);
SOFTCUDA_EXPORT CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr target, const void* source, size_t bytes, CUstream stream);
SOFTCUDA_EXPORT CUresult cuMemcpyDtoHAsync_v2(void* target, CUdeviceptr source, size_t bytes, CUstream stream);
SOFTCUDA_EXPORT CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr target, CUdeviceptr source, size_t bytes, CUstream stream);
SOFTCUDA_EXPORT CUresult cuMemsetD8Async(CUdeviceptr target, unsigned char value, size_t count, CUstream stream);
SOFTCUDA_EXPORT CUresult cuMemsetD32Async(CUdeviceptr target, unsigned int value, size_t count, CUstream stream);

// Streams and events
SOFTCUDA_EXPORT CUresult cuStreamCreate(CUstream* stream, unsigned int flags);
SOFTCUDA_EXPORT CUresult cuStreamDestroy_v2(CUstream stream);
SOFTCUDA_EXPORT CUresult cuStreamGetCtx(CUstream stream, CUcontext* context);
SOFTCUDA_EXPORT CUresult cuStreamSynchronize(CUstream stream);
SOFTCUDA_EXPORT CUresult cuStreamQuery(CUstream stream);
SOFTCUDA_EXPORT CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned int flags);
SOFTCUDA_EXPORT CUresult cuStreamBeginCapture_v2(CUstream stream, CUstreamCaptureMode mode);
SOFTCUDA_EXPORT CUresult cuStreamEndCapture(CUstream stream, CUgraph* graph);
SOFTCUDA_EXPORT CUresult cuStreamIsCapturing(CUstream stream, CUstreamCaptureStatus* status);
SOFTCUDA_EXPORT CUresult cuEventCreate(CUevent* event, unsigned int flags);
SOFTCUDA_EXPORT CUresult cuEventDestroy_v2(CUevent event);
SOFTCUDA_EXPORT CUresult cuEventRecord(CUevent event, CUstream stream);
SOFTCUDA_EXPORT CUresult cuEventSynchronize(CUevent event);
SOFTCUDA_EXPORT CUresult cuEventQuery(CUevent event);
SOFTCUDA_EXPORT CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end);
SOFTCUDA_EXPORT CUresult cuEventElapsedTime_v2(float* milliseconds, CUevent start, CUevent end);

// Modules and launches
SOFTCUDA_EXPORT CUresult cuModuleLoadData(CUmodule* module, const void* image);
SOFTCUDA_EXPORT CUresult cuModuleUnload(CUmodule module);
SOFTCUDA_EXPORT CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name);
SOFTCUDA_EXPORT CUresult cuFuncGetAttribute(int* value, CUfunction_attribute attribute, CUfunction function);
SOFTCUDA_EXPORT CUresult cuLaunchKernel(CUfunction function, unsigned int gridX, unsigned int gridY, unsigned int gridZ,
                                        unsigned int blockX, unsigned int blockY, unsigned int blockZ,
                                        unsigned int sharedBytes, CUstream stream, void** parameters, void** extra);

// Graphs
SOFTCUDA_EXPORT CUresult cuGraphGetNodes(CUgraph graph, CUgraphNode* nodes, size_t* count);
SOFTCUDA_EXPORT CUresult cuGraphInstantiateWithFlags(CUgraphExec* executable, CUgraph graph, unsigned long long flags);
SOFTCUDA_EXPORT CUresult cuGraphLaunch(CUgraphExec executable, CUstream stream);
SOFTCUDA_EXPORT CUresult cuGraphExecDestroy(CUgraphExec executable);
SOFTCUDA_EXPORT CUresult cuGraphDestroy(CUgraph graph);

// NVRTC
SOFTCUDA_EXPORT nvrtcResult nvrtcVersion(int* major, int* minor);
SOFTCUDA_EXPORT nvrtcResult nvrtcCreateProgram(nvrtcProgram* program, const char* source, const char* name,
                                               int headerCount, const char* const* headers,
                                               const char* const* includeNames);
SOFTCUDA_EXPORT nvrtcResult nvrtcDestroyProgram(nvrtcProgram* program);
SOFTCUDA_EXPORT nvrtcResult nvrtcCompileProgram(nvrtcProgram program, int optionCount, const char* const* options);
SOFTCUDA_EXPORT nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram program, size_t* bytes);
SOFTCUDA_EXPORT nvrtcResult nvrtcGetProgramLog(nvrtcProgram program, char* log);
SOFTCUDA_EXPORT nvrtcResult nvrtcGetCUBINSize(nvrtcProgram program, size_t* bytes);
SOFTCUDA_EXPORT nvrtcResult nvrtcGetCUBIN(nvrtcProgram program, char* image);
SOFTCUDA_EXPORT const char* nvrtcGetErrorString(nvrtcResult status);

// Switches of its own; the names are listed in README.md
SOFTCUDA_EXPORT int softcudaSet(const char* name, long long value);
SOFTCUDA_EXPORT long long softcudaGet(const char* name);
SOFTCUDA_EXPORT const char* softcudaLastMessage(void);
// What launches of PTX have been counted to do since the switch `count` was set, as JSON.
SOFTCUDA_EXPORT const char* softcudaCounts(void);
