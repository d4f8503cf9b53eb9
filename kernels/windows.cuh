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
template <int N> struct Codes { int x[N]; };
template <int N> DEVICE Codes<N> all_codes(int code, Packed<N>) {
    Codes<N> a;
    UNROLL
    for (int k = 0; k < N; k++) a.x[k] = code;
    return a;
}
template <int N> DEVICE Codes<N> select_code(const Choice<N>& m, const Codes<N>& a, const Codes<N>& b) {
    Codes<N> r;
    UNROLL
    for (int k = 0; k < N; k++) r.x[k] = m.x[k] ? a.x[k] : b.x[k];
    return r;
}
DEVICE unsigned int four_bytes(const int* x) { return x[0] | x[1] << 8 | x[2] << 16 | (unsigned int)x[3] << 24; }
DEVICE void store_codes(unsigned char* p, const Codes<4>& a) { *reinterpret_cast<unsigned int*>(p) = four_bytes(a.x); }
DEVICE void store_codes(unsigned char* p, const Codes<8>& a) {
    *reinterpret_cast<Word8*>(p) = joined(four_bytes(a.x), four_bytes(a.x + 4));
}
template <int N> struct alignas(N) CodeBytes { unsigned int x[N / 4]; };
template <int N> DEVICE Codes<N> load_codes(const unsigned char* p, Packed<N>) {
    CodeBytes<N> bytes = *reinterpret_cast<const CodeBytes<N>*>(p);
    Codes<N> a;
    UNROLL
    for (int k = 0; k < N; k++) a.x[k] = (int)(bytes.x[k / 4] >> 8 * (k % 4) & 255);
    return a;
}
template <int N> DEVICE Choice<N> has_code(const Codes<N>& a, int code) {
    Choice<N> r;
    UNROLL
    for (int k = 0; k < N; k++) r.x[k] = a.x[k] == code;
    return r;
}
#endif
DEVICE int all_codes(int code, float) { return code; }
DEVICE int select_code(bool m, int a, int b) { return m ? a : b; }
DEVICE void store_codes(unsigned char* p, int a) { *p = (unsigned char)a; }
DEVICE int load_codes(const unsigned char* p, float) { return *p; }
DEVICE bool has_code(int a, int code) { return a == code; }

// Images of H x W places, the large side, in windows of 2 x 2, to each of which one place of the small side belongs. Tap 2 r + s of a
// window is r places down and s across. Where H or W is odd the last row or column is in no whole window.
struct Halving {
    int H, W, C;
    Divisor small_height, small_width, all_height, all_width;

    MEMBER Halving(int H, int W, int C)
        : H(H), W(W), C(C), small_height(H / 2), small_width(W / 2), all_height((H + 1) / 2), all_width((W + 1) / 2) {}

    MEMBER int P() const { return H / 2; }
    MEMBER int Q() const { return W / 2; }

    // The window of place i of the small side.
    MEMBER Place whole_window(long long i) const { return Place(i, small_height, small_width); }

    // All windows of N images, with those at the end that are not whole, having no place in the small side.
    MEMBER long long windows(int N) const { return (long long)N * ((H + 1) / 2) * ((W + 1) / 2); }
    MEMBER Place window(long long i) const { return Place(i, all_height, all_width); }
    MEMBER bool is_whole(const Place& window) const { return window.row < P() && window.column < Q(); }
    MEMBER bool has_tap(const Place& window, int t) const { return 2 * window.row + t / 2 < H && 2 * window.column + t % 2 < W; }

    // Where a window's first tap stands in the large side, another tap behind it, and what belongs to it in the small side.
    MEMBER long long large(const Place& window) const {
        return (long long)((window.image * H + 2 * window.row) * W + 2 * window.column) * C;
    }
    MEMBER long long tap(int t) const { return (long long)(t / 2 * W + t % 2) * C; }
    MEMBER long long small(const Place& window) const {
        return (long long)((window.image * P() + window.row) * Q() + window.column) * C;
    }
};

// The tap of a window that the index names, `from` being the first one.
template <class V, class S> DEVICE V indexed_tap(const Halving& h, const S* from, const unsigned char* index) {
    auto codes = load_codes(index, V());
    V value = all<V>(0);
#if FAST
    for (int t = 0; t < 4; t++) value = select(has_code(codes, t), load<V>(from + h.tap(t)), value);
#else  // a row's pointer for two taps spares registers
    UNROLL
    for (int row = 0; row < 2; row++, from += (long long)h.W * h.C) {
        value = select(has_code(codes, 2 * row), load<V>(from), value);
        value = select(has_code(codes, 2 * row + 1), load<V>(from + h.C), value);
    }
#endif
    return value;
}
