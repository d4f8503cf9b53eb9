#pragma once
// The allocations that are alive, and what is asked of them from elsewhere.
#include <cstddef>
#include <cstdint>

#include "softcuda.h"

namespace softcuda {

struct LiveMemory {
    long long allocations = 0;
    long long bytes = 0;
    long long host_allocations = 0;
    long long host_bytes = 0;
};
LiveMemory live_memory();

struct MemoryInfo {
    size_t free = 0;
    size_t total = 0;
};
MemoryInfo memory_info();

// Sets the sticky error if a red zone has been written to. Only while no work runs.
void check_guards();

// Frees all that was allocated in the context, as its end does.
void free_memory(CUcontext context);

// Whether the whole range, of at least one byte, lies in one live allocation.
bool known(const void* address, size_t bytes);

// The live allocation that begins nearest before the address or at it, of 0 bytes where there is none. It need not
// reach so far.
struct MemoryRange {
    uintptr_t start = 0;
    size_t bytes = 0;
};
MemoryRange allocation_before(uintptr_t address);

void fill_words(char* target, size_t bytes, unsigned word);

}  // namespace softcuda
