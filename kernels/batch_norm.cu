// Batch normalisation over M = N*H*W places of C channels, forward and backward, the backward for T stacked cotangents at once.
//
// y = gamma * xhat + beta, xhat = (x - mean) * inverse_std, then relu if asked. With dy' = dy where y > 0 (all of dy without relu):
// dbeta = sum dy', dgamma = sum dy' xhat, dx = gamma * inverse_std * (dy' - dbeta/M - xhat * dgamma/M), task by task.
// x, y [M][C]; dy, dx [T][M][C], dx [M][T*C] if packed.
// Bytes an element: statistics 4, forward 8, backward_reduce 4 ceil(T/4) + 4 T, backward_apply the same + 4 T; 3 to 12 operations an
// element and task. Memory is the limit everywhere; the mask is recomputed from x rather than stored (12 bytes less a forward).
#include "columns.cuh"

template <class V> DEVICE V normalised(const V& x, const V& mean, const V& inverse_std) { return (x - mean) * inverse_std; }
template <class V> DEVICE V affine(const V& xhat, const V& gamma, const V& beta) { return gamma * xhat + beta; }

// The block's first places' mean: sums of what is left over it lose nothing to a large mean.
constexpr int SHIFT_PLACES = 4;
DEVICE float shift_of(const float* x, long long first, long long places, int C, int c) {
    int n = (int)smaller(places, (long long)SHIFT_PLACES);
    float sum = 0;
    for (int m = 0; m < n; m++) sum += x[(first + m) * C + c];
    return n > 0 ? sum / n : 0.0f;
}

// partials [gridDim.x][2][C]: mean, and the sum of squares about it, of the block's places.
KERNEL(batch_norm_statistics, const float* __restrict__ x, float* __restrict__ partials, long long M, int C) {
    Columns columns = columns_to_sum(M, C);
    long long begin, end;
    columns.range(blockIdx.x, gridDim.x, begin, end);
    long long places = columns.places_of(blockIdx.x, gridDim.x), first = begin * columns.group;
    float* sum = partials + (long long)blockIdx.x * 2 * C;
    float* square = sum + C;
    for (int chunk = 0; chunk < columns.width; chunk += CHUNK) {
        ChunkLanes lanes(columns, chunk);
        Pack shift[PACKS];
        EACH_PACK(q, lanes) {
            UNROLL
            for (int k = 0; k < WIDTH; k++) {
                set_lane(shift[q], k, shift_of(x, first, places, C, (lanes.column + q * WIDTH + k) % C));
            }
        }
        Sums<2> sums;
        sum_rows(begin, end, lanes, sums, [&](long long row) {
            const float* at = x + row * columns.width + lanes.column;
            EACH_PACK(q, lanes) {
                Pack d = load_pack(at + q * WIDTH) - shift[q];
                sums.now[0][q] += d;
                sums.now[1][q] += d * d;
            }
        });
        sums.fold(0, columns, chunk, lanes, sum);
        sums.fold(1, columns, chunk, lanes, square);
    }
    for (int c = threadIdx.x; c < C; c += THREADS) {
        float shift = shift_of(x, first, places, C, c);
        double d1 = sum[c], d2 = square[c];
        if (blockIdx.x == gridDim.x - 1) {
            for (long long m = columns.tail; m < M; m++) {
                float d = x[m * C + c] - shift;
                d1 += d;
                d2 += d * d;
            }
        }
        double count = larger(places, 1LL);
        sum[c] = (float)(shift + d1 / count);
        square[c] = (float)larger(d2 - d1 * d1 / count, 0.0);
    }
}

// Chan's combination of the blocks' statistics, in double.
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

KERNEL(batch_norm_inference_std, const float* __restrict__ running_variance, float eps, float* __restrict__ inverse_std, int C) {
    long long begin, end;
    block_range(C, 1, begin, end);
    for (long long c = begin + threadIdx.x; c < end; c += THREADS) {
        inverse_std[c] = (float)(1.0 / sqrt((double)running_variance[c] + eps));
    }
}

