// Modules, functions and launches.
#include <cstring>
#include <map>
#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "kernels.h"
#include "switches.h"

namespace softcuda {

namespace {

struct Kernel {
    const KernelEntry* fast = nullptr;
    const KernelEntry* simt = nullptr;
};

// Filled before main, only read afterwards: by source and name.
std::map<std::pair<std::string, std::string>, Kernel>& kernels() {
    static auto* all = new std::map<std::pair<std::string, std::string>, Kernel>;
    return *all;
}

struct Module {
    CUcontext context;
    std::string source;
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
        constexpr size_t tag = sizeof image_tag - 1;
        const char* text = static_cast<const char*>(image);
        if (std::strncmp(text, image_tag, tag) != 0)
            throw Failure(CUDA_ERROR_INVALID_IMAGE, "the image was not made by the software device's NVRTC");
        const std::string name(text + tag, strnlen(text + tag, 256));
        if (!find_source(name))
            throw Failure(CUDA_ERROR_INVALID_IMAGE, "the software device was built without the source '" + name + "'");
        auto module = std::make_unique<Module>();
        module->context = current_context();
        module->source = name;
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
        auto kernel = kernels().find({module->second->source, name});
        if (kernel == kernels().end())
            throw Failure(CUDA_ERROR_NOT_FOUND, module->second->source + " has no kernel '" + name + "'");
        std::unique_ptr<Kernel>& function = module->second->functions[name];
        if (!function) function = std::make_unique<Kernel>(kernel->second);
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
        const KernelEntry* entry = switches().simt ? kernel->simt : kernel->fast;
        if (!entry) throw Failure(CUDA_ERROR_INVALID_IMAGE, "the kernel was not compiled for this way of running it");
        if (extra) throw Failure(CUDA_ERROR_NOT_SUPPORTED, "arguments are taken from kernelParams only");
        if (sharedBytes) throw Failure(CUDA_ERROR_NOT_SUPPORTED, "kernels have no dynamic shared memory here");
        if (entry->parameters > 0 && !parameters) return CUDA_ERROR_INVALID_VALUE;
        auto launch = std::make_shared<Launch>();
        launch->entry = entry;
        launch->grid = {gridX, gridY, gridZ};
        launch->block = {blockX, blockY, blockZ};
        for (int i = 0; i < entry->parameters; i++) {
            if (!parameters[i]) return CUDA_ERROR_INVALID_VALUE;
            std::memcpy(&launch->bits[i], parameters[i], entry->sizes[i]);
            launch->values[i] = &launch->bits[i];
        }
        return enqueue(stream, entry->name, [launch] {
            statistics().launches++;
            if (launch->entry->simt) run_simt(*launch);
            else run_fast(*launch);
        });
    });
}
