#pragma once
// What collectives carry, and how it is reduced.
#include <cstddef>

#include "nccl_api.h"

namespace softcuda {

// 0 for a type that the software device does not know.
size_t element_bytes(ncclDataType_t type) noexcept;

bool known_reduction(ncclRedOp_t reduction) noexcept;

// target[i] = ((source 0 + source 1) + source 2) + ..., in the order of the sources, so that nothing depends on who
// computes it. `target` may be one of the sources. bf16 is computed in float32 and rounded once at the end; an average
// divides the sum once. As in NCCL, integers wrap, their average is cut towards zero, and a maximum or minimum passes
// over what is not a number, unless there is nothing else.
void reduce(ncclDataType_t type, ncclRedOp_t reduction, const void *const *sources, int source_count, void *target,
            size_t elements);

}  // namespace softcuda
