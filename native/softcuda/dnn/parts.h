#pragma once

#include "dnn/computation.h"

namespace softcuda::dnn {

// Convolutions in bf16 or of several groups run part by part, each one a float32 convolution of one group. Their
// tensors have adjacent channels (NHWC), packed.
bool in_parts(const Convolution &convolution);
Convolution part_of(const Convolution &convolution);
std::unique_ptr<Computation> in_parts(const Convolution &convolution, std::unique_ptr<Computation> computation);

}  // namespace softcuda::dnn
