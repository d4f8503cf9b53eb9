#pragma once

#include "dnn/computation.h"

namespace softcuda::dnn {

// Convolutions in bf16 or of several groups run in parts, each a float32 convolution: a part a group, or one of all
// groups. Their tensors have adjacent channels (NHWC), packed.
//
bool wants_channels_last(const Convolution &convolution);
// Whether one part is the convolution itself.
bool is_whole(const Convolution &convolution, int64_t parts);
Convolution part_of(const Convolution &convolution, int64_t parts);
std::unique_ptr<Computation> in_parts(const Convolution &convolution, int64_t parts,
                                      std::unique_ptr<Computation> computation);

}  // namespace softcuda::dnn
