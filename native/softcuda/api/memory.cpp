// The functions of memory.
#include "core/allocations.h"
#include "core/captures.h"
#include "core/contexts.h"
#include "core/switches.h"

using namespace softcuda;

namespace {

// Allocation and release are among the calls that a capture may forbid.
CUresult outside_capture() {
    std::lock_guard<std::mutex> hold(Scheduler::get().mutex);
    return allowed_while_capturing();
}

// As the driver does, a release waits for all work, which may still use the memory.
CUresult settle() {
    Scheduler& scheduler = Scheduler::get();
    std::unique_lock<std::mutex> lock(scheduler.mutex);
    CUresult status = allowed_while_capturing();
    if (status != CUDA_SUCCESS) return status;
    scheduler.wait_for_all(lock);
    return CUDA_SUCCESS;
}

}  // namespace

CUresult cuMemAlloc_v2(CUdeviceptr* pointer, size_t bytes) {
    return in_healthy_context([&] {
        if (!pointer) return CUDA_ERROR_INVALID_VALUE;
        CUresult status = outside_capture();
        if (status != CUDA_SUCCESS) return status;
        if (bytes > 0 && switches().fail_allocation > 0 && --switches().fail_allocation == 0) {
            set_message("the switch fail_allocation let an allocation of " + std::to_string(bytes) + " bytes fail");
            return CUDA_ERROR_OUT_OF_MEMORY;
        }
        char* memory = nullptr;
        status = allocate(bytes, false, &memory);
        if (status == CUDA_SUCCESS) *pointer = reinterpret_cast<uintptr_t>(memory);
        return status;
    });
}

CUresult cuMemFree_v2(CUdeviceptr pointer) {
    return in_context([&] {
        CUresult status = settle();
        if (status != CUDA_SUCCESS) return status;
        status = release(static_cast<uintptr_t>(pointer), false);
        return status == CUDA_SUCCESS ? sticky() : status;
    });
}

CUresult cuMemGetInfo_v2(size_t* free, size_t* total) {
    return in_context([&] {
        if (!free || !total) return CUDA_ERROR_INVALID_VALUE;
        const MemoryInfo info = memory_info();
        *free = info.free;
        *total = info.total;
        return CUDA_SUCCESS;
    });
}

CUresult cuMemGetAddressRange_v2(CUdeviceptr* base, size_t* bytes, CUdeviceptr pointer) {
    return in_context([&] {
        const MemoryRange found = device_allocation(static_cast<uintptr_t>(pointer));
        if (found.bytes == 0) return CUDA_ERROR_NOT_FOUND;
        if (base) *base = found.start;
        if (bytes) *bytes = found.bytes;
        return CUDA_SUCCESS;
    });
}

CUresult cuMemAllocHost_v2(void** pointer, size_t bytes) { return cuMemHostAlloc(pointer, bytes, 0); }

CUresult cuMemHostAlloc(void** pointer, size_t bytes, unsigned int flags) {
    return in_healthy_context([&] {
        if (!pointer || (flags & ~7u)) return CUDA_ERROR_INVALID_VALUE;
        CUresult status = outside_capture();
        if (status != CUDA_SUCCESS) return status;
        char* memory = nullptr;
        status = allocate(bytes, true, &memory);
        if (status == CUDA_SUCCESS) *pointer = memory;
        return status;
    });
}

CUresult cuMemFreeHost(void* pointer) {
    return in_context([&] {
        CUresult status = settle();
        if (status != CUDA_SUCCESS) return status;
        status = release(reinterpret_cast<uintptr_t>(pointer), true);
        return status == CUDA_SUCCESS ? sticky() : status;
    });
}
