#pragma once
// oneDNN's statuses as what the exported functions answer with.
#include <new>
#include <string>

#include "core/failure.h"
#include "oneapi/dnnl/dnnl.h"

namespace softcuda {

// Throws for what is no success; `function` is the exported one.
inline void check_onednn(dnnl_status_t status, const char* function) {
    if (status == dnnl_success) return;
    if (status == dnnl_out_of_memory) throw std::bad_alloc();
    throw Failure(CUDA_ERROR_UNKNOWN, std::string(function) + ": oneDNN answered " + std::to_string(status));
}

}  // namespace softcuda