KERNEL(batch_norm_forward, const float* __restrict__ x, const float* __restrict__ mean, const float* __restrict__ inverse_std,
       const float* __restrict__ gamma, const float* __restrict__ beta, float* __restrict__ y, long long M, int C, int relu) {
    Columns columns(M, C);
    long long begin, end;
    columns.range(blockIdx.x, gridDim.x, begin, end);
    for (int chunk = 0; chunk < columns.width; chunk += CHUNK) {
        ChunkLanes lanes(columns, chunk);
        Parameters centre(mean, lanes, C), scale(inverse_std, lanes, C), g(gamma, lanes, C), b(beta, lanes, C);
        for (long long row = begin + lanes.row; row < end; row += lanes.rows) {
            long long at = row * columns.width + lanes.column;
            EACH_PACK(q, lanes) {
                Pack xhat = normalised(load_pack(x + at + q * WIDTH), centre.value[q], scale.value[q]);
                Pack out = affine(xhat, g.value[q], b.value[q]);
                store(y + at + q * WIDTH, relu ? relu_of(out) : out);
            }
        }
    }
    if (blockIdx.x != gridDim.x - 1) return;
    for (long long i = columns.tail * C + threadIdx.x; i < M * C; i += THREADS) {
        int c = (int)(i % C);
        float out = affine(normalised(x[i], mean[c], inverse_std[c]), gamma[c], beta[c]);
        y[i] = relu ? relu_of(out) : out;
    }
}

struct BatchNorm {
    const float *x, *mean, *inverse_std, *gamma, *beta;
    long long M;
    int C, relu;
};

// Tasks t to t + G - 1 of batch_norm_backward_reduce, x being read once for all of them.
template <int G> DEVICE void reduce_tasks(const BatchNorm& n, const float* dy, float* partials, int t, int T) {
    Columns columns = columns_to_sum(n.M, n.C);
    long long begin, end, size = n.M * n.C;
    columns.range(blockIdx.x, gridDim.x, begin, end);
    bool aligned = FAST || size % WIDTH == 0;
    float* out = partials + ((long long)blockIdx.x * T + t) * 2 * n.C;
    dy += t * size;
    for (int chunk = 0; chunk < columns.width; chunk += CHUNK) {
        ChunkLanes lanes(columns, chunk);
        Parameters mean(n.mean, lanes, n.C), scale(n.inverse_std, lanes, n.C), g(n.gamma, lanes, n.C), b(n.beta, lanes, n.C);
        Sums<2 * G> sums;
        sum_rows(begin, end, lanes, sums, [&](long long row) {
            long long at = row * columns.width + lanes.column;
            EACH_PACK(q, lanes) {
                Pack xhat = normalised(load_pack(n.x + at + q * WIDTH), mean.value[q], scale.value[q]);
                Pack y = affine(xhat, g.value[q], b.value[q]);
                UNROLL
                for (int k = 0; k < G; k++) {
                    Pack d = load_where(aligned, dy + k * size + at + q * WIDTH);
                    if (n.relu) d = gate(y, d);
                    sums.now[2 * k][q] += d;
                    sums.now[2 * k + 1][q] += d * xhat;
                }
            }
        });
        UNROLL
        for (int v = 0; v < 2 * G; v++) sums.fold(v, columns, chunk, lanes, out + v * n.C);
    }
    if (blockIdx.x != gridDim.x - 1) return;
    for (int c = threadIdx.x; c < n.C; c += THREADS) {
        for (int k = 0; k < G; k++) {
            for (long long m = columns.tail; m < n.M; m++) {
                float xhat = normalised(n.x[m * n.C + c], n.mean[c], n.inverse_std[c]);
                float d = dy[k * size + m * n.C + c];
                if (n.relu) d = gate(affine(xhat, n.gamma[c], n.beta[c]), d);
                out[2 * k * n.C + c] += d;
                out[(2 * k + 1) * n.C + c] += d * xhat;
            }
        }
    }
}

// partials [gridDim.x][T][2][C]: sums of dy' and of dy' * xhat over the block's places.
KERNEL(batch_norm_backward_reduce, const float* __restrict__ x, const float* __restrict__ dy, const float* __restrict__ mean,
       const float* __restrict__ inverse_std, const float* __restrict__ gamma, const float* __restrict__ beta,
       float* __restrict__ partials, long long M, int C, int T, int relu) {
    BatchNorm n{x, mean, inverse_std, gamma, beta, M, C, relu};
    int t = 0;
    for (; t + 4 <= T; t += 4) reduce_tasks<4>(n, dy, partials, t, T);
    if (T - t == 3) reduce_tasks<3>(n, dy, partials, t, T);
    if (T - t == 2) reduce_tasks<2>(n, dy, partials, t, T);
    if (T - t == 1) reduce_tasks<1>(n, dy, partials, t, T);
}

// sums [T][2][C]; dgamma and dbeta [C] over all tasks; either of these may be null.
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

// gamma * inverse_std * (dy' - (plain + xhat * scaled) / M), with plain and scaled already over M.
template <class V> DEVICE V gradient(const V& d, const V& xhat, const V& factor, const V& plain, const V& scaled) {
    return factor * (d - plain - xhat * scaled);
}

