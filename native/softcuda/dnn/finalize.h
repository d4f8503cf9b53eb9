#pragma once

#include "dnn/descriptor.h"

namespace softcuda::dnn {

// Checks that all is there and fits, and computes what the descriptor stands for. Throws Refusal.
void finalize(Content &content);

}  // namespace softcuda::dnn
