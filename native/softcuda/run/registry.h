#pragma once
// The kernels that the host compiler has compiled into the library.
#include <cstddef>
#include <utility>

namespace softcuda {

struct KernelEntry {
    const char* source;  // the file, such as "elementwise.cu"
    const char* name;
    bool simt;
    int parameters;
    const unsigned* sizes;             // of each parameter, in bytes; at most 8
    void (*run)(void* const* values);  // one block in the fast way, one thread of it in the SIMT way
};

// Called before main by every kernel, in each of the two ways.
int register_kernel(const KernelEntry* entry);

// A kernel in its two ways; nulls where there is none of that name.
struct CompiledKernel {
    const KernelEntry* fast = nullptr;
    const KernelEntry* simt = nullptr;
};
CompiledKernel find_compiled(const char* source, const char* name);

template <auto Function>
struct Bound;
template <class... P, void (*Function)(P...)>
struct Bound<Function> {
    static_assert(((sizeof(P) <= 8) && ...), "a kernel's parameters are pointers and numbers");
    static constexpr unsigned sizes[sizeof...(P) + 1] = {sizeof(P)..., 0};

    template <size_t... I>
    static void call(void* const* values, std::index_sequence<I...>) {
        Function(*static_cast<P*>(values[I])...);
    }
    static void run(void* const* values) { call(values, std::index_sequence_for<P...>()); }
    static constexpr KernelEntry entry(const char* source, const char* name, bool simt) {
        return {source, name, simt, static_cast<int>(sizeof...(P)), sizes, &run};
    }
};

}  // namespace softcuda
