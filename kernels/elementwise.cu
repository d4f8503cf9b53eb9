// Elementwise and layout kernels: y = f(x), a + b, sums over tasks, stacking by task, transposes, biases.
//
// Images are [M][K], M = N*H*W places of K channels; stacked by task [T][M][K]. n is a count of floats.
// Bytes an element (floats read and written x 4) against operations: activation_forward 8 : 1 (relu) to ~20 (tanh);
// activation_backward 4 (y) + 8 T : 1 to 3 T; add 12 : 1; sum_tasks 4 T + 4 : T - 1; pack_tasks 8 : 0; transpose 8 : 0;
// bias_forward 8 : 1; bias_backward 4 : 1. At 4.3 TB/s and 60 Tflop/s (H200), or 20 GB/s and 150 Gflop/s (two cores), a kernel
// that does fewer than 14 (7) operations a byte waits for memory: all of these do.
#include "columns.cuh"

enum { RELU = 0, SIGMOID = 1, TANH = 2 };

KERNEL(activation_forward, const float* x, float* y, long long n, int kind) {
    if (kind == RELU) {
        each_element(n, [&](long long i, auto v) { using V = decltype(v); store(y + i, relu_of(load<V>(x + i))); });
    } else if (kind == SIGMOID) {
        each_element(n, [&](long long i, auto v) { using V = decltype(v); store(y + i, sigmoid_of(load<V>(x + i))); });
    } else {
        each_element(n, [&](long long i, auto v) { using V = decltype(v); store(y + i, tanh_of(load<V>(x + i))); });
    }
}

// dx = dy * f'(x), f' from the output y: relu 1 where y > 0, sigmoid y (1 - y), tanh 1 - y^2.
// Task t's element i stands at t * n + i, which is aligned for packs only where n is a multiple of WIDTH.
template <class Slope> DEVICE void activation_backward_by(const float* y, const float* dy, float* dx, long long n, int T, Slope slope) {
    if (!FAST && n % WIDTH != 0) {
        long long begin, end;
        block_range(n, 1, begin, end);
        for (long long i = begin + threadIdx.x; i < end; i += THREADS) {
            float out = y[i];
            for (int t = 0; t < T; t++) dx[t * n + i] = slope(out, dy[t * n + i]);
        }
        return;
    }
    each_element(n, [&](long long i, auto v) {
        using V = decltype(v);
        V out = load<V>(y + i);
        for (int t = 0; t < T; t++) store(dx + t * n + i, slope(out, load<V>(dy + t * n + i)));
    });
}

KERNEL(activation_backward, const float* y, const float* dy, float* dx, long long n, int T, int kind) {
    if (kind == RELU) {
        activation_backward_by(y, dy, dx, n, T, [](auto out, auto d) { return gate(out, d); });
    } else if (kind == SIGMOID) {
        activation_backward_by(y, dy, dx, n, T, [](auto out, auto d) { return d * (out * (1.0f - out)); });
    } else {
        activation_backward_by(y, dy, dx, n, T, [](auto out, auto d) { return d * (1.0f - out * out); });
    }
}

template <class S> DEVICE void add_of(const S* a, const S* b, S* y, long long n) {
    each_element(n, [&](long long i, auto v) { using V = decltype(v); store(y + i, load<V>(a + i) + load<V>(b + i)); });
}
KERNELS(add, (const S* a, const S* b, S* y, long long n), (a, b, y, n))

// Packs of a task whose n is no multiple of WIDTH are not aligned: by single floats there.
KERNEL(sum_tasks, const float* __restrict__ x, float* __restrict__ y, long long n, int T) {
    if (!FAST && n % WIDTH != 0) {
        long long begin, end;
        block_range(n, 1, begin, end);
        for (long long i = begin + threadIdx.x; i < end; i += THREADS) {
            float sum = x[i];
            for (int t = 1; t < T; t++) sum += x[t * n + i];
            y[i] = sum;
        }
        return;
    }
    each_element(n, [&](long long i, auto v) {
        using V = decltype(v);
        V sum = load<V>(x + i);
        for (int t = 1; t < T; t++) sum += load<V>(x + t * n + i);
        store(y + i, sum);
    });
}

