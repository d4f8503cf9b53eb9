// Grouped and bf16 convolutions: each group's tensors, or those of all groups, are brought into float32 tensors of their
// own, an engine for those runs, and the result is brought back, rounded once.
#include "dnn/parts.h"

#include <algorithm>

#include "dnn/bf16.h"

namespace softcuda::dnn {

namespace {

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

// How one of the three tensors is cut into the parts of the groups: each part has `width` of every `pitch` elements.
struct Operand {
    Type type;
    bool copied;
    int64_t rows, width, pitch, step;  // from one group's first element to the next one's
    int64_t place;                     // of the copy, in the workspace

    // The images of a group are some of the channels of each place.
    static Operand of_images(const Tensor &whole, const Tensor &part) {
        int64_t width = part.dimensions[1];
        return {whole.type, true, part.count() / width, width, whole.dimensions[1], width, 0};
    }

    // The filters of a group stand one behind the other: in float32 they are read and written where they are.
    static Operand of_filters(const Tensor &whole, const Tensor &part) {
        return {whole.type, whole.type != Type::float32, 1, part.count(), part.count(), part.count(), 0};
    }

    // The workspace's bytes up to the end of the copy, which begins at `from`.
    size_t lay_out(size_t from) {
        place = static_cast<int64_t>(from);
        size_t bytes = copied ? rows * width * sizeof(float) : 0;
        return from + (bytes + WORKSPACE_ALIGNMENT - 1) / WORKSPACE_ALIGNMENT * WORKSPACE_ALIGNMENT;
    }

    float *part(float *whole, char *workspace, int64_t group) const {
        return copied ? reinterpret_cast<float *>(workspace + place) : whole + group * step;
    }

    void read(const float *whole, float *part, int64_t group) const {
        if (!copied) return;
        if (type == Type::bf16) {
            Conversion<uint16_t, float>{low(whole) + group * step, part, rows, width, pitch, width}.run();
        } else {
            Conversion<float, float>{whole + group * step, part, rows, width, pitch, width}.run();
        }
    }

    void write(const float *part, float *whole, int64_t group) const {
        if (!copied) return;
        if (type == Type::bf16) {
            Conversion<float, uint16_t>{part, const_cast<uint16_t *>(low(whole)) + group * step, rows, width, width,
                                        pitch}
                .run();
        } else {
            Conversion<float, float>{part, whole + group * step, rows, width, width, pitch}.run();
        }
    }

private:
    static const uint16_t *low(const float *whole) { return reinterpret_cast<const uint16_t *>(whole); }
};

class Parts final : public Computation {
public:
    Parts(const Convolution &whole, int64_t parts, std::unique_ptr<Computation> computation)
        : parts(parts),
          writes(whole.pass == Pass::forward         ? Y
                 : whole.pass == Pass::backward_data ? X
                                                     : W),
          type(whole.x.type),
          computation(std::move(computation)) {
        Convolution part = part_of(whole, parts);
        operands[X] = Operand::of_images(whole.x, part.x);
        operands[W] = Operand::of_filters(whole.w, part.w);
        operands[Y] = Operand::of_images(whole.y, part.y);
        for (Operand &operand : operands) copies = operand.lay_out(copies);
    }

    size_t workspace_bytes() const override { return copies + computation->workspace_bytes(); }

    std::string describe() const override {
        std::string how = parts == 1 ? "" : std::to_string(parts) + " groups, one after the other, ";
        return how + (type == Type::bf16 ? "bf16 widened to float32, " : "") + computation->describe();
    }

    void run(float *x, float *w, float *y, char *workspace) override {
        float *whole[3] = {x, w, y};
        for (int64_t group = 0; group < parts; group++) {
            float *part[3];
            for (int i = 0; i < 3; i++) {
                part[i] = operands[i].part(whole[i], workspace, group);
                if (i != writes) operands[i].read(whole[i], part[i], group);
            }
            computation->run(part[X], part[W], part[Y], workspace + copies);
            operands[writes].write(part[writes], whole[writes], group);
        }
    }

private:
    enum { X, W, Y };

    int64_t parts;
    int writes;
    Type type;
    std::unique_ptr<Computation> computation;
    Operand operands[3];
    size_t copies = 0;
};

}  // namespace

bool wants_channels_last(const Convolution &convolution) {
    return convolution.groups() > 1 || convolution.x.type == Type::bf16;
}

bool is_whole(const Convolution &convolution, int64_t parts) {
    return parts == 1 && convolution.x.type == Type::float32;
}

Convolution part_of(const Convolution &convolution, int64_t parts) {
    if (is_whole(convolution, parts)) return convolution;
    Convolution part = convolution;
    part.x = packed(convolution.x, convolution.batch(), convolution.channels() / parts);
    part.w = packed(convolution.w, convolution.filters() / parts, convolution.w.dimensions[1]);
    part.y = packed(convolution.y, convolution.batch(), convolution.filters() / parts);
    return part;
}

std::unique_ptr<Computation> in_parts(const Convolution &convolution, int64_t parts,
                                      std::unique_ptr<Computation> computation) {
    return std::make_unique<Parts>(convolution, parts, std::move(computation));
}

}  // namespace softcuda::dnn
