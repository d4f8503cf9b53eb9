// Attention (attention.cu has the formulas, shapes and layouts) in windows that are small: each place by itself, over the places of
// its window, and no others.
//
// Up to 8 lanes of a warp have a place and head: each 4 packs of its channels at most, so that heads have 128 channels at most. What
// the place looks at comes through the cache; the softmax goes along with a running maximum. Backward, the place looks at those of its
// window in the same way whether it is the query or the key: windows are symmetrical.
//
// Bytes are those of attention.cu. Operations, R being the pairs of places that look at each other: the fewest, 2 R (C + D) forward and
// for v, 2 R (2 C + D) for q and k, and 25 R heads; for each multiplication a float comes through the cache, which gives 32 a clock where
// a multiprocessor multiplies 128. Against tiles, which multiply 128 / 9 as much for windows of 3, 192 / 25 for 5 and 256 / 49 for 7, warp
// instructions forward for 40 x 40 places of 64 channels, in millions: one head, window 3 0.78 to 1.56, window 5 1.90 to 1.82; 8 heads,
// window 3 0.63 to 5.49, 5 1.49 to 6.27, 7 2.74 to 8.07.
#include "attention.cuh"

constexpr int PACKS = FAST ? 16 : 4;         // of a place and head, that a thread has
constexpr int MOST_LANES = FAST ? 1 : 8;     // that share them
constexpr int MOST_CHANNELS = 128;           // of a head: PACKS * MOST_LANES * WIDTH
static_assert(PACKS * MOST_LANES * WIDTH == MOST_CHANNELS, "a group of lanes holds a head");

template <class S> DEVICE Pack some_of_pack(const S* from, int count) {
    Pack value = pack(0);
    UNROLL
    for (int k = 0; k < WIDTH; k++) if (k < count) set_lane(value, k, load<float>(from + k));
    return value;
}

// The lanes that work at one place and head, and which of the block's groups this is.
struct Group {
    int lanes, lane, index, groups;

    MEMBER Group(int channels) : lanes(1) {
        while (lanes * PACKS * WIDTH < channels) lanes *= 2;
        lane = threadIdx.x % lanes;
        index = threadIdx.x / lanes;
        groups = THREADS / lanes;
    }
    // Calls body(i, pack) for the lane's packs of a place's channels. PACKED: these are a multiple of WIDTH.
    template <bool PACKED, class S, class Body> MEMBER void each_pack(const Side<S>& side, int place, Body body) const {
        const S* from = side.x + (long long)place * side.pitch + lane * WIDTH;
        int left = side.count - lane * WIDTH;
        UNROLL
        for (int i = 0; i < PACKS; i++) {
            if (left <= 0) break;
            body(i, PACKED && (!FAST || left >= WIDTH) ? load_pack(from) : some_of_pack(from, left));
            from += lanes * WIDTH;
            left -= lanes * WIDTH;
        }
    }
    MEMBER float sum(float x) const {
#if !FAST
        for (int k = lanes / 2; k > 0; k /= 2) x += __shfl_xor_sync(0xffffffffu, x, k);
#endif
        return x;
    }
};

// A thread's channels of a place.
struct Row {
    Pack x[PACKS];

    MEMBER void clear() {
        UNROLL
        for (int i = 0; i < PACKS; i++) x[i] = pack(0);
    }
    template <bool PACKED, class S> MEMBER void load(const Group& group, const Side<S>& side, int place) {
        clear();
        group.each_pack<PACKED>(side, place, [&](int i, const Pack& value) { x[i] = value; });
    }
    // With what stands at another place, if there is one; the group's lanes add up.
    template <bool PACKED, class S> MEMBER float times(const Group& group, const Side<S>& side, int place) const {
        Pack sum = pack(0);
        if (place >= 0) group.each_pack<PACKED>(side, place, [&](int i, const Pack& value) { sum += x[i] * value; });
        return group.sum(sum_of_lanes(sum));
    }
    template <bool PACKED, class S> MEMBER void add(const Group& group, const Side<S>& side, int place, float weight) {
        if (place >= 0) group.each_pack<PACKED>(side, place, [&](int i, const Pack& value) { x[i] += value * weight; });
    }
    MEMBER void scale(float by) {
        UNROLL
        for (int i = 0; i < PACKS; i++) x[i] = x[i] * by;
    }
    template <bool PACKED, class S> MEMBER void store_to(const Group& group, S* to, int count) const {
        to += group.lane * WIDTH;
        int left = count - group.lane * WIDTH;
        UNROLL
        for (int i = 0; i < PACKS; i++) {
            if (left <= 0) break;
            if (PACKED && (!FAST || left >= WIDTH)) {
                store(to, x[i]);
            } else {
                UNROLL
                for (int k = 0; k < WIDTH; k++) if (k < left) store(to + k, lane(x[i], k));
            }
            to += group.lanes * WIDTH;
            left -= group.lanes * WIDTH;
        }
    }
};

