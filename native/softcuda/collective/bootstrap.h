#pragma once
// How the ranks of a communicator find each other.
#include "collective/mesh.h"

namespace softcuda {

// How often who waits looks whether it is to stop.
constexpr int LOOK_MILLISECONDS = 50;

// Listens for the ranks of one communicator, on a thread of its own, tells them of each other once all have come, and
// ends. The id says where it listens.
UniqueId start_root();

// Joins a communicator: waits, however long, until all its ranks have come and are connected. Throws a
// CollectiveFailure that says why they cannot be, or that `stop` was set.
std::unique_ptr<Mesh> join(const UniqueId &id, int ranks, int rank, const std::atomic<bool> &stop);

}  // namespace softcuda
