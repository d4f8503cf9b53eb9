// A convolution made ready by an engine.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "dnn/convolution.h"

namespace softcuda::dnn {

constexpr size_t WORKSPACE_ALIGNMENT = 64;

// A convolution made ready: what a plan holds. Runs on the device thread only; allocates nothing while it runs.
class Computation {
public:
    virtual ~Computation() = default;
    virtual size_t workspace_bytes() const = 0;
    // x, w and y as in the convolution, whichever of them the pass writes; pointers to bf16 where that is their type.
    // The workspace is aligned.
    virtual void run(float *x, float *w, float *y, char *workspace) = 0;
    // What stands behind it, for the plan's description.
    virtual std::string describe() const = 0;
};

}  // namespace softcuda::dnn
