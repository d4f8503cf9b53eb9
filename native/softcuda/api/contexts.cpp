// The contexts of the device, its primary one and those that programs create, and each thread's stack of current ones.
#include <memory>
#include <unordered_map>
#include <vector>

#include "run/launch.h"
#include "core/allocations.h"
#include "core/scheduler.h"
#include "core/switches.h"

namespace softcuda {

namespace {

struct Context {
    std::atomic<bool> alive{false};
};

std::mutex mutex;
int retained = 0;
const std::shared_ptr<Context>& primary() {
    static auto* one = new std::shared_ptr<Context>(std::make_shared<Context>());
    return *one;
}
std::unordered_map<CUcontext, std::shared_ptr<Context>>& created() {
    static auto* all = new std::unordered_map<CUcontext, std::shared_ptr<Context>>;
    return *all;
}

// The last is current. A destroyed context stays on the stacks of other threads, which then meet that it is not alive.
thread_local std::vector<std::shared_ptr<Context>> stack;

CUcontext handle(const std::shared_ptr<Context>& context) { return reinterpret_cast<CUcontext>(context.get()); }

CUresult find(CUcontext wanted, std::shared_ptr<Context>& context) {
    std::lock_guard<std::mutex> hold(mutex);
    if (wanted == handle(primary())) {
        context = primary();
        return context->alive ? CUDA_SUCCESS : CUDA_ERROR_CONTEXT_IS_DESTROYED;
    }
    auto found = created().find(wanted);
    if (found == created().end()) return CUDA_ERROR_INVALID_CONTEXT;
    context = found->second;
    return CUDA_SUCCESS;
}

void start_device_thread() {
    Scheduler& scheduler = Scheduler::get();
    std::lock_guard<std::mutex> hold(scheduler.mutex);
    scheduler.start();
}

// Everything that was made in the context goes with it; the mutex is held.
void end(Context& context) {
    const CUcontext ended = reinterpret_cast<CUcontext>(&context);
    const bool last = retained == 0 && created().empty();
    Scheduler& scheduler = Scheduler::get();
    {
        std::unique_lock<std::mutex> lock(scheduler.mutex);
        end_captures(scheduler, ended);
        scheduler.wait_for_all(lock);
        scheduler.forget(ended);
        if (last) scheduler.forget_shared_streams();
    }
    forget_modules(ended);
    free_memory(ended);
    if (last) clear_sticky();
    context.alive = false;
}

}  // namespace

CUcontext current_context() { return stack.empty() ? nullptr : handle(stack.back()); }

CUresult require_context() {
    CUresult status = require_initialized();
    if (status != CUDA_SUCCESS) return status;
    if (stack.empty()) return CUDA_ERROR_INVALID_CONTEXT;
    return stack.back()->alive ? CUDA_SUCCESS : CUDA_ERROR_CONTEXT_IS_DESTROYED;
}

CUresult require_healthy() {
    CUresult status = require_context();
    return status == CUDA_SUCCESS ? sticky() : status;
}

}  // namespace softcuda

using namespace softcuda;

CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
    return initialized([&] {
        if (!context) return CUDA_ERROR_INVALID_VALUE;
        if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
        std::lock_guard<std::mutex> hold(mutex);
        start_device_thread();
        retained++;
        primary()->alive = true;
        *context = handle(primary());
        return CUDA_SUCCESS;
    });
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
    return initialized([&] {
        if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
        std::lock_guard<std::mutex> hold(mutex);
        if (retained == 0) return CUDA_ERROR_INVALID_CONTEXT;
        if (--retained == 0) end(*primary());
        return CUDA_SUCCESS;
    });
}

CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned int* flags, int* active) {
    return initialized([&] {
        if (!flags || !active) return CUDA_ERROR_INVALID_VALUE;
        if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
        *flags = 0;
        *active = primary()->alive;
        return CUDA_SUCCESS;
    });
}

CUresult cuCtxCreate_v2(CUcontext* context, unsigned int flags, CUdevice device) {
    return initialized([&] {
        // How the host waits is one of automatic (0), spin, yield and block; none of the flags changes anything here.
        const unsigned known = 0xff, waiting = flags & 7;
        if (!context || (flags & ~known) || (waiting & (waiting - 1))) return CUDA_ERROR_INVALID_VALUE;
        if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
        auto one = std::make_shared<Context>();
        one->alive = true;
        std::lock_guard<std::mutex> hold(mutex);
        start_device_thread();
        created().emplace(handle(one), one);
        *context = handle(one);
        stack.push_back(std::move(one));
        return CUDA_SUCCESS;
    });
}

CUresult cuCtxDestroy_v2(CUcontext context) {
    return initialized([&] {
        std::lock_guard<std::mutex> hold(mutex);
        auto found = created().find(context);
        if (found == created().end()) return CUDA_ERROR_INVALID_CONTEXT;
        std::shared_ptr<Context> ended = found->second;
        created().erase(found);
        end(*ended);
        if (current_context() == context) stack.pop_back();
        return CUDA_SUCCESS;
    });
}

CUresult cuCtxPushCurrent_v2(CUcontext context) {
    return initialized([&] {
        std::shared_ptr<Context> pushed;
        CUresult status = find(context, pushed);
        if (status == CUDA_SUCCESS) stack.push_back(std::move(pushed));
        return status;
    });
}

CUresult cuCtxPopCurrent_v2(CUcontext* context) {
    return initialized([&] {
        if (stack.empty()) return CUDA_ERROR_INVALID_CONTEXT;
        if (context) *context = current_context();
        stack.pop_back();
        return CUDA_SUCCESS;
    });
}

CUresult cuCtxSetCurrent(CUcontext context) {
    return initialized([&] {
        std::shared_ptr<Context> next;
        CUresult status = context ? find(context, next) : CUDA_SUCCESS;
        if (status != CUDA_SUCCESS) return status;
        if (!stack.empty()) stack.pop_back();
        if (next) stack.push_back(std::move(next));
        return CUDA_SUCCESS;
    });
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
        if (!scheduler.captures.empty()) {
            for (auto& capture : scheduler.captures) invalidate(*capture);
            return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
        }
        scheduler.wait_for_all(lock);
        lock.unlock();
        check_guards();
        return sticky();
    });
}
