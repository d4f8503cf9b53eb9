#pragma once
// Matrix products of float32 and bf16, by oneDNN in float32.
#include <cstdint>

namespace softcuda {

// Columns of bf16 or float32, `leading` elements apart.
struct Matrix {
    const void *data;
    bool low;
    int64_t rows, columns, leading;
};

// C = alpha op(A) op(B) + beta C.
struct Product {
    bool transpose_a, transpose_b;
    int64_t inner;
    float alpha, beta;
    Matrix a, b, c;

    void run() const;  // on the device thread
};

}  // namespace softcuda
