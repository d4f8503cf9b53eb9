#pragma once
// The work of a launch, its arguments copied.
#include <functional>
#include <memory>

#include "core/dim3.h"
#include "ptx/program.h"
#include "run/registry.h"

namespace softcuda {

std::function<void()> compiled(const KernelEntry& entry, const dim3& grid, const dim3& block, void** parameters);
std::function<void()> interpreted(const std::shared_ptr<const ptx::Program>& program, const ptx::Function& kernel,
                                  const dim3& grid, const dim3& block, int shared_bytes, void** parameters);

}  // namespace softcuda
