// Modules, functions and launches.
#include <cstring>
#include <map>
#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "core/contexts.h"
#include "core/failure.h"
#include "core/streams.h"
#include "core/switches.h"
#include "ptx/run.h"
#include "run/launch.h"

namespace softcuda {

namespace {

// Compiled in, in two ways; or of a module of PTX.
struct Kernel {
    const KernelEntry* fast = nullptr;
    const KernelEntry* simt = nullptr;
    std::shared_ptr<const ptx::Program> program;
    const ptx::Function* interpreted = nullptr;
};

// Filled before main, only read afterwards: by source and name.
std::map<std::pair<std::string, std::string>, Kernel>& kernels() {
    static auto* all = new std::map<std::pair<std::string, std::string>, Kernel>;
    return *all;
}

struct Module {
    CUcontext context;
    std::string source;                          // of what is compiled in
    std::shared_ptr<const ptx::Program> program;  // of PTX
    std::map<std::string, std::unique_ptr<Kernel>> functions;  // a handle is the address of its Kernel
};

std::mutex mutex;
std::unordered_map<CUmodule, std::unique_ptr<Module>>& modules() {
    static auto* all = new std::unordered_map<CUmodule, std::unique_ptr<Module>>;
    return *all;
}
std::unordered_set<const Kernel*>& functions() {
    static auto* all = new std::unordered_set<const Kernel*>;
    return *all;
}

const Kernel* find(CUfunction handle) {
    std::lock_guard<std::mutex> hold(mutex);
    auto found = functions().find(reinterpret_cast<const Kernel*>(handle));
    return found == functions().end() ? nullptr : *found;
}

bool is_ptx(const char* image) {
    const char* text = image + std::strspn(image, " \t\r\n");
    return std::strncmp(text, "//", 2) == 0 || std::strncmp(text, ".version", 8) == 0;
}

void read_image(Module& module, const char* image) {
    constexpr size_t tag = sizeof image_tag - 1;
    if (std::strncmp(image, image_tag, tag) == 0) {
        module.source = std::string(image + tag, strnlen(image + tag, 256));
        if (!find_source(module.source))
            throw Failure(CUDA_ERROR_INVALID_IMAGE,
                          "the software device was built without the source '" + module.source + "'");
    } else if (is_ptx(image)) {
        module.program = ptx::read(image);
    } else {
        throw Failure(CUDA_ERROR_INVALID_IMAGE, "the image is neither PTX nor made by the software device's NVRTC");
    }
}

Kernel find(const Module& module, const std::string& name) {
    if (!module.program) {
        auto kernel = kernels().find({module.source, name});
        if (kernel != kernels().end()) return kernel->second;
        throw Failure(CUDA_ERROR_NOT_FOUND, module.source + " has no kernel '" + name + "'");
    }
    auto function = module.program->functions.find(name);
    if (function == module.program->functions.end() || !function->second->entry)
        throw Failure(CUDA_ERROR_NOT_FOUND, "the PTX has no kernel '" + name + "'");
    Kernel kernel;
    kernel.program = module.program;
    kernel.interpreted = function->second.get();
    return kernel;
}

// A launch's work, its arguments copied.
std::function<void()> compiled(const KernelEntry& entry, const dim3& grid, const dim3& block, void** parameters) {
    auto launch = std::make_shared<Launch>();
    launch->entry = &entry;
    launch->grid = grid;
    launch->block = block;
    for (int i = 0; i < entry.parameters; i++) {
        std::memcpy(&launch->bits[i], parameters[i], entry.sizes[i]);
        launch->values[i] = &launch->bits[i];
    }
    return [launch] {
        statistics().launches++;
        if (launch->entry->simt) run_simt(*launch);
        else run_fast(*launch);
    };
}

std::function<void()> interpreted(const Kernel& kernel, const dim3& grid, const dim3& block, void** parameters) {
    auto launch = std::make_shared<ptx::Launch>();
    launch->program = kernel.program;
    launch->kernel = kernel.interpreted;
    launch->grid = grid;
    launch->block = block;
    launch->parameters.resize(static_cast<size_t>(kernel.interpreted->parameter_bytes));
    for (size_t i = 0; i < kernel.interpreted->parameters.size(); i++) {
        const ptx::Parameter& one = kernel.interpreted->parameters[i];
        std::memcpy(&launch->parameters[static_cast<size_t>(one.offset)], parameters[i],
                    static_cast<size_t>(one.bytes));
    }
    return [launch] {
        statistics().launches++;
        ptx::run(*launch);
    };
}

void forget(Module& module) {
    for (auto& [name, function] : module.functions) functions().erase(function.get());
}

}  // namespace

int register_kernel(const KernelEntry* entry) {
    Kernel& kernel = kernels()[{entry->source, entry->name}];
    (entry->simt ? kernel.simt : kernel.fast) = entry;
    return 0;
}

void forget_modules(CUcontext context) {
    std::lock_guard<std::mutex> hold(mutex);
    for (auto module = modules().begin(); module != modules().end();) {
        if (module->second->context != context) {
            ++module;
            continue;
        }
        forget(*module->second);
        module = modules().erase(module);
        statistics().modules--;
    }
}

const Source* find_source(const std::string& name) {
    for (int i = 0; i < source_count; i++)
        if (name == sources[i].name) return &sources[i];
    return nullptr;
}

}  // namespace softcuda

