// cuBLAS: matrix products of float32 and bf16, by oneDNN in float32.
#include "blas_api.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <unordered_set>

#include "core/streams.h"
#include "dnn/bf16.h"
#include "dnn/onednn_status.h"

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
cublasStatus_t guarded(Body body) noexcept {
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
    softcuda::check_onednn(status, "cublasGemmEx");
}

// Columns of bf16 or float32, `leading` elements apart.
struct Matrix {
    const void *data;
    bool low;
    int64_t rows, columns, leading;
};

// The floats of one operand where it is bf16 in memory. Products run one after the other on the device thread: the room
// of one serves the next.
class Floats {
public:
    // As float32: the matrix itself, or a copy, whose columns are as far apart, of what is to be read.
    float *of(const Matrix &matrix, bool read) {
        if (!matrix.low) return static_cast<float *>(const_cast<void *>(matrix.data));
        int64_t needed = matrix.leading * (matrix.columns - 1) + matrix.rows;
        if (needed > available) {
            available = 0;
            room.reset();
            room.reset(new float[needed]);
            available = needed;
        }
        if (read) {
            softcuda::Conversion<uint16_t, float>{static_cast<const uint16_t *>(matrix.data), room.get(),
                                                  matrix.columns, matrix.rows, matrix.leading, matrix.leading}
                .run();
        }
        return room.get();
    }

    void narrow(const Matrix &to) const {
        softcuda::Conversion<float, uint16_t>{room.get(),
                                              static_cast<uint16_t *>(const_cast<void *>(to.data)),
                                              to.columns,
                                              to.rows,
                                              to.leading,
                                              to.leading}
            .run();
    }

private:
    std::unique_ptr<float[]> room;
    int64_t available = 0;
};

// C = alpha op(A) op(B) + beta C.
struct Product {
    bool transpose_a, transpose_b;
    int64_t inner;
    float alpha, beta;
    Matrix a, b, c;

    void run() const {
        // Never destroyed: the device thread outlives static destructors.
        static Floats &of_a = *new Floats, &of_b = *new Floats, &of_c = *new Floats;
        bool reads = inner > 0 && alpha != 0;
        float *to = of_c.of(c, beta != 0);
        multiply(transpose_a, transpose_b, c.rows, c.columns, inner, alpha, reads ? of_a.of(a, true) : nullptr,
                 a.leading, reads ? of_b.of(b, true) : nullptr, b.leading, beta, to, c.leading);
        if (c.low) of_c.narrow(c);
    }
};

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
    return guarded([&] {
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
    return guarded([&] {
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
        Product product{transpose_a,
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
