// Grouped and bf16 convolutions: each group's tensors are brought into float32 tensors of their own, an engine for those runs, and
// the result is brought back, rounded once.
#include <algorithm>
#include <cstring>

#include "bf16.h"
#include "dnn_engines.h"
#include "runtime.h"

namespace softcuda::dnn {

namespace {

constexpr int64_t PLACES = 256;  // copied by one item of work

int64_t aligned(int64_t bytes) {
    return (bytes + static_cast<int64_t>(WORKSPACE_ALIGNMENT) - 1) / WORKSPACE_ALIGNMENT * WORKSPACE_ALIGNMENT;
}

// A float32 tensor of those dimensions with adjacent channels.
Tensor packed(const Tensor &like, int64_t images, int64_t channels) {
    Tensor tensor = like;
    tensor.type = Type::float32;
    const int64_t dimensions[4] = {images, channels, like.dimensions[2], like.dimensions[3]};
    const int64_t strides[4] = {channels * dimensions[2] * dimensions[3], 1, channels * dimensions[3], channels};
    std::copy_n(dimensions, 4, tensor.dimensions);
    std::copy_n(strides, 4, tensor.strides);
    return tensor;
}

// One group's slice of a tensor with adjacent channels: `width` of each place's `pitch` channels.
struct Slice {
    Type type;
    int64_t places, width, pitch, first;

    void read(const void *from, float *to) const {
        each_place([=, this](int64_t place) {
            int64_t at = place * pitch + first;
            if (type == Type::bf16) {
                widen(static_cast<const uint16_t *>(from) + at, to + place * width, width);
            } else {
                std::memcpy(to + place * width, static_cast<const float *>(from) + at, width * sizeof(float));
            }
        });
    }

    void write(const float *from, void *to) const {
        each_place([=, this](int64_t place) {
            int64_t at = place * pitch + first;
            if (type == Type::bf16) {
                narrow(from + place * width, static_cast<uint16_t *>(to) + at, width);
            } else {
                std::memcpy(static_cast<float *>(to) + at, from + place * width, width * sizeof(float));
            }
        });
    }

private:
    template <class Body> void each_place(Body body) const {
        softcuda::parallel_for((places + PLACES - 1) / PLACES, [&](long item) {
            for (int64_t place = item * PLACES; place < std::min(places, (item + 1) * PLACES); place++) body(place);
        });
    }
};

class Parts final : public Computation {
public:
    Parts(const Convolution &whole, std::unique_ptr<Computation> computation)
        : whole(whole), inner(part_of(whole)), computation(std::move(computation)) {}

    size_t workspace_bytes() const override {
        return aligned(bytes(inner.x)) + aligned(bytes(inner.w)) + aligned(bytes(inner.y)) + computation->workspace_bytes();
    }

    std::string describe() const override {
        return std::to_string(whole.groups()) + " times in float32: " + computation->describe();
    }

    void run(float *x, float *w, float *y, char *workspace) override {
        float *part_x = reinterpret_cast<float *>(workspace);
        float *part_w = reinterpret_cast<float *>(workspace + aligned(bytes(inner.x)));
        float *part_y = reinterpret_cast<float *>(workspace + aligned(bytes(inner.x)) + aligned(bytes(inner.w)));
        char *rest = reinterpret_cast<char *>(part_y) + aligned(bytes(inner.y));
        for (int64_t group = 0; group < whole.groups(); group++) {
            Slice image = slice(whole.x, inner.x.dimensions[1], group);
            Slice output = slice(whole.y, inner.y.dimensions[1], group);
            // The filters of a group stand one behind the other.
            Slice filters{whole.w.type, 1, inner.w.count(), 0, group * inner.w.count()};
            if (whole.pass != Pass::backward_data) image.read(x, part_x);
            if (whole.pass != Pass::backward_filter) filters.read(w, part_w);
            if (whole.pass != Pass::forward) output.read(y, part_y);
            computation->run(part_x, part_w, part_y, rest);
            if (whole.pass == Pass::backward_data) image.write(part_x, x);
            if (whole.pass == Pass::backward_filter) filters.write(part_w, w);
            if (whole.pass == Pass::forward) output.write(part_y, y);
        }
    }

private:
    Convolution whole, inner;
    std::unique_ptr<Computation> computation;

    static int64_t bytes(const Tensor &tensor) { return tensor.count() * static_cast<int64_t>(sizeof(float)); }

    static Slice slice(const Tensor &tensor, int64_t width, int64_t group) {
        int64_t places = tensor.dimensions[0] * tensor.dimensions[2] * tensor.dimensions[3];
        return {tensor.type, places, width, tensor.dimensions[1], group * width};
    }
};

}  // namespace

bool in_parts(const Convolution &convolution) { return convolution.groups() > 1 || convolution.x.type == Type::bf16; }

Convolution part_of(const Convolution &convolution) {
    Convolution part = convolution;
    int64_t groups = convolution.groups();
    part.x = packed(convolution.x, convolution.batch(), convolution.x.dimensions[1] / groups);
    part.w = packed(convolution.w, convolution.filters() / groups, convolution.w.dimensions[1]);
    part.y = packed(convolution.y, convolution.batch(), convolution.y.dimensions[1] / groups);
    return part;
}

std::string parts_refusal(const Convolution &convolution) {
    if (convolution.all_channels_last()) return "";
    return "needs tensors with adjacent channels (NHWC), packed, for bf16 and for more than one group";
}

std::unique_ptr<Computation> in_parts(const Convolution &convolution, std::unique_ptr<Computation> computation) {
    return std::make_unique<Parts>(convolution, std::move(computation));
}

}  // namespace softcuda::dnn