// Where the C channels of task t of place m go: its own image, or its slice of the packed stack.
struct Target {
    float* dx;
    long long M;
    int C, T, packed;

    MEMBER float* at(long long m, int c, int t) const {
        return packed ? dx + (m * T + t) * C + c : dx + (t * M + m) * C + c;
    }
};

// Tasks t to t + G - 1 of batch_norm_backward_apply, x being read once for all of them.
template <int G> DEVICE void apply_tasks(const BatchNorm& n, const float* dy, const float* sums, const Target& target, int t) {
    Columns columns(n.M, n.C);
    long long begin, end, size = n.M * n.C;
    columns.range(blockIdx.x, gridDim.x, begin, end);
    bool aligned = FAST || size % WIDTH == 0, straddles = target.packed && columns.group > 1;
    float over = 1.0f / n.M;
    dy += t * size;
    sums += (long long)t * 2 * n.C;
    for (int chunk = 0; chunk < columns.width; chunk += CHUNK) {
        ChunkLanes lanes(columns, chunk);
        Parameters mean(n.mean, lanes, n.C), scale(n.inverse_std, lanes, n.C), g(n.gamma, lanes, n.C), b(n.beta, lanes, n.C);
        Pack plain[G][PACKS], scaled[G][PACKS];
        UNROLL
        for (int k = 0; k < G; k++) {
            Parameters first(sums + 2 * k * n.C, lanes, n.C), second(sums + (2 * k + 1) * n.C, lanes, n.C);
            EACH_PACK(q, lanes) {
                plain[k][q] = first.value[q] * over;
                scaled[k][q] = second.value[q] * over;
            }
        }
        for (long long row = begin + lanes.row; row < end; row += lanes.rows) {
            long long at = row * columns.width + lanes.column;
            EACH_PACK(q, lanes) {
                Pack xhat = normalised(load_pack(n.x + at + q * WIDTH), mean.value[q], scale.value[q]);
                Pack y = affine(xhat, g.value[q], b.value[q]), factor = g.value[q] * scale.value[q];
                UNROLL
                for (int k = 0; k < G; k++) {
                    Pack d = load_where(aligned, dy + k * size + at + q * WIDTH);
                    if (n.relu) d = gate(y, d);
                    Pack out = gradient(d, xhat, factor, plain[k][q], scaled[k][q]);
                    if (!straddles) {
                        // one place, or an unpacked image in which places follow each other
                        float* to = target.packed ? target.at(row, lanes.column + q * WIDTH, t + k)
                                                  : target.dx + (t + k) * size + at + q * WIDTH;
                        store_where(aligned || target.packed, to, out);
                        continue;
                    }
                    UNROLL
                    for (int i = 0; i < WIDTH; i++) {
                        int j = lanes.column + q * WIDTH + i;
                        *target.at(row * columns.group + j / n.C, j % n.C, t + k) = lane(out, i);
                    }
                }
            }
        }
    }
    if (blockIdx.x != gridDim.x - 1) return;
    for (long long i = columns.tail * n.C + threadIdx.x; i < size; i += THREADS) {
        int c = (int)(i % n.C);
        float xhat = normalised(n.x[i], n.mean[c], n.inverse_std[c]), y = affine(xhat, n.gamma[c], n.beta[c]);
        for (int k = 0; k < G; k++) {
            float d = dy[k * size + i];
            if (n.relu) d = gate(y, d);
            const float* task_sums = sums + 2 * k * n.C;
            *target.at(i / n.C, c, t + k) = gradient(d, xhat, n.gamma[c] * n.inverse_std[c], task_sums[c] * over,
                                                     task_sums[n.C + c] * over);
        }
    }
}

// dy may be dx when not packed.
KERNEL(batch_norm_backward_apply, const float* __restrict__ x, const float* dy, const float* __restrict__ mean,
       const float* __restrict__ inverse_std, const float* __restrict__ gamma, const float* __restrict__ beta,
       const float* __restrict__ sums, float* dx, long long M, int C, int T, int relu, int packed) {
    BatchNorm n{x, mean, inverse_std, gamma, beta, M, C, relu};
    Target target{dx, M, C, T, packed};
    int t = 0;
    for (; t + 4 <= T; t += 4) apply_tasks<4>(n, dy, sums, target, t);
    if (T - t == 3) apply_tasks<3>(n, dy, sums, target, t);
    if (T - t == 2) apply_tasks<2>(n, dy, sums, target, t);
    if (T - t == 1) apply_tasks<1>(n, dy, sums, target, t);
}
