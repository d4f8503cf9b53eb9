#pragma once
// The kernels compiled into the library, their sources, and how one is run.
#include <string>

#include "run/registry.h"
#include "softcuda.h"

namespace softcuda {

// A file of kernels/ as it was when the library was built; the build script writes the table.
struct Source {
    const char* name;
    const char* text;
};
extern const Source sources[];
extern const int source_count;
const Source* find_source(const std::string& name);

// The first bytes of what the soft NVRTC gives as a CUBIN; the source's name follows, ended by a zero.
constexpr char image_tag[] = "gimbal software device 1\n";

constexpr int most_parameters = 48;

// One launch with its arguments, copied.
struct Launch {
    const KernelEntry* entry;
    dim3 grid, block;
    unsigned long long bits[most_parameters];
    void* values[most_parameters];
    double seconds = -1;  // the least that all blocks together have taken so far; negative before the first run
};

void run_fast(Launch& launch);
void run_simt(const Launch& launch);

// Modules go with the context that they were loaded in.
void forget_modules(CUcontext context);

}  // namespace softcuda
