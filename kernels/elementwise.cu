// Elementwise and layout kernels: y = f(x), a + b, sums over tasks, with coefficients too, stacking by task, transposes, biases, a
// weight, widening and narrowing.
//
// Images are [M][K], M = N*H*W places of K channels; stacked by task [T][M][K], or packed by channel [M][T*K]. n counts elements.
// Bytes an element, E being a tensor's element (4 or 2), each the fewest possible, against operations: activation_forward 2 E : 1
// (relu) to ~20 (tanh); activation_backward E + 2 E T : 1 to 3 T, and E : T for the packed one's sum; add 3 E : 1; sum_tasks E T + E : T - 1;
// combine_tasks E T + E : 2 T - 1; scale_by_weight 2 E : 1; pack_tasks 2 E T : 0;
// widen E + 4 : 0; narrow 6 : 0; transpose 2 E : 0; bias_forward 2 E : 1; bias_backward E : 1. At 4.3 TB/s and 60 Tflop/s (H200), or
// 20 GB/s and 150 Gflop/s (two cores), a kernel that does fewer than 14 (7) operations a byte waits for memory: all of these do. Sigmoid
// and tanh in bf16 are at the edge: an exponential and a division of 4 bytes moved are some 200 instructions of warps a KiB, and
// memory leaves time for 220.
#include "activation.cuh"
#include "columns.cuh"

enum { RELU = 0, SIGMOID = 1, TANH = 2 };

