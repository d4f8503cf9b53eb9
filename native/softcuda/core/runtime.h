#pragma once
// What the software device's source files share. Nothing here leaves the library.
#include <atomic>
#include <exception>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>

#include "softcuda.h"

namespace softcuda {

// A status with its sentence. Thrown inside deferred work it becomes the context's sticky error.
struct Failure : std::runtime_error {
    Failure(CUresult status, const std::string& message) : std::runtime_error(message), status(status) {}
    CUresult status;
};

// Puts work behind everything already in the stream, or adds it as a node to the graph being captured on it. `name`
// appears in messages and is never freed. The work may run many times (graphs), and always on the device thread.
CUresult enqueue(CUstream stream, const char* name, std::function<void()> work);

// Whether the handle is a stream (the legacy stream and the per-thread stream are).
bool is_stream(CUstream stream);

int threads();
// Where there is no memory for the text, the message is an empty one.
void set_message(const std::string& message) noexcept;
void set_message(const char* message) noexcept;

// Keeps the first exception of a parallel region, which must not let any escape.
class FirstFailure {
public:
    template <class F> void protect(F body) noexcept {
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
template <class F> void parallel_for(long count, F body) {
    if (count <= 1 || threads() <= 1) {
        for (long i = 0; i < count; i++) body(i);
        return;
    }
    FirstFailure failure;
#pragma omp parallel for schedule(dynamic) num_threads(threads())
    for (long i = 0; i < count; i++) failure.protect([&] { body(i); });
    failure.rethrow();
}

// Of the exception being handled: its status, and its sentence as the last message, behind `place` where there is one.
CUresult status_of_exception(const char* place = nullptr) noexcept;

// Runs the body of an exported function; nothing is thrown across the C boundary.
template <class F> CUresult guarded(F body) noexcept {
    try {
        return body();
    } catch (...) {
        return status_of_exception();
    }
}

// The same, refused unless cuInit has been called.
CUresult require_initialized();
// Refused unless a live context is current on this thread.
CUresult require_context();
// What is current on this thread, alive or not; null if nothing is.
CUcontext current_context();
// Refused unless, besides, no earlier work has failed.
CUresult require_healthy();

template <class F> CUresult initialized(F body) noexcept {
    return guarded([&] {
        CUresult status = require_initialized();
        return status == CUDA_SUCCESS ? body() : status;
    });
}
template <class F> CUresult in_context(F body) noexcept {
    return guarded([&] {
        CUresult status = require_context();
        return status == CUDA_SUCCESS ? body() : status;
    });
}
template <class F> CUresult in_healthy_context(F body) noexcept {
    return guarded([&] {
        CUresult status = require_healthy();
        return status == CUDA_SUCCESS ? body() : status;
    });
}

}  // namespace softcuda
