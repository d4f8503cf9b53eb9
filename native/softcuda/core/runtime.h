#pragma once
// What several sources declare together.
#include <functional>

#include "core/contexts.h"
#include "core/failure.h"
#include "core/parallel.h"

namespace softcuda {

// Puts work behind everything already in the stream, or adds it as a node to the graph being captured on it. `name`
// appears in messages and is never freed. The work may run many times (graphs), and always on the device thread.
CUresult enqueue(CUstream stream, const char* name, std::function<void()> work);

}  // namespace softcuda
