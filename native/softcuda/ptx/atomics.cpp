#include "ptx/atomics.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace softcuda::ptx {

namespace {

using u32 = uint32_t;
using u64 = unsigned long long;
using s32 = int32_t;
using s64 = long long;

template <class T> T value_of(u64 bits) {
    T value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}
template <class T> u64 bits_of(T value) {
    u64 bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    return bits;
}

float flushed(float x) { return std::fabs(x) < 0x1p-126f ? std::copysign(0.0f, x) : x; }

// What is given has no state: it is static so that a function without captures can call it.
template <class T, class F> AtomicOperation updating(F given) {
    static const F of = given;
    AtomicOperation operation;
    operation.update = [](u64 old, u64 operand, u64) { return bits_of<T>(of(value_of<T>(old), value_of<T>(operand))); };
    operation.bytes = sizeof(T);
    return operation;
}

using Table = std::map<std::string, AtomicOperation>;

template <class T> void order(Table& all, const std::string& type) {
    all["min." + type] = updating<T>([](T old, T operand) { return std::min(old, operand); });
    all["max." + type] = updating<T>([](T old, T operand) { return std::max(old, operand); });
}

template <class T> void bits(Table& all, const std::string& type) {
    all["and." + type] = updating<T>([](T old, T operand) { return static_cast<T>(old & operand); });
    all["or." + type] = updating<T>([](T old, T operand) { return static_cast<T>(old | operand); });
    all["xor." + type] = updating<T>([](T old, T operand) { return static_cast<T>(old ^ operand); });
    AtomicOperation& exchange = all["exch." + type];
    exchange = updating<T>([](T, T operand) { return operand; });
    exchange.overwrites = true;
    AtomicOperation& compare = all["cas." + type];
    compare.update = [](u64 old, u64 compared, u64 next) { return old == compared ? next : old; };
    compare.bytes = sizeof(T);
    compare.operands = 2;
}

Table made() {
    Table all;
    all["add.u32"] = all["add.s32"] = updating<u32>([](u32 old, u32 operand) { return old + operand; });
    all["add.u64"] = updating<u64>([](u64 old, u64 operand) { return old + operand; });
    all["add.f32"] = updating<float>([](float old, float operand) { return old + operand; });
    // In global memory, what is subnormal counts as 0.
    all["global.add.f32"] =
        updating<float>([](float old, float operand) { return flushed(flushed(old) + flushed(operand)); });
    all["add.f64"] = updating<double>([](double old, double operand) { return old + operand; });
    all["inc.u32"] = updating<u32>([](u32 old, u32 most) { return old >= most ? 0u : old + 1; });
    all["dec.u32"] = updating<u32>([](u32 old, u32 most) { return old == 0 || old > most ? most : old - 1; });
    order<u32>(all, "u32");
    order<s32>(all, "s32");
    order<u64>(all, "u64");
    order<s64>(all, "s64");
    bits<u32>(all, "b32");
    bits<u64>(all, "b64");
    return all;
}

}  // namespace

const AtomicOperation* find_atomic(Space space, const std::string& name) {
    static const Table* all = new Table(made());
    auto found = space == Space::global ? all->find("global." + name) : all->end();
    if (found == all->end()) found = all->find(name);
    return found == all->end() ? nullptr : &found->second;
}

}  // namespace softcuda::ptx
