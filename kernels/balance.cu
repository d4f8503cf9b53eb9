// The heart of GradNorm (arXiv 1711.02257): the T tasks' gradients of the shared layer's weight, G [T][P], are read once for their
// T x T Gram matrix (whose diagonal is the squared norms) and their sum, the layer's gradient; then a small kernel says whether the step
// counts. What the weights do next is in weighting.cu.
//
// gram, over float32 or bf16 elements of E bytes; the sum is formed in float and rounded once. Bytes an element of P, the fewest
// possible: E T read, E written (the sum); operations T (T + 1) + T. In float32, T = 3: 16 bytes, 15 operations; T = 8: 36 and 80;
// T = 32: 132 and 1088. An H200 does 14 operations in the time of a byte, two CPU cores 7: memory is the limit up to T = 8 on
// the GPU (up to about 16 with all of its lanes busy), arithmetic beyond. gram is for T <= 4, gram_wide for more (it takes any T), so
// that few tasks do not pay for the registers of many: 64 against 128, four blocks a multiprocessor against two. T <= 8: the
// T(T+1)/2 products stay in registers. More: a tile of G goes through shared memory, and each thread multiplies 4 x 4 tasks, 16
// products for 8 loads.
// An H200 wants about 25 KB of loads in flight a multiprocessor. gram, 1024 threads: T = 2 64 bytes a thread (bf16 32), 64 KB (32);
// T = 3 48 (24), 48 KB (24); T = 4 64 (32), 64 KB (32). gram_wide, 512 threads: T = 8 128 (64), 64 KB (32).
// gram_finish and judge_step: a few kilobytes, one block; their time is the launch's.
#include "record.cuh"

constexpr int FEW_TASKS = 4;  // what gram takes
constexpr int FLUSH = 256;  // packs of a thread between moves of its tile's sums to the totals

DEVICE bool aligned_tasks(long long P) { return FAST || P % WIDTH == 0; }

// Sums of a tile: packs in the fast way; on the GPU single floats, for the registers' sake.
template <int N> struct Partial {
#if FAST
    Pack sums[N];
    MEMBER Partial() { for (int k = 0; k < N; k++) sums[k] = pack(0); }
    MEMBER void add(int k, const Pack& x) { sums[k] += x; }
    MEMBER float value(int k) const { return sum_of_lanes(sums[k]); }
#else
    float sums[N];
    MEMBER Partial() {
        UNROLL
        for (int k = 0; k < N; k++) sums[k] = 0;
    }
    MEMBER void add(int k, const Pack& x) { sums[k] += sum_of_lanes(x); }
    MEMBER float value(int k) const { return sums[k]; }
#endif
};

// to[k] = the sum of the threads' x[k], in the order of block_sum, but with one barrier for all of them. Once a kernel.
template <int N> DEVICE void store_block_sums(const LongSum (&x)[N], float* to) {
#if FAST
    for (int k = 0; k < N; k++) to[k] = (float)x[k];
#else
    SHARED(float, warps, THREADS / 32 * N);
    UNROLL
    for (int k = 0; k < N; k++) {
        float sum = x[k];
        for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_down_sync(0xffffffffu, sum, offset);
        if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32 * N + k] = sum;
    }
    __syncthreads();
    for (int k = threadIdx.x; k < N; k += THREADS) {
        float sum = 0;
        for (int w = 0; w < THREADS / 32; w++) sum += warps[w * N + k];
        to[k] = sum;
    }
#endif
}

