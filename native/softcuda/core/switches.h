#pragma once
// What the software device can be told (softcudaSet) and what it counts (softcudaGet). How many threads it has is told
// to core/parallel.h, and what of PTX is counted to ptx/counts.h.
#include <atomic>

namespace softcuda {

struct Switches {
    std::atomic<int> simt{0};
    std::atomic<bool> late_streams{false};
    std::atomic<long long> fail_allocation{0};
    std::atomic<long long> fail_plan{0};
    std::atomic<bool> poison{false};
    std::atomic<bool> guard{false};
    std::atomic<bool> all_engines{false};
    std::atomic<long long> most_instructions{0};
};
inline Switches& switches() {
    static Switches all;
    return all;
}

struct Statistics {
    std::atomic<long long> launches{0};
    std::atomic<long long> graph_launches{0};
    std::atomic<long long> graph_nodes{0};
    std::atomic<long long> copied_bytes{0};
    std::atomic<long long> streams{0};
    std::atomic<long long> events{0};
    std::atomic<long long> graphs{0};
    std::atomic<long long> executables{0};
    std::atomic<long long> modules{0};
    std::atomic<long long> programs{0};
    std::atomic<long long> communicators{0};
};
inline Statistics& statistics() {
    static Statistics all;
    return all;
}

// What fresh and freed memory holds when `poison` is on: as a float, a signalling NaN.
constexpr unsigned poison_word = 0x7fbadbad;

}  // namespace softcuda
