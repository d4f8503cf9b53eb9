// softcudaSet, softcudaGet, softcudaLastMessage; how many threads there are.
#include "core/switches.h"

#include <omp.h>
#include <sched.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <system_error>

#include "core/allocations.h"
#include "ptx/counts.h"
#include "core/scheduler.h"

namespace softcuda {

namespace {

std::mutex message_mutex;
std::string message;
std::atomic<int> sticky_status{CUDA_SUCCESS};

// GIMBAL_SOFT_THREADS if it holds a number, else the processors that this process may run on.
int default_threads() {
    if (const char* text = std::getenv("GIMBAL_SOFT_THREADS")) {
        const int asked = std::atoi(text);
        if (asked >= 1 && asked <= 1024) return asked;
    }
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
    return omp_get_num_procs();
}

bool is(const char* given, const char* name) { return std::strcmp(given, name) == 0; }

}  // namespace

Switches& switches() {
    static Switches* all = new Switches;
    return *all;
}

Statistics& statistics() {
    static Statistics* all = new Statistics;
    return *all;
}

int threads() {
    int count = switches().threads.load(std::memory_order_relaxed);
    if (count == 0) {
        count = default_threads();
        switches().threads = count;
    }
    return count;
}

void set_message(const char* text) noexcept {
    std::lock_guard<std::mutex> hold(message_mutex);
    message.clear();
    try {
        message = text;
    } catch (const std::bad_alloc&) {
    }
}

void set_message(const std::string& text) noexcept { set_message(text.c_str()); }

CUresult status_of_exception(const char* place) noexcept {
    auto told = [place](CUresult status, const char* what) noexcept {
        try {
            set_message(place ? std::string(place) + ": " + what : std::string(what));
        } catch (const std::bad_alloc&) {
            set_message(what);
        }
        return status;
    };
    try {
        throw;
    } catch (const Failure& failure) {
        return told(failure.status, failure.what());
    } catch (const std::bad_alloc&) {
        return told(CUDA_ERROR_OUT_OF_MEMORY, "the host is out of memory");
    } catch (const std::system_error& failure) {
        return told(CUDA_ERROR_OPERATING_SYSTEM, failure.what());
    } catch (const std::exception& failure) {
        return told(CUDA_ERROR_UNKNOWN, failure.what());
    } catch (...) {
        return told(CUDA_ERROR_UNKNOWN, "an unknown exception");
    }
}

void set_sticky(CUresult status, const std::string& text) {
    if (set_sticky(status)) set_message(text);
}

bool set_sticky(CUresult status) noexcept {
    int none = CUDA_SUCCESS;
    return sticky_status.compare_exchange_strong(none, status);
}

CUresult sticky() { return static_cast<CUresult>(sticky_status.load(std::memory_order_acquire)); }

void clear_sticky() { sticky_status = CUDA_SUCCESS; }

}  // namespace softcuda

using namespace softcuda;

int softcudaSet(const char* name, long long value) {
    return guarded([&] {
        if (!name || value < 0) return CUDA_ERROR_INVALID_VALUE;
        Switches& all = switches();
        if (is(name, "threads")) {
            if (value > 1024) return CUDA_ERROR_INVALID_VALUE;
            all.threads = value == 0 ? default_threads() : static_cast<int>(value);
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
    if (is(name, "launches")) return counts.launches;
    if (is(name, "graph_launches")) return counts.graph_launches;
    if (is(name, "graph_nodes")) return counts.graph_nodes;
    if (is(name, "copied_bytes")) return counts.copied_bytes;
    return -1;
}

namespace {

// The caller's until its next call of the same function; empty where there is no memory for it.
template <class Text> const char* handed(std::string& own, Text text) noexcept {
    try {
        own = text();
    } catch (const std::bad_alloc&) {
        own.clear();
    }
    return own.c_str();
}

}  // namespace

const char* softcudaLastMessage(void) {
    thread_local std::string own;
    return handed(own, [] {
        std::lock_guard<std::mutex> hold(message_mutex);
        return message;
    });
}

const char* softcudaCounts(void) {
    thread_local std::string own;
    return handed(own, [] { return ptx::counts_as_json(); });
}
