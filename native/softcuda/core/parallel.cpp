#include "core/parallel.h"

#include <omp.h>
#include <sched.h>

#include <cstdlib>

namespace softcuda {

namespace {

std::atomic<int> decided{0};  // 0: not yet

int default_threads() {
    if (const char* text = std::getenv("GIMBAL_SOFT_THREADS")) {
        const int asked = std::atoi(text);
        if (asked >= 1 && asked <= 1024) return asked;
    }
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
    return omp_get_num_procs();
}

}  // namespace

int threads() {
    int count = decided.load(std::memory_order_relaxed);
    if (count == 0) {
        count = default_threads();
        decided = count;
    }
    return count;
}

void set_threads(int count) { decided = count == 0 ? default_threads() : count; }

}  // namespace softcuda
