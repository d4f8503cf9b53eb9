#pragma once
// The fast way to run a launch: a block is one call, and the cores take blocks.
#include "run/launch.h"

namespace softcuda {

void run_fast(Launch& launch);

}  // namespace softcuda