template <int T, class S> DEVICE void gram_in_registers(const S* G, S* sum, float* partials, long long P) {
    constexpr int PAIRS = T * (T + 1) / 2;
    constexpr int AT_ONCE = !FAST && T <= 2 ? 2 : 1;  // packs of a task whose loads are in flight together
    long long begin, end;
    block_range(P, 16, begin, end);
    bool aligned = aligned_tasks(P);
    LongSum totals[PAIRS];
    UNROLL
    for (int k = 0; k < PAIRS; k++) totals[k] = 0;
    long long packed = begin + (end - begin) / WIDTH * WIDTH;
    for (long long tile = begin; tile < packed; tile += FLUSH * THREADS * WIDTH) {
        long long tile_end = smaller(packed, tile + FLUSH * THREADS * WIDTH);
        Partial<PAIRS> pairs;
        for (long long first = tile + threadIdx.x * WIDTH; first < tile_end; first += AT_ONCE * THREADS * WIDTH) {
            Pack g[AT_ONCE][T];
            UNROLL
            for (int p = 0; p < AT_ONCE; p++) {
                long long i = first + p * THREADS * WIDTH;
                if (i >= tile_end) break;
                UNROLL
                for (int t = 0; t < T; t++) g[p][t] = load_where(aligned, G + t * P + i);
            }
            UNROLL
            for (int p = 0; p < AT_ONCE; p++) {
                long long i = first + p * THREADS * WIDTH;
                if (i >= tile_end) break;
                Pack all_tasks = g[p][0];
                UNROLL
                for (int t = 1; t < T; t++) all_tasks += g[p][t];
                if (sum) store(sum + i, all_tasks);
                int k = 0;
                UNROLL
                for (int a = 0; a < T; a++) {
                    UNROLL
                    for (int b = a; b < T; b++, k++) pairs.add(k, g[p][a] * g[p][b]);
                }
            }
        }
        UNROLL
        for (int k = 0; k < PAIRS; k++) totals[k] += pairs.value(k);
    }
    for (long long i = packed + threadIdx.x; i < end; i += THREADS) {
        float all_tasks = 0;
        int k = 0;
        UNROLL
        for (int a = 0; a < T; a++) {
            float x = load<float>(G + a * P + i);
            all_tasks = a == 0 ? x : all_tasks + x;
            UNROLL
            for (int b = a; b < T; b++, k++) totals[k] += x * load<float>(G + b * P + i);
        }
        if (sum) store(sum + i, all_tasks);
    }
    store_block_sums(totals, partials + (long long)blockIdx.x * PAIRS);
}

// More tasks: tasks by fours, pairs of fours by threads. A thread has pair `pair` of fours and every slices-th element of the tile.
constexpr int SIDE = 4;
constexpr int TILE = FAST ? 256 : 128;
constexpr int TILE_STRIDE = FAST ? TILE : TILE + 1;  // a column of the tile in different banks
constexpr int MOST_PAIRS = MOST_TASKS / SIDE * (MOST_TASKS / SIDE + 1) / 2;
constexpr int OWNED = FAST ? MOST_PAIRS : 1;  // pairs that a thread has
constexpr int BUFFER = MOST_TASKS * TILE_STRIDE;
constexpr int PRODUCT_STRIDE = THREADS + 1;  // of the products in the tile's place, one a thread: they too in different banks
static_assert(FAST || SIDE * SIDE * PRODUCT_STRIDE <= BUFFER, "the products have room in the tile's place");

DEVICE void fours_of(int pair, int fours, int& a, int& b) {
    a = 0;
    while (pair >= fours - a) pair -= fours - a++;
    b = a + pair;
}

// products[i][j] += the products of tasks a*4+i and b*4+j over the thread's elements of the tile.
DEVICE void multiply(const float* left, const float* right, int from, int step, float products[SIDE * SIDE]) {
#if FAST
    for (int j = 0; j < SIDE; j += 2) {  // half of the products at a time: sixteen registers hold no more
        Pack sums[2 * SIDE];
        for (int k = 0; k < 2 * SIDE; k++) sums[k] = pack(0);
        const float* y = right + j * TILE_STRIDE;
        for (int e = 0; e < TILE; e += WIDTH) {
            Pack first = load_pack(y + e), second = load_pack(y + TILE_STRIDE + e);
            for (int i = 0; i < SIDE; i++) {
                Pack x = load_pack(left + i * TILE_STRIDE + e);
                sums[2 * i] += x * first;
                sums[2 * i + 1] += x * second;
            }
        }
        for (int i = 0; i < SIDE; i++) {
            products[i * SIDE + j] = sum_of_lanes(sums[2 * i]);
            products[i * SIDE + j + 1] = sum_of_lanes(sums[2 * i + 1]);
        }
    }
#else
    for (int e = from; e < TILE; e += step) {
        float x[SIDE];
        UNROLL
        for (int i = 0; i < SIDE; i++) x[i] = left[i * TILE_STRIDE + e];
        UNROLL
        for (int j = 0; j < SIDE; j++) {
            float y = right[j * TILE_STRIDE + e];
            UNROLL
            for (int i = 0; i < SIDE; i++) products[i * SIDE + j] += x[i] * y;
        }
    }
#endif
}

