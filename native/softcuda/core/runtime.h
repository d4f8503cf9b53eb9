#pragma once
// What several sources declare together.
#include <functional>

#include "core/failure.h"
#include "core/parallel.h"

namespace softcuda {

// Puts work behind everything already in the stream, or adds it as a node to the graph being captured on it. `name`
// appears in messages and is never freed. The work may run many times (graphs), and always on the device thread.
CUresult enqueue(CUstream stream, const char* name, std::function<void()> work);

// Whether the handle is a stream (the legacy stream and the per-thread stream are).
bool is_stream(CUstream stream);

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
