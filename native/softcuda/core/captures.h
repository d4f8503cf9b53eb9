#pragma once
// Stream capture and its rules. The scheduler's mutex guards captures: whoever calls here holds it.
#include "core/graphs.h"
#include "core/scheduler.h"

namespace softcuda {

struct Capture {
    std::shared_ptr<Graph> graph = std::make_shared<Graph>();
    CUstreamCaptureMode mode;
    std::thread::id thread;
    bool invalidated = false;
    bool ended = false;
    std::vector<Stream*> members;  // the first is the one it began on; null once destroyed
};
std::vector<std::shared_ptr<Capture>>& captures();  // those not ended

// On a stream that takes part in none.
void begin_capture(const std::shared_ptr<Stream>& stream, CUstreamCaptureMode mode);
void invalidate(Capture& capture);
// Whether all work of forked streams lies before what the origin ends with.
bool joined(const Capture& capture);
void end_capture(const std::shared_ptr<Capture>& capture);
void end_captures(CUcontext context);  // all that streams of the context take part in

// The work becomes a node of the capture that the stream takes part in.
CUresult add_node(Stream& stream, const char* name, std::function<void()> work);
// The stream's next captured node waits for the event's nodes; a stream outside joins the capture by this.
CUresult wait_captured(const std::shared_ptr<Stream>& stream, const Event& event);
// A destroyed stream takes part in nothing, and what it took part in is spoilt.
void leave_capture(Stream& stream);

// The legacy stream is ordered against every blocking stream, so it cannot be used while one of them captures.
CUresult legacy_is_free(const std::shared_ptr<Stream>& stream);
// Calls that might wait for the device (allocation and release do) are refused to the thread that captures, and to all
// threads while one captures in global mode; relaxed captures mind nothing.
CUresult allowed_while_capturing();
// An event of a capture can be neither waited for nor asked by the host; trying spoils the capture.
bool refused_as_captured(const Event& event);

}  // namespace softcuda
