// softcudaSet, softcudaGet, softcudaLastMessage, softcudaCounts.
#include "core/switches.h"

#include <cstring>
#include <new>

#include "core/allocations.h"
#include "core/failure.h"
#include "core/parallel.h"
#include "core/scheduler.h"
#include "ptx/counts.h"

using namespace softcuda;

namespace {

bool is(const char* given, const char* name) { return std::strcmp(given, name) == 0; }

// The caller's until its next call of the same function; empty where there is no memory for it.
template <class Text>
const char* handed(std::string& own, Text text) noexcept {
    try {
        own = text();
    } catch (const std::bad_alloc&) {
        own.clear();
    }
    return own.c_str();
}

}  // namespace

int softcudaSet(const char* name, long long value) {
    return guarded([&] {
        if (!name || value < 0) return CUDA_ERROR_INVALID_VALUE;
        Switches& all = switches();
        if (is(name, "threads")) {
            if (value > 1024) return CUDA_ERROR_INVALID_VALUE;
            set_threads(static_cast<int>(value));
        } else if (is(name, "simt")) {
            if (value > 2) return CUDA_ERROR_INVALID_VALUE;
            all.simt = static_cast<int>(value);
        } else if (is(name, "late_streams")) {
            Scheduler& scheduler = Scheduler::get();
            std::lock_guard<std::mutex> hold(scheduler.mutex);
            all.late_streams = value != 0;
            if (value == 0) scheduler.demand_all();
        } else if (is(name, "fail_allocation")) {
            all.fail_allocation = value;
        } else if (is(name, "fail_plan")) {
            all.fail_plan = value;
        } else if (is(name, "poison")) {
            all.poison = value != 0;
        } else if (is(name, "guard")) {
            all.guard = value != 0;
        } else if (is(name, "all_engines")) {
            all.all_engines = value != 0;
        } else if (is(name, "most_instructions")) {
            all.most_instructions = value;
        } else if (is(name, "count")) {
            ptx::count(value != 0);
        } else if (is(name, "sticky_error")) {
            if (value == 0) clear_sticky();
            else set_sticky(static_cast<CUresult>(value), "the switch sticky_error is " + std::to_string(value));
        } else {
            return CUDA_ERROR_INVALID_VALUE;
        }
        return CUDA_SUCCESS;
    });
}

long long softcudaGet(const char* name) {
    if (!name) return -1;
    Switches& all = switches();
    Statistics& counts = statistics();
    if (is(name, "threads")) return threads();
    if (is(name, "simt")) return all.simt;
    if (is(name, "late_streams")) return all.late_streams;
    if (is(name, "fail_allocation")) return all.fail_allocation;
    if (is(name, "fail_plan")) return all.fail_plan;
    if (is(name, "poison")) return all.poison;
    if (is(name, "guard")) return all.guard;
    if (is(name, "all_engines")) return all.all_engines;
    if (is(name, "most_instructions")) return all.most_instructions;
    if (is(name, "count")) return ptx::counting();
    if (is(name, "sticky_error")) return sticky();
    if (is(name, "live_allocations")) return live_memory().allocations;
    if (is(name, "live_bytes")) return live_memory().bytes;
    if (is(name, "live_host_allocations")) return live_memory().host_allocations;
    if (is(name, "live_host_bytes")) return live_memory().host_bytes;
    if (is(name, "live_streams")) return counts.streams;
    if (is(name, "live_events")) return counts.events;
    if (is(name, "live_graphs")) return counts.graphs;
    if (is(name, "live_executables")) return counts.executables;
    if (is(name, "live_modules")) return counts.modules;
    if (is(name, "live_programs")) return counts.programs;
    if (is(name, "live_communicators")) return counts.communicators;
    if (is(name, "launches")) return counts.launches;
    if (is(name, "graph_launches")) return counts.graph_launches;
    if (is(name, "graph_nodes")) return counts.graph_nodes;
    if (is(name, "copied_bytes")) return counts.copied_bytes;
    return -1;
}

const char* softcudaLastMessage(void) {
    thread_local std::string own;
    return handed(own, [] { return last_message(); });
}

const char* softcudaCounts(void) {
    thread_local std::string own;
    return handed(own, [] { return ptx::counts_as_json(); });
}
