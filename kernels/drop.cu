// GradDrop (arXiv 2010.06808, equation 1 and algorithm 1) on the representation Z: of each element of a sample, the tasks' gradients of
// one sign pass, by chance and the more likely the more of them agree; of the others a share, leak, passes.
//
// Z, combined [N][places][pitch], g [T] of them, task_stride elements apart; C channels count, those that only pad are written as 0. With
// e = place * C + channel: A_t = sum over n of sign(Z[n][e]) g_t[n][e], P = (1 + sum_t A_t / sum_t |A_t|) / 2, U = (word e of the stream
// 0xB2 + 0.5) / 2^32; task t passes where P > U and A_t > 0, or P < U and A_t < 0; combined = sum_t factor_t g_t, factor_t 1 where it
// passes, else leak_t. A task without labels (counts 0) takes no part.
//
// Bytes an element, E being a tensor's element (4 or 2): E (T + 2), the fewest possible; g is read twice, the second time from the cache
// where that holds what all threads are at, some 0.4 E N T MB of the H200's 50, else from memory: E (2 T + 2). Operations an element
// 5 + 6 T, and of an element of a sample 30 + 8 T more. In float32, T = 3, N = 2: 20 (32) bytes, 50 operations; T = 32, N = 24: 136 (264)
// and 209. An H200 does 14 operations in the time of a byte, two CPU cores 7: memory is the limit. But for one sample of bf16: 594 of PTX's
// instructions a KiB, of four samples 234, where memory leaves time for 350 of E (2 T + 2). A thread has loads of T + 1 packs in flight,
// at most 4: in float32 of three tasks 64 bytes, 48 KB a multiprocessor.
// Of all A_t only the signs are kept, two bits a task, in registers. As floats in shared memory they would take 32 KiB a block at T = 32
// for each of a pack's 4 elements, of 228 a multiprocessor has; and to form each anew when its task is combined would read g a third
// time, at T = 3, N = 2 in float32 12 bytes more than 32. A thread's squares, two floats a task, are kept in shared memory as one: of a
// pair of threads the first has what passes of both, the second all of both. 32 KiB for 32 tasks let a multiprocessor hold six blocks,
// where registers let it hold three.
// Where ranks have samples of their own, drop_sums leaves their A, E N (T + 1) + 4 T bytes an element of a sample and 4 N T operations, and
// drop_signs_by_sums takes the ranks' sums, of 4 T bytes an element, in place of Z and of one reading of g.
// drop_finish: a few kilobytes, one block; its time is the launch's.
#include "random.cuh"

constexpr int GRAD_DROP = 0xB2;     // the random numbers' stream
constexpr int TASKS_AT_ONCE = 3;    // whose A a thread forms while it reads Z once
constexpr int SAMPLES_AT_ONCE = 4;  // that a thread combines while it goes over the tasks once

template <class V> DEVICE V sign_of(const V& x) { return select(x > 0.0f, all<V>(1), select(x < 0.0f, all<V>(-1), all<V>(0))); }

// The words e, e + 1, ... of a pack, as 2 U - 1, exactly; e is a multiple of 4 where there are several.
template <int W> struct Draws {
    double value[W];

    MEMBER Draws(const RandomStream& random, long long e) {
        if constexpr (W == 1) {
            value[0] = of(random.word(e));
        } else {
            UNROLL
            for (int k = 0; k < W; k += 4) {
                RandomWords words = random.four((unsigned int)((e + k) / 4));
                UNROLL
                for (int j = 0; j < 4; j++) value[k + j] = of(words.x[j]);
            }
        }
    }
    static MEMBER double of(unsigned int word) { return (word + 0.5) * 0x1p-31 - 1; }
};