using namespace softcuda;

CUresult cuModuleLoadData(CUmodule* handle, const void* image) {
    return in_healthy_context([&] {
        if (!handle || !image) return CUDA_ERROR_INVALID_VALUE;
        auto module = std::make_unique<Module>();
        module->context = current_context();
        read_image(*module, static_cast<const char*>(image));
        std::lock_guard<std::mutex> hold(mutex);
        *handle = reinterpret_cast<CUmodule>(module.get());
        modules().emplace(*handle, std::move(module));
        statistics().modules++;
        return CUDA_SUCCESS;
    });
}

CUresult cuModuleUnload(CUmodule handle) {
    return in_context([&] {
        std::lock_guard<std::mutex> hold(mutex);
        auto found = modules().find(handle);
        if (found == modules().end()) return CUDA_ERROR_INVALID_HANDLE;
        forget(*found->second);
        modules().erase(found);
        statistics().modules--;
        return CUDA_SUCCESS;
    });
}

CUresult cuModuleGetFunction(CUfunction* handle, CUmodule module_handle, const char* name) {
    return in_healthy_context([&] {
        if (!handle || !name) return CUDA_ERROR_INVALID_VALUE;
        std::lock_guard<std::mutex> hold(mutex);
        auto module = modules().find(module_handle);
        if (module == modules().end()) return CUDA_ERROR_INVALID_HANDLE;
        Kernel kernel = find(*module->second, name);
        std::unique_ptr<Kernel>& function = module->second->functions[name];
        if (!function) function = std::make_unique<Kernel>(std::move(kernel));
        functions().insert(function.get());
        *handle = reinterpret_cast<CUfunction>(function.get());
        return CUDA_SUCCESS;
    });
}

CUresult cuFuncGetAttribute(int* value, CUfunction_attribute attribute, CUfunction handle) {
    return in_context([&] {
        if (!value) return CUDA_ERROR_INVALID_VALUE;
        if (!find(handle)) return CUDA_ERROR_INVALID_HANDLE;
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
        const Kernel* kernel = find(handle);
        if (!kernel) return CUDA_ERROR_INVALID_HANDLE;
        const bool grid_fits = gridX && gridY && gridZ && gridX <= 0x7fffffffu && gridY <= 65535 && gridZ <= 65535;
        const bool block_fits = blockX && blockY && blockZ && blockX <= 1024 && blockY <= 1024 && blockZ <= 64 &&
                                blockX * blockY * blockZ <= 1024;
        if (!grid_fits || !block_fits) return CUDA_ERROR_INVALID_VALUE;
        if (extra) throw Failure(CUDA_ERROR_NOT_SUPPORTED, "arguments are taken from kernelParams only");
        if (sharedBytes) throw Failure(CUDA_ERROR_NOT_SUPPORTED, "kernels have no dynamic shared memory here");
        const KernelEntry* entry = switches().simt ? kernel->simt : kernel->fast;
        if (!entry && !kernel->interpreted)
            throw Failure(CUDA_ERROR_INVALID_IMAGE, "the kernel was not compiled for this way of running it");
        const size_t count = kernel->interpreted ? kernel->interpreted->parameters.size()
                                                 : static_cast<size_t>(entry->parameters);
        for (size_t i = 0; i < count; i++)
            if (!parameters || !parameters[i]) return CUDA_ERROR_INVALID_VALUE;
        const dim3 grid{gridX, gridY, gridZ}, block{blockX, blockY, blockZ};
        // The names live as long as the work does.
        if (kernel->interpreted)
            return enqueue(stream, kernel->interpreted->name.c_str(), interpreted(*kernel, grid, block, parameters));
        return enqueue(stream, entry->name, compiled(*entry, grid, block, parameters));
    });
}