template <class S> DEVICE void gram_by_tiles(const S* G, S* sum, float* partials, long long P, int T) {
    SHARED(float, tile, BUFFER);
    int fours = (T + SIDE - 1) / SIDE, pairs = fours * (fours + 1) / 2, slices = FAST ? 1 : THREADS / pairs;
    int slice = FAST ? 0 : threadIdx.x / pairs, mine = FAST ? 0 : threadIdx.x % pairs;
    LongSum totals[OWNED][SIDE * SIDE];
    for (int o = 0; o < (FAST ? pairs : 1); o++) {
        UNROLL
        for (int k = 0; k < SIDE * SIDE; k++) totals[o][k] = 0;
    }
    for (int e = threadIdx.x; e < BUFFER; e += THREADS) tile[e] = 0;  // tasks that only fill up the last four
    long long begin, end;
    block_range(P, TILE, begin, end);
    for (long long first = begin; first < end; first += TILE) {
        int here = (int)smaller((long long)TILE, end - first);
        __syncthreads();
#if FAST
        for (int t = 0; t < T; t++) {
            for (int e = 0; e < here; e++) tile[t * TILE_STRIDE + e] = load<float>(G + t * P + first + e);
            for (int e = here; e < TILE; e++) tile[t * TILE_STRIDE + e] = 0;
        }
#else
        int e = threadIdx.x % TILE;
        for (int t = threadIdx.x / TILE; t < T; t += THREADS / TILE) {
            tile[t * TILE_STRIDE + e] = e < here ? load<float>(G + t * P + first + e) : 0.0f;
        }
#endif
        __syncthreads();
        if (sum) {
#if FAST
            alignas(64) float all_tasks[TILE];
            for (int e = 0; e < TILE; e++) all_tasks[e] = tile[e];
            for (int t = 1; t < T; t++) for (int e = 0; e < TILE; e++) all_tasks[e] += tile[t * TILE_STRIDE + e];
            for (int e = 0; e < here; e++) store(sum + first + e, all_tasks[e]);
#else
            for (int e = threadIdx.x; e < here; e += THREADS) {
                float all_tasks = tile[e];
                for (int t = 1; t < T; t++) all_tasks += tile[t * TILE_STRIDE + e];
                store(sum + first + e, all_tasks);
            }
#endif
        }
        if (slice >= slices) continue;
        for (int o = 0; o < (FAST ? pairs : 1); o++) {
            int a, b;
            fours_of(FAST ? o : mine, fours, a, b);
            const float* left = tile + a * SIDE * TILE_STRIDE;
            const float* right = tile + b * SIDE * TILE_STRIDE;
#if FAST
            float products[SIDE * SIDE];
            multiply(left, right, 0, 1, products);
            for (int k = 0; k < SIDE * SIDE; k++) totals[o][k] += products[k];
#else
            multiply(left, right, slice, slices, totals[o]);
#endif
        }
    }
#if !FAST
    __syncthreads();
    UNROLL
    for (int k = 0; k < SIDE * SIDE; k++) tile[k * PRODUCT_STRIDE + threadIdx.x] = totals[0][k];
    __syncthreads();
#endif
    float* out = partials + (long long)blockIdx.x * (T * (T + 1) / 2);
    for (int k = threadIdx.x; k < pairs * SIDE * SIDE; k += THREADS) {
        int pair = k / (SIDE * SIDE), a, b;
        fours_of(pair, fours, a, b);
        int i = a * SIDE + k / SIDE % SIDE, j = b * SIDE + k % SIDE;
        if (i > j || j >= T) continue;
        double total = 0;
#if FAST
        total = totals[pair][k % (SIDE * SIDE)];
#else
        for (int s = 0; s < slices; s++) total += tile[k % (SIDE * SIDE) * PRODUCT_STRIDE + s * pairs + pair];
#endif
        out[i * T - i * (i - 1) / 2 + j - i] = (float)total;
    }
}

// partials [gridDim.x][T(T+1)/2]: the upper triangle by rows, over the block's elements; sum [P] may be null. With more tasks than
// gram takes, its products are not numbers.
template <class S> DEVICE void gram_of(const S* G, S* sum, float* partials, long long P, int T) {
    static_assert(FEW_TASKS == 4, "a case for each");
    switch (T) {
        case 1: return gram_in_registers<1>(G, sum, partials, P);
        case 2: return gram_in_registers<2>(G, sum, partials, P);
        case 3: return gram_in_registers<3>(G, sum, partials, P);
        case 4: return gram_in_registers<4>(G, sum, partials, P);
    }
    int pairs = T * (T + 1) / 2;
    for (int k = threadIdx.x; k < pairs; k += THREADS) partials[(long long)blockIdx.x * pairs + k] = not_a_number();
}
// counts: loads 1.00, stores 1.01, conflicts 1.00, instructions 53 (bf16 131), resident 4
KERNELS(gram, (const S* __restrict__ G, S* __restrict__ sum, float* __restrict__ partials, long long P, int T),
        (G, sum, partials, P, T))

