// cuBLAS: matrix products of float32 and bf16, by oneDNN in float32.
#include "bf16.h"
#include "blas_api.h"

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <new>
#include <string>
#include <unordered_set>
#include <vector>

#include "oneapi/dnnl/dnnl.h"
#include "runtime.h"

struct cublasContext {
    CUstream stream = nullptr;
};

namespace {

constexpr int VERSION = 130000;

std::mutex handles_mutex;

std::unordered_set<cublasHandle_t> &handles() {
    static std::unordered_set<cublasHandle_t> live;
    return live;
}

bool alive(cublasHandle_t handle) {
    std::lock_guard<std::mutex> lock(handles_mutex);
    return handles().count(handle) != 0;
}

cublasStatus_t refuse(cublasStatus_t status, const std::string &message) {
    softcuda::set_message("cublasGemmEx: " + message);
    return status;
}

// C = beta C, where a beta of zero writes zeros whatever C held.
void scale(float *c, int64_t m, int64_t n, int64_t ldc, float beta) {
    for (int64_t j = 0; j < n; j++) {
        float *column = c + j * ldc;
        if (beta == 0) {
            std::fill(column, column + m, 0.0f);
        } else {
            for (int64_t i = 0; i < m; i++) column[i] *= beta;
        }
    }
}

void multiply(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float *a,
              int64_t lda, const float *b, int64_t ldb, float beta, float *c, int64_t ldc) {
    if (k == 0 || alpha == 0) {
        scale(c, m, n, ldc, beta);
        return;
    }
    // A column-major product is the row-major product of the transposes, in the other order.
    dnnl_status_t status =
        dnnl_sgemm(transpose_b ? 'T' : 'N', transpose_a ? 'T' : 'N', n, m, k, alpha, b, ldb, a, lda, beta, c, ldc);
    if (status != dnnl_success) {
        throw softcuda::Failure(CUDA_ERROR_UNKNOWN, "cublasGemmEx: oneDNN's sgemm answered " + std::to_string(status));
    }
}

// A matrix of bf16 or float32 columns.
struct Matrix {
    const void *data;
    bool low;
    int64_t rows, columns, leading;
};

// As float32: the matrix itself, or a copy of it.
const float *widened(const Matrix &matrix, std::vector<float> &copy) {
    if (!matrix.low || matrix.data == nullptr) return static_cast<const float *>(matrix.data);
    copy.resize(matrix.leading * matrix.columns);
    softcuda::parallel_for(matrix.columns, [&](long column) {
        int64_t at = column * matrix.leading;
        softcuda::widen(static_cast<const uint16_t *>(matrix.data) + at, copy.data() + at, matrix.rows);
    });
    return copy.data();
}

void narrow(const std::vector<float> &values, const Matrix &to) {
    softcuda::parallel_for(to.columns, [&](long column) {
        int64_t at = column * to.leading;
        softcuda::narrow(values.data() + at, static_cast<uint16_t *>(const_cast<void *>(to.data)) + at, to.rows);
    });
}

bool known(cudaDataType type) { return type == CUDA_R_32F || type == CUDA_R_16BF; }

}  // namespace

cublasStatus_t cublasCreate_v2(cublasHandle_t *handle) {
    if (handle == nullptr) return CUBLAS_STATUS_INVALID_VALUE;
    cublasHandle_t created = new (std::nothrow) cublasContext();
    if (created == nullptr) return CUBLAS_STATUS_ALLOC_FAILED;
    std::lock_guard<std::mutex> lock(handles_mutex);
    handles().insert(created);
    *handle = created;
    return CUBLAS_STATUS_SUCCESS;
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
    if (!alive(handle)) return CUBLAS_STATUS_NOT_INITIALIZED;
    if (!known(Atype) || Btype != Atype || !known(Ctype) || (Atype == CUDA_R_32F && Ctype != CUDA_R_32F)) {
        return refuse(CUBLAS_STATUS_NOT_SUPPORTED, "the software device multiplies float32 (CUDA_R_32F) into float32, and "
                                                   "bf16 (CUDA_R_16BF) into bf16 or float32");
    }
    if (Atype == CUDA_R_16BF && computeType != CUBLAS_COMPUTE_32F && computeType != CUBLAS_COMPUTE_32F_PEDANTIC) {
        return refuse(CUBLAS_STATUS_NOT_SUPPORTED, "bf16 is multiplied in float32 (CUBLAS_COMPUTE_32F) alone");
    }
    if (computeType != CUBLAS_COMPUTE_32F && computeType != CUBLAS_COMPUTE_32F_PEDANTIC &&
        computeType != CUBLAS_COMPUTE_32F_FAST_TF32) {
        return refuse(CUBLAS_STATUS_NOT_SUPPORTED,
                      "the software device computes in float32 (CUBLAS_COMPUTE_32F) alone");
    }
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
    Matrix a{A, Atype == CUDA_R_16BF, rows_a, transpose_a ? m : k, lda};
    Matrix b{B, Btype == CUDA_R_16BF, rows_b, transpose_b ? k : n, ldb};
    Matrix c{C, Ctype == CUDA_R_16BF, m, n, ldc};
    CUresult result = softcuda::enqueue(handle->stream, "cublasGemmEx", [=] {
        std::vector<float> wide_a, wide_b, wide_c;
        const float *from_a = widened(a, wide_a), *from_b = widened(b, wide_b);
        float *to = const_cast<float *>(widened(c, wide_c));
        multiply(transpose_a, transpose_b, m, n, k, a_scale, from_a, lda, from_b, ldb, c_scale, to, ldc);
        if (c.low) narrow(wide_c, c);
    });
    (void)algo;
    return result == CUDA_SUCCESS ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
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