// A place and head, whose softmax, or gradient, the group works out.
struct Own {
    int task, image, head, row, column;
    bool counts;  // false: only its lanes run along
};

// Calls body(own) for the block's share of the places and heads of T tasks; a warp's lanes do so equally often.
template <class Body> DEVICE void each_own(const Sizes& sizes, int T, const Group& group, Body body) {
    long long begin, end;
    block_range((long long)T * sizes.N * sizes.places() * sizes.heads, 1, begin, end);
    Divisor heads(sizes.heads), columns(sizes.W), rows(sizes.H), images(sizes.N);
    for (unsigned int first = (unsigned int)begin; first < (unsigned int)end; first += group.groups) {
        unsigned int number = first + group.index, head, column, row, image;
        bool counts = number < (unsigned int)end;
        unsigned int place = heads.divide(counts ? number : (unsigned int)end - 1, head), line = columns.divide(place, column);
        unsigned int task = images.divide(rows.divide(line, row), image);
        body(Own{(int)task, (int)image, (int)head, (int)row, (int)column, counts});
    }
}

// Calls body(place) for all places of the window; -1 for what lies outside of the image.
template <class Body> DEVICE void each_near(const Sizes& sizes, const Own& own, Body body) {
    int half = sizes.half();
    NO_UNROLL
    for (int row = own.row - half; row <= own.row + half; row++) {
        bool inside = row >= 0 && row < sizes.H;
        if (FAST && !inside) continue;
        NO_UNROLL
        for (int column = own.column - half; column <= own.column + half; column++) {
            bool seen = inside && column >= 0 && column < sizes.W;
            if (!FAST || seen) body(seen ? row * sizes.W + column : -1);
        }
    }
}

#if FAST
constexpr int MOST_PLACES = 7 * 7;  // of a window

// The places of a window that lie in the image, and a number of each; rounded up to whole packs.
struct Near {
    int count, place[MOST_PLACES];
    alignas(32) float x[MOST_PLACES + WIDTH];

    MEMBER Near(const Sizes& sizes, const Own& own) : count(0) {
        each_near(sizes, own, [&](int at) { place[count++] = at; });
    }
    template <class Body> MEMBER void each_pack(Body body) {
        for (int j = 0; j < count; j += WIDTH) store(x + j, body(load_pack(x + j), j));
    }
};
#endif

template <bool PACKED, class S>
DEVICE void forward_near(const Sizes& sizes, const S* q, const S* k, const S* v, S* out, float* logsumexp, int C, int D) {
    Group group(larger(C, D) / sizes.heads);
    float scale = sizes.scale;
    each_own(sizes, 1, group, [&](const Own& own) {
        Side<S> queries = side(q, sizes, own.image, own.head, C), keys = side(k, sizes, own.image, own.head, C);
        Side<S> values = side(v, sizes, own.image, own.head, D);
        int place = own.row * sizes.W + own.column;
        Row query, sums;
        query.load<PACKED>(group, queries, place);
        sums.clear();
        float most = -3.0e38f, total = 0;
#if FAST
        Near near(sizes, own);
        for (int j = 0; j < near.count; j++) {
            near.x[j] = query.times<PACKED>(group, keys, near.place[j]) * scale;
            most = larger(most, near.x[j]);
        }
        for (int j = near.count; j < near.count + WIDTH; j++) near.x[j] = -3.0e38f;
        Pack weights = pack(0);
        near.each_pack([&](Pack score, int j) {  // times 0: NaN where it is not finite
            Pack weight = exponential(score - most) + score * 0.0f;
            weights += weight;
            return weight;
        });
        total = sum_of_lanes(weights);
        for (int j = 0; j < near.count; j++) sums.add<PACKED>(group, values, near.place[j], near.x[j]);
#else
        each_near(sizes, own, [&](int other) {
            float score = query.times<PACKED>(group, keys, other) * scale, now = other >= 0 && most < score ? score : most;
            float fade = now == most ? 1.0f : exponential(most - now), weight = other >= 0 ? exponential(score - now) + score * 0.0f : 0.0f;
            most = now;
            total = total * fade + weight;
            sums.scale(fade);
            sums.add<PACKED>(group, values, other, weight);
        });
#endif
        if (!own.counts) return;
        sums.scale(1 / total);
        sums.store_to<PACKED>(group, head_of(out, sizes, own.image, own.head, D) + (long long)place * D, D / sizes.heads);
        if (logsumexp && group.lane == 0) {
            logsumexp[((long long)own.image * sizes.heads + own.head) * sizes.places() + place] = most + logf(total);
        }
    });
}