// [T][M][K] -> [M][T*K]
KERNEL(pack_tasks, const float* __restrict__ x, float* __restrict__ y, long long M, int K, int T) {
    with_lanes(M, K, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long m = begin + lanes.row; m < end; m += lanes.rows) {
            for (int t = 0; t < T; t++) {
                const float* from = x + (t * M + m) * K;
                float* to = y + (m * T + t) * K;
                each_channel<V>(K, lanes, [&](int k, auto) { store(to + k, load<V>(from + k)); });
            }
        }
    });
}

// B matrices of R x C become C x R, by tiles of 32 x 32; the padding keeps a column of the tile in 32 banks.
KERNEL(transpose, const float* __restrict__ x, float* __restrict__ y, int B, int R, int C) {
    constexpr int TILE = 32;
    SHARED(float, tile, TILE * (TILE + 1));
    long long down = (R + TILE - 1) / TILE, across = (C + TILE - 1) / TILE;
    for (long long k = blockIdx.x; k < B * down * across; k += gridDim.x) {
        long long matrix = k / (down * across);
        int r0 = (int)(k / across % down) * TILE, c0 = (int)(k % across) * TILE;
        int height = smaller(TILE, R - r0), width = smaller(TILE, C - c0);
        const float* from = x + (matrix * R + r0) * C + c0;
        float* to = y + (matrix * C + c0) * R + r0;
        if (FAST) {
            for (int c = 0; c < width; c++) {
                for (int r = 0; r < height; r++) to[(long long)c * R + r] = from[(long long)r * C + c];
            }
            continue;
        }
        __syncthreads();
        for (int e = threadIdx.x; e < TILE * TILE; e += THREADS) {
            int r = e / TILE, c = e % TILE;
            if (r < height && c < width) tile[r * (TILE + 1) + c] = from[(long long)r * C + c];
        }
        __syncthreads();
        for (int e = threadIdx.x; e < TILE * TILE; e += THREADS) {
            int c = e / TILE, r = e % TILE;
            if (r < height && c < width) to[(long long)c * R + r] = tile[r * (TILE + 1) + c];
        }
    }
}

KERNEL(bias_forward, float* y, const float* __restrict__ bias, long long M, int K) {
    Columns columns(M, K);
    long long begin, end;
    columns.range(blockIdx.x, gridDim.x, begin, end);
    for (int chunk = 0; chunk < columns.width; chunk += CHUNK) {
        ChunkLanes lanes(columns, chunk);
        Parameters b(bias, lanes, K);
        for (long long row = begin + lanes.row; row < end; row += lanes.rows) {
            float* at = y + row * columns.width + lanes.column;
            EACH_PACK(q, lanes) store(at + q * WIDTH, load_pack(at + q * WIDTH) + b.value[q]);
        }
    }
    if (blockIdx.x != gridDim.x - 1) return;
    for (long long i = columns.tail * K + threadIdx.x; i < M * K; i += THREADS) y[i] += bias[i % K];
}

// partials [gridDim.x][T][K]: the column sums of this block's places, task by task.
KERNEL(bias_backward, const float* __restrict__ dy, float* __restrict__ partials, long long M, int K, int T) {
    Columns columns = columns_to_sum(M, K);
    long long begin, end;
    columns.range(blockIdx.x, gridDim.x, begin, end);
    bool aligned = FAST || M * K % WIDTH == 0;
    for (int t = 0; t < T; t++) {
        const float* d = dy + t * M * K;
        float* out = partials + ((long long)blockIdx.x * T + t) * K;
        for (int chunk = 0; chunk < columns.width; chunk += CHUNK) {
            ChunkLanes lanes(columns, chunk);
            Sums<1> sums;
            sum_rows(begin, end, lanes, sums, [&](long long row) {
                const float* at = d + row * columns.width + lanes.column;
                EACH_PACK(q, lanes) sums.now[0][q] += load_where(aligned, at + q * WIDTH);
            });
            sums.fold(0, columns, chunk, lanes, out);
        }
        if (blockIdx.x != gridDim.x - 1) continue;
        for (int k = threadIdx.x; k < K; k += THREADS) {
            float sum = out[k];
            for (long long m = columns.tail; m < M; m++) sum += d[m * K + k];
            out[k] = sum;
        }
    }
}

// per_task [T][K] and total [K]; either may be null.
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
