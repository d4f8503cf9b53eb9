#pragma once
// One launch of a kernel that is compiled in, with its arguments, copied.
#include "run/place.h"
#include "run/registry.h"

namespace softcuda {

constexpr int most_parameters = 48;

struct Launch {
    const KernelEntry* entry;
    dim3 grid, block;
    unsigned long long bits[most_parameters];
    void* values[most_parameters];
    double seconds = -1;  // the least that all blocks together have taken so far; negative before the first run
};

}  // namespace softcuda
