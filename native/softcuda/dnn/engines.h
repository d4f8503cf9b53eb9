// The engines, one by one; their numbers are in dnn/engines.cpp.
#pragma once

#include "dnn/convolution.h"

namespace softcuda::dnn {

// oneDNN on the tensors as they lie in memory; the filter alone is brought into oneDNN's own layout.
std::string onednn_in_place_refusal(const Convolution &convolution);
std::unique_ptr<Computation> onednn_in_place(const Convolution &convolution);

// oneDNN on its own blocked layouts, all tensors reordered through the workspace.
std::string onednn_blocked_refusal(const Convolution &convolution);
std::unique_ptr<Computation> onednn_blocked(const Convolution &convolution);

// Filter gradients of tensors with adjacent channels, by tiles of outer products.
std::string outer_products_refusal(const Convolution &convolution);
std::unique_ptr<Computation> outer_products(const Convolution &convolution);

// Forward convolutions of tensors with adjacent channels, with filters of one point and few outputs.
std::string pointwise_refusal(const Convolution &convolution);
std::unique_ptr<Computation> pointwise(const Convolution &convolution);

// Loops as the formula has them, for any strides.
std::string direct_refusal(const Convolution &convolution);
std::unique_ptr<Computation> direct(const Convolution &convolution);

// Convolutions in bf16 or of several groups run part by part, each one a float32 convolution of one group. Their
// tensors have adjacent channels (NHWC), packed.
bool in_parts(const Convolution &convolution);
Convolution part_of(const Convolution &convolution);
std::unique_ptr<Computation> in_parts(const Convolution &convolution, std::unique_ptr<Computation> computation);

}  // namespace softcuda::dnn
