// Forward convolutions with a filter of one point and few outputs, as the heads of a network have them:
//
//     y[m,k] = sum over c of x[m,c] w[k,c]        m: the places of the batch; channels adjacent
//
// The filter is laid out as [c][outputs of a block], so that a block's outputs of several places are summed in
// registers while c goes by. Reads x once and writes y once; each sum runs through c in order.
#include "dnn/pointwise.h"

#include <algorithm>

#include "core/parallel.h"
#include "dnn/panels.h"

namespace softcuda::dnn {

namespace {

constexpr int64_t PLACES = 384;  // of one work item: a multiple of every number of rows below

// out[i][j] = sum over c of x[i*channels + c] * w[c*VECTORS*LANES + j]
template <int ROWS, int VECTORS>
void multiply(const float *x, int64_t channels, const float *w, float *out) {
    Lanes sum[ROWS][VECTORS];
#pragma GCC unroll 16
    for (int i = 0; i < ROWS; i++) {
#pragma GCC unroll 2
        for (int v = 0; v < VECTORS; v++) sum[i][v] = Lanes{};
    }
    for (int64_t c = 0; c < channels; c++) {
        Lanes weights[VECTORS];
#pragma GCC unroll 2
        for (int v = 0; v < VECTORS; v++) weights[v] = reinterpret_cast<const Lanes *>(w)[c * VECTORS + v];
#pragma GCC unroll 16
        for (int i = 0; i < ROWS; i++) {
#pragma GCC unroll 2
            for (int v = 0; v < VECTORS; v++) sum[i][v] += weights[v] * x[i * channels + c];
        }
    }
#pragma GCC unroll 16
    for (int i = 0; i < ROWS; i++) {
#pragma GCC unroll 2
        for (int v = 0; v < VECTORS; v++) reinterpret_cast<Lanes *>(out)[i * VECTORS + v] = sum[i][v];
    }
}

class Pointwise final : public Computation {
public:
    explicit Pointwise(const Convolution &f)
        : places(f.batch() * f.output_height() * f.output_width()),
          channels(f.channels()),
          filters(f.filters()),
          vectors(filters <= LANES ? 1 : 2),
          block_columns(vectors * LANES),
          blocks((filters + block_columns - 1) / block_columns) {}

    size_t workspace_bytes() const override { return blocks * channels * block_columns * sizeof(float); }

    std::string describe() const override { return "places by outputs in registers"; }

    void run(float *x, float *w, float *y, char *workspace) override {
        float *columns = reinterpret_cast<float *>(workspace);
        lay_out(w, columns);
        softcuda::parallel_for((places + PLACES - 1) / PLACES, [&](long item) {
            int64_t end = std::min(places, (item + 1) * PLACES);
            if (vectors == 1) {
                add_places<12, 1>(x, columns, y, item * PLACES, end);
            } else {
                add_places<6, 2>(x, columns, y, item * PLACES, end);
            }
        });
    }

private:
    int64_t places, channels, filters, vectors, block_columns, blocks;

    void lay_out(const float *w, float *columns) const {
        for (int64_t k = 0; k < blocks * block_columns; k++) {
            float *to = columns + k / block_columns * channels * block_columns + k % block_columns;
            for (int64_t c = 0; c < channels; c++) to[c * block_columns] = k < filters ? w[k * channels + c] : 0;
        }
    }

    template <int ROWS, int VECTORS>
    void add_places(const float *x, const float *columns, float *y, int64_t begin, int64_t end) const {
        alignas(64) float out[ROWS * VECTORS * LANES];
        for (int64_t m = begin; m < end; m += ROWS) {
            int64_t rows = std::min<int64_t>(ROWS, end - m);
            for (int64_t block = 0; block < blocks; block++) {
                const float *w = columns + block * channels * block_columns;
                int64_t width = std::min(block_columns, filters - block * block_columns);
                float *to = y + m * filters + block * block_columns;
                if (rows == ROWS) {
                    multiply<ROWS, VECTORS>(x + m * channels, channels, w, out);
                } else {
                    for (int64_t i = 0; i < rows; i++) {
                        multiply<1, VECTORS>(x + (m + i) * channels, channels, w, out + i * VECTORS * LANES);
                    }
                }
                for (int64_t i = 0; i < rows; i++) std::copy_n(out + i * VECTORS * LANES, width, to + i * filters);
            }
        }
    }
};

}  // namespace

std::string pointwise_refusal(const Convolution &convolution) {
    if (convolution.pass != Pass::forward || !convolution.pointwise()) {
        return "computes forward convolutions with filters of one point alone";
    }
    if (!convolution.all_channels_last()) return "needs tensors with adjacent channels (NHWC), packed";
    return "";
}

std::unique_ptr<Computation> pointwise(const Convolution &convolution) {
    return std::make_unique<Pointwise>(convolution);
}

}  // namespace softcuda::dnn
