// Channels taken out of images and put elsewhere: slices, pixel shuffling. Nothing is computed.
//
// spread_slice   dx [M][C] is dy [M][K] in the channels [start, start + K) and 0 in the others: a slice's backward. Forward it is a view.
// pixel_shuffle  x [N][H][W][C s s] and y [N][H s][W s][C] (arXiv 1609.05158 eq. 4): y at row h s + i, column w s + j, channel c is x at
//                row h, column w, channel c s s + i s + j. Backward is the way back.
// Bytes, E being a tensor's element (4 or 2): spread_slice E (K + C) a place, pixel_shuffle 2 E an element, the fewest possible. By packs a
// thread takes s s of them, which stand one behind the other in x, to places s s of y, each channel by channel; it does so in
// registers for s = 2, and for others goes to x element by element, from the cache.
#include "common.cuh"

template <class S> DEVICE void spread_slice_of(const S* dy, S* dx, long long M, int K, int C, int start) {
    typedef PackOf<S> P;
    bool whole = K % width_of<P> == 0 && C % width_of<P> == 0 && start % width_of<P> == 0;  // packs lie inside, or outside
    with_lanes<S>(M, C, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long m = begin + lanes.row; m < end; m += lanes.rows) {
            each_channel<V>(C, lanes, [&](int c, auto) {
                int k = c - start;
                store(dx + m * C + c, k >= 0 && k < K ? load<V>(dy + m * K + k) : all<V>(0));
            });
        }
    }, whole);
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 87 (bf16 156), resident 5 (bf16 6)
KERNELS(spread_slice, (const S* __restrict__ dy, S* __restrict__ dx, long long M, int K, int C, int start), (dy, dx, M, K, C, start))

// Calls body(lanes, x's element of channel c and tap 0, y's of tap 0, V()) for each place of x and each of the thread's channels.
template <class S, class X, class Y, class Body>
DEVICE void each_shuffled(X* x, Y* y, int N, int H, int W, int C, int s, Body body) {
    each_place<S>(N, H, W, C, [&](const Lanes& lanes, int place, const Place& at, auto v) {
        using V = decltype(v);
        X* from = x + (long long)place * C * s * s;
        Y* to = y + ((long long)(at.image * H + at.row) * s * W + at.column) * s * C;
        each_channel<V>(C, lanes, [&](int c, auto) { body(from + (long long)c * s * s, to + c, v); });
    });
}

template <class V, class S> DEVICE V strided(const S* from, int stride) {
    V a;
    UNROLL
    for (int k = 0; k < width_of<V>; k++) set_lane(a, k, load<float>(from + k * stride));
    return a;
}
template <class V, class S> DEVICE void store_strided(S* to, int stride, const V& a) {
    UNROLL
    for (int k = 0; k < width_of<V>; k++) store(to + k * stride, lane(a, k));
}

template <class S> DEVICE void pixel_shuffle_forward_of(const S* x, S* y, int N, int H, int W, int C, int s) {
    if (s == 2) {
        each_shuffled<S>(x, y, N, H, W, C, 2, [&](const S* from, S* to, auto v) {
            using V = decltype(v);
            constexpr int L = width_of<V>;
            V in[4], out[4];
            UNROLL
            for (int p = 0; p < 4; p++) in[p] = load<V>(from + p * L);
            UNROLL
            for (int k = 0; k < 4 * L; k++) set_lane(out[k % 4], k / 4, lane(in[k / L], k % L));
            UNROLL
            for (int r = 0; r < 4; r++) store(to + (long long)((r / 2) * 2 * W + r % 2) * C, out[r]);
        });
        return;
    }
    each_shuffled<S>(x, y, N, H, W, C, s, [&](const S* from, S* to, auto v) {
        using V = decltype(v);
        for (int i = 0; i < s; i++) {
            for (int j = 0; j < s; j++) store(to + ((long long)i * s * W + j) * C, strided<V>(from + i * s + j, s * s));
        }
    });
}
// counts: loads 2.00, stores 1.00, conflicts 1.00, instructions 53 (bf16 104), resident 3 (bf16 4)
RESIDENT_KERNELS(3, pixel_shuffle_forward, (const S* __restrict__ x, S* __restrict__ y, int N, int H, int W, int C, int s), (x, y, N, H, W, C, s))

template <class S> DEVICE void pixel_shuffle_backward_of(const S* dy, S* dx, int N, int H, int W, int C, int s) {
    if (s == 2) {
        each_shuffled<S>(dx, dy, N, H, W, C, 2, [&](S* to, const S* from, auto v) {
            using V = decltype(v);
            constexpr int L = width_of<V>;
            V in[4], out[4];
            UNROLL
            for (int r = 0; r < 4; r++) in[r] = load<V>(from + (long long)((r / 2) * 2 * W + r % 2) * C);
            UNROLL
            for (int k = 0; k < 4 * L; k++) set_lane(out[k / L], k % L, lane(in[k % 4], k / 4));
            UNROLL
            for (int p = 0; p < 4; p++) store(to + p * L, out[p]);
        });
        return;
    }
    each_shuffled<S>(dx, dy, N, H, W, C, s, [&](S* to, const S* from, auto v) {
        using V = decltype(v);
        for (int i = 0; i < s; i++) {
            for (int j = 0; j < s; j++) store_strided(to + i * s + j, s * s, load<V>(from + ((long long)i * s * W + j) * C));
        }
    });
}
// counts: loads 1.00, stores 2.00, conflicts 1.00, instructions 53 (bf16 104), resident 3
RESIDENT_KERNELS(3, pixel_shuffle_backward, (const S* __restrict__ dy, S* __restrict__ dx, int N, int H, int W, int C, int s), (dy, dx, N, H, W, C, s))
