// Dropout: y[t][i] = x[t][i] times scale where word i of the stream is at least least_kept, times 0 elsewhere, for T rows of n elements
// each, in N, H, W, C, that share their mask. Forward T is 1; backward, dy and dx take the places of x and y, with the same mask.
// `before` elements of the batch are other ranks': the stream's first words are theirs. What is not finite stays so: 0 times NaN or infinity is NaN.
//
// Bytes an element, E being a tensor's element (4 or 2): 2 E T, the fewest possible; nothing of a mask is kept. Operations 25 + T: a
// Philox of 100 for 4 elements. In float32 memory is the limit on the GPU. In bf16 twice as many words are drawn for each byte: 357 of
// PTX's instructions a KiB, where memory leaves time for 220 (some only take a product's halves apart, which lie in two registers).
#include "random.cuh"

#if FAST
// Many factors at a time, of whole counters, in loops that the compiler makes vectors of.
template <class S>
DEVICE void dropout_of(const S* x, S* y, long long n, int T, long long before, long long least_kept, float scale, long long seed,
                       int stream, const long long* counters) {
    constexpr int WORDS = 64, MORE = WORDS + 4;  // where the first element is not a counter's first
    RandomStream random(seed, stream, counters[0]);
    long long begin, end;
    block_range(n, 16, begin, end);
    int skipped = (int)(before % 4);  // begin is a multiple of 4
    for (long long i = begin; i < end; i += WORDS) {
        float drawn[MORE], *factors = drawn + skipped;
        for (int k = 0; k < (skipped == 0 ? WORDS : MORE); k += 4) {
            RandomWords words = random.four((unsigned int)((before + i + k) / 4));
            for (int j = 0; j < 4; j++) drawn[k + j] = words.x[j] >= (unsigned int)least_kept ? scale : 0.0f;
        }
        int count = (int)smaller((long long)WORDS, end - i), packed = count / WIDTH * WIDTH;
        for (int t = 0; t < T; t++) {
            const S* from = x + t * n + i;
            S* to = y + t * n + i;
            for (int k = 0; k < packed; k += WIDTH) store(to + k, load_pack(from + k) * load_pack(factors + k));
            for (int k = packed; k < count; k++) store(to + k, load<float>(from + k) * factors[k]);
        }
    }
}
#else
// The factors of the elements i, i + 1, ... of a pack; i is a multiple of 4 where there are several.
template <class V> DEVICE V kept_scale(const RandomStream& random, long long i, unsigned int least_kept, float scale) {
    if constexpr (width_of<V> == 1) {
        return random.word(i) >= least_kept ? scale : 0.0f;
    } else {
        V factors;
        UNROLL
        for (int k = 0; k < width_of<V>; k += 4) {
            RandomWords words = random.four((unsigned int)((i + k) / 4));
            UNROLL
            for (int j = 0; j < 4; j++) set_lane(factors, k + j, words.x[j] >= least_kept ? scale : 0.0f);
        }
        return factors;
    }
}

template <class S>
DEVICE void dropout_of(const S* x, S* y, long long n, int T, long long before, long long least_kept, float scale, long long seed,
                       int stream, const long long* counters) {
    RandomStream random(seed, stream, counters[0]);
    each_element<S>(n, [&](long long i, auto v) {
        using V = decltype(v);
        V factors = kept_scale<V>(random, before + i, (unsigned int)least_kept, scale);
        NO_UNROLL
        for (int t = 0; t < T; t++) store(y + t * n + i, load<V>(x + t * n + i) * factors);
    }, (T == 1 || n % width_of<PackOf<S>> == 0) && before % 4 == 0);
}
#endif
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 197 (bf16 369), resident 8 (bf16 6)
KERNELS(dropout,
        (const S* x, S* y, long long n, int T, long long before, long long least_kept, float scale, long long seed, int stream,
         const long long* __restrict__ counters),
        (x, y, n, T, before, least_kept, scale, seed, stream, counters))
