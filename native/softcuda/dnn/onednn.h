#pragma once

#include "dnn/computation.h"

namespace softcuda::dnn {

// oneDNN on the tensors as they lie in memory; the filter alone is brought into oneDNN's own layout.
std::string onednn_in_place_refusal(const Convolution &convolution);
std::unique_ptr<Computation> onednn_in_place(const Convolution &convolution);

// The same on several groups at once, whose channels lie side by side.
std::string onednn_groups_refusal(const Convolution &convolution);
std::unique_ptr<Computation> onednn_groups(const Convolution &convolution);

// oneDNN on its own blocked layouts, all tensors reordered through the workspace.
std::string onednn_blocked_refusal(const Convolution &convolution);
std::unique_ptr<Computation> onednn_blocked(const Convolution &convolution);

}  // namespace softcuda::dnn
