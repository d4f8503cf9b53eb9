#include "core/streams.h"

#include "core/captures.h"
#include "core/contexts.h"

namespace softcuda {

CUresult enqueue(CUstream handle, const char* name, std::function<void()> work, bool brief) {
    CUresult status = require_healthy();
    if (status != CUDA_SUCCESS) return status;
    Scheduler& scheduler = Scheduler::get();
    std::lock_guard<std::mutex> hold(scheduler.mutex);
    std::shared_ptr<Stream> stream = scheduler.stream(handle);
    if (!stream) return CUDA_ERROR_INVALID_HANDLE;
    if (stream->capture) return add_node(*stream, name, std::move(work));
    status = legacy_is_free(stream);
    if (status != CUDA_SUCCESS) return status;
    scheduler.submit(stream, name, std::move(work), {}, brief);
    return CUDA_SUCCESS;
}

CUresult synchronize(CUstream handle) {
    CUresult status = require_healthy();
    if (status != CUDA_SUCCESS) return status;
    Scheduler& scheduler = Scheduler::get();
    std::unique_lock<std::mutex> lock(scheduler.mutex);
    std::shared_ptr<Stream> stream = scheduler.stream(handle);
    if (!stream) return CUDA_ERROR_INVALID_HANDLE;
    if (stream->capture) {
        invalidate(*stream->capture);
        return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
    status = legacy_is_free(stream);
    if (status != CUDA_SUCCESS) return status;
    if (scheduler.legacy(stream)) scheduler.submit(stream, "order", {});  // behind the blocking streams
    scheduler.wait(lock, {stream, stream->submitted});
    return sticky();
}

}  // namespace softcuda