// The same for any number of tasks.
template <class S> DEVICE void gram_wide_of(const S* G, S* sum, float* partials, long long P, int T) {
    switch (T) {
        case 5: return gram_in_registers<5>(G, sum, partials, P);
        case 6: return gram_in_registers<6>(G, sum, partials, P);
        case 7: return gram_in_registers<7>(G, sum, partials, P);
        case 8: return gram_in_registers<8>(G, sum, partials, P);
        default: return gram_by_tiles(G, sum, partials, P, T);
    }
}
// counts: loads 1.00, stores 1.02 (bf16 1.03), conflicts 1.04, instructions 367 (bf16 782), resident 2
RESIDENT_KERNELS(2, gram_wide, (const S* __restrict__ G, S* __restrict__ sum, float* __restrict__ partials, long long P, int T),
        (G, sum, partials, P, T))

// counts: loads 1.00, stores 1.50, conflicts 1.00, instructions 127, resident 5
KERNEL(gram_finish, const float* __restrict__ partials, int blocks, double* __restrict__ gram, int T) {
    int pairs = T * (T + 1) / 2;
    each_finish_column(pairs, [&](long long k, bool valid) {
        double total = sum_over_blocks(partials, blocks, pairs, k, valid);
        if (!valid || finish_lane() != 0) return;
        int i = 0, j = (int)k;
        while (j >= T - i) j -= T - i++;
        gram[i * T + i + j] = total;
        gram[(i + j) * T + i] = total;
    });
}

// ------------------------------------------------------------------------------------------------------------------ the verdict

// One block: whether the step counts, and its record (record.cuh) but for what was found in the batch. A step with a loss, norm
// or input that is not finite counts as nothing but rejected. Of the input a word of not_finite [words] that is not 0 tells:
// behind a sigmoid an infinite one leaves all losses finite, but no gradient before it. Where gradients are clipped, one more
// word tells of their norm. gram may be null where no norms are measured. weights are those that this step used: of the losses,
// whose total is then sum w_i L_i; or, where combined, of the gradients, beside a total of sum L_i. fell_back (null: never) is
// not 0 where the rule had no answer.
// counts: loads 1.02, stores 1.15, conflicts 1.00, instructions 232, resident 4
KERNEL(judge_step, const float* losses, const int* counts, const double* gram, const int* not_finite, int words,
       const double* weights, int combined, const int* fell_back, long long* counters, int* accepted, double* records,
       const float* learning_rate, int record_slots, int T) {
    SHARED(double, norms, MOST_TASKS);
    if (blockIdx.x != 0) return;
    long long step = counters[0];
    double* record = record_of(records, record_slots, step, T);
    for (int t = threadIdx.x; t < T; t += THREADS) {
        double norm = gram ? sqrt(gram[t * T + t]) : not_a_number();
        norms[t] = norm;
        record[t] = losses[t];
        record[T + t] = weights[t];
        record[2 * T + t] = norm;
        record[3 * T + t] = counts[t];
    }
    int broken = 0;
    for (int b = threadIdx.x; b < words; b += THREADS) broken += not_finite[b];
    broken = block_sum(broken);  // whose barriers stand between the norms' threads and thread 0, too
    if (threadIdx.x != 0) return;
    double total = 0;
    int good = broken == 0;
    for (int t = 0; t < T; t++) {
        total += combined ? losses[t] : weights[t] * losses[t];
        if (!is_finite(losses[t]) || (gram && !is_finite(norms[t]))) good = 0;
    }
    double* rest = record + total_in_record(T);
    rest[0] = total;
    rest[1] = learning_rate[0];
    rest[2] = good;
    rest[3] = (double)step;
    rest[4] = fell_back ? fell_back[0] : 0;
    counters[0] = step + 1;
    counters[1] += good;
    counters[2] += 1 - good;
    counters[3] = good ? 0 : counters[3] + 1;
    accepted[0] = good;
}
