// What kernels of attention have in common: sizes, a head's channels, what a gradient reads. Formulas: attention.cu.
#pragma once
#include "common.cuh"

constexpr int TILE = 64;  // places that a block works at together
constexpr int SIDE = 8;   // of a square of as many

// What runs over the places of an image, and what looks at what.
struct Sizes {
    int N, H, W, heads, window;
    float scale;

    MEMBER int places() const { return H * W; }
    MEMBER int half() const { return window / 2; }
    // Without a window an image is one row.
    MEMBER int rows() const { return window ? H : 1; }
    MEMBER int columns() const { return window ? W : H * W; }
    MEMBER int tile_rows() const { return window ? SIDE : 1; }
    MEMBER int tile_columns() const { return window ? SIDE : TILE; }
    MEMBER int tiles_down() const { return (rows() - 1) / tile_rows() + 1; }
    MEMBER int tiles_across() const { return (columns() - 1) / tile_columns() + 1; }
};

// A head's channels of a tensor's places.
template <class S> struct Side {
    const S* x;        // of the image's first place
    int pitch, count;  // channels of a place; of the head
    bool packs;
};

// Where a head's channels begin in an image of a tensor.
template <class X> DEVICE X* head_of(X* x, const Sizes& sizes, int image, int head, int channels) {
    return x + (long long)image * sizes.places() * channels + head * (channels / sizes.heads);
}

template <class S> DEVICE Side<S> side(const S* x, const Sizes& sizes, int image, int head, int channels) {
    int count = channels / sizes.heads;
    return Side<S>{head_of(x, sizes, image, head, channels), channels, count, count % WIDTH == 0};
}

// WIDTH channels of a place from c on; 0 behind the last of `end`.
template <class S> DEVICE Pack channels_at(const Side<S>& side, int place, int c, int end) {
    Pack value = pack(0);
    if (place < 0 || c >= end) return value;
    const S* from = side.x + (long long)place * side.pitch + c;
    if (FAST ? c + WIDTH <= end : side.packs) return load_pack(from);
    UNROLL
    for (int k = 0; k < WIDTH; k++) if (c + k < end) set_lane(value, k, load<float>(from + k));
    return value;
}

// What the gradient of q, k or v reads.
template <class S> struct Cotangents {
    const S *q, *k, *v, *dout;
    const float *logsumexp, *dots;
    int C, D, T;
};

enum class Of { Q, K, V };
