// Stream capture and graphs.
#include <algorithm>
#include <queue>

#include "core/scheduler.h"
#include "core/switches.h"

namespace softcuda {

void invalidate(Capture& capture) {
    capture.invalidated = true;
}

// The legacy stream is ordered against every blocking stream, so it cannot be used while one of them captures.
CUresult legacy_is_free(Scheduler& scheduler, const std::shared_ptr<Stream>& stream) {
    if (!scheduler.legacy(stream)) return CUDA_SUCCESS;
    for (auto& capture : scheduler.captures)
        for (Stream* member : capture->members)
            if (member && member->blocking) {
                invalidate(*capture);
                return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
            }
    return CUDA_SUCCESS;
}

// Calls that might wait for the device (allocation and release do) are refused to the thread that captures, and to all
// threads while one captures in global mode; relaxed captures mind nothing.
CUresult allowed_while_capturing(Scheduler& scheduler) {
    for (auto& capture : scheduler.captures) {
        const bool own = capture->thread == std::this_thread::get_id();
        if (capture->mode == CU_STREAM_CAPTURE_MODE_RELAXED) continue;
        if (!own && capture->mode != CU_STREAM_CAPTURE_MODE_GLOBAL) continue;
        invalidate(*capture);
        return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
    return CUDA_SUCCESS;
}

namespace {

// All work of forked streams must lie before what the origin ends with.
bool joined(const Capture& capture) {
    const std::vector<Node>& nodes = capture.graph->nodes;
    std::vector<char> reached(nodes.size(), 0);
    for (int node : capture.members[0]->tail) reached[node] = 1;
    for (int node = static_cast<int>(nodes.size()) - 1; node >= 0; node--)
        if (reached[node])
            for (int earlier : nodes[node].waits) reached[earlier] = 1;
    return std::all_of(reached.begin(), reached.end(), [](char one) { return one != 0; });
}

void end(Scheduler& scheduler, const std::shared_ptr<Capture>& capture) {
    capture->ended = true;
    for (Stream* member : capture->members) {
        if (!member) continue;
        member->capture.reset();
        member->tail.clear();
    }
    auto& all = scheduler.captures;
    all.erase(std::find(all.begin(), all.end(), capture));
}

bool takes_part(CUcontext context, const Capture& capture) {
    if (capture.graph->context == context) return true;
    return std::any_of(capture.members.begin(), capture.members.end(),
                       [=](const Stream* member) { return member && member->context == context; });
}

std::vector<int> latest_order(const Graph& graph) {
    const int count = static_cast<int>(graph.nodes.size());
    std::vector<int> missing(count);
    std::vector<std::vector<int>> followers(count);
    std::priority_queue<int> ready;
    for (int node = 0; node < count; node++) {
        missing[node] = static_cast<int>(graph.nodes[node].waits.size());
        for (int earlier : graph.nodes[node].waits) followers[earlier].push_back(node);
        if (missing[node] == 0) ready.push(node);
    }
    std::vector<int> order;
    while (!ready.empty()) {
        const int node = ready.top();
        ready.pop();
        order.push_back(node);
        for (int follower : followers[node])
            if (--missing[follower] == 0) ready.push(follower);
    }
    return order;
}

void perform(const Node& node) {
    try {
        node.work();
    } catch (const Failure& failure) {
        throw Failure(failure.status, std::string(node.name) + ": " + failure.what());
    } catch (const std::exception& failure) {
        throw Failure(CUDA_ERROR_LAUNCH_FAILED, std::string(node.name) + ": " + failure.what());
    }
}

void perform(const Executable& executable) {
    const std::vector<Node>& nodes = executable.graph->nodes;
    if (switches().late_streams)
        for (int node : executable.late_order) perform(nodes[node]);
    else
        for (const Node& node : nodes) perform(node);
    statistics().graph_nodes += static_cast<long long>(nodes.size());
}

}  // namespace

void end_captures(Scheduler& scheduler, CUcontext context) {
    const std::vector<std::shared_ptr<Capture>> all = scheduler.captures;
    for (auto& capture : all)
        if (takes_part(context, *capture)) end(scheduler, capture);
}

}  // namespace softcuda

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
        auto capture = std::make_shared<Capture>();
        capture->graph->context = current_context();
        capture->mode = mode;
        capture->thread = std::this_thread::get_id();
        capture->members.push_back(stream.get());
        stream->capture = capture;
        stream->tail.clear();
        scheduler.captures.push_back(capture);
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
        end(scheduler, capture);
        if (capture->invalidated) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
        if (!complete) return CUDA_ERROR_STREAM_CAPTURE_UNJOINED;
        *graph = reinterpret_cast<CUgraph>(capture->graph.get());
        scheduler.graphs.emplace(*graph, capture->graph);
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
        CUresult free = legacy_is_free(scheduler, stream);
        if (free != CUDA_SUCCESS) return free;
        if (!stream->capture) return CUDA_SUCCESS;
        *status = stream->capture->invalidated ? CU_STREAM_CAPTURE_STATUS_INVALIDATED : CU_STREAM_CAPTURE_STATUS_ACTIVE;
        return CUDA_SUCCESS;
    });
}

CUresult cuGraphGetNodes(CUgraph handle, CUgraphNode* nodes, size_t* count) {
    return initialized([&] {
        Scheduler& scheduler = Scheduler::get();
        std::lock_guard<std::mutex> hold(scheduler.mutex);
        auto found = scheduler.graphs.find(handle);
        if (!count || found == scheduler.graphs.end()) return CUDA_ERROR_INVALID_VALUE;
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
        Scheduler& scheduler = Scheduler::get();
        std::lock_guard<std::mutex> hold(scheduler.mutex);
        auto found = scheduler.graphs.find(graph);
        if (found == scheduler.graphs.end()) return CUDA_ERROR_INVALID_VALUE;
        auto executable = std::make_shared<Executable>();
        executable->context = current_context();
        executable->graph = found->second;
        executable->late_order = latest_order(*found->second);
        *handle = reinterpret_cast<CUgraphExec>(executable.get());
        scheduler.executables.emplace(*handle, executable);
        statistics().executables++;
        return CUDA_SUCCESS;
    });
}

CUresult cuGraphLaunch(CUgraphExec handle, CUstream stream) {
    return in_healthy_context([&] {
        std::shared_ptr<Executable> executable;
        {
            Scheduler& scheduler = Scheduler::get();
            std::lock_guard<std::mutex> hold(scheduler.mutex);
            auto found = scheduler.executables.find(handle);
            if (found == scheduler.executables.end()) return CUDA_ERROR_INVALID_VALUE;
            executable = found->second;
        }
        statistics().graph_launches++;
        return enqueue(stream, "cuGraphLaunch", [executable] { perform(*executable); });
    });
}

CUresult cuGraphExecDestroy(CUgraphExec handle) {
    return in_context([&] {
        Scheduler& scheduler = Scheduler::get();
        std::lock_guard<std::mutex> hold(scheduler.mutex);
        if (scheduler.executables.erase(handle) == 0) return CUDA_ERROR_INVALID_VALUE;
        statistics().executables--;
        return CUDA_SUCCESS;
    });
}

CUresult cuGraphDestroy(CUgraph handle) {
    return in_context([&] {
        Scheduler& scheduler = Scheduler::get();
        std::lock_guard<std::mutex> hold(scheduler.mutex);
        if (scheduler.graphs.erase(handle) == 0) return CUDA_ERROR_INVALID_VALUE;
        statistics().graphs--;
        return CUDA_SUCCESS;
    });
}
