#pragma once

#include "dnn/computation.h"

namespace softcuda::dnn {

// Loops as the formula has them, for any strides.
std::string direct_refusal(const Convolution &convolution);
std::unique_ptr<Computation> direct(const Convolution &convolution);

}  // namespace softcuda::dnn
