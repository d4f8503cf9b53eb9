#pragma once
// What atomic operations leave in memory.
#include "ptx/program.h"

namespace softcuda::ptx {

struct AtomicOperation {
    Update update = nullptr;
    int bytes = 4;
    int operands = 1;         // behind the address
    bool overwrites = false;  // whatever was there
};

// By name and type, such as "add.u32"; null if it is not known.
const AtomicOperation* find_atomic(Space space, const std::string& name);

}  // namespace softcuda::ptx
