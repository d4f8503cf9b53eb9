#include "dnn/products.h"

#include <algorithm>
#include <memory>

#include "dnn/bf16.h"
#include "dnn/onednn_status.h"

namespace softcuda {

namespace {

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
    check_onednn(status, "cublasGemmEx");
}

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
            Conversion<uint16_t, float>{static_cast<const uint16_t *>(matrix.data),
                                        room.get(),
                                        matrix.columns,
                                        matrix.rows,
                                        matrix.leading,
                                        matrix.leading}
                .run();
        }
        return room.get();
    }

    void narrow(const Matrix &to) const {
        Conversion<float, uint16_t>{room.get(), static_cast<uint16_t *>(const_cast<void *>(to.data)),
                                    to.columns, to.rows,
                                    to.leading, to.leading}
            .run();
    }

private:
    std::unique_ptr<float[]> room;
    int64_t available = 0;
};

}  // namespace

void Product::run() const {
    // Never destroyed: the device thread outlives static destructors.
    static Floats &of_a = *new Floats, &of_b = *new Floats, &of_c = *new Floats;
    bool reads = inner > 0 && alpha != 0;
    float *to = of_c.of(c, beta != 0);
    multiply(transpose_a, transpose_b, c.rows, c.columns, inner, alpha, reads ? of_a.of(a, true) : nullptr, a.leading,
             reads ? of_b.of(b, true) : nullptr, b.leading, beta, to, c.leading);
    if (c.low) of_c.narrow(c);
}

}  // namespace softcuda
