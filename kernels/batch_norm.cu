// Batch normalisation over M = N*H*W places of C channels, forward, alone or with what stands behind it.
//
// y = gamma * xhat + beta, xhat = (x - mean) * inverse_std, then relu if asked. x, y [M][C], float32 or bf16; all else is float32.
// x may be a slice of a wider tensor, its places x_place_stride elements apart. Before the relu another tensor may be added; behind
// it may stand a max pooling of 2 x 2 windows, or the unpooling of such, the activation itself never being in memory.
//
// Bytes, E being a tensor's element (4 or 2), each the fewest possible: an element, statistics E, forward 2 E, add_forward 3 E;
// pool_forward E an input, E + 1 an output; unpool_forward E + 1 an input, E an output. 3 to 6 operations. Memory is the limit.
// In bf16 half the bytes have the same arithmetic, in float, by packs of 4, and PTX counts more than ptxas leaves of it (README.md,
// Counts). Where there are few places, as in 80 x 80 of one image, warp instructions a KB are more than the 220 or so that memory allows,
// since what a thread works out once is a third to a half of them: of 4 x 160 x 160 x 64 forward has 142 in place of 228, unpool_forward
// 182 in place of 270. statistics has 246 there, its sums being brought together over the block, and pool_forward 255, for rounding and
// comparing each tap.
#include "batch_norm.cuh"
#include "windows.cuh"

// The block's first places' mean: sums of what is left over it lose nothing to a large mean.
constexpr int SHIFT_PLACES = 4;
template <class V, class S> DEVICE V shift_of(const S* x, long long first, long long places, long long pitch, int c) {
    int n = (int)smaller(places, (long long)SHIFT_PLACES);
    V sum = all<V>(0);
    UNROLL
    for (int m = 0; m < SHIFT_PLACES; m++) {
        if (m < n) sum += load<V>(x + (first + m) * pitch + c);
    }
    return n > 0 ? sum / (float)n : sum;
}

