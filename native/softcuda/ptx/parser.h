#pragma once
// PTX text into a Program. What NVRTC makes of kernels/*.cu is read; everything else is refused by its name.
#include "ptx/program.h"

namespace softcuda::ptx {

// Throws a Failure that names the kernel and the line where it holds what is not known here.
std::shared_ptr<const Program> read(const char* text);

}  // namespace softcuda::ptx
