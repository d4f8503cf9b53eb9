// Streams and events.
#include "core/scheduler.h"

#include <algorithm>
#include <chrono>

#include "core/switches.h"

namespace softcuda {

namespace {

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::vector<int> united(std::vector<int> nodes, const std::vector<int>& more) {
    nodes.insert(nodes.end(), more.begin(), more.end());
    std::sort(nodes.begin(), nodes.end());
    nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
    return nodes;
}

std::shared_ptr<Event> find(Scheduler& scheduler, CUevent handle) {
    auto found = scheduler.events.find(handle);
    return found == scheduler.events.end() ? nullptr : found->second;
}

// An event of a capture can be neither waited for nor asked by the host; trying spoils the capture.
bool refused_as_captured(Event& event) {
    if (!event.capture) return false;
    if (!event.capture->ended) invalidate(*event.capture);
    return true;
}

// The stream's next captured node waits for the event's nodes; a stream outside joins the capture by this.
CUresult wait_captured(Scheduler& scheduler, const std::shared_ptr<Stream>& stream, const Event& event) {
    if (event.capture->ended) return CUDA_ERROR_INVALID_VALUE;
    if (event.capture->invalidated) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    if (scheduler.legacy(stream)) {
        invalidate(*event.capture);
        return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
    if (!stream->capture) {
        stream->capture = event.capture;
        stream->tail.clear();
        event.capture->members.push_back(stream.get());
    }
    if (stream->capture != event.capture) {
        invalidate(*event.capture);
        invalidate(*stream->capture);
        return CUDA_ERROR_STREAM_CAPTURE_MERGE;
    }
    stream->tail = united(stream->tail, event.nodes);
    return CUDA_SUCCESS;
}

}  // namespace

CUresult enqueue(CUstream handle, const char* name, std::function<void()> work) {
    CUresult status = require_healthy();
    if (status != CUDA_SUCCESS) return status;
    Scheduler& scheduler = Scheduler::get();
    std::lock_guard<std::mutex> hold(scheduler.mutex);
    std::shared_ptr<Stream> stream = scheduler.stream(handle);
    if (!stream) return CUDA_ERROR_INVALID_HANDLE;
    if (stream->capture) {
        Capture& capture = *stream->capture;
        if (capture.invalidated) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
        const int index = static_cast<int>(capture.graph->nodes.size());
        capture.graph->nodes.push_back({name, std::move(work), stream->tail});
        stream->tail.assign(1, index);
        return CUDA_SUCCESS;
    }
    status = legacy_is_free(scheduler, stream);
    if (status != CUDA_SUCCESS) return status;
    scheduler.submit(stream, name, std::move(work));
    return CUDA_SUCCESS;
}

}  // namespace softcuda

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
        if (stream->capture) {
            invalidate(*stream->capture);
            auto& members = stream->capture->members;
            std::replace(members.begin(), members.end(), stream.get(), static_cast<Stream*>(nullptr));
            stream->capture.reset();
        }
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

CUresult cuStreamSynchronize(CUstream handle) {
    return in_healthy_context([&] {
        Scheduler& scheduler = Scheduler::get();
        std::unique_lock<std::mutex> lock(scheduler.mutex);
        std::shared_ptr<Stream> stream = scheduler.stream(handle);
        if (!stream) return CUDA_ERROR_INVALID_HANDLE;
        if (stream->capture) {
            invalidate(*stream->capture);
            return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
        }
        CUresult status = legacy_is_free(scheduler, stream);
        if (status != CUDA_SUCCESS) return status;
        if (scheduler.legacy(stream)) scheduler.submit(stream, "order", {});  // behind the blocking streams
        scheduler.wait(lock, {stream, stream->submitted});
        return sticky();
    });
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
        CUresult status = legacy_is_free(scheduler, stream);
        if (status != CUDA_SUCCESS) return status;
        scheduler.demand(stream, stream->submitted);  // or a loop of queries would never end on late streams
        return stream->completed == stream->submitted ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
    });
}

CUresult cuStreamWaitEvent(CUstream handle, CUevent event_handle, unsigned int flags) {
    return in_healthy_context([&] {
        if (flags & ~1u) return CUDA_ERROR_INVALID_VALUE;
        Scheduler& scheduler = Scheduler::get();
        std::lock_guard<std::mutex> hold(scheduler.mutex);
        std::shared_ptr<Stream> stream = scheduler.stream(handle);
        std::shared_ptr<Event> event = find(scheduler, event_handle);
        if (!stream || !event) return CUDA_ERROR_INVALID_HANDLE;
        if (event->capture) return wait_captured(scheduler, stream, *event);
        if (!event->recorded) return CUDA_SUCCESS;
        if (stream->capture) {
            invalidate(*stream->capture);
            return CUDA_ERROR_STREAM_CAPTURE_ISOLATION;
        }
        CUresult status = legacy_is_free(scheduler, stream);
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
        CUresult status = legacy_is_free(scheduler, stream);
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
