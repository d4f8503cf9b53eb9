#include "run/registry.h"

#include <map>
#include <string>

namespace softcuda {

namespace {

// Filled before main, only read afterwards: by source and name.
std::map<std::pair<std::string, std::string>, CompiledKernel>& kernels() {
    static auto* all = new std::map<std::pair<std::string, std::string>, CompiledKernel>;
    return *all;
}

}  // namespace

int register_kernel(const KernelEntry* entry) {
    CompiledKernel& kernel = kernels()[{entry->source, entry->name}];
    (entry->simt ? kernel.simt : kernel.fast) = entry;
    return 0;
}

CompiledKernel find_compiled(const char* source, const char* name) {
    auto found = kernels().find({source, name});
    return found == kernels().end() ? CompiledKernel{} : found->second;
}

}  // namespace softcuda
