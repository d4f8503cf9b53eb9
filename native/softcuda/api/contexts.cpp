// The functions of the device's contexts.
#include "core/contexts.h"

#include "core/allocations.h"
#include "core/captures.h"
#include "run/modules.h"

using namespace softcuda;

namespace {

// Before any context can have work.
void start_device_thread() {
    Scheduler& scheduler = Scheduler::get();
    std::lock_guard<std::mutex> hold(scheduler.mutex);
    scheduler.start();
}

// Everything that was made in a context goes with it. Only here must something low reach all that stands above it: it
// is handed down.
void take_down(CUcontext context, bool last) {
    Scheduler& scheduler = Scheduler::get();
    {
        std::unique_lock<std::mutex> lock(scheduler.mutex);
        end_captures(context);
        scheduler.wait_for_all(lock);
        scheduler.forget(context);
        forget_graphs(context);
        if (last) scheduler.forget_shared_streams();
    }
    forget_modules(context);
    free_memory(context);
    if (last) clear_sticky();
}

}  // namespace

CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
    return initialized([&] {
        if (!context) return CUDA_ERROR_INVALID_VALUE;
        if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
        start_device_thread();
        *context = retain_primary();
        return CUDA_SUCCESS;
    });
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
    return initialized([&] { return device == 0 ? release_primary(take_down) : CUDA_ERROR_INVALID_DEVICE; });
}

CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned int* flags, int* active) {
    return initialized([&] {
        if (!flags || !active) return CUDA_ERROR_INVALID_VALUE;
        if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
        *flags = 0;
        *active = primary_lives();
        return CUDA_SUCCESS;
    });
}

CUresult cuCtxCreate_v2(CUcontext* context, unsigned int flags, CUdevice device) {
    return initialized([&] {
        // How the host waits is one of automatic (0), spin, yield and block; none of the flags changes anything here.
        const unsigned known = 0xff, waiting = flags & 7;
        if (!context || (flags & ~known) || (waiting & (waiting - 1))) return CUDA_ERROR_INVALID_VALUE;
        if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
        start_device_thread();
        *context = create_context();
        return CUDA_SUCCESS;
    });
}

CUresult cuCtxDestroy_v2(CUcontext context) {
    return initialized([&] { return destroy_context(context, take_down); });
}

CUresult cuCtxPushCurrent_v2(CUcontext context) {
    return initialized([&] { return push_context(context); });
}

CUresult cuCtxPopCurrent_v2(CUcontext* context) {
    return initialized([&] {
        const CUcontext popped = current_context();
        CUresult status = pop_context();
        if (status == CUDA_SUCCESS && context) *context = popped;
        return status;
    });
}

CUresult cuCtxSetCurrent(CUcontext context) {
    return initialized([&] { return set_current_context(context); });
}

CUresult cuCtxGetCurrent(CUcontext* context) {
    return initialized([&] {
        if (!context) return CUDA_ERROR_INVALID_VALUE;
        *context = current_context();
        return CUDA_SUCCESS;
    });
}

CUresult cuCtxGetDevice(CUdevice* device) {
    return in_context([&] {
        if (!device) return CUDA_ERROR_INVALID_VALUE;
        *device = 0;
        return CUDA_SUCCESS;
    });
}

CUresult cuCtxSynchronize(void) {
    return in_healthy_context([&] {
        Scheduler& scheduler = Scheduler::get();
        std::unique_lock<std::mutex> lock(scheduler.mutex);
        if (!captures().empty()) {
            for (auto& capture : captures()) invalidate(*capture);
            return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
        }
        scheduler.wait_for_all(lock);
        lock.unlock();
        check_guards();
        return sticky();
    });
}
