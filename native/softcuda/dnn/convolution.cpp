#include "dnn/convolution.h"

namespace softcuda::dnn {

namespace {

std::string join(const int64_t *values, int count, const char *between) {
    std::string text;
    for (int i = 0; i < count; i++) text += (i == 0 ? "" : between) + std::to_string(values[i]);
    return text;
}

// Whether memory runs through the dimensions in this order, innermost first, without gaps.
bool packed(const Tensor &tensor, const int (&order)[4]) {
    int64_t expected = 1;
    for (int d : order) {
        if (tensor.dimensions[d] != 1 && tensor.strides[d] != expected) return false;
        expected *= tensor.dimensions[d];
    }
    return true;
}

}  // namespace

bool Tensor::channels_last() const { return packed(*this, {1, 3, 2, 0}); }

bool Tensor::channels_first() const { return packed(*this, {3, 2, 1, 0}); }

std::string Tensor::describe() const {
    return std::string(type == Type::bf16 ? "bf16 " : "") + "[" + join(dimensions, 4, ",") + "] with strides [" +
           join(strides, 4, ",") + "]";
}

const char *name_of(Pass pass) {
    switch (pass) {
        case Pass::forward: return "convolution forward";
        case Pass::backward_data: return "convolution backward data";
        default: return "convolution backward filter";
    }
}

bool Convolution::pointwise() const {
    return filter_height() == 1 && filter_width() == 1 && stride[0] == 1 && stride[1] == 1 && padding_before[0] == 0 &&
           padding_before[1] == 0 && padding_after[0] == 0 && padding_after[1] == 0;
}

const Tensor &Convolution::result() const { return pass == Pass::forward ? y : pass == Pass::backward_data ? x : w; }

std::string Convolution::describe() const {
    return std::string(name_of(pass)) + " x " + x.describe() + ", w " + w.describe() + ", y " + y.describe() +
           ", stride " + join(stride, 2, "x") + ", padding " + join(padding_before, 2, "x") + " and " +
           join(padding_after, 2, "x") + ", dilation " + join(dilation, 2, "x");
}

}  // namespace softcuda::dnn
