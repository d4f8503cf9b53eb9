// The heart of the engines written for this device: a small tile of C += A^T B, held in registers.
#pragma once

#include <cstdint>

namespace softcuda::dnn {

#ifdef __AVX512F__
constexpr int LANES = 16;
constexpr int TILE_ROWS = 12;
#else
constexpr int LANES = 8;
constexpr int TILE_ROWS = 6;
#endif
constexpr int TILE_COLUMNS = 2 * LANES;

typedef float Lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));

// tile[i][j] += sum over segments and t < count of a[segment*a_segment + t*a_step + i] * b[segment*b_segment + t*b_step
// + j]
struct TileArguments {
    const float *a, *b;
    float *tile;  // rows of TILE_COLUMNS
    int64_t a_step, b_step, count;
    int64_t segments, a_segment, b_segment;
};

template <int ROWS>
void add_tile(const TileArguments &arguments) {
    Lanes sum[ROWS][2];
#pragma GCC unroll 16
    for (int i = 0; i < ROWS; i++) sum[i][0] = sum[i][1] = Lanes{};
    const int64_t a_step = arguments.a_step, b_step = arguments.b_step;
    for (int64_t segment = 0; segment < arguments.segments; segment++) {
        const float *a = arguments.a + segment * arguments.a_segment;
        const float *b = arguments.b + segment * arguments.b_segment;
        for (int64_t t = arguments.count; t > 0; t--) {
            Lanes low = *reinterpret_cast<const Lanes *>(b), high = *reinterpret_cast<const Lanes *>(b + LANES);
#pragma GCC unroll 16
            for (int i = 0; i < ROWS; i++) {
                sum[i][0] += low * a[i];
                sum[i][1] += high * a[i];
            }
            a += a_step;
            b += b_step;
        }
    }
    Lanes *out = reinterpret_cast<Lanes *>(arguments.tile);
#pragma GCC unroll 16
    for (int i = 0; i < ROWS; i++) {
        out[2 * i] += sum[i][0];
        out[2 * i + 1] += sum[i][1];
    }
}

using AddTile = void (*)(const TileArguments &);

// For tiles of 1 to TILE_ROWS rows.
inline AddTile tile_of(int rows) {
    static constexpr AddTile BY_ROWS[] = {
        nullptr,     add_tile<1>, add_tile<2>, add_tile<3>,  add_tile<4>,  add_tile<5>, add_tile<6>,
#ifdef __AVX512F__
        add_tile<7>, add_tile<8>, add_tile<9>, add_tile<10>, add_tile<11>, add_tile<12>
#endif
    };
    return BY_ROWS[rows];
}

// How `total` rows are cut into tiles: as few as can be, of sizes as equal as can be.
struct Cut {
    int64_t total, tiles;
    explicit Cut(int64_t total) : total(total), tiles((total + TILE_ROWS - 1) / TILE_ROWS) {}
    int64_t start(int64_t tile) const { return tile * (total / tiles) + (tile < total % tiles ? tile : total % tiles); }
    int rows(int64_t tile) const { return static_cast<int>(start(tile + 1) - start(tile)); }
};

}  // namespace softcuda::dnn