template <class S> DEVICE void activation_forward_of(const S* x, S* y, long long n, int kind) {
    if (kind == RELU) {
        each_element<S>(n, [&](long long i, auto v) { using V = decltype(v); store(y + i, relu_of(load<V>(x + i))); });
    } else if (kind == SIGMOID) {
        each_element<S>(n, [&](long long i, auto v) { using V = decltype(v); store(y + i, sigmoid_of(load<V>(x + i))); });
    } else {
        each_element<S>(n, [&](long long i, auto v) { using V = decltype(v); store(y + i, tanh_of(load<V>(x + i))); });
    }
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 119 (bf16 242), resident 5 (bf16 4)
KERNELS(activation_forward, (const S* x, S* y, long long n, int kind), (x, y, n, kind))

// f' from the output y: relu 1 where y > 0, sigmoid y (1 - y), tanh 1 - y^2.
template <class S> DEVICE void activation_backward_of(const S* y, const S* dy, S* dx, long long n, int T, int kind) {
    if (kind == RELU) {
        activation_backward_by(y, dy, dx, n, T, [](auto out, auto d) { return gate(out, d); });
    } else if (kind == SIGMOID) {
        activation_backward_by(y, dy, dx, n, T, [](auto out, auto d) { return d * (out * (1.0f - out)); });
    } else {
        activation_backward_by(y, dy, dx, n, T, [](auto out, auto d) { return d * (1.0f - out * out); });
    }
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 47 (bf16 101), resident 8
KERNELS(activation_backward, (const S* y, const S* dy, S* dx, long long n, int T, int kind), (y, dy, dx, n, T, kind))

template <class S>
DEVICE void activation_backward_packed_of(const S* y, const S* dy, S* dx, S* sum, long long M, int C, int T, long long dy_task_stride,
                                          long long dy_place_stride, long long dx_task_stride, long long dx_place_stride, int kind) {
    auto run = [&](auto slope) {
        activation_backward_packed_by(y, dy, dx, sum, M, C, T, dy_task_stride, dy_place_stride, dx_task_stride, dx_place_stride, slope);
    };
    if (kind == RELU) run([](auto out, auto d) { return gate(out, d); });
    else if (kind == SIGMOID) run([](auto out, auto d) { return d * (out * (1.0f - out)); });
    else run([](auto out, auto d) { return d * (1.0f - out * out); });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 68 (bf16 123), resident 4
KERNELS(activation_backward_packed,
        (const S* __restrict__ y, const S* __restrict__ dy, S* __restrict__ dx, S* __restrict__ sum, long long M, int C, int T,
         long long dy_task_stride, long long dy_place_stride, long long dx_task_stride, long long dx_place_stride, int kind),
        (y, dy, dx, sum, M, C, T, dy_task_stride, dy_place_stride, dx_task_stride, dx_place_stride, kind))

// Wherever they stand: rows of stacks, too.
template <class S> DEVICE void add_of(const S* a, const S* b, S* y, long long n) {
    typedef PackOf<S> P;
    each_element<S>(n, [&](long long i, auto v) { using V = decltype(v); store(y + i, load<V>(a + i) + load<V>(b + i)); },
                    is_aligned<P>(a) && is_aligned<P>(b) && is_aligned<P>(y));
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 36 (bf16 88), resident 8 (bf16 6)
KERNELS(add, (const S* a, const S* b, S* y, long long n), (a, b, y, n))

// y[m][k] = to(the sum over tasks of term(x's element (t, m, k), t)), by packs where x's strides and places let them.
template <class S, class R, class Term>
DEVICE void sum_strided_by(const S* x, R* y, long long M, int K, int T, long long task_stride, long long place_stride,
                           long long y_place_stride, Term term) {
    auto sum_at = [&](long long at, auto v) {
        using V = decltype(v);
        V sum = term(load<V>(x + at), 0);
        for (int t = 1; t < T; t++) sum += term(load<V>(x + t * task_stride + at), t);
        return sum;
    };
    typedef PackOf<R> P;
    bool packs = is_aligned<P>(y) && is_aligned<P>(x, T == 1 ? 0 : task_stride);
    if (place_stride == K && y_place_stride == K) {
        each_element<R>(M * K, [&](long long i, auto v) { store(y + i, sum_at(i, v)); }, packs);
        return;
    }
    with_lanes<R>(M, K, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long m = begin + lanes.row; m < end; m += lanes.rows) {
            each_channel<V>(K, lanes, [&](int k, auto) { store(y + m * y_place_stride + k, sum_at(m * place_stride + k, V())); });
        }
    }, packs && is_aligned<P>(x, place_stride) && is_aligned<P>(y, y_place_stride));
}

// The plain sum. One task: a copy.
template <class S, class R>
DEVICE void sum_strided(const S* x, R* y, long long M, int K, int T, long long task_stride, long long place_stride,
                        long long y_place_stride) {
    sum_strided_by(x, y, M, K, T, task_stride, place_stride, y_place_stride, [](auto value, int) { return value; });
}

// y, places y_place_stride apart, is the sum of T tasks: a stack's (strides M * K, K), a channel-packed one's (K, T * K), or one task's: a slice's copy.
template <class S>
DEVICE void sum_tasks_of(const S* x, S* y, long long M, int K, int T, long long x_task_stride, long long x_place_stride,
                         long long y_place_stride) {
    sum_strided(x, y, M, K, T, x_task_stride, x_place_stride, y_place_stride);
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 53 (bf16 106), resident 4
KERNELS(sum_tasks,
        (const S* __restrict__ x, S* __restrict__ y, long long M, int K, int T, long long x_task_stride, long long x_place_stride,
         long long y_place_stride),
        (x, y, M, K, T, x_task_stride, x_place_stride, y_place_stride))

// y is the sum of coefficients[t] times task t, as sum_tasks adds them: by coefficients of 1 it is the same, bit for bit. Up to
// MOST_TASKS tasks. A coefficient is rounded to a float first. One of 0 times NaN is NaN, as everywhere.
template <class S>
DEVICE void combine_tasks_of(const S* x, S* y, long long M, int K, int T, long long x_task_stride, long long x_place_stride,
                             long long y_place_stride, const double* coefficients) {
    SHARED(float, factors, MOST_TASKS);
    for (int t = threadIdx.x; t < T; t += THREADS) factors[t] = (float)coefficients[t];
    __syncthreads();
    sum_strided_by(x, y, M, K, T, x_task_stride, x_place_stride, y_place_stride,
                   [&](auto value, int t) { return value * factors[t]; });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 60 (bf16 117), resident 4
KERNELS(combine_tasks,
        (const S* __restrict__ x, S* __restrict__ y, long long M, int K, int T, long long x_task_stride, long long x_place_stride,
         long long y_place_stride, const double* __restrict__ coefficients),
        (x, y, M, K, T, x_task_stride, x_place_stride, y_place_stride, coefficients))

// x *= weight[0] in M places of K channels, x_place_stride elements from one place to the next; what stands between them stays.
template <class S> DEVICE void scale_by_weight_of(S* x, long long M, int K, long long x_place_stride, const float* weight) {
    typedef PackOf<S> P;
    float factor = weight[0];
    auto scale = [&](S* at, auto v) { using V = decltype(v); store(at, load<V>(at) * factor); };
    if (x_place_stride == K) {
        each_element<S>(M * K, [&](long long i, auto v) { scale(x + i, v); }, is_aligned<P>(x));
        return;
    }
    with_lanes<S>(M, K, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long m = begin + lanes.row; m < end; m += lanes.rows) {
            each_channel<V>(K, lanes, [&](int k, auto) { scale(x + m * x_place_stride + k, v); });
        }
    }, K % width_of<P> == 0 && is_aligned<P>(x, x_place_stride));  // else packs of the fast way overlap, and scale twice
}
// counts: loads 1.44 (bf16 1.59), stores 1.45 (bf16 1.63), conflicts 1.00, instructions 141 (bf16 250), resident 4 (bf16 5)
KERNELS(scale_by_weight, (S* x, long long M, int K, long long x_place_stride, const float* __restrict__ weight),
        (x, M, K, x_place_stride, weight))

// y [M][K] in float32 from a slice of activations.
template <class S> DEVICE void widen_of(const S* x, float* y, long long M, int K, long long x_place_stride) {
    sum_strided(x, y, M, K, 1, 0, x_place_stride, K);
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 47 (bf16 75), resident 4
KERNELS(widen, (const S* __restrict__ x, float* __restrict__ y, long long M, int K, long long x_place_stride),
        (x, y, M, K, x_place_stride))

// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 57, resident 4
KERNEL(narrow, const float* __restrict__ x, bf16* __restrict__ y, long long n) {
    each_element(n, [&](long long i, auto v) { using V = decltype(v); store(y + i, load<V>(x + i)); });
}

// [T][M][K] -> [M][T*K]
template <class S> DEVICE void pack_tasks_of(const S* x, S* y, long long M, int K, int T) {
    with_lanes<S>(M, K, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long m = begin + lanes.row; m < end; m += lanes.rows) {
            for (int t = 0; t < T; t++) {
                const S* from = x + (t * M + m) * K;
                S* to = y + (m * T + t) * K;
                each_channel<V>(K, lanes, [&](int k, auto) { store(to + k, load<V>(from + k)); });
            }
        }
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 55 (bf16 96), resident 6
KERNELS(pack_tasks, (const S* __restrict__ x, S* __restrict__ y, long long M, int K, int T), (x, y, M, K, T))

// B matrices of R x C become C x R, tile by tile.
#if FAST
template <class S> DEVICE void transpose_of(const S* x, S* y, int B, int R, int C) {
    constexpr int TILE = 32;
    long long down = (R + TILE - 1) / TILE, across = (C + TILE - 1) / TILE;
    for (long long k = blockIdx.x; k < B * down * across; k += gridDim.x) {
        long long matrix = k / (down * across);
        int r0 = (int)(k / across % down) * TILE, c0 = (int)(k % across) * TILE;
        int height = smaller(TILE, R - r0), width = smaller(TILE, C - c0);
        const S* from = x + (matrix * R + r0) * C + c0;
        S* to = y + (matrix * C + c0) * R + r0;
        for (int c = 0; c < width; c++) {
            for (int r = 0; r < height; r++) to[(long long)c * R + r] = from[(long long)r * C + c];
        }
    }
}
#else
// A tile is 32 words of 4 bytes high, and as many elements wide as high: a word holds one column's element of a row, in bf16 of two
// rows. Word g of column c stands where 32 lanes meet 32 banks, both when a row's packs are taken apart (8 packs of each of 4 rows a
// warp) and when a column's are put together.
template <class S> struct TransposeTile {
    static constexpr int rows = 4 / sizeof(S);  // that a word holds
    static constexpr int size = 32 * rows;      // elements
    static constexpr int words = size * 33 + (rows - 1) * 4;

    static MEMBER int word(int c, int g) { return c * 33 + c / 32 * 4 + g; }
};

// The words of a pack's columns: of a row's 4 floats, or of two rows' 8 bf16.
DEVICE void take_apart(const uint4 (&row)[1], unsigned int (&words)[4]) {
    words[0] = row[0].x;
    words[1] = row[0].y;
    words[2] = row[0].z;
    words[3] = row[0].w;
}
DEVICE void take_apart(const uint4 (&row)[2], unsigned int (&words)[8]) {
    unsigned int upper[4], lower[4];
    take_apart({row[0]}, upper);
    take_apart({row[1]}, lower);
    UNROLL
    for (int k = 0; k < 4; k++) {
        words[2 * k] = __byte_perm(upper[k], lower[k], 0x5410);
        words[2 * k + 1] = __byte_perm(upper[k], lower[k], 0x7632);
    }
}
DEVICE unsigned int raw(const float* p) { return __float_as_uint(*p); }
DEVICE unsigned int raw(const bf16* p) { return p->bits; }
DEVICE void store_raw(float* p, unsigned int word, int) { *p = __uint_as_float(word); }
DEVICE void store_raw(bf16* p, unsigned int word, int row) { p->bits = (unsigned short)(word >> 16 * row); }

template <class S> DEVICE void load_tile(const S* from, int C, int height, int width, bool packs, unsigned int* tile) {
    typedef TransposeTile<S> Tile;
    if (packs) {
        constexpr int W = width_of<PackOf<S>>;
        int g = threadIdx.x / 8, c = threadIdx.x % 8 * W;
        if (g * Tile::rows >= height || c >= width) return;
        uint4 row[Tile::rows];
        UNROLL
        for (int k = 0; k < Tile::rows; k++) {
            int r = smaller(g * Tile::rows + k, height - 1);
            row[k] = *reinterpret_cast<const uint4*>(from + (long long)r * C + c);
        }
        unsigned int words[W];
        take_apart(row, words);
        UNROLL
        for (int k = 0; k < W; k++) tile[Tile::word(c + k, g)] = words[k];
        return;
    }
    for (int e = threadIdx.x; e < 32 * Tile::size; e += THREADS) {
        int g = e / Tile::size, c = e % Tile::size;
        if (g * Tile::rows >= height || c >= width) continue;
        unsigned int word = 0;
        UNROLL
        for (int k = 0; k < Tile::rows; k++) {
            int r = smaller(g * Tile::rows + k, height - 1);
            word |= raw(from + (long long)r * C + c) << 16 * k;
        }
        tile[Tile::word(c, g)] = word;
    }
}

template <class S> DEVICE void store_tile(S* to, int R, int height, int width, bool packs, const unsigned int* tile) {
    typedef TransposeTile<S> Tile;
    if (packs) {
        int g = threadIdx.x % 8 * 4;
        if (g * Tile::rows >= height) return;
        for (int c = threadIdx.x / 8; c < width; c += THREADS / 8) {
            const unsigned int* words = tile + Tile::word(c, g);
            store_words(to + (long long)c * R + g * Tile::rows, joined(words[0], words[1]), joined(words[2], words[3]));
        }
        return;
    }
    for (int e = threadIdx.x; e < Tile::size * Tile::size; e += THREADS) {
        int c = e / Tile::size, r = e % Tile::size;
        if (r < height && c < width) store_raw(to + (long long)c * R + r, tile[Tile::word(c, r / Tile::rows)], r % Tile::rows);
    }
}

template <class S>
DEVICE void transpose_tile(const S* from, S* to, int R, int C, int height, int width, bool load_packs, bool store_packs) {
    SHARED(unsigned int, tile, TransposeTile<S>::words);
    __syncthreads();
    load_tile(from, C, height, width, load_packs, tile);
    __syncthreads();
    store_tile(to, R, height, width, store_packs, tile);
}

template <class S> DEVICE void transpose_of(const S* x, S* y, int B, int R, int C) {
    constexpr int TILE = TransposeTile<S>::size;
    int down = (R + TILE - 1) / TILE, across = (C + TILE - 1) / TILE;
    bool load_packs = is_aligned<PackOf<S>>(x, C), store_packs = is_aligned<PackOf<S>>(y, R);
    Divisor rows(down), columns(across);
    unsigned int tiles = (unsigned int)B * down * across;
    for (unsigned int k = blockIdx.x; k < tiles; k += gridDim.x) {
        Place at(k, rows, columns);
        int r0 = at.row * TILE, c0 = at.column * TILE;
        const S* from = x + ((long long)at.image * R + r0) * C + c0;
        S* to = y + ((long long)at.image * C + c0) * R + r0;
        transpose_tile(from, to, R, C, smaller(TILE, R - r0), smaller(TILE, C - c0), load_packs, store_packs);
    }
}
#endif
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 151 (bf16 180), resident 4
KERNELS(transpose, (const S* __restrict__ x, S* __restrict__ y, int B, int R, int C), (x, y, B, R, C))

// y += bias in M places of K channels, `pitch` elements from one place to the next.
template <class S> DEVICE void bias_forward_of(S* y, const float* bias, long long M, int K, long long pitch) {
    Columns columns(M, K);
    long long begin, end;
    columns.range(blockIdx.x, gridDim.x, begin, end);
    for (int chunk = 0; chunk < columns.width; chunk += CHUNK) {
        ChunkLanes lanes(columns, chunk);
        Parameters b(bias, lanes, K);
        Pitched places(y, columns, lanes, pitch);
        each_row<rows_at_once<S, 1>>(begin, end, lanes, places.whole(),
            [&](long long row) { return y + row * places.row; },
            [&](const S* here, int q, auto known) { return places.load_from(here, q, known); },
            [&](S* here, int q, const Pack& v, auto known) { places.store_to(here, q, v + b.value[q], known); });
    }
    if (blockIdx.x != gridDim.x - 1) return;
    for (int i = threadIdx.x; i < (int)(M - columns.tail) * K; i += THREADS) {
        int k = i % K;
        S* at = y + (columns.tail + i / K) * pitch + k;
        store(at, load<float>(at) + bias[k]);
    }
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 71 (bf16 164), resident 4 (bf16 5)
KERNELS(bias_forward, (S* y, const float* __restrict__ bias, long long M, int K, long long pitch), (y, bias, M, K, pitch))

// partials [gridDim.x][T][K]: the column sums of this block's places, task by task.
template <class S>
DEVICE void bias_backward_of(const S* dy, float* partials, long long M, int K, int T, long long task_stride,
                             long long place_stride) {
    if (task_stride == K && place_stride == (long long)T * K) {  // the tasks' channels side by side are T * K channels
        K *= T;
        T = 1;
    }
    Columns columns = columns_to_sum(M, K);
    long long begin, end;
    columns.range(blockIdx.x, gridDim.x, begin, end);
    for (int t = 0; t < T; t++) {
        const S* d = dy + t * task_stride;
        float* out = partials + ((long long)blockIdx.x * T + t) * K;
        for (int chunk = 0; chunk < columns.width; chunk += CHUNK) {
            ChunkLanes lanes(columns, chunk);
            Pitched places(d, columns, lanes, place_stride);
            Sums<1> sums;
            sum_each_row<rows_at_once<S, 1>>(begin, end, lanes, sums, places.whole(),
                [&](long long row) { return d + row * places.row; },
                [&](const S* here, int q, auto known) { return places.load_from(here, q, known); },
                [&](const S*, int q, const Pack& v, auto) { sums.now[0][q] += v; });
            sums.fold(0, columns, chunk, lanes, out);
        }
        if (blockIdx.x != gridDim.x - 1) continue;
        for (int k = threadIdx.x; k < K; k += THREADS) {
            float sum = out[k];
            for (long long m = columns.tail; m < M; m++) sum += load<float>(d + m * place_stride + k);
            out[k] = sum;
        }
    }
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, bytes 1.00 (bf16 1.04), instructions 85 (bf16 206), resident 4
KERNELS(bias_backward,
        (const S* __restrict__ dy, float* __restrict__ partials, long long M, int K, int T, long long task_stride,
         long long place_stride),
        (dy, partials, M, K, T, task_stride, place_stride))

// per_task [T][K] and total [K]; either may be null.
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 108, resident 5
KERNEL(bias_backward_finish, const float* __restrict__ partials, int blocks, float* __restrict__ per_task,
       float* __restrict__ total, int K, int T) {
    each_finish_column(K, [&](long long k, bool valid) {
        double all_tasks = 0;
        for (int t = 0; t < T; t++) {
            double sum = sum_over_blocks(partials, blocks, (long long)T * K, t * K + k, valid);
            all_tasks += sum;
            if (valid && per_task && finish_lane() == 0) per_task[t * K + k] = (float)sum;
        }
        if (valid && total && finish_lane() == 0) total[k] = (float)all_tasks;
    });
}
