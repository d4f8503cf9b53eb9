#pragma once
// Work put into a stream, and waited for, by the stream's handle.
#include <functional>

#include "softcuda.h"

namespace softcuda {

// Puts work behind everything already in the stream, or adds it as a node to the graph being captured on it. `name`
// appears in messages and is never freed. The work may run many times (graphs), and always on the device thread, but for
// brief work, which opens no parallel region. Refused unless a live context is current and no earlier work has failed.
CUresult enqueue(CUstream stream, const char* name, std::function<void()> work, bool brief = false);

// Waits for all work that is in the stream; refused alike, and while it captures.
CUresult synchronize(CUstream stream);

}  // namespace softcuda
