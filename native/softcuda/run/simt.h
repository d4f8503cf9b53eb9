#pragma once
// The SIMT way to run a launch: a block is a set of fibers on one OS thread.
#include <cstddef>

#include "run/launch.h"

namespace softcuda {

void run_simt(const Launch& launch);

// What a thread of a block asks of it. `line` tells one use from another, so that threads that wait at different places
// are found out.
void simt_barrier(int line);
const unsigned long long* simt_exchange(unsigned mask, unsigned long long value, int line);  // what the 32 lanes gave
unsigned simt_lane();
unsigned simt_active_mask();
void* simt_shared(const void* site, size_t bytes);
constexpr unsigned long long poison_bits = 0x7fbadbad7fbadbadull;  // what is read from a lane that gives nothing

}  // namespace softcuda
