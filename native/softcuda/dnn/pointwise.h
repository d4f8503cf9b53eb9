#pragma once

#include "dnn/computation.h"

namespace softcuda::dnn {

// Forward convolutions of tensors with adjacent channels, with filters of one point and few outputs.
std::string pointwise_refusal(const Convolution &convolution);
std::unique_ptr<Computation> pointwise(const Convolution &convolution);

}  // namespace softcuda::dnn
