// The slice of cuBLAS which the software device exports: prototypes as in cublas_api.h, and of its enumerations the
// values that Gimbal uses.
#pragma once

#include <cstddef>

#define SOFTCUDA_BLAS_API extern "C" __attribute__((visibility("default")))

struct CUstream_st;
typedef struct CUstream_st *cudaStream_t;
struct cublasContext;
typedef struct cublasContext *cublasHandle_t;

enum cublasStatus_t : int {
    CUBLAS_STATUS_SUCCESS = 0,
    CUBLAS_STATUS_NOT_INITIALIZED = 1,
    CUBLAS_STATUS_ALLOC_FAILED = 3,
    CUBLAS_STATUS_INVALID_VALUE = 7,
    CUBLAS_STATUS_ARCH_MISMATCH = 8,
    CUBLAS_STATUS_MAPPING_ERROR = 11,
    CUBLAS_STATUS_EXECUTION_FAILED = 13,
    CUBLAS_STATUS_INTERNAL_ERROR = 14,
    CUBLAS_STATUS_NOT_SUPPORTED = 15,
    CUBLAS_STATUS_LICENSE_ERROR = 16
};

enum cublasOperation_t : int { CUBLAS_OP_N = 0, CUBLAS_OP_T = 1, CUBLAS_OP_C = 2 };

enum cublasMath_t : int {
    CUBLAS_DEFAULT_MATH = 0,
    CUBLAS_TENSOR_OP_MATH = 1,
    CUBLAS_PEDANTIC_MATH = 2,
    CUBLAS_TF32_TENSOR_OP_MATH = 3,
    CUBLAS_FP32_EMULATED_BF16X9_MATH = 4,
    CUBLAS_FP64_EMULATED_FIXEDPOINT_MATH = 8,
    CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION = 16
};

enum cublasComputeType_t : int {
    CUBLAS_COMPUTE_32F = 68,
    CUBLAS_COMPUTE_32F_PEDANTIC = 69,
    CUBLAS_COMPUTE_32F_FAST_TF32 = 77
};

enum cublasGemmAlgo_t : int { CUBLAS_GEMM_DEFAULT = -1, CUBLAS_GEMM_DEFAULT_TENSOR_OP = 99 };

enum cudaDataType_t : int { CUDA_R_32F = 0, CUDA_R_16BF = 14 };
typedef cudaDataType_t cudaDataType;

SOFTCUDA_BLAS_API cublasStatus_t cublasCreate_v2(cublasHandle_t *handle);
SOFTCUDA_BLAS_API cublasStatus_t cublasDestroy_v2(cublasHandle_t handle);
SOFTCUDA_BLAS_API cublasStatus_t cublasGetVersion_v2(cublasHandle_t handle, int *version);
SOFTCUDA_BLAS_API cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t streamId);
SOFTCUDA_BLAS_API cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t handle, void *workspace,
                                                       size_t workspaceSizeInBytes);
SOFTCUDA_BLAS_API cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode);
SOFTCUDA_BLAS_API cublasStatus_t cublasGemmEx(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb,
                                              int m, int n, int k, const void *alpha, const void *A, cudaDataType Atype,
                                              int lda, const void *B, cudaDataType Btype, int ldb, const void *beta,
                                              void *C, cudaDataType Ctype, int ldc, cublasComputeType_t computeType,
                                              cublasGemmAlgo_t algo);
SOFTCUDA_BLAS_API const char *cublasGetStatusName(cublasStatus_t status);
