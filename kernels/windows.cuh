// Windows of pooling: the index of the tap that a window took, one byte a channel, and windows of 2 x 2 places, 2 apart.
#pragma once
#include "common.cuh"

// The window indices of a pack's channels.
#if FAST
typedef Mask Codes;
typedef unsigned char Bytes __attribute__((vector_size(8), aligned(1), may_alias));
DEVICE Codes all_codes(int code, Pack) { return Codes{code, code, code, code, code, code, code, code}; }
DEVICE Codes select_code(Mask m, Codes a, Codes b) { return m ? a : b; }
DEVICE void store_codes(unsigned char* p, Codes a) { *reinterpret_cast<Bytes*>(p) = __builtin_convertvector(a, Bytes); }
DEVICE Codes load_codes(const unsigned char* p, Pack) { return __builtin_convertvector(*reinterpret_cast<const Bytes*>(p), Codes); }
DEVICE Mask has_code(Codes a, int code) { return a == code; }
#else
struct Codes { int x[WIDTH]; };
DEVICE Codes all_codes(int code, Pack) { return Codes{{code, code, code, code}}; }
DEVICE Codes select_code(const Mask& m, const Codes& a, const Codes& b) {
    return Codes{{m.x[0] ? a.x[0] : b.x[0], m.x[1] ? a.x[1] : b.x[1], m.x[2] ? a.x[2] : b.x[2], m.x[3] ? a.x[3] : b.x[3]}};
}
DEVICE void store_codes(unsigned char* p, const Codes& a) {
    *reinterpret_cast<unsigned int*>(p) = a.x[0] | a.x[1] << 8 | a.x[2] << 16 | (unsigned int)a.x[3] << 24;
}
DEVICE Codes load_codes(const unsigned char* p, Pack) {
    unsigned int u = *reinterpret_cast<const unsigned int*>(p);
    return Codes{{(int)(u & 255), (int)(u >> 8 & 255), (int)(u >> 16 & 255), (int)(u >> 24)}};
}
DEVICE Mask has_code(const Codes& a, int code) {
    return Mask{{a.x[0] == code, a.x[1] == code, a.x[2] == code, a.x[3] == code}};
}
#endif
DEVICE int all_codes(int code, float) { return code; }
DEVICE int select_code(bool m, int a, int b) { return m ? a : b; }
DEVICE void store_codes(unsigned char* p, int a) { *p = (unsigned char)a; }
DEVICE int load_codes(const unsigned char* p, float) { return *p; }
DEVICE bool has_code(int a, int code) { return a == code; }

// Images of H x W places, the large side, in windows of 2 x 2, to each of which one place of the small side belongs. Tap 2 r + s of
// a window is r places down and s across. Where H or W is odd the last row or column is in no whole window.
struct Halving {
    int H, W, C;

    MEMBER int P() const { return H / 2; }
    MEMBER int Q() const { return W / 2; }

    // All windows of N images, with those at the end that are not whole, having no place in the small side.
    MEMBER long long windows(int N) const { return (long long)N * ((H + 1) / 2) * ((W + 1) / 2); }
    MEMBER Place window(long long i) const { return Place(i, (H + 1) / 2, (W + 1) / 2); }
    MEMBER bool is_whole(const Place& window) const { return window.row < P() && window.column < Q(); }
    MEMBER bool has_tap(const Place& window, int t) const { return 2 * window.row + t / 2 < H && 2 * window.column + t % 2 < W; }

    // Where a window's first tap stands in the large side, another tap behind it, and what belongs to it in the small side.
    MEMBER long long large(const Place& window) const {
        return (((long long)window.image * H + 2 * window.row) * W + 2 * window.column) * C;
    }
    MEMBER long long tap(int t) const { return ((long long)(t / 2) * W + t % 2) * C; }
    MEMBER long long small(const Place& window) const {
        return (((long long)window.image * P() + window.row) * Q() + window.column) * C;
    }
};

// The tap of a window that the index names, `from` being the first one.
template <class V, class S> DEVICE V indexed_tap(const Halving& h, const S* from, const unsigned char* index) {
    auto codes = load_codes(index, V());
    V value = all<V>(0);
    UNROLL
    for (int t = 0; t < 4; t++) value = select(has_code(codes, t), load<V>(from + h.tap(t)), value);
    return value;
}
