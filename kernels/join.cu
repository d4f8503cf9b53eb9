// Joining layers: sums with constant coefficients, products, gates, mixes with learned coefficients; forward, and by task backward.
//
// Images are [N][HW][C], M = N*HW places of C channels; stacked by task [T][M][C]. n counts elements.
//   scaled_sum             y = sum_j a_j x_j, of up to 4 inputs; more by one of them being what is in y
//   multiply               y[t] = x[t] f: f [M][C]; multiply_by_channel: f [N][C]; multiply_by_place: f [M]
//   multiply_backward      of y = a b: da[t] = dy[t] b, db[t] = dy[t] a; of a gate y = sigmoid(a) b what is right for it
//   gate_forward           y = sigmoid(a) b
//   channel_sums           sums over HW of dy[t] x, [T][N][C]: what multiply_by_channel leaves for f, and a mix for its coefficients
//   place_sums             sums over C of dy[t] x, [T][M]: what multiply_by_place leaves for f
//   mix_forward            y = sum_j a_j[c] x_j, of up to 4 inputs; more by adding to y
//   mix_coefficients       a [K][C] from a weight [K][C] or [K], as it is or its softmax over K (arXiv 1604.03539 eq. 1 is the former)
// Where dy has T tasks, x and f have one, which is read once.
//
// Bytes an element, E being a tensor's element (4 or 2), each the fewest possible, against operations: scaled_sum E (K + 1) : 2 K;
// multiply E + 2 E T : T; multiply_by_channel, multiply_by_place 2 E T : T; multiply_backward 2 E, E T, and E T for each of da
// and db : 2 T; gate_forward 3 E : 21; channel_sums, place_sums E + E T : 2 T; mix_forward E (K + 1) : 2 K. Memory is the limit. Coefficients and
// partial sums are few.
#include "columns.cuh"

constexpr int JOINED = 4;  // inputs of one launch

template <class S>
DEVICE void scaled_sum_of(const S* x0, const S* x1, const S* x2, const S* x3, S* y, float a0, float a1, float a2, float a3, int K,
                          long long n) {
    const S* inputs[JOINED] = {x0, x1, x2, x3};
    float a[JOINED] = {a0, a1, a2, a3};
    each_element<S>(n, [&](long long i, auto v) {
        using V = decltype(v);
        V sum = load<V>(x0 + i) * a0;
        UNROLL
        for (int j = 1; j < JOINED; j++) if (j < K) sum = sum + load<V>(inputs[j] + i) * a[j];
        store(y + i, sum);
    });
}
// The inputs from the K-th on may be null; y may be any of them.
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 40 (bf16 87), resident 5 (bf16 6)
KERNELS(scaled_sum,
        (const S* x0, const S* x1, const S* x2, const S* x3, S* y, float a0, float a1, float a2, float a3, int K, long long n),
        (x0, x1, x2, x3, y, a0, a1, a2, a3, K, n))

// Whether T tasks of n elements may be walked by packs, each beginning where the one before ends.
template <class S> DEVICE bool tasks_by_packs(long long n, int T) { return FAST || T == 1 || n % width_of<PackOf<S>> == 0; }

