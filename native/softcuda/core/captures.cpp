#include "core/captures.h"

#include <algorithm>

#include "core/contexts.h"

namespace softcuda {

namespace {

std::vector<int> united(std::vector<int> nodes, const std::vector<int>& more) {
    nodes.insert(nodes.end(), more.begin(), more.end());
    std::sort(nodes.begin(), nodes.end());
    nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
    return nodes;
}

bool takes_part(CUcontext context, const Capture& capture) {
    if (capture.graph->context == context) return true;
    return std::any_of(capture.members.begin(), capture.members.end(),
                       [=](const Stream* member) { return member && member->context == context; });
}

void join(const std::shared_ptr<Stream>& stream, const std::shared_ptr<Capture>& capture) {
    capture->members.push_back(stream.get());
    stream->capture = capture;
    stream->tail.clear();
}

}  // namespace

std::vector<std::shared_ptr<Capture>>& captures() {
    static auto* all = new std::vector<std::shared_ptr<Capture>>;
    return *all;
}

void begin_capture(const std::shared_ptr<Stream>& stream, CUstreamCaptureMode mode) {
    auto capture = std::make_shared<Capture>();
    capture->graph->context = current_context();
    capture->mode = mode;
    capture->thread = std::this_thread::get_id();
    join(stream, capture);
    captures().push_back(capture);
}

void invalidate(Capture& capture) { capture.invalidated = true; }

bool joined(const Capture& capture) {
    const std::vector<Node>& nodes = capture.graph->nodes;
    std::vector<char> reached(nodes.size(), 0);
    for (int node : capture.members[0]->tail) reached[node] = 1;
    for (int node = static_cast<int>(nodes.size()) - 1; node >= 0; node--)
        if (reached[node])
            for (int earlier : nodes[node].waits) reached[earlier] = 1;
    return std::all_of(reached.begin(), reached.end(), [](char one) { return one != 0; });
}

void end_capture(const std::shared_ptr<Capture>& capture) {
    capture->ended = true;
    for (Stream* member : capture->members) {
        if (!member) continue;
        member->capture.reset();
        member->tail.clear();
    }
    captures().erase(std::find(captures().begin(), captures().end(), capture));
}

void end_captures(CUcontext context) {
    const std::vector<std::shared_ptr<Capture>> all = captures();
    for (auto& capture : all)
        if (takes_part(context, *capture)) end_capture(capture);
}

CUresult add_node(Stream& stream, const char* name, std::function<void()> work) {
    Capture& capture = *stream.capture;
    if (capture.invalidated) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    const int index = static_cast<int>(capture.graph->nodes.size());
    capture.graph->nodes.push_back({name, std::move(work), stream.tail});
    stream.tail.assign(1, index);
    return CUDA_SUCCESS;
}

CUresult wait_captured(const std::shared_ptr<Stream>& stream, const Event& event) {
    if (event.capture->ended) return CUDA_ERROR_INVALID_VALUE;
    if (event.capture->invalidated) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    if (Scheduler::get().legacy(stream)) {
        invalidate(*event.capture);
        return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
    if (!stream->capture) join(stream, event.capture);
    if (stream->capture != event.capture) {
        invalidate(*event.capture);
        invalidate(*stream->capture);
        return CUDA_ERROR_STREAM_CAPTURE_MERGE;
    }
    stream->tail = united(stream->tail, event.nodes);
    return CUDA_SUCCESS;
}

void leave_capture(Stream& stream) {
    if (!stream.capture) return;
    invalidate(*stream.capture);
    auto& members = stream.capture->members;
    std::replace(members.begin(), members.end(), &stream, static_cast<Stream*>(nullptr));
    stream.capture.reset();
}

CUresult legacy_is_free(const std::shared_ptr<Stream>& stream) {
    if (!Scheduler::get().legacy(stream)) return CUDA_SUCCESS;
    for (auto& capture : captures())
        for (Stream* member : capture->members)
            if (member && member->blocking) {
                invalidate(*capture);
                return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
            }
    return CUDA_SUCCESS;
}

CUresult allowed_while_capturing() {
    for (auto& capture : captures()) {
        const bool own = capture->thread == std::this_thread::get_id();
        if (capture->mode == CU_STREAM_CAPTURE_MODE_RELAXED) continue;
        if (!own && capture->mode != CU_STREAM_CAPTURE_MODE_GLOBAL) continue;
        invalidate(*capture);
        return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
    return CUDA_SUCCESS;
}

bool refused_as_captured(const Event& event) {
    if (!event.capture) return false;
    if (!event.capture->ended) invalidate(*event.capture);
    return true;
}

}  // namespace softcuda
