#pragma once
// bf16, the upper half of a float, in memory; all computing is in float.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "core/parallel.h"

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

inline void convert(uint16_t from, float &to) { to = widened(from); }
inline void convert(float from, uint16_t &to) { to = narrowed(from); }
inline void convert(float from, float &to) { to = from; }

// `rows` rows of `width` adjacent elements, a pitch apart, from one type to another.
template <class From, class To>
struct Conversion {
    const From *from;
    To *to;
    int64_t rows, width, from_pitch, to_pitch;

    // Over the cores; the compiler vectorises the inner loop. Only within deferred work.
    void run() const {
        if (from_pitch == width && to_pitch == width) {
            int64_t all = rows * width;
            parallel_for((all + SHARE - 1) / SHARE, [=](long share) {
                convert_row(from + share * SHARE, to + share * SHARE, std::min(SHARE, all - share * SHARE));
            });
            return;
        }
        int64_t together = std::max<int64_t>(1, SHARE / width);
        parallel_for((rows + together - 1) / together, [=](long share) {
            for (int64_t row = share * together; row < std::min(rows, (share + 1) * together); row++) {
                convert_row(from + row * from_pitch, to + row * to_pitch, width);
            }
        });
    }

private:
    static constexpr int64_t SHARE = 16 * 1024;  // elements of one work item

    static void convert_row(const From *__restrict row, To *__restrict into, int64_t count) {
        for (int64_t i = 0; i < count; i++) convert(row[i], into[i]);
    }
};

}  // namespace softcuda