template <class S> DEVICE void multiply_of(const S* x, const S* f, S* y, long long n, int T) {
    each_element<S>(n, [&](long long i, auto v) {
        using V = decltype(v);
        V factor = load<V>(f + i);
        NO_UNROLL
        for (int t = 0; t < T; t++) store(y + t * n + i, load<V>(x + t * n + i) * factor);
    }, tasks_by_packs<S>(n, T));
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 38 (bf16 87), resident 8
KERNELS(multiply, (const S* x, const S* f, S* y, long long n, int T), (x, f, y, n, T))

template <class S> DEVICE void multiply_by_channel_of(const S* x, const S* f, S* y, int N, int HW, int C, int T) {
    long long M = (long long)N * HW;
    Divisor places(HW);
    with_lanes<S>(M, C, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long m = begin + lanes.row; m < end; m += lanes.rows) {
            unsigned int rest;
            const S* factors = f + (long long)places.divide((unsigned int)m, rest) * C;
            each_channel<V>(C, lanes, [&](int c, auto) {
                V factor = load<V>(factors + c);
                long long at = m * C + c;
                NO_UNROLL
                for (int t = 0; t < T; t++, at += M * C) store(y + at, load<V>(x + at) * factor);
            });
        }
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 81 (bf16 154), resident 6 (bf16 5)
KERNELS(multiply_by_channel, (const S* __restrict__ x, const S* __restrict__ f, S* __restrict__ y, int N, int HW, int C, int T),
        (x, f, y, N, HW, C, T))

template <class S> DEVICE void multiply_by_place_of(const S* x, const S* f, S* y, long long M, int C, int T) {
    with_lanes<S>(M, C, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long m = begin + lanes.row; m < end; m += lanes.rows) {
            float factor = load<float>(f + m);
            each_channel<V>(C, lanes, [&](int c, auto) {
                long long at = m * C + c;
                NO_UNROLL
                for (int t = 0; t < T; t++, at += M * C) store(y + at, load<V>(x + at) * factor);
            });
        }
    });
}
// counts: loads 1.01 (bf16 1.02), stores 1.00, conflicts 1.00, instructions 66 (bf16 122), resident 8 (bf16 6)
KERNELS(multiply_by_place, (const S* __restrict__ x, const S* __restrict__ f, S* __restrict__ y, long long M, int C, int T),
        (x, f, y, M, C, T))

