// The functions of cuBLAS.
#include "blas_api.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

#include "core/failure.h"
#include "core/streams.h"
#include "dnn/products.h"

struct cublasContext {
    CUstream stream = nullptr;
};

namespace {

constexpr int VERSION = 130000;

std::mutex handles_mutex;

std::unordered_set<cublasHandle_t> &handles() {
    static auto *live = new std::unordered_set<cublasHandle_t>;
    return *live;
}

bool alive(cublasHandle_t handle) {
    std::lock_guard<std::mutex> lock(handles_mutex);
    return handles().count(handle) != 0;
}

// Runs the body of an exported function; nothing is thrown across the C boundary.
template <class Body>
cublasStatus_t guarded_blas(Body body) noexcept {
    try {
        return body();
    } catch (...) {
        CUresult status = softcuda::status_of_exception("cuBLAS");
        return status == CUDA_ERROR_OUT_OF_MEMORY ? CUBLAS_STATUS_ALLOC_FAILED : CUBLAS_STATUS_INTERNAL_ERROR;
    }
}

cublasStatus_t refuse(cublasStatus_t status, const std::string &message) {
    softcuda::set_message("cublasGemmEx: " + message);
    return status;
}

// Empty where cublasGemmEx has such a product and the software device computes it.
std::string refusal_of(cudaDataType a, cudaDataType b, cudaDataType c, cublasComputeType_t computing) {
    bool floats = a == CUDA_R_32F && b == CUDA_R_32F && c == CUDA_R_32F;
    bool low = a == CUDA_R_16BF && b == CUDA_R_16BF && (c == CUDA_R_16BF || c == CUDA_R_32F);
    if (!floats && !low) {
        return "A, B and C are of the types " + std::to_string(a) + ", " + std::to_string(b) + " and " +
               std::to_string(c) +
               ": the software device multiplies float32 (CUDA_R_32F, 0) into float32, and bf16 (CUDA_R_16BF, 14) into "
               "bf16 or float32";
    }
    if (computing == CUBLAS_COMPUTE_32F || computing == CUBLAS_COMPUTE_32F_PEDANTIC) return "";
    if (computing != CUBLAS_COMPUTE_32F_FAST_TF32) {
        return "the software device computes in float32 (CUBLAS_COMPUTE_32F) alone";
    }
    return floats ? "" : "CUBLAS_COMPUTE_32F_FAST_TF32 is for float32 matrices";
}

}  // namespace

cublasStatus_t cublasCreate_v2(cublasHandle_t *handle) {
    return guarded_blas([&] {
        if (handle == nullptr) return CUBLAS_STATUS_INVALID_VALUE;
        auto created = std::make_unique<cublasContext>();
        std::lock_guard<std::mutex> lock(handles_mutex);
        handles().insert(created.get());
        *handle = created.release();
        return CUBLAS_STATUS_SUCCESS;
    });
}

cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) {
    std::lock_guard<std::mutex> lock(handles_mutex);
    if (handles().erase(handle) == 0) return CUBLAS_STATUS_NOT_INITIALIZED;
    delete handle;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasGetVersion_v2(cublasHandle_t handle, int *version) {
    if (!alive(handle)) return CUBLAS_STATUS_NOT_INITIALIZED;
    if (version == nullptr) return CUBLAS_STATUS_INVALID_VALUE;
    *version = VERSION;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t streamId) {
    if (!alive(handle)) return CUBLAS_STATUS_NOT_INITIALIZED;
    handle->stream = streamId;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t handle, void *workspace, size_t workspaceSizeInBytes) {
    if (!alive(handle)) return CUBLAS_STATUS_NOT_INITIALIZED;
    bool aligned = reinterpret_cast<uintptr_t>(workspace) % 256 == 0;
    if (!aligned || (workspace == nullptr && workspaceSizeInBytes != 0)) return CUBLAS_STATUS_INVALID_VALUE;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode) {
    if (!alive(handle)) return CUBLAS_STATUS_NOT_INITIALIZED;
    int precision = mode & ~CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION;
    bool known = (precision >= CUBLAS_DEFAULT_MATH && precision <= CUBLAS_FP32_EMULATED_BF16X9_MATH) ||
                 precision == CUBLAS_FP64_EMULATED_FIXEDPOINT_MATH;
    return known ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}

cublasStatus_t cublasGemmEx(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, int m, int n,
                            int k, const void *alpha, const void *A, cudaDataType Atype, int lda, const void *B,
                            cudaDataType Btype, int ldb, const void *beta, void *C, cudaDataType Ctype, int ldc,
                            cublasComputeType_t computeType, cublasGemmAlgo_t algo) {
    return guarded_blas([&] {
        if (!alive(handle)) return CUBLAS_STATUS_NOT_INITIALIZED;
        std::string why = refusal_of(Atype, Btype, Ctype, computeType);
        if (!why.empty()) return refuse(CUBLAS_STATUS_NOT_SUPPORTED, why);
        if (transa < CUBLAS_OP_N || transa > CUBLAS_OP_C || transb < CUBLAS_OP_N || transb > CUBLAS_OP_C) {
            return refuse(CUBLAS_STATUS_INVALID_VALUE, "unknown transposition");
        }
        if (m < 0 || n < 0 || k < 0) return refuse(CUBLAS_STATUS_INVALID_VALUE, "m, n or k is negative");
        bool transpose_a = transa != CUBLAS_OP_N, transpose_b = transb != CUBLAS_OP_N;
        int rows_a = transpose_a ? k : m, rows_b = transpose_b ? n : k;
        if (lda < std::max(1, rows_a)) return refuse(CUBLAS_STATUS_INVALID_VALUE, "lda is below the rows of A");
        if (ldb < std::max(1, rows_b)) return refuse(CUBLAS_STATUS_INVALID_VALUE, "ldb is below the rows of B");
        if (ldc < std::max(1, m)) return refuse(CUBLAS_STATUS_INVALID_VALUE, "ldc is below the rows of C");
        if (m == 0 || n == 0) return CUBLAS_STATUS_SUCCESS;
        if (alpha == nullptr || beta == nullptr) return refuse(CUBLAS_STATUS_INVALID_VALUE, "alpha or beta is null");
        float a_scale = *static_cast<const float *>(alpha), c_scale = *static_cast<const float *>(beta);
        bool reads = k > 0 && a_scale != 0;
        if (C == nullptr || (reads && (A == nullptr || B == nullptr))) {
            return refuse(CUBLAS_STATUS_INVALID_VALUE, "a matrix is null");
        }
        softcuda::Product product{transpose_a,
                                  transpose_b,
                                  k,
                                  a_scale,
                                  c_scale,
                                  {A, Atype == CUDA_R_16BF, rows_a, transpose_a ? m : k, lda},
                                  {B, Btype == CUDA_R_16BF, rows_b, transpose_b ? k : n, ldb},
                                  {C, Ctype == CUDA_R_16BF, m, n, ldc}};
        CUresult result = softcuda::enqueue(handle->stream, "cublasGemmEx", [product] { product.run(); });
        (void)algo;
        return result == CUDA_SUCCESS ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
    });
}

const char *cublasGetStatusName(cublasStatus_t status) {
    switch (status) {
        case CUBLAS_STATUS_SUCCESS: return "CUBLAS_STATUS_SUCCESS";
        case CUBLAS_STATUS_NOT_INITIALIZED: return "CUBLAS_STATUS_NOT_INITIALIZED";
        case CUBLAS_STATUS_ALLOC_FAILED: return "CUBLAS_STATUS_ALLOC_FAILED";
        case CUBLAS_STATUS_INVALID_VALUE: return "CUBLAS_STATUS_INVALID_VALUE";
        case CUBLAS_STATUS_ARCH_MISMATCH: return "CUBLAS_STATUS_ARCH_MISMATCH";
        case CUBLAS_STATUS_MAPPING_ERROR: return "CUBLAS_STATUS_MAPPING_ERROR";
        case CUBLAS_STATUS_EXECUTION_FAILED: return "CUBLAS_STATUS_EXECUTION_FAILED";
        case CUBLAS_STATUS_INTERNAL_ERROR: return "CUBLAS_STATUS_INTERNAL_ERROR";
        case CUBLAS_STATUS_NOT_SUPPORTED: return "CUBLAS_STATUS_NOT_SUPPORTED";
        case CUBLAS_STATUS_LICENSE_ERROR: return "CUBLAS_STATUS_LICENSE_ERROR";
    }
    return "CUBLAS_STATUS_UNKNOWN";
}
