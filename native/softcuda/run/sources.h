#pragma once
// The files of kernels/ as they were when the library was built.
#include <string>

namespace softcuda {

struct Source {
    const char* name;
    const char* text;
};

// The build script writes the table.
extern const Source sources[];
extern const int source_count;

const Source* find_source(const std::string& name);

// The first bytes of what the soft NVRTC gives as a CUBIN; the source's name follows, ended by a zero.
constexpr char image_tag[] = "gimbal software device 1\n";

}  // namespace softcuda
