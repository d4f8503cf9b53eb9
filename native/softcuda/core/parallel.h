#pragma once
// How many threads the device computes with, and work over them.
#include "core/failure.h"

namespace softcuda {

int threads();

// 0 gives back the default: GIMBAL_SOFT_THREADS if it holds a number, else the processors that this process may run on.
void set_threads(int count);

// body(i) for every i below count, over the cores, each core taking the next i. Only within deferred work.
template <class F>
void parallel_for(long count, F body) {
    if (count <= 1 || threads() <= 1) {
        for (long i = 0; i < count; i++) body(i);
        return;
    }
    FirstFailure failure;
#pragma omp parallel for schedule(dynamic) num_threads(threads())
    for (long i = 0; i < count; i++) failure.protect([&] { body(i); });
    failure.rethrow();
}

}  // namespace softcuda
