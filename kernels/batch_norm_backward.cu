// Batch normalisation over M = N*H*W places of C channels, backward, for T cotangents at once.
//
// With y = gamma * xhat + beta, xhat = (x - mean) * inverse_std, and dy' = dy where y > 0 (all of dy without relu):
// dbeta = sum dy', dgamma = sum dy' xhat, dx = gamma * inverse_std * (dy' - dbeta/M - xhat * dgamma/M), task by task.
// x [M][C], its places x_place_stride elements apart; dy and dx for T tasks: element (t, m, c) stands at
// t * task_stride + m * place_stride + c, so [T][M][C] (strides M * C and C) or packed by channel [M][T*C] (C and T * C).
// Tensors are float32 or bf16; statistics, parameters and sums float32.
//
// Behind an addition dy goes on to both sides; behind a 2 x 2 pooling or unpooling it is read where the window's index says, so
// that the dense one is never in memory.
//
// Bytes an element, E being a tensor's element (4 or 2):
//   backward_reduce(_tasks)  E + E T up to T = 4, the fewest possible; E more for every further 4 tasks
//   backward_apply(_tasks)   E + 2 E T up to T = 3, the fewest possible, and E for the sum; beyond, E more for every 3 tasks, and the
//                            sum reads x and dy once more; the sum alone E + E T + E, the fewest possible
//   add_backward_reduce      4 E (3 E without relu, y not being read), the fewest possible
//   pool_backward_reduce     E of the large side, E + 1 of the small: all taps are read and one is chosen, since 9 in 10 of the 32-byte
//                            sectors of float32 hold one that was taken
//   pool_backward_apply      2 E of the large side, E + 1 of the small, the fewest possible
//   unpool_backward_reduce   E of the large side (likewise), E + 1 of the small
//   unpool_backward_apply    E of the large side (likewise), 2 E + 1 of the small
// and 3 to 12 operations an element and task. Memory is the limit everywhere; the mask is recomputed from x rather than stored.
// Where C is no multiple of WIDTH, what is not contiguous is read by single elements.
// backward_reduce and backward_apply are for one task, as most normalisations have it, and *_tasks for any number: a thread's sums, or
// gradients, of up to 4 tasks stand in registers, so that a multiprocessor holds two blocks of these, and four of those, as of the
// reductions behind windows. For the registers of four the compiler works out xhat and gamma * inverse_std anew where they are used: 11 to
// 34 warp instructions a KiB more of 1 x 80 x 80 x 128. In bf16 the instructions are more than memory allows for the reasons that
// batch_norm.cu names.
#include "batch_norm.cuh"
#include "windows.cuh"

// T tensors of [M][C] in one of the two layouts, or one that may be a slice of a wider one.
template <class S> struct Stack {
    S* data;
    long long task_stride, place_stride;

    MEMBER S* at(int t, long long m, int c) const { return data + t * task_stride + m * place_stride + c; }
};

// Loads packs of x and of G tasks' dy, row by row.
template <class S, int G> struct StackCursor {
    const S *x, *dy, *x_row, *dy_row;
    long long task_stride;
    Pitched x_places, dy_places;

    MEMBER StackCursor(const Stack<const S>& x, const Stack<const S>& dy, int t, const Columns& columns, const ChunkLanes& lanes,
                       int tasks = G)
        : x(x.data), dy(dy.at(t, 0, 0)), task_stride(dy.task_stride), x_places(x.data, columns, lanes, x.place_stride),
          dy_places(dy.at(t, 0, 0), columns, lanes, dy.place_stride, tasks == 1 ? 0 : dy.task_stride) {}

    MEMBER void go_to(long long row) {
        x_row = x + row * x_places.row;
        dy_row = dy + row * dy_places.row;
    }
    MEMBER bool contiguous() const { return x_places.contiguous && dy_places.contiguous; }
    template <class K> MEMBER Pack cotangent(int k, int q, K known) const {
        return dy_places.load_from(dy_row + k * task_stride, q, known);
    }
    template <class K> MEMBER void load_into(int q, Pack& into, Pack (&d)[G], K known) const {
        into = x_places.load_from(x_row, q, known);
        UNROLL
        for (int k = 0; k < G; k++) d[k] = cotangent(k, q, known);
    }
};

