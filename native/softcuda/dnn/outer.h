#pragma once

#include "dnn/computation.h"

namespace softcuda::dnn {

// Filter gradients of tensors with adjacent channels, by tiles of outer products.
std::string outer_products_refusal(const Convolution &convolution);
std::unique_ptr<Computation> outer_products(const Convolution &convolution);

}  // namespace softcuda::dnn