// The tasks' A at the elements of a pack, and from them who passes.
template <class V> struct Agreement {
    static constexpr int W = width_of<V>;
    V total, size;
#if FAST
    V sums[MOST_TASKS], passing;  // passing: the sign of those that pass; 0: of none
#else
    unsigned int above[W], below[W];  // bit t: A_t > 0, A_t < 0; from `decide` on above is who passes
#endif

    MEMBER Agreement() : total(all<V>(0)), size(all<V>(0)) {
#if !FAST
        UNROLL
        for (int k = 0; k < W; k++) above[k] = below[k] = 0;
#endif
    }
    MEMBER void add(int t, const V& A) {
        total += A;
        size += magnitude(A);
#if FAST
        sums[t] = A;
#else
        unsigned int bit = 1u << t;
        UNROLL
        for (int k = 0; k < W; k++) {
            above[k] |= lane(A, k) > 0 ? bit : 0;
            below[k] |= lane(A, k) < 0 ? bit : 0;
        }
#endif
    }
    // P > U is total > (2 U - 1) size: where size is 0 nobody has a sign.
    MEMBER void decide(const Draws<W>& draws) {
        UNROLL
        for (int k = 0; k < W; k++) {
            double purity = lane(total, k), drawn = draws.value[k] * lane(size, k);
#if FAST
            set_lane(passing, k, (float)((purity > drawn) - (purity < drawn)));  // a branch by chance is guessed wrong
#else
            above[k] = purity > drawn ? above[k] : purity < drawn ? below[k] : 0;
#endif
        }
    }
    MEMBER V factor(int t, float leak) const {
#if FAST
        return select(sums[t] * passing > 0.0f, all<V>(1), all<V>(leak));
#else
        V factors;
        unsigned int bit = 1u << t;
        UNROLL
        for (int k = 0; k < W; k++) set_lane(factors, k, above[k] & bit ? 1.0f : leak);
        return factors;
#endif
    }
};

// For each task the block's sums of factor g^2 and of g^2.
struct SquareSums {
#if FAST
    double passed[MOST_TASKS], whole[MOST_TASKS];

    MEMBER explicit SquareSums(int T) {
        for (int t = 0; t < T; t++) passed[t] = whole[t] = 0;
    }
    MEMBER void add(int t, float passes, float all) {
        passed[t] += passes;
        whole[t] += all;
    }
    MEMBER void store(int T, float* partials) const {
        for (int t = 0; t < T; t++) {
            partials[t] = (float)passed[t];
            partials[T + t] = (float)whole[t];
        }
    }
#else
    float* column;  // of the thread: every THREADS-th float

    MEMBER explicit SquareSums(int T) {
        SHARED(float, sums, MOST_TASKS * THREADS);
        column = sums + threadIdx.x;
        for (int t = 0; t < T; t++) column[t * THREADS] = 0;
    }
    // All threads of a warp must call it. An even thread adds up what passes of its pair's, an odd one all of it.
    MEMBER void add(int t, float passes, float all) {
        bool odd = threadIdx.x % 2 != 0;
        float others = __shfl_xor_sync(0xffffffffu, odd ? passes : all, 1);
        column[t * THREADS] += (odd ? all : passes) + others;
    }
    // All threads must call it.
    MEMBER void store(int T, float* partials) const {
        __syncthreads();
        int in_warp = threadIdx.x % 32;
        for (int t = threadIdx.x / 32; t < T; t += THREADS / 32) {
            const float* sums = column - threadIdx.x + t * THREADS;
            float sum = 0;
            for (int k = in_warp; k < THREADS; k += 32) sum += sums[k];
            for (int offset = 16; offset > 1; offset /= 2) sum += __shfl_down_sync(0xffffffffu, sum, offset);
            if (in_warp < 2) partials[in_warp * T + t] = sum;
        }
    }
#endif
};

// The tensors, as seen from one element of a sample.
template <class S> struct Gradients {
    const S *z, *g;
    S* combined;
    long long sample_stride, task_stride;
    unsigned int present;  // bit t: the task takes part

    MEMBER Gradients from(long long at) const {
        return Gradients{z + at, g + at, combined + at, sample_stride, task_stride, present};
    }
    MEMBER bool takes_part(int t) const { return present >> t & 1; }
};

