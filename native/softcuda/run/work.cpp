#include "run/work.h"

#include <cstring>

#include "core/switches.h"
#include "ptx/run.h"
#include "run/fast.h"
#include "run/simt.h"

namespace softcuda {

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

std::function<void()> interpreted(const std::shared_ptr<const ptx::Program>& program, const ptx::Function& kernel,
                                  const dim3& grid, const dim3& block, int shared_bytes, void** parameters) {
    auto launch = std::make_shared<ptx::Launch>();
    launch->program = program;
    launch->kernel = &kernel;
    launch->grid = grid;
    launch->block = block;
    launch->shared_bytes = shared_bytes;
    launch->parameters.resize(static_cast<size_t>(kernel.parameter_bytes));
    for (size_t i = 0; i < kernel.parameters.size(); i++) {
        const ptx::Parameter& one = kernel.parameters[i];
        std::memcpy(&launch->parameters[static_cast<size_t>(one.offset)], parameters[i],
                    static_cast<size_t>(one.bytes));
    }
    return [launch] {
        statistics().launches++;
        ptx::run(*launch);
    };
}

}  // namespace softcuda
