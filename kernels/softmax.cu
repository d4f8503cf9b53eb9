// Softmax over groups of the channels of each place: y_t = e^(x_t - max) / sum_s e^(x_s - max), and dx_t = y_t (dy_t - sum_s y_s dy_s).
//
// softmax: member t of set c, T of them, is channel t K + c of C = T K: x, y [M][T][K], M = N*H*W places; threads lie over c, by packs where
// they fit. softmax_adjacent: the members are adjacent channels, so that x and y are `sets` runs of n: up to 32 lanes work at a run, side by
// side, by packs where they fit, and meet by shuffles. Backward, dy and dx are R rows of y's size, each a cotangent. y must not be x, nor dx dy.
//
// Bytes an element, E being a tensor's element (4 or 2), the fewest possible: forward 2 E, backward (1 + 2 R) E; operations 45, two
// exponentials among them, and 4 R. A thread reads its members three times, since there may be any number of them; then they
// are in the nearest cache, and the first of a lane in a register. Forward in bf16, and where single members are read (a run whose length
// has no factor 4), instructions take longer than memory: two exponentials of 4 bytes moved.
//
// A maximum that is not finite leaves NaN: of what a group has NaN or infinity in, something stays not finite. Minus infinity beside
// something larger has the share 0.
#include "common.cuh"

// Finite, so that minus infinity has a distance from it.
constexpr float LOWEST = -3.402823466e38f;

