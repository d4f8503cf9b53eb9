#include "run/sources.h"

namespace softcuda {

const Source* find_source(const std::string& name) {
    for (int i = 0; i < source_count; i++)
        if (name == sources[i].name) return &sources[i];
    return nullptr;
}

}  // namespace softcuda
