// A convolution to be computed.
#pragma once

#include <cstdint>
#include <string>

namespace softcuda::dnn {

enum class Type { float32, bf16 };

inline int64_t bytes_of(Type type) { return type == Type::bf16 ? 2 : 4; }

// A tensor of four dimensions N,C,H,W (a filter: K,C,R,S), with a stride in elements for each.
struct Tensor {
    Type type = Type::float32;
    int64_t id = 0;
    int64_t alignment = 1;
    int64_t dimensions[4] = {0, 0, 0, 0};
    int64_t strides[4] = {0, 0, 0, 0};

    int64_t count() const { return dimensions[0] * dimensions[1] * dimensions[2] * dimensions[3]; }
    // Channels adjacent, rows and images packed around them (strides of dimensions of size 1 do not matter).
    bool channels_last() const;
    // Width adjacent, then height, channels, images.
    bool channels_first() const;
    std::string describe() const;
};

enum class Pass { forward, backward_data, backward_filter };

const char *name_of(Pass pass);

// y = x * w in the sense of cross-correlation, or one of its two gradients. Two numbers: height, width.
struct Convolution {
    Pass pass = Pass::forward;
    Tensor x, w, y;
    int64_t stride[2] = {1, 1};
    int64_t padding_before[2] = {0, 0};
    int64_t padding_after[2] = {0, 0};
    int64_t dilation[2] = {1, 1};

    int64_t batch() const { return x.dimensions[0]; }
    int64_t channels() const { return x.dimensions[1]; }
    // Parts that the channels are cut into, each with filters of its own.
    int64_t groups() const { return x.dimensions[1] / w.dimensions[1]; }
    int64_t height() const { return x.dimensions[2]; }
    int64_t width() const { return x.dimensions[3]; }
    int64_t filters() const { return w.dimensions[0]; }
    int64_t filter_height() const { return w.dimensions[2]; }
    int64_t filter_width() const { return w.dimensions[3]; }
    int64_t output_height() const { return y.dimensions[2]; }
    int64_t output_width() const { return y.dimensions[3]; }
    bool all_channels_last() const { return x.channels_last() && w.channels_last() && y.channels_last(); }
    // A filter of one point over every place: a plain product of matrices.
    bool pointwise() const;
    const Tensor &result() const;
    std::string describe() const;
};

}  // namespace softcuda::dnn