// `taker` gets the A of tasks that take part.
template <int TASKS, class V, class S, class Taker> DEVICE void form_sums(Taker& taker, const Gradients<S>& at, int N, int first) {
    V sums[TASKS];
    UNROLL
    for (int k = 0; k < TASKS; k++) sums[k] = all<V>(0);
    const S *z = at.z, *g = at.g + first * at.task_stride;
    NO_UNROLL
    for (int n = 0; n < N; n++) {
        V sign = sign_of(load<V>(z));
        UNROLL
        for (int k = 0; k < TASKS; k++) sums[k] += sign * load<V>(g + k * at.task_stride);
        z += at.sample_stride;
        g += at.sample_stride;
    }
    UNROLL
    for (int k = 0; k < TASKS; k++) {
        if (at.takes_part(first + k)) taker.add(first + k, sums[k]);
    }
}

// `counts`: whether the element is the thread's own; else nothing of it is stored or added.
template <int SAMPLES, class V, class S>
DEVICE void combine(const Agreement<V>& agreement, const Gradients<S>& at, int n, int T, const float* leaks, bool counts,
                    SquareSums& squares) {
    V y[SAMPLES];
    UNROLL
    for (int k = 0; k < SAMPLES; k++) y[k] = all<V>(0);
    long long here = n * at.sample_stride;
    NO_UNROLL
    for (int t = 0; t < T; t++) {
        if (!at.takes_part(t)) continue;
        V g[SAMPLES];
        UNROLL
        for (int k = 0; k < SAMPLES; k++) g[k] = load<V>(at.g + t * at.task_stride + here + k * at.sample_stride);
        V factor = agreement.factor(t, leaks[t]), square = all<V>(0);
        UNROLL
        for (int k = 0; k < SAMPLES; k++) {
            y[k] += factor * g[k];
            square += g[k] * g[k];
        }
        squares.add(t, counts ? sum_of_lanes(factor * square) : 0.0f, counts ? sum_of_lanes(square) : 0.0f);
    }
    if (!counts) return;
    UNROLL
    for (int k = 0; k < SAMPLES; k++) store(at.combined + here + k * at.sample_stride, y[k]);
}

// What takes all tasks' A at an element of the samples at hand.
template <class V, class S, class Taker> DEVICE void form_all_sums(Taker& taker, const Gradients<S>& at, int N, int T) {
    static_assert(TASKS_AT_ONCE == 3, "a case for each rest");
    int t = 0;
    for (; t + TASKS_AT_ONCE <= T; t += TASKS_AT_ONCE) form_sums<TASKS_AT_ONCE, V>(taker, at, N, t);
    switch (T - t) {
        case 1: form_sums<1, V>(taker, at, N, t); break;
        case 2: form_sums<2, V>(taker, at, N, t); break;
    }
}

// A stored, [T] of them, `stride` apart.
template <class V> struct StoredSums {
    float* sums;
    long long stride;

    MEMBER void add(int t, const V& A) { store(sums + t * stride, A); }
};

// e: the element's number in a sample. `counts` as in combine. `sums`: A of all ranks' samples, [T][elements]; or null, where these are all.
template <class V, bool GIVEN, class S>
DEVICE void drop_at(const Gradients<S>& at, const RandomStream& random, long long e, int N, int T, const float* leaks,
                    const float* sums, long long elements, bool counts, SquareSums& squares) {
    static_assert(SAMPLES_AT_ONCE == 4, "a case for each rest");
    Agreement<V> agreement;
    int n = 0;
    if constexpr (GIVEN) {
        NO_UNROLL
        for (int t = 0; t < T; t++) {
            if (at.takes_part(t)) agreement.add(t, load<V>(sums + t * elements + e));
        }
    } else {
        form_all_sums<V>(agreement, at, N, T);
    }
    agreement.decide(Draws<width_of<V>>(random, e));
    for (; n + SAMPLES_AT_ONCE <= N; n += SAMPLES_AT_ONCE) {
        combine<SAMPLES_AT_ONCE>(agreement, at, n, T, leaks, counts, squares);
    }
    switch (N - n) {
        case 1: combine<1>(agreement, at, n, T, leaks, counts, squares); break;
        case 2: combine<2>(agreement, at, n, T, leaks, counts, squares); break;
        case 3: combine<3>(agreement, at, n, T, leaks, counts, squares); break;
    }
}

