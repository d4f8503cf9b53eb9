// The functions of streams.
#include "core/streams.h"

#include "core/captures.h"
#include "core/contexts.h"
#include "core/switches.h"

using namespace softcuda;

CUresult cuStreamCreate(CUstream* stream, unsigned int flags) {
    return in_healthy_context([&] {
        if (!stream || (flags & ~CU_STREAM_NON_BLOCKING)) return CUDA_ERROR_INVALID_VALUE;
        auto created = std::make_shared<Stream>();
        created->context = current_context();
        created->blocking = !(flags & CU_STREAM_NON_BLOCKING);
        Scheduler& scheduler = Scheduler::get();
        std::lock_guard<std::mutex> hold(scheduler.mutex);
        *stream = reinterpret_cast<CUstream>(created.get());
        scheduler.streams.emplace(*stream, created);
        statistics().streams++;
        return CUDA_SUCCESS;
    });
}

CUresult cuStreamDestroy_v2(CUstream handle) {
    return in_context([&] {
        Scheduler& scheduler = Scheduler::get();
        std::lock_guard<std::mutex> hold(scheduler.mutex);
        auto found = scheduler.streams.find(handle);
        if (found == scheduler.streams.end()) return CUDA_ERROR_INVALID_HANDLE;
        std::shared_ptr<Stream> stream = found->second;
        leave_capture(*stream);
        scheduler.demand(stream, stream->submitted);  // the stream goes once its work is done
        scheduler.streams.erase(found);
        statistics().streams--;
        return CUDA_SUCCESS;
    });
}

CUresult cuStreamGetCtx(CUstream handle, CUcontext* context) {
    return initialized([&] {
        if (!context) return CUDA_ERROR_INVALID_VALUE;
        Scheduler& scheduler = Scheduler::get();
        std::lock_guard<std::mutex> hold(scheduler.mutex);
        std::shared_ptr<Stream> stream = scheduler.stream(handle);
        if (!stream) return CUDA_ERROR_INVALID_HANDLE;
        CUresult status = stream->context ? CUDA_SUCCESS : require_context();
        if (status == CUDA_SUCCESS) *context = stream->context ? stream->context : current_context();
        return status;
    });
}

CUresult cuStreamSynchronize(CUstream stream) {
    return guarded([&] { return synchronize(stream); });
}

CUresult cuStreamQuery(CUstream handle) {
    return in_healthy_context([&] {
        Scheduler& scheduler = Scheduler::get();
        std::lock_guard<std::mutex> hold(scheduler.mutex);
        std::shared_ptr<Stream> stream = scheduler.stream(handle);
        if (!stream) return CUDA_ERROR_INVALID_HANDLE;
        if (stream->capture) {
            invalidate(*stream->capture);
            return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
        }
        CUresult status = legacy_is_free(stream);
        if (status != CUDA_SUCCESS) return status;
        scheduler.demand(stream, stream->submitted);  // or a loop of queries would never end on late streams
        return stream->completed == stream->submitted ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
    });
}
