#pragma once
// The collectives, over transfers between pairs of ranks.
#include <atomic>
#include <cstddef>

#include "collective/mesh.h"
#include "nccl_api.h"

namespace softcuda {

enum class CollectiveKind : unsigned { all_reduce = 1, broadcast = 2, all_gather = 3 };

// A call of one, as all ranks must make it.
struct CollectiveCall {
    CollectiveKind kind;
    const void *send;
    void *receive;
    size_t count;  // of elements; of an all-gather: of each rank
    ncclDataType_t type;
    ncclRedOp_t reduction;
    int root;
};

// Runs it, on this thread, until this rank's part is done. Throws a CollectiveFailure: where another rank has ended, or
// calls another collective; and once `over` is set.
void perform(const CollectiveCall &call, Mesh &mesh, const std::atomic<bool> &over);

}  // namespace softcuda
