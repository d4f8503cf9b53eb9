#pragma once
// Running a launch of a PTX kernel, instruction by instruction: block after block, in a block warp after warp up to
// where it waits.
#include "core/dim3.h"
#include "ptx/program.h"

namespace softcuda::ptx {

struct Launch {
    std::shared_ptr<const Program> program;
    const Function* kernel;
    dim3 grid, block;
    std::vector<char> parameters;  // as the kernel's parameters lie in memory
    int shared_bytes = 0;          // of the array that the launch sizes
};

// Throws a Failure at the first thing that a GPU would not do, or not always do the same way.
void run(const Launch& launch);

}  // namespace softcuda::ptx
