// The functions of events.
#include <chrono>

#include "core/captures.h"
#include "core/contexts.h"
#include "core/switches.h"

using namespace softcuda;

namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

std::shared_ptr<Event> find(const Scheduler& scheduler, CUevent handle) {
    auto found = scheduler.events.find(handle);
    return found == scheduler.events.end() ? nullptr : found->second;
}

}  // namespace

CUresult cuStreamWaitEvent(CUstream handle, CUevent event_handle, unsigned int flags) {
    return in_healthy_context([&] {
        if (flags & ~1u) return CUDA_ERROR_INVALID_VALUE;
        Scheduler& scheduler = Scheduler::get();
        std::lock_guard<std::mutex> hold(scheduler.mutex);
        std::shared_ptr<Stream> stream = scheduler.stream(handle);
        std::shared_ptr<Event> event = find(scheduler, event_handle);
        if (!stream || !event) return CUDA_ERROR_INVALID_HANDLE;
        if (event->capture) return wait_captured(stream, *event);
        if (!event->recorded) return CUDA_SUCCESS;
        if (stream->capture) {
            invalidate(*stream->capture);
            return CUDA_ERROR_STREAM_CAPTURE_ISOLATION;
        }
        CUresult status = legacy_is_free(stream);
        if (status != CUDA_SUCCESS) return status;
        const Point& point = event->point;
        if (point.stream->completed < point.ticket) scheduler.submit(stream, "cuStreamWaitEvent", {}, {point});
        return CUDA_SUCCESS;
    });
}

CUresult cuEventCreate(CUevent* handle, unsigned int flags) {
    return in_healthy_context([&] {
        const unsigned known = CU_EVENT_BLOCKING_SYNC | CU_EVENT_DISABLE_TIMING | CU_EVENT_INTERPROCESS;
        const bool shared = flags & CU_EVENT_INTERPROCESS;
        if (!handle || (flags & ~known) || (shared && !(flags & CU_EVENT_DISABLE_TIMING)))
            return CUDA_ERROR_INVALID_VALUE;
        if (shared) return CUDA_ERROR_NOT_SUPPORTED;
        auto event = std::make_shared<Event>();
        event->context = current_context();
        event->timing = !(flags & CU_EVENT_DISABLE_TIMING);
        Scheduler& scheduler = Scheduler::get();
        std::lock_guard<std::mutex> hold(scheduler.mutex);
        *handle = reinterpret_cast<CUevent>(event.get());
        scheduler.events.emplace(*handle, event);
        statistics().events++;
        return CUDA_SUCCESS;
    });
}

CUresult cuEventDestroy_v2(CUevent handle) {
    return in_context([&] {
        Scheduler& scheduler = Scheduler::get();
        std::lock_guard<std::mutex> hold(scheduler.mutex);
        if (scheduler.events.erase(handle) == 0) return CUDA_ERROR_INVALID_HANDLE;
        statistics().events--;
        return CUDA_SUCCESS;
    });
}

CUresult cuEventRecord(CUevent event_handle, CUstream handle) {
    return in_healthy_context([&] {
        Scheduler& scheduler = Scheduler::get();
        std::lock_guard<std::mutex> hold(scheduler.mutex);
        std::shared_ptr<Stream> stream = scheduler.stream(handle);
        std::shared_ptr<Event> event = find(scheduler, event_handle);
        if (!stream || !event) return CUDA_ERROR_INVALID_HANDLE;
        if (stream->capture) {
            if (stream->capture->invalidated) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
            event->capture = stream->capture;
            event->nodes = stream->tail;
            event->recorded = false;
            return CUDA_SUCCESS;
        }
        CUresult status = legacy_is_free(stream);
        if (status != CUDA_SUCCESS) return status;
        event->capture.reset();
        event->recorded = true;
        event->stamp = std::make_shared<Stamp>();
        if (event->timing)
            scheduler.submit(stream, "cuEventRecord", [stamp = event->stamp] { stamp->seconds = now(); });
        else if (scheduler.legacy(stream))
            scheduler.submit(stream, "cuEventRecord", {});  // behind the blocking streams
        event->point = {stream, stream->submitted};
        return CUDA_SUCCESS;
    });
}

CUresult cuEventSynchronize(CUevent handle) {
    return in_healthy_context([&] {
        Scheduler& scheduler = Scheduler::get();
        std::unique_lock<std::mutex> lock(scheduler.mutex);
        std::shared_ptr<Event> event = find(scheduler, handle);
        if (!event) return CUDA_ERROR_INVALID_HANDLE;
        if (refused_as_captured(*event)) return CUDA_ERROR_CAPTURED_EVENT;
        if (!event->recorded) return CUDA_SUCCESS;
        const Point point = event->point;  // what is recorded now, should another thread record it anew
        scheduler.wait(lock, point);
        return sticky();
    });
}

CUresult cuEventQuery(CUevent handle) {
    return in_healthy_context([&] {
        Scheduler& scheduler = Scheduler::get();
        std::lock_guard<std::mutex> hold(scheduler.mutex);
        std::shared_ptr<Event> event = find(scheduler, handle);
        if (!event) return CUDA_ERROR_INVALID_HANDLE;
        if (refused_as_captured(*event)) return CUDA_ERROR_CAPTURED_EVENT;
        if (!event->recorded) return CUDA_SUCCESS;
        scheduler.demand(event->point.stream, event->point.ticket);
        return event->point.stream->completed >= event->point.ticket ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
    });
}

CUresult cuEventElapsedTime_v2(float* milliseconds, CUevent start_handle, CUevent end_handle) {
    return in_healthy_context([&] {
        if (!milliseconds) return CUDA_ERROR_INVALID_VALUE;
        Scheduler& scheduler = Scheduler::get();
        std::lock_guard<std::mutex> hold(scheduler.mutex);
        std::shared_ptr<Event> start = find(scheduler, start_handle);
        std::shared_ptr<Event> end = find(scheduler, end_handle);
        for (const auto& event : {start, end})
            if (!event || !event->timing || !event->recorded) return CUDA_ERROR_INVALID_HANDLE;
        for (const auto& event : {start, end})
            if (event->point.stream->completed < event->point.ticket) return CUDA_ERROR_NOT_READY;
        *milliseconds = static_cast<float>((end->stamp->seconds - start->stamp->seconds) * 1e3);
        return CUDA_SUCCESS;
    });
}

CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end) {
    return cuEventElapsedTime_v2(milliseconds, start, end);
}
