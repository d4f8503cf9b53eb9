// The functions of modules, and launches.
#include "run/modules.h"

#include "core/contexts.h"
#include "core/streams.h"
#include "core/switches.h"
#include "run/work.h"

using namespace softcuda;

namespace {

constexpr unsigned most_shared_bytes = 48 << 10;  // of a launch that has not asked for more

}  // namespace

CUresult cuModuleLoadData(CUmodule* handle, const void* image) {
    return in_healthy_context([&] {
        if (!handle || !image) return CUDA_ERROR_INVALID_VALUE;
        *handle = load_module(static_cast<const char*>(image), current_context());
        return CUDA_SUCCESS;
    });
}

CUresult cuModuleUnload(CUmodule module) {
    return in_context([&] { return unload_module(module); });
}

CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
    return in_healthy_context([&] {
        if (!function || !name) return CUDA_ERROR_INVALID_VALUE;
        return find_function(module, name, function);
    });
}

CUresult cuFuncGetAttribute(int* value, CUfunction_attribute attribute, CUfunction handle) {
    return in_context([&] {
        if (!value) return CUDA_ERROR_INVALID_VALUE;
        if (!find_kernel(handle)) return CUDA_ERROR_INVALID_HANDLE;
        switch (static_cast<int>(attribute)) {
            case 0: *value = 1024; return CUDA_SUCCESS;  // threads a block
            case 1:                                      // shared memory, constants, local memory: not counted here
            case 2:
            case 3: *value = 0; return CUDA_SUCCESS;
            case 4: *value = 32; return CUDA_SUCCESS;    // registers
            case 5:                                      // PTX and binary version
            case 6: *value = 90; return CUDA_SUCCESS;
            case 7:                                      // cache mode
            case 8: *value = 0; return CUDA_SUCCESS;     // dynamic shared memory
            case 9: *value = -1; return CUDA_SUCCESS;    // carve-out: default
            default: return CUDA_ERROR_INVALID_VALUE;
        }
    });
}

CUresult cuLaunchKernel(CUfunction handle, unsigned int gridX, unsigned int gridY, unsigned int gridZ,
                        unsigned int blockX, unsigned int blockY, unsigned int blockZ, unsigned int sharedBytes,
                        CUstream stream, void** parameters, void** extra) {
    return in_healthy_context([&] {
        const Kernel* kernel = find_kernel(handle);
        if (!kernel) return CUDA_ERROR_INVALID_HANDLE;
        const bool grid_fits = gridX && gridY && gridZ && gridX <= 0x7fffffffu && gridY <= 65535 && gridZ <= 65535;
        const bool block_fits = blockX && blockY && blockZ && blockX <= 1024 && blockY <= 1024 && blockZ <= 64 &&
                                blockX * blockY * blockZ <= 1024;
        if (!grid_fits || !block_fits) return CUDA_ERROR_INVALID_VALUE;
        if (extra) throw Failure(CUDA_ERROR_NOT_SUPPORTED, "arguments are taken from kernelParams only");
        if (sharedBytes && !kernel->interpreted)
            throw Failure(CUDA_ERROR_NOT_SUPPORTED, "kernels that are compiled in have no dynamic shared memory");
        if (sharedBytes > most_shared_bytes) return CUDA_ERROR_INVALID_VALUE;
        const KernelEntry* entry = switches().simt ? kernel->compiled.simt : kernel->compiled.fast;
        if (!entry && !kernel->interpreted)
            throw Failure(CUDA_ERROR_INVALID_IMAGE, "the kernel was not compiled for this way of running it");
        const size_t count = kernel->interpreted ? kernel->interpreted->parameters.size()
                                                 : static_cast<size_t>(entry->parameters);
        for (size_t i = 0; i < count; i++)
            if (!parameters || !parameters[i]) return CUDA_ERROR_INVALID_VALUE;
        const dim3 grid{gridX, gridY, gridZ}, block{blockX, blockY, blockZ};
        // The names live as long as the work does.
        if (kernel->interpreted)
            return enqueue(stream, kernel->interpreted->name.c_str(),
                           interpreted(kernel->program, *kernel->interpreted, grid, block,
                                       static_cast<int>(sharedBytes), parameters));
        return enqueue(stream, entry->name, compiled(*entry, grid, block, parameters));
    });
}