// partials [gridDim.x][2][C]: mean, and the sum of squares about it, of the block's places.
template <class S>
DEVICE void batch_norm_statistics_of(const S* x, float* partials, long long M, int C, long long x_place_stride) {
    Columns columns = columns_to_sum(M, C);
    long long begin, end;
    columns.range(blockIdx.x, gridDim.x, begin, end);
    long long places = columns.places_of(blockIdx.x, gridDim.x), first = begin * columns.group;
    float* sum = partials + (long long)blockIdx.x * 2 * C;
    float* square = sum + C;
    for (int chunk = 0; chunk < columns.width; chunk += CHUNK) {
        ChunkLanes lanes(columns, chunk);
        Pitched from(x, columns, lanes, x_place_stride);
        Pack shift[PACKS];
        EACH_PACK(q, lanes) {
            int column = lanes.column + q * WIDTH;
            if (C % WIDTH == 0 && from.by_packs) {
                shift[q] = shift_of<Pack>(x, first, places, x_place_stride, column % C);
                continue;
            }
            UNROLL
            for (int k = 0; k < WIDTH; k++) {
                set_lane(shift[q], k, shift_of<float>(x, first, places, x_place_stride, (column + k) % C));
            }
        }
        Sums<2> sums;
        sum_each_row<rows_at_once<S, 1>>(begin, end, lanes, sums, from.whole(),
            [&](long long row) { return x + row * from.row; },
            [&](const S* here, int q, auto known) { return from.load_from(here, q, known); },
            [&](const S*, int q, const Pack& v, auto) {
                Pack d = v - shift[q];
                sums.now[0][q] += d;
                sums.now[1][q] += d * d;
            });
        sums.fold(0, columns, chunk, lanes, sum);
        sums.fold(1, columns, chunk, lanes, square);
    }
    for (int c = threadIdx.x; c < C; c += THREADS) {
        float shift = shift_of<float>(x, first, places, x_place_stride, c);
        double d1 = sum[c], d2 = square[c];
        if (blockIdx.x == gridDim.x - 1) {
            NO_UNROLL
            for (long long m = columns.tail; m < M; m++) {
                float d = load<float>(x + m * x_place_stride + c) - shift;
                d1 += d;
                d2 += d * d;
            }
        }
        double count = larger(places, 1LL);
        sum[c] = (float)(shift + d1 / count);
        square[c] = (float)larger(d2 - d1 * d1 / count, 0.0);
    }
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, bytes 1.07 (bf16 1.13), instructions 143 (bf16 337), resident 4
KERNELS(batch_norm_statistics,
        (const S* __restrict__ x, float* __restrict__ partials, long long M, int C, long long x_place_stride),
        (x, partials, M, C, x_place_stride))

// Chan's combination of the blocks' statistics, in double.
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 321, resident 4
KERNEL(batch_norm_statistics_finish, const float* __restrict__ partials, int blocks, long long M, int C, float eps,
       float* __restrict__ mean, float* __restrict__ inverse_std, float* __restrict__ unbiased_variance) {
    Columns columns = columns_to_sum(M, C);
    each_finish_column(C, [&](long long c, bool valid) {
        double sum = 0, square = 0;
        if (valid) {
            for (int b = finish_lane(); b < blocks; b += FINISH_LANES) {
                sum += (double)partials[(long long)b * 2 * C + c] * columns.places_of(b, blocks);
            }
        }
        double centre = sum_of_finish_lanes(sum) / M;
        if (valid) {
            for (int b = finish_lane(); b < blocks; b += FINISH_LANES) {
                const float* at = partials + (long long)b * 2 * C + c;
                double away = at[0] - centre;
                square += at[C] + away * away * columns.places_of(b, blocks);
            }
        }
        square = sum_of_finish_lanes(square);
        if (!valid || finish_lane() != 0) return;
        mean[c] = (float)centre;
        inverse_std[c] = (float)(1.0 / sqrt(square / M + eps));
        unbiased_variance[c] = (float)(square / (M > 1 ? M - 1 : 1));
    });
}

// The same of the ranks' statistics, each of M places: all [ranks][2][C] has their means and unbiased variances.
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 154, resident 4
KERNEL(batch_norm_statistics_join, const float* __restrict__ all, int ranks, long long M, int C, float eps, float* __restrict__ mean,
       float* __restrict__ inverse_std, float* __restrict__ unbiased_variance) {
    long long begin, end;
    block_range(C, 1, begin, end);
    double places = (double)M * ranks;
    for (long long c = begin + threadIdx.x; c < end; c += THREADS) {
        double sum = 0, square = 0;
        for (int r = 0; r < ranks; r++) sum += all[2LL * r * C + c];
        double centre = sum / ranks;
        for (int r = 0; r < ranks; r++) {
            double away = all[2LL * r * C + c] - centre;
            square += all[(2LL * r + 1) * C + c] * (double)(M > 1 ? M - 1 : 1) + away * away * M;
        }
        mean[c] = (float)centre;
        inverse_std[c] = (float)(1.0 / sqrt(square / places + eps));
        unbiased_variance[c] = (float)(square / (places > 1 ? places - 1 : 1));
    }
}

// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 601, resident 8
KERNEL(batch_norm_inference_std, const float* __restrict__ running_variance, float eps, float* __restrict__ inverse_std, int C) {
    long long begin, end;
    block_range(C, 1, begin, end);
    for (long long c = begin + threadIdx.x; c < end; c += THREADS) {
        inverse_std[c] = (float)(1.0 / sqrt((double)running_variance[c] + eps));
    }
}

// Where a thread's columns of a row begin.
template <class S> struct Row {
    const S *x, *residual;
    S* y;
};
struct Addends {
    Pack x, residual;
};

// y, places y_place_stride apart, is a channel range of a wider tensor.
template <class S>
DEVICE void batch_norm_forward_into_of(const S* x, const Normalisation& n, S* y, long long M, int C, long long x_place_stride,
                                       long long y_place_stride, int relu) {
    Columns columns(M, C);
    long long begin, end;
    columns.range(blockIdx.x, gridDim.x, begin, end);
    for (int chunk = 0; chunk < columns.width; chunk += CHUNK) {
        ChunkLanes lanes(columns, chunk);
        NormalisationColumns normalisation(n, lanes, C);
        Pitched from(x, columns, lanes, x_place_stride), to(y, columns, lanes, y_place_stride);
        each_row<rows_at_once<S, 1>>(begin, end, lanes, from.whole() && to.whole(),
            [&](long long row) { return Row<S>{x + row * from.row, nullptr, y + row * to.row}; },
            [&](const Row<S>& here, int q, auto known) { return from.load_from(here.x, q, known); },
            [&](const Row<S>& here, int q, const Pack& v, auto known) {
                to.store_to(here.y, q, normalisation.channels(q).applied(v, relu), known);
            });
    }
    each_of_tail(columns, [&](long long m, int c) {
        store(y + m * y_place_stride + c, channel_of(n, c).applied(load<float>(x + m * x_place_stride + c), relu));
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 119 (bf16 263), resident 4
KERNELS(batch_norm_forward_into,
        (const S* __restrict__ x, const float* __restrict__ mean, const float* __restrict__ inverse_std,
         const float* __restrict__ gamma, const float* __restrict__ beta, S* __restrict__ y, long long M, int C,
         long long x_place_stride, long long y_place_stride, int relu),
        (x, Normalisation{mean, inverse_std, gamma, beta}, y, M, C, x_place_stride, y_place_stride, relu))

template <class S>
DEVICE void batch_norm_forward_of(const S* x, const Normalisation& n, S* y, long long M, int C, long long x_place_stride,
                                  int relu) {
    Columns columns(M, C);
    long long begin, end;
    columns.range(blockIdx.x, gridDim.x, begin, end);
    for (int chunk = 0; chunk < columns.width; chunk += CHUNK) {
        ChunkLanes lanes(columns, chunk);
        NormalisationColumns normalisation(n, lanes, C);
        Pitched from(x, columns, lanes, x_place_stride);
        each_row<rows_at_once<S, 1>>(begin, end, lanes, from.whole(),
            [&](long long row) { return Row<S>{x + row * from.row, nullptr, y + row * columns.width + lanes.column}; },
            [&](const Row<S>& here, int q, auto known) { return from.load_from(here.x, q, known); },
            [&](const Row<S>& here, int q, const Pack& v, auto) {
                store(here.y + q * WIDTH, normalisation.channels(q).applied(v, relu));
            });
    }
    each_of_tail(columns, [&](long long m, int c) {
        store(y + m * C + c, channel_of(n, c).applied(load<float>(x + m * x_place_stride + c), relu));
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 110 (bf16 240), resident 4
KERNELS(batch_norm_forward,
        (const S* __restrict__ x, const float* __restrict__ mean, const float* __restrict__ inverse_std,
         const float* __restrict__ gamma, const float* __restrict__ beta, S* __restrict__ y, long long M, int C,
         long long x_place_stride, int relu),
        (x, Normalisation{mean, inverse_std, gamma, beta}, y, M, C, x_place_stride, relu))

// y = relu(bn(x) + residual).
template <class S>
DEVICE void batch_norm_add_forward_of(const S* x, const S* residual, const Normalisation& n, S* y, long long M, int C, int relu) {
    Columns columns(M, C);
    long long begin, end;
    columns.range(blockIdx.x, gridDim.x, begin, end);
    for (int chunk = 0; chunk < columns.width; chunk += CHUNK) {
        ChunkLanes lanes(columns, chunk);
        NormalisationColumns normalisation(n, lanes, C);
        each_row<rows_at_once<S, 2>>(begin, end, lanes, true,
            [&](long long row) {
                long long i = row * columns.width + lanes.column;
                return Row<S>{x + i, residual + i, y + i};
            },
            [&](const Row<S>& here, int q, auto) {
                return Addends{load<Pack>(here.x + q * WIDTH), load<Pack>(here.residual + q * WIDTH)};
            },
            [&](const Row<S>& here, int q, const Addends& addends, auto) {
                Pack sum = normalisation.channels(q).applied(addends.x, 0) + addends.residual;
                store(here.y + q * WIDTH, relu ? relu_of(sum) : sum);
            });
    }
    each_of_tail(columns, [&](long long m, int c) {
        long long i = m * C + c;
        float sum = channel_of(n, c).applied(load<float>(x + i), 0) + load<float>(residual + i);
        store(y + i, relu ? relu_of(sum) : sum);
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 66 (bf16 155), resident 4
KERNELS(batch_norm_add_forward,
        (const S* __restrict__ x, const S* __restrict__ residual, const float* __restrict__ mean,
         const float* __restrict__ inverse_std, const float* __restrict__ gamma, const float* __restrict__ beta,
         S* __restrict__ y, long long M, int C, int relu),
        (x, residual, Normalisation{mean, inverse_std, gamma, beta}, y, M, C, relu))

// y and index [N][H/2][W/2][C]: the largest of each 2 x 2 window of relu(bn(x)), as max_pool_forward finds it in what
// batch_norm_forward would have stored: activations are rounded to the tensor's elements before they are compared.
template <class S>
DEVICE void batch_norm_pool_forward_of(const S* x, const Normalisation& n, S* y, unsigned char* index, int N, const Halving& h,
                                       int relu) {
    each_normalised((long long)N * h.P() * h.Q(), h.C, n, [&](long long place, int c, const auto& channels, auto v) {
        using V = decltype(v);
        const S* from = x + h.large(h.whole_window(place)) + c;
        auto tap_at = [&](int t) { return rounded_to<S>(channels.applied(load<V>(from + h.tap(t)), relu)); };
        V best = tap_at(0);
        auto code = all_codes(0, V());
        UNROLL
        for (int t = 1; t < 4; t++) {
            V tap = tap_at(t);
            auto wins = (tap > best) | (tap != tap);
            best = select(wins, tap, best);
            code = select_code(wins, all_codes(t, V()), code);
        }
        store(y + place * h.C + c, best);
        store_codes(index + place * h.C + c, code);
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 156 (bf16 359), resident 5 (bf16 4)
KERNELS(batch_norm_pool_forward,
        (const S* __restrict__ x, const float* __restrict__ mean, const float* __restrict__ inverse_std,
         const float* __restrict__ gamma, const float* __restrict__ beta, S* __restrict__ y, unsigned char* __restrict__ index,
         int N, int H, int W, int C, int relu),
        (x, Normalisation{mean, inverse_std, gamma, beta}, y, index, N, Halving{H, W, C}, relu))

// y [N][H][W][C] is relu(bn(x)) at the index of each 2 x 2 window, elsewhere 0; x and index [N][H/2][W/2][C].
template <class S>
DEVICE void batch_norm_unpool_forward_of(const S* x, const Normalisation& n, const unsigned char* index, S* y, int N,
                                         const Halving& h, int relu) {
    each_normalised(h.windows(N), h.C, n, [&](long long place, int c, const auto& channels, auto v) {
        using V = decltype(v);
        Place window = h.window(place);
        S* to = y + h.large(window) + c;
        V value = all<V>(0);
        auto code = all_codes(-1, V());
        if (h.is_whole(window)) {
            long long at = h.small(window) + c;
            value = channels.applied(load<V>(x + at), relu);
            code = load_codes(index + at, V());
        }
        UNROLL
        for (int t = 0; t < 4; t++) {
            if (h.has_tap(window, t)) store(to + h.tap(t), select(has_code(code, t), value, all<V>(0)));
        }
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 144 (bf16 285), resident 4
KERNELS(batch_norm_unpool_forward,
        (const S* __restrict__ x, const float* __restrict__ mean, const float* __restrict__ inverse_std,
         const float* __restrict__ gamma, const float* __restrict__ beta, const unsigned char* __restrict__ index,
         S* __restrict__ y, int N, int H, int W, int C, int relu),
        (x, Normalisation{mean, inverse_std, gamma, beta}, index, y, N, Halving{H, W, C}, relu))
