#include "run/modules.h"

#include <cstring>
#include <map>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "core/failure.h"
#include "core/switches.h"
#include "ptx/parser.h"
#include "run/sources.h"

namespace softcuda {

namespace {

struct Module {
    CUcontext context;
    std::string source;                                        // of what is compiled in
    std::shared_ptr<const ptx::Program> program;               // of PTX
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
        const CompiledKernel compiled = find_compiled(module.source.c_str(), name.c_str());
        if (compiled.fast || compiled.simt) return {compiled, nullptr, nullptr};
        throw Failure(CUDA_ERROR_NOT_FOUND, module.source + " has no kernel '" + name + "'");
    }
    auto function = module.program->functions.find(name);
    if (function == module.program->functions.end() || !function->second->entry)
        throw Failure(CUDA_ERROR_NOT_FOUND, "the PTX has no kernel '" + name + "'");
    return {{}, module.program, function->second.get()};
}

void forget(Module& module) {
    for (auto& [name, function] : module.functions) functions().erase(function.get());
}

}  // namespace

CUmodule load_module(const char* image, CUcontext context) {
    auto module = std::make_unique<Module>();
    module->context = context;
    read_image(*module, image);
    std::lock_guard<std::mutex> hold(mutex);
    const auto handle = reinterpret_cast<CUmodule>(module.get());
    modules().emplace(handle, std::move(module));
    statistics().modules++;
    return handle;
}

CUresult unload_module(CUmodule handle) {
    std::lock_guard<std::mutex> hold(mutex);
    auto found = modules().find(handle);
    if (found == modules().end()) return CUDA_ERROR_INVALID_HANDLE;
    forget(*found->second);
    modules().erase(found);
    statistics().modules--;
    return CUDA_SUCCESS;
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

CUresult find_function(CUmodule module_handle, const char* name, CUfunction* handle) {
    std::lock_guard<std::mutex> hold(mutex);
    auto module = modules().find(module_handle);
    if (module == modules().end()) return CUDA_ERROR_INVALID_HANDLE;
    Kernel kernel = find(*module->second, name);
    std::unique_ptr<Kernel>& function = module->second->functions[name];
    if (!function) function = std::make_unique<Kernel>(std::move(kernel));
    functions().insert(function.get());
    *handle = reinterpret_cast<CUfunction>(function.get());
    return CUDA_SUCCESS;
}

const Kernel* find_kernel(CUfunction handle) {
    std::lock_guard<std::mutex> hold(mutex);
    auto found = functions().find(reinterpret_cast<const Kernel*>(handle));
    return found == functions().end() ? nullptr : *found;
}

}  // namespace softcuda
