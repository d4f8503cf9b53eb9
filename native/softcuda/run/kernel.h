#pragma once
// What a CUDA source of kernels/ finds when the host compiler compiles it (g++ -x c++ -include kernel.h -DGIMBAL_HOST).
// The fast way: a block is one thread; threadIdx and blockDim are constants, barriers and shuffles vanish.
// The SIMT way (-DGIMBAL_SIMT): a block is as many threads as the launch says, each on a fiber.
// GIMBAL_SOURCE is the file's name as a string.
#include <cmath>
#include <cstdint>
#include <cstring>

#include "run/place.h"
#include "run/registry.h"
#include "run/simt.h"

#define __device__
#define __host__
#define __global__
#define __constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(n) alignas(n)

#ifdef GIMBAL_SIMT
#define GIMBAL_IS_SIMT true
#else
#define GIMBAL_IS_SIMT false
#endif

#define KERNEL(name, ...)                                                                                    \
    static void name(__VA_ARGS__);                                                                           \
    static constexpr softcuda::KernelEntry name##_entry =                                                    \
        softcuda::Bound<&name>::entry(GIMBAL_SOURCE, #name, GIMBAL_IS_SIMT);                                 \
    [[maybe_unused]] static const int name##_registered = softcuda::register_kernel(&name##_entry);          \
    static void name(__VA_ARGS__)

#define blockIdx (softcuda::place.block)
#define gridDim (softcuda::place.grid)
static constexpr int warpSize = 32;

#ifdef GIMBAL_SIMT

#define threadIdx (softcuda::place.thread)
#define blockDim (softcuda::place.block_size)

// One array for the whole block, whichever thread comes to it first.
#define SHARED(type, name, size)           \
    static const char name##_site = 0;     \
    type(&name)[size] = *static_cast<type(*)[size]>(softcuda::simt_shared(&name##_site, sizeof(type[size])))

#define __syncthreads() softcuda::simt_barrier(__LINE__)
#define __syncwarp(...) softcuda::warp_barrier<__LINE__>(__VA_ARGS__)
#define __shfl_sync(mask, value, ...) softcuda::shuffle(__LINE__, mask, value, __VA_ARGS__)
#define __shfl_up_sync(mask, value, ...) softcuda::shuffle_up(__LINE__, mask, value, __VA_ARGS__)
#define __shfl_down_sync(mask, value, ...) softcuda::shuffle_down(__LINE__, mask, value, __VA_ARGS__)
#define __shfl_xor_sync(mask, value, ...) softcuda::shuffle_xor(__LINE__, mask, value, __VA_ARGS__)
#define __ballot_sync(mask, predicate) softcuda::ballot(__LINE__, mask, (predicate) != 0)
#define __any_sync(mask, predicate) (softcuda::ballot(__LINE__, mask, (predicate) != 0) != 0)
#define __all_sync(mask, predicate) (softcuda::ballot(__LINE__, mask, (predicate) == 0) == 0)
#define __activemask() softcuda::simt_active_mask()

namespace softcuda {

template <int line> void warp_barrier(unsigned mask = 0xffffffffu) {
    simt_exchange(mask, 0, line);
}

// The value that the lane `source` of the warp has given.
template <class T> T take_from(int line, unsigned mask, T value, unsigned source) {
    static_assert(sizeof(T) <= 8, "a shuffle moves at most 8 bytes");
    unsigned long long bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    const unsigned long long* given = simt_exchange(mask, bits, line);
    bits = mask >> source & 1u ? given[source] : poison_bits;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}
template <class T> T shuffle(int line, unsigned mask, T value, int lane, int width = 32) {
    const int first = static_cast<int>(simt_lane()) & ~(width - 1);
    return take_from(line, mask, value, static_cast<unsigned>(first + (lane & (width - 1))));
}
template <class T> T shuffle_up(int line, unsigned mask, T value, unsigned delta, int width = 32) {
    const int own = static_cast<int>(simt_lane()), source = own - static_cast<int>(delta);
    return take_from(line, mask, value, static_cast<unsigned>(source < (own & ~(width - 1)) ? own : source));
}
template <class T> T shuffle_down(int line, unsigned mask, T value, unsigned delta, int width = 32) {
    const int own = static_cast<int>(simt_lane()), source = own + static_cast<int>(delta);
    return take_from(line, mask, value, static_cast<unsigned>(source > (own | (width - 1)) ? own : source));
}
template <class T> T shuffle_xor(int line, unsigned mask, T value, int lanes, int width = 32) {
    const int own = static_cast<int>(simt_lane()), source = own ^ lanes;
    return take_from(line, mask, value, static_cast<unsigned>(source > (own | (width - 1)) ? own : source));
}
inline unsigned ballot(int line, unsigned mask, bool predicate) {
    unsigned votes = 0;
    const unsigned long long* given = simt_exchange(mask, predicate, line);
    for (unsigned lane = 0; lane < 32; lane++)
        if ((mask >> lane & 1u) && given[lane] == 1) votes |= 1u << lane;
    return votes;
}

}  // namespace softcuda

#else

static constexpr dim3 threadIdx{0, 0, 0};
static constexpr dim3 blockDim{1, 1, 1};

#define SHARED(type, name, size) alignas(64) type name[size]

#define __syncthreads() ((void)0)
#define __syncwarp(...) ((void)0)
#define __shfl_sync(mask, value, ...) (value)
#define __shfl_up_sync(mask, value, ...) (value)
#define __shfl_down_sync(mask, value, ...) (value)
#define __shfl_xor_sync(mask, value, ...) (value)
#define __ballot_sync(mask, predicate) ((predicate) ? 1u : 0u)
#define __any_sync(mask, predicate) ((predicate) != 0)
#define __all_sync(mask, predicate) ((predicate) != 0)
#define __activemask() 1u

#endif

#define __threadfence() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define __threadfence_block() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define __trap() softcuda::trap("__trap was called")

#include "run/kernel_math.h"
