#pragma once
// Device memory and page-locked host memory. A device pointer is a host address.
#include <cstddef>
#include <cstdint>

#include "softcuda.h"

namespace softcuda {

// In the context that is current.
CUresult allocate(size_t bytes, bool host, char** pointer);
// Of a pointer that is not the start of a live allocation: INVALID_VALUE. Only while no work runs.
CUresult release(uintptr_t address, bool host);
// Frees all that was allocated in the context, as its end does.
void free_memory(CUcontext context);

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

// Whether the whole range, of at least one byte, lies in one live allocation.
bool known(const void* address, size_t bytes);

struct MemoryRange {
    uintptr_t start = 0;
    size_t bytes = 0;
};
// The live allocation of device memory that the byte lies in, of 0 bytes where there is none.
MemoryRange device_allocation(uintptr_t address);
// The live allocation that begins nearest before the address or at it, of 0 bytes where there is none. It need not
// reach so far.
MemoryRange allocation_before(uintptr_t address);

void fill_words(char* target, size_t bytes, unsigned word);

}  // namespace softcuda
