#include "collective/elements.h"

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "dnn/bf16.h"

namespace softcuda {

namespace {

struct Bf16 {
    uint16_t bits;
};

// What a value is computed as.
template <class Value>
struct Computed {
    using Type = Value;
};
template <>
struct Computed<Bf16> {
    using Type = float;
};

template <class Value>
Value load(Value value) {
    return value;
}
inline float load(Bf16 value) { return widened(value.bits); }

template <class Value>
void store(Value value, Value &to) {
    to = value;
}
inline void store(float value, Bf16 &to) { to.bits = narrowed(value); }

template <class Value>
Value sum(Value a, Value b) {
    if constexpr (std::is_integral_v<Value>) {
        using Bits = std::make_unsigned_t<Value>;  // which wrap
        return static_cast<Value>(static_cast<Bits>(a) + static_cast<Bits>(b));
    } else {
        return a + b;
    }
}

// a != a: it is not a number.
template <class Value>
Value larger(Value a, Value b) {
    return b > a || a != a ? b : a;
}
template <class Value>
Value smaller(Value a, Value b) {
    return b < a || a != a ? b : a;
}

constexpr size_t TILE = 1024;  // elements whose partial results stay in the nearest cache

template <class Value, class Combine, class Finish>
void fold(const void *const *sources, int source_count, void *target, size_t elements, Combine combine,
          Finish finish) {
    using Type = typename Computed<Value>::Type;
    Type partial[TILE];
    for (size_t start = 0; start < elements; start += TILE) {
        size_t width = std::min(TILE, elements - start);
        const Value *first = static_cast<const Value *>(sources[0]) + start;
        for (size_t i = 0; i < width; i++) partial[i] = load(first[i]);
        for (int source = 1; source < source_count; source++) {
            const Value *next = static_cast<const Value *>(sources[source]) + start;
            for (size_t i = 0; i < width; i++) partial[i] = combine(partial[i], load(next[i]));
        }
        Value *to = static_cast<Value *>(target) + start;
        for (size_t i = 0; i < width; i++) store(finish(partial[i]), to[i]);
    }
}

template <class Value>
void reduce_as(ncclRedOp_t reduction, const void *const *sources, int source_count, void *target, size_t elements) {
    using Type = typename Computed<Value>::Type;
    auto same = [](Type value) { return value; };
    switch (reduction) {
        case ncclSum: return fold<Value>(sources, source_count, target, elements, sum<Type>, same);
        case ncclMax: return fold<Value>(sources, source_count, target, elements, larger<Type>, same);
        case ncclMin: return fold<Value>(sources, source_count, target, elements, smaller<Type>, same);
        case ncclAvg: {
            auto divided = [source_count](Type value) {
                return static_cast<Type>(value / static_cast<Type>(source_count));
            };
            return fold<Value>(sources, source_count, target, elements, sum<Type>, divided);
        }
    }
}

}  // namespace

size_t element_bytes(ncclDataType_t type) noexcept {
    switch (type) {
        case ncclUint8: return 1;
        case ncclBfloat16: return 2;
        case ncclInt32:
        case ncclFloat32: return 4;
        case ncclInt64:
        case ncclFloat64: return 8;
    }
    return 0;
}

bool known_reduction(ncclRedOp_t reduction) noexcept {
    return reduction == ncclSum || reduction == ncclMax || reduction == ncclMin || reduction == ncclAvg;
}

void reduce(ncclDataType_t type, ncclRedOp_t reduction, const void *const *sources, int source_count, void *target,
            size_t elements) {
    switch (type) {
        case ncclUint8: return reduce_as<uint8_t>(reduction, sources, source_count, target, elements);
        case ncclInt32: return reduce_as<int32_t>(reduction, sources, source_count, target, elements);
        case ncclInt64: return reduce_as<int64_t>(reduction, sources, source_count, target, elements);
        case ncclFloat32: return reduce_as<float>(reduction, sources, source_count, target, elements);
        case ncclFloat64: return reduce_as<double>(reduction, sources, source_count, target, elements);
        case ncclBfloat16: return reduce_as<Bf16>(reduction, sources, source_count, target, elements);
    }
}

}  // namespace softcuda