// out [G][2][C]: sums of G tasks' dy' and dy' * xhat over the block's places. cursor_of(lanes) loads packs of a chunk; load_one(m, c,
// x, d) single floats.
template <int G, class CursorOf, class LoadOne>
DEVICE void reduce_by(const Columns& columns, const Normalisation& n, int relu, float* out, CursorOf cursor_of, LoadOne load_one) {
    int C = columns.channels;
    long long begin, end;
    columns.range(blockIdx.x, gridDim.x, begin, end);
    for (int chunk = 0; chunk < columns.width; chunk += CHUNK) {
        ChunkLanes lanes(columns, chunk);
        NormalisationColumns normalisation(n, lanes, C);
        auto cursor = cursor_of(lanes);
        Sums<2 * G> sums;
        sum_rows(begin, end, lanes, sums, [&](long long row) {
            cursor.go_to(row);
            each_pack(lanes, cursor.contiguous(), [&](int q, auto known) {
                Pack x, d[G];
                cursor.load_into(q, x, d, known);
                Channels<Pack> channels = normalisation.channels(q);
                Pack xhat = channels.normalised(x), y = channels.affine(xhat);
                UNROLL
                for (int k = 0; k < G; k++) {
                    if (relu) d[k] = gate(y, d[k]);
                    sums.now[2 * k][q] += d[k];
                    sums.now[2 * k + 1][q] += d[k] * xhat;
                }
            });
        });
        UNROLL
        for (int v = 0; v < 2 * G; v++) sums.fold(v, columns, chunk, lanes, out + v * C);
    }
    if (blockIdx.x != gridDim.x - 1) return;
    for (int c = threadIdx.x; c < C; c += THREADS) {
        Channels<float> channel = channel_of(n, c);
        for (long long m = columns.tail; m < columns.places; m++) {
            float x, d[G];
            load_one(m, c, x, d);
            float xhat = channel.normalised(x), y = channel.affine(xhat);
            UNROLL
            for (int k = 0; k < G; k++) {
                if (relu) d[k] = gate(y, d[k]);
                out[2 * k * C + c] += d[k];
                out[(2 * k + 1) * C + c] += d[k] * xhat;
            }
        }
    }
}

// Tasks t to t + G - 1, x being read once for all of them.
template <int G, class S>
DEVICE void reduce_tasks(const Stack<const S>& x, const Stack<const S>& dy, const Normalisation& n, float* partials, long long M,
                         int C, int t, int T, int relu) {
    Columns columns = columns_to_sum(M, C);
    reduce_by<G>(columns, n, relu, partials + ((long long)blockIdx.x * T + t) * 2 * C,
        [&](const ChunkLanes& lanes) { return StackCursor<S, G>(x, dy, t, columns, lanes); },
        [&](long long m, int c, float& into, float (&d)[G]) {
            into = load<float>(x.at(0, m, c));
            UNROLL
            for (int k = 0; k < G; k++) d[k] = load<float>(dy.at(t + k, m, c));
        });
}

