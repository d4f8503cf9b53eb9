#pragma once
// bf16, the upper half of a float, in memory; all computing is in float.
#include <cstdint>
#include <cstring>

namespace softcuda {

inline float widened(uint16_t half) {
    uint32_t bits = static_cast<uint32_t>(half) << 16;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

// To the nearest, to even in the middle; a NaN stays one.
inline uint16_t narrowed(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    uint32_t nearest = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
    return static_cast<uint16_t>((bits & 0x7fffffffu) > 0x7f800000u ? bits >> 16 | 0x40u : nearest);
}

inline void widen(const uint16_t *from, float *to, int64_t count) {
    for (int64_t i = 0; i < count; i++) to[i] = widened(from[i]);
}

inline void narrow(const float *from, uint16_t *to, int64_t count) {
    for (int64_t i = 0; i < count; i++) to[i] = narrowed(from[i]);
}

}  // namespace softcuda