// The channels that only pad.
template <class S> DEVICE void clear_padding(S* combined, long long M, int C, int pitch) {
    if (C == pitch) return;
    long long begin, end;
    block_range(M, 1, begin, end);
    Lanes lanes = lanes_over(pitch - C);
    for (long long m = begin + lanes.row; m < end; m += lanes.rows) {
        for (int c = C + lanes.column; c < pitch; c += lanes.across) store(combined + m * pitch + c, 0.0f);
    }
}

template <class V, bool GIVEN, class S>
DEVICE void drop_all(const Gradients<S>& tensors, const RandomStream& random, int N, int places, int C, int pitch, int T,
                     const float* leaks, const float* sums, SquareSums& squares) {
    int packs = C / width_of<V>;
    Divisor across(packs);
    long long begin, end;
    block_range((long long)places * packs, 16, begin, end);
    for (long long first = begin; first < end; first += THREADS) {  // all threads go on together: squares are added in pairs
        long long i = smaller(first + threadIdx.x, end - 1);
        unsigned int pack, place = across.divide((unsigned int)i, pack);
        int c = (int)pack * width_of<V>;
        drop_at<V, GIVEN>(tensors.from((long long)place * pitch + c), random, (long long)place * C + c, N, T, leaks, sums,
                          (long long)places * C, first + threadIdx.x < end, squares);
    }
}

template <class V, class S>
DEVICE void store_all_sums(const Gradients<S>& tensors, float* sums, int N, int places, int C, int pitch, int T) {
    int packs = C / width_of<V>;
    Divisor across(packs);
    long long begin, end;
    block_range((long long)places * packs, 16, begin, end);
    for (long long i = begin + threadIdx.x; i < end; i += THREADS) {
        unsigned int pack, place = across.divide((unsigned int)i, pack);
        int c = (int)pack * width_of<V>;
        StoredSums<V> stored{sums + (long long)place * C + c, (long long)places * C};
        form_all_sums<V>(stored, tensors.from((long long)place * pitch + c), N, T);
    }
}

DEVICE unsigned int tasks_present(const int* counts, int T) {
    unsigned int present = 0;
    for (int t = 0; t < T; t++) present |= (counts[t] > 0 ? 1u : 0u) << t;
    return present;
}

template <class S> DEVICE bool drop_by_packs(int C, int pitch, long long task_stride) {
    return C % WIDTH == 0 && (FAST || (pitch % WIDTH == 0 && task_stride % WIDTH == 0));
}

