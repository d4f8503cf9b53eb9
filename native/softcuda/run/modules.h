#pragma once
// Modules that were loaded, and the kernels that were asked of them.
#include <memory>
#include <string>

#include "ptx/program.h"
#include "run/registry.h"
#include "softcuda.h"

namespace softcuda {

// Compiled in, or of a module of PTX.
struct Kernel {
    CompiledKernel compiled;
    std::shared_ptr<const ptx::Program> program;
    const ptx::Function* interpreted = nullptr;
};

// Throws a Failure where the image is none, or holds what is not known here.
CUmodule load_module(const char* image, CUcontext context);
CUresult unload_module(CUmodule module);
// Modules go with the context that they were loaded in.
void forget_modules(CUcontext context);

// Throws a Failure where the module has no such kernel.
CUresult find_function(CUmodule module, const char* name, CUfunction* function);
const Kernel* find_kernel(CUfunction function);  // null if there is none

}  // namespace softcuda
