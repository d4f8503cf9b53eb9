// The engines, one by one; their numbers are in dnn_engines.cpp.
#pragma once

#include "dnn_convolution.h"

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

}  // namespace softcuda::dnn
