#pragma once
// How a kernel that the host compiler has compiled is known to the library: all that kernel.h and the library share.
#include <cstddef>
#include <utility>

struct dim3 {
    unsigned x = 1, y = 1, z = 1;
};

namespace softcuda {

// Where the running thread of the running block stands.
struct Place {
    dim3 grid, block_size;
    dim3 block{0, 0, 0}, thread{0, 0, 0};
};
extern __thread Place place;

struct KernelEntry {
    const char* source;  // the file, such as "elementwise.cu"
    const char* name;
    bool simt;
    int parameters;
    const unsigned* sizes;           // of each parameter, in bytes; at most 8
    void (*run)(void* const* values);  // one block in the fast way, one thread of it in the SIMT way
};

// Called before main by every kernel.
int register_kernel(const KernelEntry* entry);

template <auto Function> struct Bound;
template <class... P, void (*Function)(P...)> struct Bound<Function> {
    static_assert(((sizeof(P) <= 8) && ...), "a kernel's parameters are pointers and numbers");
    static constexpr unsigned sizes[sizeof...(P) + 1] = {sizeof(P)..., 0};

    template <size_t... I> static void call(void* const* values, std::index_sequence<I...>) {
        Function(*static_cast<P*>(values[I])...);
    }
    static void run(void* const* values) { call(values, std::index_sequence_for<P...>()); }
    static constexpr KernelEntry entry(const char* source, const char* name, bool simt) {
        return {source, name, simt, static_cast<int>(sizeof...(P)), sizes, &run};
    }
};

// What a thread of a SIMT block asks of it. `line` tells one use from another, so that threads that wait at different
// places are found out.
void simt_barrier(int line);
const unsigned long long* simt_exchange(unsigned mask, unsigned long long value, int line);  // what the 32 lanes gave
unsigned simt_lane();
unsigned simt_active_mask();
void* simt_shared(const void* site, size_t bytes);
constexpr unsigned long long poison_bits = 0x7fbadbad7fbadbadull;  // what is read from a lane that gives nothing

// Ends the kernel with an error.
[[noreturn]] void trap(const char* why);

}  // namespace softcuda
