#pragma once
// The contexts of the device, its primary one and those that programs create, and each thread's stack of current ones.
#include "core/failure.h"

namespace softcuda {

void initialize();  // cuInit was called

// Refused unless it was.
CUresult require_initialized();
// Refused unless a live context is current on this thread.
CUresult require_context();
// Refused unless, besides, no earlier work has failed.
CUresult require_healthy();

// guarded, and refused as these say.
template <class F>
CUresult initialized(F body) noexcept {
    return guarded([&] {
        CUresult status = require_initialized();
        return status == CUDA_SUCCESS ? body() : status;
    });
}
template <class F>
CUresult in_context(F body) noexcept {
    return guarded([&] {
        CUresult status = require_context();
        return status == CUDA_SUCCESS ? body() : status;
    });
}
template <class F>
CUresult in_healthy_context(F body) noexcept {
    return guarded([&] {
        CUresult status = require_healthy();
        return status == CUDA_SUCCESS ? body() : status;
    });
}

// Takes what was made in the context out of a table, and says how many those were.
template <class Table>
long long erase_made_in(CUcontext context, Table& table) {
    long long erased = 0;
    for (auto one = table.begin(); one != table.end();) {
        if (one->second->context != context) {
            ++one;
            continue;
        }
        one = table.erase(one);
        erased++;
    }
    return erased;
}

// Takes down all that was made in the context, of which no more is known here; `last`: no other context is left.
using TakeDown = void (*)(CUcontext context, bool last);

// Uses of the primary context are counted: with the first it lives, behind the last it is taken down.
CUcontext retain_primary();
CUresult release_primary(TakeDown take_down);
bool primary_lives();

CUcontext create_context();  // current on this thread, too
CUresult destroy_context(CUcontext context, TakeDown take_down);

// What is current on this thread, alive or not; null if nothing is.
CUcontext current_context();
CUresult push_context(CUcontext context);
CUresult pop_context();
CUresult set_current_context(CUcontext context);  // in place of the current one; null only takes that off the stack

}  // namespace softcuda
