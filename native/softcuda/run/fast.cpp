#include "run/fast.h"

#include <omp.h>

#include <algorithm>
#include <chrono>

#include "core/parallel.h"

namespace softcuda {

namespace {

// Waking the other cores costs more than a launch shorter than this one gains by it.
constexpr double worth_sharing = 10e-6;

double run_blocks(const Launch& launch, long begin, long end) {
    const auto start = std::chrono::steady_clock::now();
    for (long block = begin; block < end; block++) {
        place.grid = launch.grid;
        place.block = unflatten(block, launch.grid);
        launch.entry->run(launch.values);
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

void run_fast(Launch& launch) {
    const long blocks = size(launch.grid);
    const bool known_short = launch.seconds >= 0 && launch.seconds < worth_sharing;
    double seconds = 0;
    if (blocks == 1 || threads() == 1 || known_short) {
        seconds = run_blocks(launch, 0, blocks);
    } else {
        FirstFailure failure;
#pragma omp parallel num_threads(threads()) reduction(+ : seconds)
        {
            const long share = omp_get_num_threads(), own = omp_get_thread_num();
            failure.protect([&] { seconds = run_blocks(launch, blocks * own / share, blocks * (own + 1) / share); });
        }
        failure.rethrow();
    }
    launch.seconds = launch.seconds < 0 ? seconds : std::min(launch.seconds, seconds);
}

}  // namespace softcuda
