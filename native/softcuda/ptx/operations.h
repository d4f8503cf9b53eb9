#pragma once
// What PTX instructions compute: all that have no other effect than a register's new value.
#include "ptx/program.h"

namespace softcuda::ptx {

struct OperandType {
    int bytes = 0;  // in a register: 2, 4 or 8
    bool predicate = false;
};

struct Operation {
    Compute compute = nullptr;
    OperandType destination, source[4];
    int sources = 0;
    bool selects = false;
    bool divides = false;
    bool keeps_halves = false;  // a move of 64 bits
};

// By the instruction's name with its modifiers, such as "fma.rn.f32"; null if it is not known.
const Operation* find_operation(const std::string& name);

// The name of a conversion whose source is the lower part of a register of so many bytes.
std::string from_wider(const std::string& name, int bytes);

// {low, high} of a value, and a value of {low, high}: of 4 or 8 bytes.
Operation taken_apart(int bytes);
Operation put_together(int bytes);

// The lanes in which the last division had a divisor of 0, in the thread that runs it.
extern thread_local unsigned divided_by_zero;

}  // namespace softcuda::ptx
