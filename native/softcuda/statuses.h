#pragma once
// Every CUresult by name, number and one sentence; the enumeration and the two cuGetError functions are made of it.
#define SOFTCUDA_STATUSES(X) \
    X(CUDA_SUCCESS, 0, "no error") \
    X(CUDA_ERROR_INVALID_VALUE, 1, "an argument is out of its range") \
    X(CUDA_ERROR_OUT_OF_MEMORY, 2, "out of memory") \
    X(CUDA_ERROR_NOT_INITIALIZED, 3, "cuInit has not been called") \
    X(CUDA_ERROR_DEINITIALIZED, 4, "the driver is shutting down") \
    X(CUDA_ERROR_PROFILER_DISABLED, 5, "profiler disabled") \
    X(CUDA_ERROR_PROFILER_NOT_INITIALIZED, 6, "profiler not initialized") \
    X(CUDA_ERROR_PROFILER_ALREADY_STARTED, 7, "profiler already started") \
    X(CUDA_ERROR_PROFILER_ALREADY_STOPPED, 8, "profiler already stopped") \
    X(CUDA_ERROR_STUB_LIBRARY, 34, "stub library") \
    X(CUDA_ERROR_CALL_REQUIRES_NEWER_DRIVER, 36, "call requires newer driver") \
    X(CUDA_ERROR_DEVICE_UNAVAILABLE, 46, "device unavailable") \
    X(CUDA_ERROR_NO_DEVICE, 100, "no device") \
    X(CUDA_ERROR_INVALID_DEVICE, 101, "no such device") \
    X(CUDA_ERROR_DEVICE_NOT_LICENSED, 102, "device not licensed") \
    X(CUDA_ERROR_INVALID_IMAGE, 200, "the module image is not one of this device") \
    X(CUDA_ERROR_INVALID_CONTEXT, 201, "no valid context is current") \
    X(CUDA_ERROR_CONTEXT_ALREADY_CURRENT, 202, "context already current") \
    X(CUDA_ERROR_MAP_FAILED, 205, "map failed") \
    X(CUDA_ERROR_UNMAP_FAILED, 206, "unmap failed") \
    X(CUDA_ERROR_ARRAY_IS_MAPPED, 207, "array is mapped") \
    X(CUDA_ERROR_ALREADY_MAPPED, 208, "already mapped") \
    X(CUDA_ERROR_NO_BINARY_FOR_GPU, 209, "the image holds no code for this device") \
    X(CUDA_ERROR_ALREADY_ACQUIRED, 210, "already acquired") \
    X(CUDA_ERROR_NOT_MAPPED, 211, "not mapped") \
    X(CUDA_ERROR_NOT_MAPPED_AS_ARRAY, 212, "not mapped as array") \
    X(CUDA_ERROR_NOT_MAPPED_AS_POINTER, 213, "not mapped as pointer") \
    X(CUDA_ERROR_ECC_UNCORRECTABLE, 214, "ecc uncorrectable") \
    X(CUDA_ERROR_UNSUPPORTED_LIMIT, 215, "unsupported limit") \
    X(CUDA_ERROR_CONTEXT_ALREADY_IN_USE, 216, "context already in use") \
    X(CUDA_ERROR_PEER_ACCESS_UNSUPPORTED, 217, "peer access unsupported") \
    X(CUDA_ERROR_INVALID_PTX, 218, "PTX cannot be read") \
    X(CUDA_ERROR_INVALID_GRAPHICS_CONTEXT, 219, "invalid graphics context") \
    X(CUDA_ERROR_NVLINK_UNCORRECTABLE, 220, "nvlink uncorrectable") \
    X(CUDA_ERROR_JIT_COMPILER_NOT_FOUND, 221, "jit compiler not found") \
    X(CUDA_ERROR_UNSUPPORTED_PTX_VERSION, 222, "unsupported ptx version") \
    X(CUDA_ERROR_JIT_COMPILATION_DISABLED, 223, "jit compilation disabled") \
    X(CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY, 224, "unsupported exec affinity") \
    X(CUDA_ERROR_UNSUPPORTED_DEVSIDE_SYNC, 225, "unsupported devside sync") \
    X(CUDA_ERROR_CONTAINED, 226, "contained") \
    X(CUDA_ERROR_INVALID_SOURCE, 300, "the source cannot be compiled") \
    X(CUDA_ERROR_FILE_NOT_FOUND, 301, "file not found") \
    X(CUDA_ERROR_SHARED_OBJECT_SYMBOL_NOT_FOUND, 302, "shared object symbol not found") \
    X(CUDA_ERROR_SHARED_OBJECT_INIT_FAILED, 303, "shared object init failed") \
    X(CUDA_ERROR_OPERATING_SYSTEM, 304, "a system call failed") \
    X(CUDA_ERROR_INVALID_HANDLE, 400, "the handle is not valid") \
    X(CUDA_ERROR_ILLEGAL_STATE, 401, "the resource is in the wrong state for this call") \
    X(CUDA_ERROR_LOSSY_QUERY, 402, "lossy query") \
    X(CUDA_ERROR_NOT_FOUND, 500, "the name was not found") \
    X(CUDA_ERROR_NOT_READY, 600, "the work is not done yet") \
    X(CUDA_ERROR_ILLEGAL_ADDRESS, 700, "a kernel touched memory outside its allocations") \
    X(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, 701, "the launch asks for more than the device has") \
    X(CUDA_ERROR_LAUNCH_TIMEOUT, 702, "the kernel ran too long") \
    X(CUDA_ERROR_LAUNCH_INCOMPATIBLE_TEXTURING, 703, "launch incompatible texturing") \
    X(CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED, 704, "peer access already enabled") \
    X(CUDA_ERROR_PEER_ACCESS_NOT_ENABLED, 705, "peer access not enabled") \
    X(CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE, 708, "primary context active") \
    X(CUDA_ERROR_CONTEXT_IS_DESTROYED, 709, "the context has been destroyed") \
    X(CUDA_ERROR_ASSERT, 710, "an assertion failed in a kernel") \
    X(CUDA_ERROR_TOO_MANY_PEERS, 711, "too many peers") \
    X(CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED, 712, "host memory already registered") \
    X(CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED, 713, "host memory not registered") \
    X(CUDA_ERROR_HARDWARE_STACK_ERROR, 714, "hardware stack error") \
    X(CUDA_ERROR_ILLEGAL_INSTRUCTION, 715, "illegal instruction") \
    X(CUDA_ERROR_MISALIGNED_ADDRESS, 716, "a kernel used a misaligned address") \
    X(CUDA_ERROR_INVALID_ADDRESS_SPACE, 717, "invalid address space") \
    X(CUDA_ERROR_INVALID_PC, 718, "invalid pc") \
    X(CUDA_ERROR_LAUNCH_FAILED, 719, "a kernel failed") \
    X(CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE, 720, "cooperative launch too large") \
    X(CUDA_ERROR_TENSOR_MEMORY_LEAK, 721, "tensor memory leak") \
    X(CUDA_ERROR_NOT_PERMITTED, 800, "the operation is not permitted") \
    X(CUDA_ERROR_NOT_SUPPORTED, 801, "the operation is not supported") \
    X(CUDA_ERROR_SYSTEM_NOT_READY, 802, "system not ready") \
    X(CUDA_ERROR_SYSTEM_DRIVER_MISMATCH, 803, "system driver mismatch") \
    X(CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE, 804, "compat not supported on device") \
    X(CUDA_ERROR_MPS_CONNECTION_FAILED, 805, "mps connection failed") \
    X(CUDA_ERROR_MPS_RPC_FAILURE, 806, "mps rpc failure") \
    X(CUDA_ERROR_MPS_SERVER_NOT_READY, 807, "mps server not ready") \
    X(CUDA_ERROR_MPS_MAX_CLIENTS_REACHED, 808, "mps max clients reached") \
    X(CUDA_ERROR_MPS_MAX_CONNECTIONS_REACHED, 809, "mps max connections reached") \
    X(CUDA_ERROR_MPS_CLIENT_TERMINATED, 810, "mps client terminated") \
    X(CUDA_ERROR_CDP_NOT_SUPPORTED, 811, "cdp not supported") \
    X(CUDA_ERROR_CDP_VERSION_MISMATCH, 812, "cdp version mismatch") \
    X(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, 900, "the operation is not permitted while a stream is capturing") \
    X(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, 901, "an earlier error has invalidated the capture") \
    X(CUDA_ERROR_STREAM_CAPTURE_MERGE, 902, "the operation would merge two captures") \
    X(CUDA_ERROR_STREAM_CAPTURE_UNMATCHED, 903, "the capture was not begun on this stream") \
    X(CUDA_ERROR_STREAM_CAPTURE_UNJOINED, 904, "the capture has work that does not join the stream it began on") \
    X(CUDA_ERROR_STREAM_CAPTURE_ISOLATION, 905, "a dependency would cross the border of the capture") \
    X(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, 906, "the legacy stream would draw in a capturing stream") \
    X(CUDA_ERROR_CAPTURED_EVENT, 907, "the event was last recorded in a capturing stream") \
    X(CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD, 908, "the capture was begun by another thread") \
    X(CUDA_ERROR_TIMEOUT, 909, "timeout") \
    X(CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE, 910, "graph exec update failure") \
    X(CUDA_ERROR_EXTERNAL_DEVICE, 911, "external device") \
    X(CUDA_ERROR_INVALID_CLUSTER_SIZE, 912, "invalid cluster size") \
    X(CUDA_ERROR_FUNCTION_NOT_LOADED, 913, "function not loaded") \
    X(CUDA_ERROR_INVALID_RESOURCE_TYPE, 914, "invalid resource type") \
    X(CUDA_ERROR_INVALID_RESOURCE_CONFIGURATION, 915, "invalid resource configuration") \
    X(CUDA_ERROR_KEY_ROTATION, 916, "key rotation") \
    X(CUDA_ERROR_UNKNOWN, 999, "unknown error")
