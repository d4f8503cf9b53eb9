#pragma once
// How many threads the device computes with, and work over them.
#include <atomic>
#include <exception>
#include <mutex>

namespace softcuda {

int threads();

// 0 gives back the default: GIMBAL_SOFT_THREADS if it holds a number, else the processors that this process may run on.
void set_threads(int count);

// Keeps the first exception of a parallel region, which must not let any escape.
class FirstFailure {
public:
    template <class F>
    void protect(F body) noexcept {
        if (failed_.load(std::memory_order_relaxed)) return;
        try {
            body();
        } catch (...) {
            std::lock_guard<std::mutex> hold(mutex_);
            if (!failed_.exchange(true)) failure_ = std::current_exception();
        }
    }
    void rethrow() {
        if (failed_) std::rethrow_exception(failure_);
    }

private:
    std::atomic<bool> failed_{false};
    std::mutex mutex_;
    std::exception_ptr failure_;
};

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
