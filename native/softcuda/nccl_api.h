// The slice of NCCL which the software device exports: prototypes as in nccl.h, and of its enumerations the values that
// the software device knows.
#pragma once

#include <cstddef>

#define SOFTCUDA_NCCL_API extern "C" __attribute__((visibility("default")))

struct CUstream_st;
typedef struct CUstream_st *cudaStream_t;
struct ncclComm;
typedef struct ncclComm *ncclComm_t;

#define NCCL_UNIQUE_ID_BYTES 128
typedef struct {
    char internal[NCCL_UNIQUE_ID_BYTES];
} ncclUniqueId;

enum ncclResult_t : int {
    ncclSuccess = 0,
    ncclUnhandledCudaError = 1,
    ncclSystemError = 2,
    ncclInternalError = 3,
    ncclInvalidArgument = 4,
    ncclInvalidUsage = 5,
    ncclRemoteError = 6,
    ncclInProgress = 7,
    ncclTimeout = 8
};

enum ncclDataType_t : int {
    ncclUint8 = 1,
    ncclInt32 = 2,
    ncclInt64 = 4,
    ncclFloat32 = 7,
    ncclFloat64 = 8,
    ncclBfloat16 = 9
};

enum ncclRedOp_t : int { ncclSum = 0, ncclMax = 2, ncclMin = 3, ncclAvg = 4 };

#define NCCL_API_MAGIC 0xcafebeef

// The start of ncclConfig_t, which is the same in every version since 2.14; what follows says nothing here.
typedef struct {
    size_t size;
    unsigned int magic;
    unsigned int version;
    int blocking;
} ncclConfig_t;

SOFTCUDA_NCCL_API ncclResult_t ncclGetVersion(int *version);
SOFTCUDA_NCCL_API ncclResult_t ncclGetUniqueId(ncclUniqueId *uniqueId);
SOFTCUDA_NCCL_API ncclResult_t ncclCommInitRankConfig(ncclComm_t *comm, int nranks, ncclUniqueId commId, int rank,
                                                      ncclConfig_t *config);
SOFTCUDA_NCCL_API ncclResult_t ncclCommFinalize(ncclComm_t comm);
SOFTCUDA_NCCL_API ncclResult_t ncclCommDestroy(ncclComm_t comm);
SOFTCUDA_NCCL_API ncclResult_t ncclCommAbort(ncclComm_t comm);
SOFTCUDA_NCCL_API ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t *asyncError);
SOFTCUDA_NCCL_API const char *ncclGetErrorString(ncclResult_t result);
SOFTCUDA_NCCL_API const char *ncclGetLastError(ncclComm_t comm);
SOFTCUDA_NCCL_API ncclResult_t ncclCommCount(const ncclComm_t comm, int *count);
SOFTCUDA_NCCL_API ncclResult_t ncclCommUserRank(const ncclComm_t comm, int *rank);
SOFTCUDA_NCCL_API ncclResult_t ncclCommCuDevice(const ncclComm_t comm, int *device);
SOFTCUDA_NCCL_API ncclResult_t ncclAllReduce(const void *sendbuff, void *recvbuff, size_t count,
                                             ncclDataType_t datatype, ncclRedOp_t op, ncclComm_t comm,
                                             cudaStream_t stream);
SOFTCUDA_NCCL_API ncclResult_t ncclBroadcast(const void *sendbuff, void *recvbuff, size_t count,
                                             ncclDataType_t datatype, int root, ncclComm_t comm, cudaStream_t stream);
SOFTCUDA_NCCL_API ncclResult_t ncclAllGather(const void *sendbuff, void *recvbuff, size_t sendcount,
                                             ncclDataType_t datatype, ncclComm_t comm, cudaStream_t stream);
SOFTCUDA_NCCL_API ncclResult_t ncclGroupStart();
SOFTCUDA_NCCL_API ncclResult_t ncclGroupEnd();