template <class S> DEVICE void softmax_forward_of(const S* x, S* y, long long M, int C, int T) {
    int K = C / T;
    with_lanes<S>(M, K, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long m = begin + lanes.row; m < end; m += lanes.rows) {
            each_channel<V>(K, lanes, [&](int c, auto) {
                const S* from = x + m * C + c;
                V largest = all<V>(LOWEST), sum = all<V>(0);
                NO_UNROLL
                for (int t = 0; t < T; t++) {
                    V member = load<V>(from + (long long)t * K);
                    largest = select(largest < member, member, largest);
                }
                NO_UNROLL
                for (int t = 0; t < T; t++) sum += exponential(load<V>(from + (long long)t * K) - largest);
                V share = 1.0f / sum;
                NO_UNROLL
                for (int t = 0; t < T; t++) {
                    store(y + m * C + (long long)t * K + c, exponential(load<V>(from + (long long)t * K) - largest) * share);
                }
            });
        }
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 198 (bf16 423), resident 6 (bf16 4)
KERNELS(softmax_forward, (const S* __restrict__ x, S* __restrict__ y, long long M, int C, int T), (x, y, M, C, T))

template <class S> DEVICE void softmax_backward_of(const S* y, const S* dy, S* dx, long long M, int C, int T, int R) {
    int K = C / T;
    with_lanes<S>(M, K, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long m = begin + lanes.row; m < end; m += lanes.rows) {
            each_channel<V>(K, lanes, [&](int c, auto) {
                const S* shares = y + m * C + c;
                for (int r = 0; r < R; r++) {
                    long long at = (r * M + m) * C + c;
                    V sum = all<V>(0);
                    NO_UNROLL
                    for (int t = 0; t < T; t++) sum += load<V>(shares + (long long)t * K) * load<V>(dy + at + (long long)t * K);
                    NO_UNROLL
                    for (int t = 0; t < T; t++) {
                        long long member = at + (long long)t * K;
                        store(dx + member, load<V>(shares + (long long)t * K) * (load<V>(dy + member) - sum));
                    }
                }
            });
        }
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 50 (bf16 124), resident 5 (bf16 4)
KERNELS(softmax_backward, (const S* __restrict__ y, const S* __restrict__ dy, S* __restrict__ dx, long long M, int C, int T, int R),
        (y, dy, dx, M, C, T, R))

// A run of n members is n / width_of<V> packs, of which up to 32 lanes, a power of 2, have one each, and then the next: neighbours in
// one warp.
template <class S, class V> struct Run {
    static constexpr int W = width_of<V>;
    int n, lanes, first, step;  // first: the lane's first member, or n or more; step: to its next

    MEMBER Run(int n) : n(n), lanes(1) {
        while (!FAST && lanes < 32 && lanes * W < n) lanes *= 2;
        first = threadIdx.x % lanes * W;
        step = lanes * W;
    }
    // The lane's first members of the run at p, or `otherwise`.
    MEMBER V own(const S* p, float otherwise) const { return first < n ? load<V>(p + first) : all<V>(otherwise); }

    // Calls body(member) for what else the lane has.
    template <class Body> MEMBER void each_other(Body body) const {
        NO_UNROLL
        for (int i = first + step; i < n; i += step) body(i);
    }
    MEMBER float sum(const V& a) const {
        float x = lane(a, 0);
        UNROLL
        for (int k = 1; k < W; k++) x += lane(a, k);
#if !FAST
        for (int offset = lanes / 2; offset > 0; offset /= 2) x += __shfl_xor_sync(0xffffffffu, x, offset);
#endif
        return x;
    }
    MEMBER float largest(const V& a) const {
        float x = LOWEST;
        UNROLL
        for (int k = 0; k < W; k++) x = larger(x, lane(a, k));
#if !FAST
        for (int offset = lanes / 2; offset > 0; offset /= 2) x = larger(x, __shfl_xor_sync(0xffffffffu, x, offset));
#endif
        return x;
    }
    // Calls body(number of the run, whether the lane has a part of it): all threads of the block as often, since lanes meet. Blocks begin at
    // whole sectors, though runs be short.
    template <class Body> MEMBER void each(long long sets, Body body) const {
        long long begin, end;
        block_range(sets, n < 16 ? 16 : 1, begin, end);
        int runs = THREADS / lanes, own = threadIdx.x / lanes;
        for (long long at = begin; at < end; at += runs) body(smaller(at + own, end - 1), at + own < end && first < n);
    }
};

// Calls body(Run) with packs, where runs are whole ones, or single members.
template <class S, class Body> DEVICE void with_runs(int n, Body body) {
    if (n % width_of<PackOf<S>> == 0) body(Run<S, PackOf<S>>(n), PackOf<S>());
    else if (n % width_of<Pack> == 0) body(Run<S, Pack>(n), Pack());
    else body(Run<S, float>(n), float());
}

#if FAST
// Short runs that no pack fits: some of them at a time, since exponentials are taken by packs whatever run they are of.
constexpr int SHORT_RUNS = 512;  // members at a time
template <class S> DEVICE void softmax_short_runs(const S* x, S* y, long long sets, int n) {
    long long begin, end;
    block_range(sets, 1, begin, end);
    float members[SHORT_RUNS + WIDTH] = {};
    int runs = SHORT_RUNS / n;
    for (long long at = begin; at < end; at += runs) {
        int all = (int)smaller((long long)runs, end - at) * n;
        const S* from = x + at * n;
        S* to = y + at * n;
        for (int k = 0; k < all; k++) members[k] = load<float>(from + k);
        for (int run = 0; run < all; run += n) {
            float largest = LOWEST;
            for (int k = run; k < run + n; k++) largest = larger(largest, members[k]);
            for (int k = run; k < run + n; k++) members[k] -= largest;
        }
        for (int k = 0; k < all; k += WIDTH) store(members + k, exponential(load_pack(members + k)));
        for (int run = 0; run < all; run += n) {
            float sum = 0;
            for (int k = run; k < run + n; k++) sum += members[k];
            float share = 1.0f / sum;
            for (int k = run; k < run + n; k++) members[k] *= share;
        }
        for (int k = 0; k < all; k++) store(to + k, members[k]);
    }
}
#endif

template <class S> DEVICE void softmax_adjacent_forward_of(const S* x, S* y, long long sets, int n) {
#if FAST
    if (n % WIDTH != 0 && n <= SHORT_RUNS) return softmax_short_runs(x, y, sets, n);
#endif
    with_runs<S>(n, [&](auto run, auto v) {
        using V = decltype(v);
        run.each(sets, [&](long long set, bool there) {
            const S* from = x + set * n;
            V own = run.own(from, LOWEST), far = own;
            run.each_other([&](int i) {
                V member = load<V>(from + i);
                far = select(far < member, member, far);
            });
            float largest = run.largest(far);
            own = exponential(own - largest);
            V sum = run.first < n ? own : all<V>(0);
            run.each_other([&](int i) { sum += exponential(load<V>(from + i) - largest); });
            float share = 1.0f / run.sum(sum);
            if (!there) return;
            store(y + set * n + run.first, own * share);
            run.each_other([&](int i) { store(y + set * n + i, exponential(load<V>(from + i) - largest) * share); });
        });
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 307 (bf16 429), resident 5 (bf16 4)
KERNELS(softmax_adjacent_forward, (const S* __restrict__ x, S* __restrict__ y, long long sets, int n), (x, y, sets, n))

template <class S> DEVICE void softmax_adjacent_backward_of(const S* y, const S* dy, S* dx, long long sets, int n, int R) {
    with_runs<S>(n, [&](auto run, auto v) {
        using V = decltype(v);
        run.each(sets, [&](long long set, bool there) {
            const S* shares = y + set * n;
            V own = run.own(shares, 0);
            for (int r = 0; r < R; r++) {
                const S* from = dy + (r * sets + set) * n;
                S* to = dx + (r * sets + set) * n;
                V cotangent = run.own(from, 0), products = own * cotangent;
                run.each_other([&](int i) { products += load<V>(shares + i) * load<V>(from + i); });
                float sum = run.sum(products);
                if (!there) continue;
                store(to + run.first, own * (cotangent - sum));
                run.each_other([&](int i) { store(to + i, load<V>(shares + i) * (load<V>(from + i) - sum)); });
            }
        });
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 127 (bf16 187), resident 5 (bf16 4)
KERNELS(softmax_adjacent_backward,
        (const S* __restrict__ y, const S* __restrict__ dy, S* __restrict__ dx, long long sets, int n, int R),
        (y, dy, dx, sets, n, R))