DEVICE bool packed(int C, int D, int heads) { return C / heads % WIDTH == 0 && D / heads % WIDTH == 0; }

// logsumexp may be null.
template <class S>
DEVICE void attention_near_forward_of(const S* q, const S* k, const S* v, S* out, float* logsumexp, int N, int H, int W, int C, int D,
                                      int heads, int window, float scale) {
    Sizes sizes{N, H, W, heads, window, scale};
    if (FAST || packed(C, D, heads)) forward_near<true>(sizes, q, k, v, out, logsumexp, C, D);
    else forward_near<false>(sizes, q, k, v, out, logsumexp, C, D);
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 1302 (bf16 3427), resident 2
RESIDENT_KERNELS(2, attention_near_forward,
        (const S* __restrict__ q, const S* __restrict__ k, const S* __restrict__ v, S* __restrict__ out, float* __restrict__ logsumexp,
         int N, int H, int W, int C, int D, int heads, int window, float scale),
        (q, k, v, out, logsumexp, N, H, W, C, D, heads, window, scale))

template <Of OF, bool PACKED, class S> DEVICE void backward_near(const Sizes& sizes, const Cotangents<S>& from, S* gradient) {
    constexpr bool BY_QUERY = OF == Of::Q, SLOPES = OF != Of::V;
    int channels = OF == Of::V ? from.D : from.C;
    Group group(larger(from.C, from.D) / sizes.heads);
    each_own(sizes, from.T, group, [&](const Own& own) {
        long long n = (long long)sizes.N * sizes.places();
        Side<S> queries = side(from.q, sizes, own.image, own.head, from.C), keys = side(from.k, sizes, own.image, own.head, from.C);
        Side<S> values = side(from.v, sizes, own.image, own.head, from.D);
        Side<S> arriving = side(from.dout + own.task * n * from.D, sizes, own.image, own.head, from.D);
        const float* logsumexp = from.logsumexp + ((long long)own.image * sizes.heads + own.head) * sizes.places();
        const float* dots = SLOPES ? from.dots + (((long long)own.task * sizes.N + own.image) * sizes.heads + own.head) * sizes.places()
                                   : logsumexp;
        const Side<S>& others = BY_QUERY ? keys : queries;
        const Side<S>& others_behind = BY_QUERY ? values : arriving;
        int place = own.row * sizes.W + own.column;
        Row first, second, sums;
        first.load<PACKED>(group, BY_QUERY ? queries : keys, place);
        if (SLOPES) second.load<PACKED>(group, BY_QUERY ? arriving : values, place);
        sums.clear();
#if FAST
        Near near(sizes, own);
        alignas(32) float logs[MOST_PLACES + WIDTH], known[MOST_PLACES + WIDTH];
        for (int j = 0; j < near.count; j++) {
            int of = BY_QUERY ? place : near.place[j];
            near.x[j] = first.times<PACKED>(group, others, near.place[j]) * sizes.scale;
            logs[j] = logsumexp[of];
            known[j] = dots[of];
        }
        near.each_pack([&](Pack score, int j) { return exponential(score - load_pack(logs + j)); });
        for (int j = 0; j < near.count; j++) {
            float weight = near.x[j];
            if (SLOPES) weight *= (second.times<PACKED>(group, others_behind, near.place[j]) - known[j]) * sizes.scale;
            sums.add<PACKED>(group, OF == Of::V ? arriving : others, near.place[j], weight);
        }
#else
        each_near(sizes, own, [&](int other) {
            float product = first.times<PACKED>(group, others, other);
            float behind = SLOPES ? second.times<PACKED>(group, others_behind, other) : 0.0f;
            int of = BY_QUERY || other < 0 ? place : other;
            float weight = exponential(product * sizes.scale - logsumexp[of]);
            if (SLOPES) weight *= (behind - dots[of]) * sizes.scale;
            sums.add<PACKED>(group, OF == Of::V ? arriving : others, other, other >= 0 ? weight : 0.0f);
        });
#endif
        if (!own.counts) return;
        S* to = head_of(gradient + own.task * n * channels, sizes, own.image, own.head, channels);
        sums.store_to<PACKED>(group, to + (long long)place * channels, channels / sizes.heads);
    });
}

template <Of OF, class S> DEVICE void backward_near(const Sizes& sizes, const Cotangents<S>& from, S* gradient) {
    if (FAST || packed(from.C, from.D, sizes.heads)) backward_near<OF, true>(sizes, from, gradient);
    else backward_near<OF, false>(sizes, from, gradient);
}

// dq [T][N][places][C].
template <class S>
DEVICE void attention_near_backward_q_of(const S* q, const S* k, const S* v, const S* dout, const float* logsumexp,
                                         const float* dots, S* dq, int N, int H, int W, int C, int D, int heads, int window, float scale, int T) {
    backward_near<Of::Q>(Sizes{N, H, W, heads, window, scale}, Cotangents<S>{q, k, v, dout, logsumexp, dots, C, D, T}, dq);
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 1296 (bf16 3467), resident 2
RESIDENT_KERNELS(2, attention_near_backward_q,
        (const S* __restrict__ q, const S* __restrict__ k, const S* __restrict__ v, const S* __restrict__ dout,
         const float* __restrict__ logsumexp, const float* __restrict__ dots, S* __restrict__ dq, int N, int H, int W, int C, int D,
         int heads, int window, float scale, int T),
        (q, k, v, dout, logsumexp, dots, dq, N, H, W, C, D, heads, window, scale, T))

// dk [T][N][places][C].
template <class S>
DEVICE void attention_near_backward_k_of(const S* q, const S* k, const S* v, const S* dout, const float* logsumexp,
                                         const float* dots, S* dk, int N, int H, int W, int C, int D, int heads, int window, float scale, int T) {
    backward_near<Of::K>(Sizes{N, H, W, heads, window, scale}, Cotangents<S>{q, k, v, dout, logsumexp, dots, C, D, T}, dk);
}
// counts: loads 1.01 (bf16 1.02), stores 1.00, conflicts 1.00, instructions 1395 (bf16 3710), resident 2
RESIDENT_KERNELS(2, attention_near_backward_k,
        (const S* __restrict__ q, const S* __restrict__ k, const S* __restrict__ v, const S* __restrict__ dout,
         const float* __restrict__ logsumexp, const float* __restrict__ dots, S* __restrict__ dk, int N, int H, int W, int C, int D,
         int heads, int window, float scale, int T),
        (q, k, v, dout, logsumexp, dots, dk, N, H, W, C, D, heads, window, scale, T))

// dv [T][N][places][D].
template <class S>
DEVICE void attention_near_backward_v_of(const S* q, const S* k, const S* dout, const float* logsumexp, S* dv, int N, int H, int W, int C,
                                         int D, int heads, int window, float scale, int T) {
    backward_near<Of::V>(Sizes{N, H, W, heads, window, scale},
                       Cotangents<S>{q, k, dout, dout, logsumexp, nullptr, C, D, T}, dv);
}
// counts: loads 1.01 (bf16 1.02), stores 1.00, conflicts 1.00, instructions 1126 (bf16 3097), resident 2
RESIDENT_KERNELS(2, attention_near_backward_v,
        (const S* __restrict__ q, const S* __restrict__ k, const S* __restrict__ dout, const float* __restrict__ logsumexp,
         S* __restrict__ dv, int N, int H, int W, int C, int D, int heads, int window, float scale, int T),
        (q, k, dout, logsumexp, dv, N, H, W, C, D, heads, window, scale, T))