template <class S> DEVICE void gate_forward_of(const S* a, const S* b, S* y, long long n) {
    each_element<S>(n, [&](long long i, auto v) {
        using V = decltype(v);
        store(y + i, sigmoid_of(load<V>(a + i)) * load<V>(b + i));
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 83 (bf16 178), resident 6 (bf16 5)
KERNELS(gate_forward, (const S* __restrict__ a, const S* __restrict__ b, S* __restrict__ y, long long n), (a, b, y, n))

// What of dy goes to a and to b is by_a(a, b) and by_b(a).
template <class S, class ByA, class ByB>
DEVICE void multiply_backward_by(const S* dy, const S* a, const S* b, S* da, S* db, long long n, int T, ByA by_a, ByB by_b) {
    each_element<S>(n, [&](long long i, auto v) {
        using V = decltype(v);
        V left = load<V>(a + i), to_b = by_b(left), to_a = by_a(to_b, load<V>(b + i));
        NO_UNROLL
        for (int t = 0; t < T; t++) {
            V d = load<V>(dy + t * n + i);
            if (da) store(da + t * n + i, d * to_a);
            if (db) store(db + t * n + i, d * to_b);
        }
    }, tasks_by_packs<S>(n, T));
}
template <class S> DEVICE void multiply_backward_of(const S* dy, const S* a, const S* b, S* da, S* db, long long n, int T, int gate) {
    if (gate) {
        multiply_backward_by(dy, a, b, da, db, n, T, [](auto s, auto right) { return right * (s * (1.0f - s)); },
                             [](auto left) { return sigmoid_of(left); });
    } else {
        multiply_backward_by(dy, a, b, da, db, n, T, [](auto, auto right) { return right; }, [](auto left) { return left; });
    }
}
// Either of da and db may be null.
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 70 (bf16 144), resident 6 (bf16 5)
KERNELS(multiply_backward,
        (const S* __restrict__ dy, const S* __restrict__ a, const S* __restrict__ b, S* __restrict__ da, S* __restrict__ db, long long n,
         int T, int gate),
        (dy, a, b, da, db, n, T, gate))

struct Terms {
    Pack d, x;
};

// partials [gridDim.x][T][N][C]: sums over this block's places of each image.
template <class S> DEVICE void channel_sums_of(const S* dy, const S* x, float* partials, int N, int HW, int C, int T) {
    Columns columns = columns_to_sum(HW, C);
    long long begin, end, image = (long long)HW * C;
    columns.range(blockIdx.x, gridDim.x, begin, end);
    for (int k = 0; k < T * N; k++) {
        const S *d = dy + k * image, *factor = x + k % N * image;
        float* out = partials + ((long long)blockIdx.x * T * N + k) * C;
        for (int chunk = 0; chunk < columns.width; chunk += CHUNK) {
            ChunkLanes lanes(columns, chunk);
            Pitched places(d, columns, lanes, C, T * N == 1 ? 0 : image);
            Sums<1> sums;
            sum_each_row<rows_at_once<S, 2>>(begin, end, lanes, sums, places.whole(),
                [&](long long row) { return row * places.row; },
                [&](long long here, int q, auto known) {
                    return Terms{places.load_from(d + here, q, known), places.load_from(factor + here, q, known)};
                },
                [&](long long, int q, const Terms& v, auto) { sums.now[0][q] += v.d * v.x; });
            sums.fold(0, columns, chunk, lanes, out);
        }
        if (blockIdx.x != gridDim.x - 1) continue;
        for (int c = threadIdx.x; c < C; c += THREADS) {
            float sum = out[c];
            for (long long m = columns.tail; m < HW; m++) sum += load<float>(d + m * C + c) * load<float>(factor + m * C + c);
            out[c] = sum;
        }
    }
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 49 (bf16 128), resident 4
KERNELS(channel_sums, (const S* __restrict__ dy, const S* __restrict__ x, float* __restrict__ partials, int N, int HW, int C, int T),
        (dy, x, partials, N, HW, C, T))

// From partials [blocks][T][K]; the sums of task t stand at t * task_stride.
template <class S> DEVICE void channel_sums_finish_of(const float* partials, int blocks, S* sums, int T, long long K, long long task_stride) {
    for (int t = 0; t < T; t++) {
        each_finish_column(K, [&](long long k, bool valid) {
            double sum = sum_over_blocks(partials, blocks, T * K, t * K + k, valid);
            if (valid && finish_lane() == 0) store(sums + t * task_stride + k, (float)sum);
        });
    }
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 104, resident 5
KERNELS(channel_sums_finish,
        (const float* __restrict__ partials, int blocks, S* __restrict__ sums, int T, long long K, long long task_stride),
        (partials, blocks, sums, T, K, task_stride))

// The sum of a place's channels is a matter of up to 32 threads side by side, a power of two of them.
template <class V, class S> DEVICE void place_sums_by(const S* dy, const S* x, S* sums, long long M, int C, int T) {
    constexpr int W = width_of<V>;
    int across = 1;
    while (!FAST && across < 32 && across * W < C) across *= 2;
    long long begin, end;
    block_range(M, 1, begin, end);
    int first_pack = threadIdx.x % across, row = threadIdx.x / across, rows = THREADS / across;
    for (long long first = begin; first < end; first += rows) {
        long long m = first + row;
        bool valid = m < end;
        for (int t = 0; t < T; t++) {
            V parts = all<V>(0);
            float sum = 0;
            if (valid) {
                const S *d = dy + (t * M + m) * C, *factor = x + m * C;
                int whole = C / W * W;
                for (int c = first_pack * W; c < whole; c += across * W) parts = parts + load<V>(d + c) * load<V>(factor + c);
                for (int c = whole; c < C; c++) sum += load<float>(d + c) * load<float>(factor + c);  // the fast way's rest
            }
            UNROLL
            for (int k = 0; k < W; k++) sum += lane(parts, k);
#if !FAST
            for (int offset = across / 2; offset > 0; offset /= 2) sum += __shfl_down_sync(0xffffffffu, sum, offset);
#endif
            if (valid && first_pack == 0) store(sums + t * M + m, sum);
        }
    }
}
template <class S> DEVICE void place_sums_of(const S* dy, const S* x, S* sums, long long M, int C, int T) {
    typedef PackOf<S> P;
    if (walks_by_packs<P>(C)) place_sums_by<P>(dy, x, sums, M, C, T);
    else place_sums_by<float>(dy, x, sums, M, C, T);
}
// counts: loads 1.00, stores 1.12 (bf16 1.18), conflicts 1.00, instructions 164 (bf16 246), resident 4
KERNELS(place_sums, (const S* __restrict__ dy, const S* __restrict__ x, S* __restrict__ sums, long long M, int C, int T),
        (dy, x, sums, M, C, T))

// y, or what is in it, plus a_j[c] x_j of K inputs.
template <class S>
DEVICE void mix_forward_of(const S* x0, const S* x1, const S* x2, const S* x3, const float* a, S* y, int K, long long M, int C,
                           int adds) {
    const S* inputs[JOINED] = {x0, x1, x2, x3};
    with_lanes<S>(M, C, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long m = begin + lanes.row; m < end; m += lanes.rows) {
            each_channel<V>(C, lanes, [&](int c, auto) {
                long long at = m * C + c;
                V sum = load<V>(x0 + at) * load<V>(a + c);
                UNROLL
                for (int j = 1; j < JOINED; j++) if (j < K) sum = sum + load<V>(inputs[j] + at) * load<V>(a + j * C + c);
                if (adds) sum = sum + load<V>(y + at);
                store(y + at, sum);
            });
        }
    }, !FAST || !adds || C % WIDTH == 0);
}
// a [K][C]; the inputs from the K-th on may be null.
// counts: loads 1.00 (bf16 1.50), stores 1.00, conflicts 1.00, instructions 53 (bf16 106), resident 4 (bf16 5)
KERNELS(mix_forward,
        (const S* __restrict__ x0, const S* __restrict__ x1, const S* __restrict__ x2, const S* __restrict__ x3,
         const float* __restrict__ a, S* __restrict__ y, int K, long long M, int C, int adds),
        (x0, x1, x2, x3, a, y, K, M, C, adds))

// w is [K][C], or [K] for all channels alike; a [K][C] is w, or its softmax over K.
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 434, resident 4
KERNEL(mix_coefficients, const float* __restrict__ w, float* __restrict__ a, int K, int C, int alike, int softmax) {
    long long begin, end;
    block_range(C, 1, begin, end);
    for (long long c = begin + threadIdx.x; c < end; c += THREADS) {
        const float* from = alike ? w : w + c;
        int step = alike ? 1 : C;
        float most = from[0], sum = 0;
        for (int j = 1; j < K; j++) most = larger(most, from[j * step]);
        for (int j = 0; j < K; j++) {
            float value = softmax ? exponential(from[j * step] - most) : from[j * step];
            a[(long long)j * C + c] = value;
            sum += value;
        }
        if (!softmax) continue;
        for (int j = 0; j < K; j++) a[(long long)j * C + c] /= sum;
    }
}

// dw, [T][K][C] or [T][K], from da [T][K][C]; with softmax dw_j = a_j (da_j - sum_i a_i da_i).
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 236, resident 4
KERNEL(mix_coefficients_backward, const float* __restrict__ a, const float* __restrict__ da, float* __restrict__ dw, int K, int C, int T,
       int alike, int softmax) {
    if (alike) {  // the sums over the channels first
        if (blockIdx.x != 0) return;
        for (int t = 0; t < T; t++) {
            double along = 0;
            for (int j = 0; j < K; j++) {
                double part = 0;
                for (int c = threadIdx.x; c < C; c += THREADS) part += da[((long long)t * K + j) * C + c];
                double sum = block_sum(part);
                along += sum * a[(long long)j * C];
                if (threadIdx.x == 0) dw[t * K + j] = (float)sum;
            }
            if (threadIdx.x != 0 || !softmax) continue;
            for (int j = 0; j < K; j++) dw[t * K + j] = a[(long long)j * C] * (float)(dw[t * K + j] - along);
        }
        return;
    }
    long long begin, end;
    block_range((long long)T * C, 1, begin, end);
    for (long long i = begin + threadIdx.x; i < end; i += THREADS) {
        unsigned int t = (unsigned int)i / C, c = (unsigned int)i % C;  // a division of 64 bits is a call
        long long first = (long long)t * K * C + c;
        float along = 0;
        for (int j = 0; j < K; j++) along += a[(long long)j * C + c] * da[first + (long long)j * C];
        for (int j = 0; j < K; j++) {
            float d = da[first + (long long)j * C];
            dw[first + (long long)j * C] = softmax ? a[(long long)j * C + c] * (d - along) : d;
        }
    }
}
