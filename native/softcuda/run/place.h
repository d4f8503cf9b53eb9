#pragma once
// Where in its launch the running thread stands.
#include "core/dim3.h"

namespace softcuda {

struct Place {
    dim3 grid, block_size;
    dim3 block{0, 0, 0}, thread{0, 0, 0};
};
extern __thread Place place;

// How many places there are, and which of them is the one with that index.
inline long size(const dim3& extent) { return static_cast<long>(extent.x) * extent.y * extent.z; }
inline dim3 unflatten(long index, const dim3& extent) {
    const auto flat = static_cast<unsigned long>(index);
    return {static_cast<unsigned>(flat % extent.x), static_cast<unsigned>(flat / extent.x % extent.y),
            static_cast<unsigned>(flat / extent.x / extent.y)};
}

// Ends the kernel with an error.
[[noreturn]] void trap(const char* why);

}  // namespace softcuda