// partials [gridDim.x][2][C]: sums of dy' and of dy' * xhat over the block's places, for one task.
template <class S>
DEVICE void batch_norm_backward_reduce_of(const Stack<const S>& x, const Stack<const S>& dy, const Normalisation& n,
                                          float* partials, long long M, int C, int relu) {
    reduce_tasks<1>(x, dy, n, partials, M, C, 0, 1, relu);
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, bytes 1.00 (bf16 1.04), instructions 106 (bf16 242), resident 4
KERNELS(batch_norm_backward_reduce,
        (const S* __restrict__ x, const S* __restrict__ dy, const float* __restrict__ mean, const float* __restrict__ inverse_std,
         const float* __restrict__ gamma, const float* __restrict__ beta, float* __restrict__ partials, long long M, int C,
         long long x_place_stride, long long dy_place_stride, int relu),
        (Stack<const S>{x, 0, x_place_stride}, Stack<const S>{dy, 0, dy_place_stride}, Normalisation{mean, inverse_std, gamma, beta},
         partials, M, C, relu))

// partials [gridDim.x][T][2][C]: the same for any number of tasks.
template <class S>
DEVICE void batch_norm_backward_reduce_tasks_of(const Stack<const S>& x, const Stack<const S>& dy, const Normalisation& n,
                                                float* partials, long long M, int C, int T, int relu) {
    int t = 0;
    for (; t + 4 <= T; t += 4) reduce_tasks<4>(x, dy, n, partials, M, C, t, T, relu);
    if (T - t == 3) reduce_tasks<3>(x, dy, n, partials, M, C, t, T, relu);
    if (T - t == 2) reduce_tasks<2>(x, dy, n, partials, M, C, t, T, relu);
    if (T - t == 1) reduce_tasks<1>(x, dy, n, partials, M, C, t, T, relu);
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, bytes 1.03 (bf16 1.05), instructions 84 (bf16 218), resident 2
RESIDENT_KERNELS(2, batch_norm_backward_reduce_tasks,
        (const S* __restrict__ x, const S* __restrict__ dy, const float* __restrict__ mean, const float* __restrict__ inverse_std,
         const float* __restrict__ gamma, const float* __restrict__ beta, float* __restrict__ partials, long long M, int C,
         long long x_place_stride, long long dy_place_stride, int relu, int T, long long dy_task_stride),
        (Stack<const S>{x, 0, x_place_stride}, Stack<const S>{dy, dy_task_stride, dy_place_stride},
         Normalisation{mean, inverse_std, gamma, beta}, partials, M, C, T, relu))

// sums [T][2][C]; dgamma and dbeta [C] over all tasks; either of these may be null.
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 91, resident 4
KERNEL(batch_norm_backward_finish, const float* __restrict__ partials, int blocks, float* __restrict__ sums,
       float* __restrict__ dgamma, float* __restrict__ dbeta, int C, int T) {
    each_finish_column(C, [&](long long c, bool valid) {
        double beta = 0, gamma = 0;
        for (int t = 0; t < T; t++) {
            long long at = (long long)t * 2 * C + c;
            double plain = sum_over_blocks(partials, blocks, (long long)T * 2 * C, at, valid);
            double scaled = sum_over_blocks(partials, blocks, (long long)T * 2 * C, at + C, valid);
            beta += plain;
            gamma += scaled;
            if (!valid || finish_lane() != 0) continue;
            sums[at] = (float)plain;
            sums[at + C] = (float)scaled;
        }
        if (!valid || finish_lane() != 0) return;
        if (dgamma) dgamma[c] = (float)gamma;
        if (dbeta) dbeta[c] = (float)beta;
    });
}

// gamma * inverse_std * (dy' - (plain + xhat * scaled) / M) from the sums, factor being the first product and over 1 / M. As it is
// written every product but the last meets an addition, so that compilers contract it alike in every kernel.
template <class V> DEVICE V gradient(const V& d, const V& xhat, const V& factor, const V& plain, const V& scaled, float over) {
    return factor * (d - (plain + xhat * scaled) * over);
}

// Tasks t to t + G - 1, x being read once for all of them, and their sum, which may be null.
template <int G, class S>
DEVICE void apply_tasks(const Stack<const S>& x, const Stack<const S>& dy, const Normalisation& n, const float* sums,
                        const Stack<S>& dx, S* sum, long long M, int C, int t, int relu) {
    Columns columns(M, C);
    long long begin, end;
    columns.range(blockIdx.x, gridDim.x, begin, end);
    float over = 1.0f / M;
    sums += (long long)t * 2 * C;
    for (int chunk = 0; chunk < columns.width; chunk += CHUNK) {
        ChunkLanes lanes(columns, chunk);
        NormalisationColumns normalisation(n, lanes, C);
        StackCursor<S, G> cursor(x, dy, t, columns, lanes);
        Pitched to(dx.at(t, 0, 0), columns, lanes, dx.place_stride, G == 1 ? 0 : dx.task_stride);
        Pack plain[G][PACKS], scaled[G][PACKS];
        UNROLL
        for (int k = 0; k < G; k++) {
            Parameters first(sums + 2 * k * C, lanes, C), second(sums + (2 * k + 1) * C, lanes, C);
            EACH_PACK(q, lanes) {
                plain[k][q] = first.value[q];
                scaled[k][q] = second.value[q];
            }
        }
        for (long long row = begin + lanes.row; row < end; row += lanes.rows) {
            cursor.go_to(row);
            each_pack(lanes, cursor.contiguous() && to.contiguous, [&](int q, auto known) {
                Pack v, d[G], total = pack(0);
                cursor.load_into(q, v, d, known);
                Channels<Pack> channels = normalisation.channels(q);
                Pack xhat = channels.normalised(v), y = channels.affine(xhat), factor = channels.gamma * channels.inverse_std;
                UNROLL
                for (int k = 0; k < G; k++) {
                    if (relu) d[k] = gate(y, d[k]);
                    Pack out = gradient(d[k], xhat, factor, plain[k][q], scaled[k][q], over);
                    total += out;
                    to.store_to(dx.at(t + k, 0, 0) + row * to.row, q, out, known);
                }
                if (sum) store(sum + row * columns.width + lanes.column + q * WIDTH, total);
            });
        }
    }
    each_of_tail(columns, [&](long long m, int c) {
        Channels<float> channel = channel_of(n, c);
        float xhat = channel.normalised(load<float>(x.at(0, m, c))), y = channel.affine(xhat), total = 0;
        for (int k = 0; k < G; k++) {
            float d = load<float>(dy.at(t + k, m, c));
            if (relu) d = gate(y, d);
            const float* task_sums = sums + 2 * k * C + c;
            float out = gradient(d, xhat, channel.gamma * channel.inverse_std, task_sums[0], task_sums[C], over);
            total += out;
            store(dx.at(t + k, m, c), out);
        }
        if (sum) store(sum + m * C + c, total);
    });
}

// The sum over all tasks alone, by linearity the gradient of their sum.
template <class S>
DEVICE void apply_sum(const Stack<const S>& x, const Stack<const S>& dy, const Normalisation& n, const float* sums, S* sum,
                      long long M, int C, int T, int relu) {
    Columns columns(M, C);
    long long begin, end;
    columns.range(blockIdx.x, gridDim.x, begin, end);
    float over = 1.0f / M;
    for (int chunk = 0; chunk < columns.width; chunk += CHUNK) {
        ChunkLanes lanes(columns, chunk);
        NormalisationColumns normalisation(n, lanes, C);
        StackCursor<S, 1> cursor(x, dy, 0, columns, lanes, T);
        Parameters plain(sums, lanes, C), scaled(sums + C, lanes, C);
        for (int t = 1; t < T; t++) {
            Parameters more_plain(sums + 2 * t * C, lanes, C), more_scaled(sums + (2 * t + 1) * C, lanes, C);
            EACH_PACK(q, lanes) {
                plain.value[q] += more_plain.value[q];
                scaled.value[q] += more_scaled.value[q];
            }
        }
        for (long long row = begin + lanes.row; row < end; row += lanes.rows) {
            cursor.go_to(row);
            each_pack(lanes, cursor.contiguous(), [&](int q, auto known) {
                Pack v, d[1];
                cursor.load_into(q, v, d, known);
                NO_UNROLL
                for (int t = 1; t < T; t++) d[0] += cursor.cotangent(t, q, known);
                Channels<Pack> channels = normalisation.channels(q);
                Pack xhat = channels.normalised(v);
                if (relu) d[0] = gate(channels.affine(xhat), d[0]);
                Pack out = gradient(d[0], xhat, channels.gamma * channels.inverse_std, plain.value[q], scaled.value[q], over);
                store(sum + row * columns.width + lanes.column + q * WIDTH, out);
            });
        }
    }
    each_of_tail(columns, [&](long long m, int c) {
        Channels<float> channel = channel_of(n, c);
        float xhat = channel.normalised(load<float>(x.at(0, m, c))), d = 0, plain = 0, scaled = 0;
        for (int t = 0; t < T; t++) {
            d += load<float>(dy.at(t, m, c));
            plain += sums[2 * t * C + c];
            scaled += sums[(2 * t + 1) * C + c];
        }
        if (relu) d = gate(channel.affine(xhat), d);
        store(sum + m * C + c, gradient(d, xhat, channel.gamma * channel.inverse_std, plain, scaled, over));
    });
}

// dx, for one task. dy may be dx where their strides are the same.
template <class S>
DEVICE void batch_norm_backward_apply_of(const Stack<const S>& x, const Stack<const S>& dy, const Normalisation& n,
                                         const float* sums, const Stack<S>& dx, long long M, int C, int relu) {
    apply_tasks<1>(x, dy, n, sums, dx, (S*)nullptr, M, C, 0, relu);
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 117 (bf16 255), resident 4
KERNELS(batch_norm_backward_apply,
        (const S* __restrict__ x, const S* dy, const float* __restrict__ mean, const float* __restrict__ inverse_std,
         const float* __restrict__ gamma, const float* __restrict__ beta, const float* __restrict__ sums, S* dx, long long M, int C,
         long long x_place_stride, long long dy_place_stride, long long dx_place_stride, int relu),
        (Stack<const S>{x, 0, x_place_stride}, Stack<const S>{dy, 0, dy_place_stride}, Normalisation{mean, inverse_std, gamma, beta},
         sums, Stack<S>{dx, 0, dx_place_stride}, M, C, relu))

// dx of each of any number of tasks, and sum [M][C], that of all of them, added up in float32; either may be null. dy may be dx where
// their strides are the same.
template <class S>
DEVICE void batch_norm_backward_apply_tasks_of(const Stack<const S>& x, const Stack<const S>& dy, const Normalisation& n,
                                               const float* sums, const Stack<S>& dx, S* sum, long long M, int C, int T, int relu) {
    bool together = dx.data && T <= 3;
    if (sum && !together) apply_sum(x, dy, n, sums, sum, M, C, T, relu);
    if (!dx.data) return;
    if (!together) sum = nullptr;
    int t = 0;
    for (; t + 3 <= T; t += 3) apply_tasks<3>(x, dy, n, sums, dx, sum, M, C, t, relu);
    if (T - t == 2) apply_tasks<2>(x, dy, n, sums, dx, sum, M, C, t, relu);
    if (T - t == 1) apply_tasks<1>(x, dy, n, sums, dx, sum, M, C, t, relu);
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 131 (bf16 277), resident 2
RESIDENT_KERNELS(2, batch_norm_backward_apply_tasks,
        (const S* __restrict__ x, const S* dy, const float* __restrict__ mean, const float* __restrict__ inverse_std,
         const float* __restrict__ gamma, const float* __restrict__ beta, const float* __restrict__ sums, S* dx, long long M, int C,
         long long x_place_stride, long long dy_place_stride, long long dx_place_stride, int relu, S* sum, int T,
         long long dy_task_stride, long long dx_task_stride),
        (Stack<const S>{x, 0, x_place_stride}, Stack<const S>{dy, dy_task_stride, dy_place_stride},
         Normalisation{mean, inverse_std, gamma, beta}, sums, Stack<S>{dx, dx_task_stride, dx_place_stride}, sum, M, C, T, relu))

// ------------------------------------------------------------------------------------------------ behind an addition

// Loads packs of x and of dy where y > 0, which are also stored.
template <class S> struct GatedCursor {
    const S *x, *y, *dy;
    S* gated;
    int width, column, relu;
    long long at;

    MEMBER void go_to(long long row) { at = row * width + column; }
    template <class V> MEMBER void load_at(long long i, V& into, V (&d)[1]) const {
        into = load<V>(x + i);
        d[0] = load<V>(dy + i);
        if (relu) d[0] = gate(load<V>(y + i), d[0]);
        store(gated + i, d[0]);
    }
    MEMBER bool contiguous() const { return true; }
    template <class K> MEMBER void load_into(int q, Pack& into, Pack (&d)[1], K) const { load_at(at + q * WIDTH, into, d); }
};

// gated [M][C] = dy where y = relu(bn(x) + residual) is > 0, all of dy without relu: the residual's cotangent, and the normalisation's.
// It may be dy. partials as in batch_norm_backward_reduce without relu, for one task.
template <class S>
DEVICE void batch_norm_add_backward_reduce_of(const S* x, const S* y, const S* dy, const Normalisation& n, S* gated, float* partials,
                                              long long M, int C, int relu) {
    Columns columns = columns_to_sum(M, C);
    GatedCursor<S> cursor{x, y, dy, gated, columns.width, 0, relu, 0};
    reduce_by<1>(columns, n, 0, partials + (long long)blockIdx.x * 2 * C,
        [&](const ChunkLanes& lanes) {
            cursor.column = lanes.column;
            return cursor;
        },
        [&](long long m, int c, float& into, float (&d)[1]) { cursor.load_at(m * C + c, into, d); });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 44 (bf16 117), resident 4
KERNELS(batch_norm_add_backward_reduce,
        (const S* __restrict__ x, const S* __restrict__ y, const S* dy, const float* __restrict__ mean,
         const float* __restrict__ inverse_std, const float* __restrict__ gamma, const float* __restrict__ beta, S* gated,
         float* __restrict__ partials, long long M, int C, int relu),
        (x, y, dy, Normalisation{mean, inverse_std, gamma, beta}, gated, partials, M, C, relu))

// ------------------------------------------------------------------------------------------------ behind a pooling or unpooling

// As set_lane, of a lane that is no constant, by which no register can be named.
DEVICE void set_any_lane(Pack& a, int k, float x) {
#if FAST
    set_lane(a, k, x);
#else
    UNROLL
    for (int j = 0; j < WIDTH; j++) {
        if (j == k) set_lane(a, j, x);
    }
#endif
}

// Loads, for packs of windows' channels, the large side's tap that the index names, and the small side's value. X_IS_LARGE: x is the
// large side and dy the small one, as in pooling; otherwise the other way round.
template <class S, bool X_IS_LARGE> struct WindowCursor {
    const S *large, *small;
    const unsigned char* index;
    Halving h;
    int group, column;
#if FAST
    typedef long long Window;
#else
    typedef unsigned int Window;  // there are fewer than 2^31, and registers are short
#endif
    Window first;    // the row's
    long long from;  // its first tap, where it is the only window

    MEMBER void go_to(long long row) {
        first = (Window)row * group;
        if (group == 1) from = h.large(window(first));
    }
    MEMBER Place window(long long i) const { return h.whole_window(i); }
    template <class V> MEMBER void load_at(long long tap, long long i, V& into, V (&d)[1]) const {
        V named = indexed_tap<V>(h, large + tap, index + i), other = load<V>(small + i);
        into = X_IS_LARGE ? named : other;
        d[0] = X_IS_LARGE ? other : named;
    }
    MEMBER void load_one(long long i, int c, float& into, float (&d)[1]) const {
        load_at(h.large(window(i)) + c, i * h.C + c, into, d);
    }
    MEMBER bool contiguous() const { return true; }
    // Where a pack has channels of several windows they are read one after the other: at once they would take the registers of a block.
    template <class K> MEMBER void load_into(int q, Pack& into, Pack (&d)[1], K) const {
        int c = column + q * WIDTH;
        if (group == 1) return load_at(from + c, (long long)first * h.C + c, into, d);
        NO_UNROLL
        for (int k = 0; k < WIDTH; k++) {
            float x, one[1];
            load_one(first + (c + k) / h.C, (c + k) % h.C, x, one);
            set_any_lane(into, k, x);
            set_any_lane(d[0], k, one[0]);
        }
    }
};

// partials as in batch_norm_backward_reduce, for one task. What is in no window, or was not taken, adds nothing.
template <bool X_IS_LARGE, class S>
DEVICE void reduce_windows(const S* x, const S* dy, const unsigned char* index, const Normalisation& n, float* partials, int N,
                           const Halving& h, int relu) {
    Columns columns((long long)N * h.P() * h.Q(), h.C);
    WindowCursor<S, X_IS_LARGE> cursor{X_IS_LARGE ? x : dy, X_IS_LARGE ? dy : x, index, h, columns.group, 0, 0, 0};
    reduce_by<1>(columns, n, relu, partials + (long long)blockIdx.x * 2 * h.C,
        [&](const ChunkLanes& lanes) {
            cursor.column = lanes.column;
            return cursor;
        },
        [&](long long m, int c, float& into, float (&d)[1]) { cursor.load_one(m, c, into, d); });
}

// x [N][H][W][C]; dy, index [N][H/2][W/2][C].
template <class S>
DEVICE void batch_norm_pool_backward_reduce_of(const S* x, const S* dy, const unsigned char* index, const Normalisation& n,
                                               float* partials, int N, const Halving& h, int relu) {
    reduce_windows<true>(x, dy, index, n, partials, N, h, relu);
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, bytes 1.03 (bf16 1.05), instructions 112 (bf16 243), resident 4
KERNELS(batch_norm_pool_backward_reduce,
        (const S* __restrict__ x, const S* __restrict__ dy, const unsigned char* __restrict__ index, const float* __restrict__ mean,
         const float* __restrict__ inverse_std, const float* __restrict__ gamma, const float* __restrict__ beta,
         float* __restrict__ partials, int N, int H, int W, int C, int relu),
        (x, dy, index, Normalisation{mean, inverse_std, gamma, beta}, partials, N, Halving{H, W, C}, relu))

// x, index [N][H/2][W/2][C]; dy [N][H][W][C].
template <class S>
DEVICE void batch_norm_unpool_backward_reduce_of(const S* x, const S* dy, const unsigned char* index, const Normalisation& n,
                                                 float* partials, int N, const Halving& h, int relu) {
    reduce_windows<false>(x, dy, index, n, partials, N, h, relu);
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, bytes 1.03 (bf16 1.05), instructions 112 (bf16 243), resident 4
KERNELS(batch_norm_unpool_backward_reduce,
        (const S* __restrict__ x, const S* __restrict__ dy, const unsigned char* __restrict__ index, const float* __restrict__ mean,
         const float* __restrict__ inverse_std, const float* __restrict__ gamma, const float* __restrict__ beta,
         float* __restrict__ partials, int N, int H, int W, int C, int relu),
        (x, dy, index, Normalisation{mean, inverse_std, gamma, beta}, partials, N, Halving{H, W, C}, relu))

// What dx of some channels needs besides x and dy.
template <class V> struct ChannelGradients {
    Channels<V> channels;
    V factor, plain, scaled;
    float over;

    MEMBER ChannelGradients(const Normalisation& n, const float* sums, float over, int c, int C)
        : channels(channels_at<V>(n, c)), factor(channels.gamma * channels.inverse_std), plain(load<V>(sums + c)),
          scaled(load<V>(sums + C + c)), over(over) {}

    MEMBER V of(const V& x, V d, int relu) const {
        V xhat = channels.normalised(x);
        if (relu) d = gate(channels.affine(xhat), d);
        return gradient(d, xhat, factor, plain, scaled, over);
    }
};

// dx, x [N][H][W][C]; dy, index [N][H/2][W/2][C].
template <class S>
DEVICE void batch_norm_pool_backward_apply_of(const S* x, const S* dy, const unsigned char* index, const Normalisation& n,
                                              const float* sums, S* dx, int N, const Halving& h, int relu) {
    float over = 1.0f / ((long long)N * h.H * h.W);
    each_place_of_channels(h.windows(N), h.C,
        [&](int c, auto v) { return ChannelGradients<decltype(v)>(n, sums, over, c, h.C); },
        [&](long long i, int c, const auto& gradients, auto v) {
            using V = decltype(v);
            Place window = h.window(i);
            long long first = h.large(window) + c;
            V d = all<V>(0);
            auto code = all_codes(-1, V());
            if (h.is_whole(window)) {
                long long at = h.small(window) + c;
                d = load<V>(dy + at);
                code = load_codes(index + at, V());
            }
            UNROLL
            for (int t = 0; t < 4; t++) {
                if (!h.has_tap(window, t)) continue;
                long long at = first + h.tap(t);
                store(dx + at, gradients.of(load<V>(x + at), select(has_code(code, t), d, all<V>(0)), relu));
            }
        });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 123 (bf16 260), resident 3
RESIDENT_KERNELS(3, batch_norm_pool_backward_apply,
        (const S* __restrict__ x, const S* __restrict__ dy, const unsigned char* __restrict__ index, const float* __restrict__ mean,
         const float* __restrict__ inverse_std, const float* __restrict__ gamma, const float* __restrict__ beta,
         const float* __restrict__ sums, S* __restrict__ dx, int N, int H, int W, int C, int relu),
        (x, dy, index, Normalisation{mean, inverse_std, gamma, beta}, sums, dx, N, Halving{H, W, C}, relu))

// dx, x, index [N][H/2][W/2][C]; dy [N][H][W][C].
template <class S>
DEVICE void batch_norm_unpool_backward_apply_of(const S* x, const S* dy, const unsigned char* index, const Normalisation& n,
                                                const float* sums, S* dx, int N, const Halving& h, int relu) {
    long long places = (long long)N * h.P() * h.Q();
    float over = 1.0f / places;
    each_place_of_channels(places, h.C,
        [&](int c, auto v) { return ChannelGradients<decltype(v)>(n, sums, over, c, h.C); },
        [&](long long i, int c, const auto& gradients, auto v) {
            using V = decltype(v);
            long long at = i * h.C + c;
            V d = indexed_tap<V>(h, dy + h.large(h.whole_window(i)) + c, index + at);
            store(dx + at, gradients.of(load<V>(x + at), d, relu));
        });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 110 (bf16 236), resident 3
RESIDENT_KERNELS(3, batch_norm_unpool_backward_apply,
        (const S* __restrict__ x, const S* __restrict__ dy, const unsigned char* __restrict__ index, const float* __restrict__ mean,
         const float* __restrict__ inverse_std, const float* __restrict__ gamma, const float* __restrict__ beta,
         const float* __restrict__ sums, S* __restrict__ dx, int N, int H, int W, int C, int relu),
        (x, dy, index, Normalisation{mean, inverse_std, gamma, beta}, sums, dx, N, Halving{H, W, C}, relu))