// sums [T][places * C]: A_t of these samples, for those of other ranks to be added. Of a task that takes no part nothing is written.
template <class S>
DEVICE void drop_sums_of(const S* Z, const S* g, float* sums, int N, int places, int C, int pitch, int T, long long task_stride,
                         const int* counts) {
    Gradients<S> tensors{Z, g, nullptr, (long long)places * pitch, task_stride, tasks_present(counts, T)};
    if (drop_by_packs<S>(C, pitch, task_stride)) store_all_sums<Pack>(tensors, sums, N, places, C, pitch, T);
    else store_all_sums<float>(tensors, sums, N, places, C, pitch, T);
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 33 (bf16 80), resident 4
RESIDENT_KERNELS(3, drop_sums,
        (const S* __restrict__ Z, const S* __restrict__ g, float* __restrict__ sums, int N, int places, int C, int pitch, int T,
         long long task_stride, const int* __restrict__ counts),
        (Z, g, sums, N, places, C, pitch, T, task_stride, counts))

// partials [gridDim.x][2][T]: the sums of factor g^2 and of g^2 over the block's elements. places * C is below 2^32.
template <bool GIVEN, class S>
DEVICE void drop_by(const S* Z, const S* g, const float* sums, S* combined, float* partials, int N, int places, int C, int pitch, int T,
                    long long task_stride, const double* leak, const int* counts, long long seed, const long long* counters) {
    SHARED(float, leaks, MOST_TASKS);
    for (int t = threadIdx.x; t < T; t += THREADS) leaks[t] = (float)leak[t];
    SquareSums squares(T);
    __syncthreads();
    Gradients<S> tensors{Z, g, combined, (long long)places * pitch, task_stride, tasks_present(counts, T)};
    RandomStream random(seed, GRAD_DROP, counters[0]);
    if (drop_by_packs<S>(C, pitch, task_stride)) {
        drop_all<Pack, GIVEN>(tensors, random, N, places, C, pitch, T, leaks, sums, squares);
    } else {
        drop_all<float, GIVEN>(tensors, random, N, places, C, pitch, T, leaks, sums, squares);
    }
    clear_padding(combined, (long long)N * places, C, pitch);
    squares.store(T, partials + (long long)blockIdx.x * 2 * T);
}
template <class S>
DEVICE void drop_signs_of(const S* Z, const S* g, S* combined, float* partials, int N, int places, int C, int pitch, int T,
                          long long task_stride, const double* leak, const int* counts, long long seed, const long long* counters) {
    drop_by<false>(Z, g, nullptr, combined, partials, N, places, C, pitch, T, task_stride, leak, counts, seed, counters);
}
// The same by the A of all ranks' samples.
template <class S>
DEVICE void drop_signs_by_sums_of(const S* g, const float* sums, S* combined, float* partials, int N, int places, int C, int pitch,
                                  int T, long long task_stride, const double* leak, const int* counts, long long seed,
                                  const long long* counters) {
    drop_by<true, S>(nullptr, g, sums, combined, partials, N, places, C, pitch, T, task_stride, leak, counts, seed, counters);
}
// counts: loads 1.00, stores 1.01, conflicts 1.00, instructions 91 (bf16 177), resident 3
RESIDENT_KERNELS(3, drop_signs_by_sums,
        (const S* __restrict__ g, const float* __restrict__ sums, S* __restrict__ combined, float* __restrict__ partials, int N,
         int places, int C, int pitch, int T, long long task_stride, const double* __restrict__ leak, const int* __restrict__ counts,
         long long seed, const long long* __restrict__ counters),
        (g, sums, combined, partials, N, places, C, pitch, T, task_stride, leak, counts, seed, counters))

// counts: loads 1.00, stores 1.01, conflicts 1.00, instructions 99 (bf16 246), resident 3
RESIDENT_KERNELS(3, drop_signs,
        (const S* __restrict__ Z, const S* __restrict__ g, S* __restrict__ combined, float* __restrict__ partials, int N, int places,
         int C, int pitch, int T, long long task_stride, const double* __restrict__ leak, const int* __restrict__ counts,
         long long seed, const long long* __restrict__ counters),
        (Z, g, combined, partials, N, places, C, pitch, T, task_stride, leak, counts, seed, counters))

// coefficients [T]: <masked g_t, g_t> / |g_t|^2, a square of 0 counting as 1, which is what each task's weight is told as; gram [T][T]: the
// squares on its diagonal, 0 elsewhere.
// counts: loads 1.50, stores 2.00, conflicts 1.00, instructions 225, resident 5
KERNEL(drop_finish, const float* __restrict__ partials, int blocks, double* __restrict__ coefficients, double* __restrict__ gram, int T) {
    each_finish_column(T, [&](long long t, bool valid) {
        double passed = sum_over_blocks(partials, blocks, 2 * T, t, valid);
        double square = sum_over_blocks(partials, blocks, 2 * T, T + t, valid);
        if (!valid || finish_lane() != 0) return;
        coefficients[t] = passed / (square == 0 ? 1 : square);
        for (int k = 0; k < T; k++) gram[t * T + k] = k == t ? square : 0;
    });
}
