// The functions of stream capture and graphs.
#include "core/graphs.h"

#include <algorithm>

#include "core/captures.h"
#include "core/contexts.h"
#include "core/streams.h"
#include "core/switches.h"

using namespace softcuda;

CUresult cuStreamBeginCapture_v2(CUstream handle, CUstreamCaptureMode mode) {
    return in_healthy_context([&] {
        if (mode < CU_STREAM_CAPTURE_MODE_GLOBAL || mode > CU_STREAM_CAPTURE_MODE_RELAXED)
            return CUDA_ERROR_INVALID_VALUE;
        Scheduler& scheduler = Scheduler::get();
        std::lock_guard<std::mutex> hold(scheduler.mutex);
        std::shared_ptr<Stream> stream = scheduler.stream(handle);
        if (!stream) return CUDA_ERROR_INVALID_HANDLE;
        if (scheduler.legacy(stream)) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
        if (stream->capture) return CUDA_ERROR_ILLEGAL_STATE;
        begin_capture(stream, mode);
        return CUDA_SUCCESS;
    });
}

CUresult cuStreamEndCapture(CUstream handle, CUgraph* graph) {
    return in_context([&] {
        if (!graph) return CUDA_ERROR_INVALID_VALUE;
        *graph = nullptr;
        Scheduler& scheduler = Scheduler::get();
        std::lock_guard<std::mutex> hold(scheduler.mutex);
        std::shared_ptr<Stream> stream = scheduler.stream(handle);
        if (!stream) return CUDA_ERROR_INVALID_HANDLE;
        std::shared_ptr<Capture> capture = stream->capture;
        if (!capture) return CUDA_ERROR_ILLEGAL_STATE;
        if (capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED && capture->thread != std::this_thread::get_id())
            return CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD;
        if (capture->members[0] != stream.get()) {
            invalidate(*capture);
            return CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
        }
        const bool complete = joined(*capture);
        end_capture(capture);
        if (capture->invalidated) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
        if (!complete) return CUDA_ERROR_STREAM_CAPTURE_UNJOINED;
        *graph = reinterpret_cast<CUgraph>(capture->graph.get());
        graphs().emplace(*graph, capture->graph);
        statistics().graphs++;
        return CUDA_SUCCESS;
    });
}

CUresult cuStreamIsCapturing(CUstream handle, CUstreamCaptureStatus* status) {
    return in_context([&] {
        if (!status) return CUDA_ERROR_INVALID_VALUE;
        Scheduler& scheduler = Scheduler::get();
        std::lock_guard<std::mutex> hold(scheduler.mutex);
        std::shared_ptr<Stream> stream = scheduler.stream(handle);
        if (!stream) return CUDA_ERROR_INVALID_HANDLE;
        *status = CU_STREAM_CAPTURE_STATUS_NONE;
        CUresult free = legacy_is_free(stream);
        if (free != CUDA_SUCCESS) return free;
        if (!stream->capture) return CUDA_SUCCESS;
        *status = stream->capture->invalidated ? CU_STREAM_CAPTURE_STATUS_INVALIDATED : CU_STREAM_CAPTURE_STATUS_ACTIVE;
        return CUDA_SUCCESS;
    });
}

CUresult cuGraphGetNodes(CUgraph handle, CUgraphNode* nodes, size_t* count) {
    return initialized([&] {
        std::lock_guard<std::mutex> hold(Scheduler::get().mutex);
        auto found = graphs().find(handle);
        if (!count || found == graphs().end()) return CUDA_ERROR_INVALID_VALUE;
        std::vector<Node>& own = found->second->nodes;
        if (nodes) {
            for (size_t i = 0; i < *count; i++)
                nodes[i] = i < own.size() ? reinterpret_cast<CUgraphNode>(&own[i]) : nullptr;
            *count = std::min(*count, own.size());
        } else {
            *count = own.size();
        }
        return CUDA_SUCCESS;
    });
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec* handle, CUgraph graph, unsigned long long flags) {
    return in_healthy_context([&] {
        const unsigned long long known = 1 | 8;  // free on launch, node priorities: nothing to do for either
        if (!handle || (flags & ~known)) return CUDA_ERROR_INVALID_VALUE;
        std::lock_guard<std::mutex> hold(Scheduler::get().mutex);
        auto found = graphs().find(graph);
        if (found == graphs().end()) return CUDA_ERROR_INVALID_VALUE;
        auto executable = std::make_shared<Executable>();
        executable->context = current_context();
        executable->graph = found->second;
        executable->late_order = latest_order(*found->second);
        *handle = reinterpret_cast<CUgraphExec>(executable.get());
        executables().emplace(*handle, executable);
        statistics().executables++;
        return CUDA_SUCCESS;
    });
}

CUresult cuGraphLaunch(CUgraphExec handle, CUstream stream) {
    return in_healthy_context([&] {
        std::shared_ptr<Executable> executable;
        {
            std::lock_guard<std::mutex> hold(Scheduler::get().mutex);
            auto found = executables().find(handle);
            if (found == executables().end()) return CUDA_ERROR_INVALID_VALUE;
            executable = found->second;
        }
        statistics().graph_launches++;
        return enqueue(stream, "cuGraphLaunch", [executable] { perform(*executable); });
    });
}

CUresult cuGraphExecDestroy(CUgraphExec handle) {
    return in_context([&] {
        std::lock_guard<std::mutex> hold(Scheduler::get().mutex);
        if (executables().erase(handle) == 0) return CUDA_ERROR_INVALID_VALUE;
        statistics().executables--;
        return CUDA_SUCCESS;
    });
}

CUresult cuGraphDestroy(CUgraph handle) {
    return in_context([&] {
        std::lock_guard<std::mutex> hold(Scheduler::get().mutex);
        if (graphs().erase(handle) == 0) return CUDA_ERROR_INVALID_VALUE;
        statistics().graphs--;
        return CUDA_SUCCESS;
    });
}
