// What the task losses have in common, whether they read logits at full resolution or upsample them.
#pragma once
#include "common.cuh"

// Whether place m has a label: float targets [M][C] have none where all their channels are the marker.
DEVICE bool is_labelled(const float* target, long long m, int C, float ignore, int has_ignore) {
    if (!has_ignore) return true;
    for (int c = 0; c < C; c++) if (target[m * C + c] != ignore) return true;
    return false;
}

DEVICE float scale_of(const float* weight, const int* count) { return weight[0] / larger(count[0], 1); }

DEVICE float loss_of_place(float label_logit, bool known, float largest, float sum) {
    return known ? logf(sum) + largest - label_logit : not_a_number();
}

// ------------------------------------------------------------------------------------------------------------------ regression

enum { L1 = 0, L2 = 1, HUBER = 2, BINARY_CROSS_ENTROPY = 3 };

// What a kind says of prediction x for target t: the loss, and its derivative by x.
template <class V> struct Term {
    V loss, slope;
};
struct Absolute {
    template <class V> MEMBER Term<V> of(const V& x, const V& t) const {
        V e = x - t;  // the slope is 0 at 0, and not a number where e is not
        return {magnitude(e), select(e < 0.0f, all<V>(-1), select(e > 0.0f, all<V>(1), e))};
    }
};
struct Squared {
    template <class V> MEMBER Term<V> of(const V& x, const V& t) const {
        V e = x - t;
        return {e * e, e * 2.0f};
    }
};
struct Huber {
    float delta;
    template <class V> MEMBER Term<V> of(const V& x, const V& t) const {
        V e = x - t, a = magnitude(e);
        V slope = select(e < -delta, all<V>(-delta), select(e > delta, all<V>(delta), e));
        return {select(a <= delta, e * e * 0.5f, (a - 0.5f * delta) * delta), slope};
    }
};
// -(p t log s(x) + (1 - p)(1 - t) log s(-x)); -log s(x) = max(-x, 0) + log(1 + exp(-|x|))
struct BinaryCrossEntropy {
    float positive;
    template <class V> MEMBER Term<V> of(const V& x, const V& t) const {
        V z = exponential(-magnitude(x)), rest = log_one_plus(z), near = all<V>(1) / (z + 1.0f), far = z * near;
        V up = select(x < 0.0f, far, near), down = select(x < 0.0f, near, far);  // s(x), s(-x)
        V high = t * positive, low = (1.0f - t) * (1 - positive);
        return {high * (rest + select(x < 0.0f, -x, all<V>(0))) + low * (rest + select(x < 0.0f, all<V>(0), x)), low * up - high * down};
    }
};

// Calls body(Kind()) for the kind of that number. The parameter is huber's delta and binary cross entropy's weight of the positives.
template <class Body> DEVICE void with_kind(int kind, float parameter, Body body) {
    if (kind == L1) body(Absolute());
    if (kind == L2) body(Squared());
    if (kind == HUBER) body(Huber{parameter});
    if (kind == BINARY_CROSS_ENTROPY) body(BinaryCrossEntropy{parameter});
}

// The kind of that number, looked up at each comparison.
struct AnyKind {
    int kind;
    float parameter;

    template <class V> MEMBER Term<V> of(const V& x, const V& t) const {
        if (kind == L1) return Absolute().of(x, t);
        if (kind == L2) return Squared().of(x, t);
        if (kind == HUBER) return Huber{parameter}.of(x, t);
        return BinaryCrossEntropy{parameter}.of(x, t);
    }
};

// ------------------------------------------------------------------------------------------------------------------ cosine

// 1 - x.t / max(|x|, 1e-6) a place; the slope of x.t / |x| is (t - x (x.t) / |x|^2) / |x|, and t / 1e-6 below.
template <class V> struct Angle {
    V over, along;  // the slope by x is (along x - t) over

    MEMBER Angle(const V& square, const V& dot) {
        const float least = 1e-6f;
        V norm = root(square);
        over = 1.0f / larger(norm, all<V>(least));
        along = select(norm > least, dot * over * over, all<V>(0));
    }
};

#if !FAST
// ------------------------------------------------------------------------------------------------------------------ blocks of threads
// A place's channels lie over a group of lanes, side by side in a warp, each with N of them; so the places of a warp's groups follow one
// another. Code for a place that is one too many runs for the warp's last one once more, and counts nothing.

template <int N> constexpr bool is_alone = N % WIDTH != 0;

struct Group {
    int lanes, lane, place;  // lanes: a power of two; place: the group's number in its warp

    MEMBER Group(int lanes) : lanes(lanes), lane(threadIdx.x % lanes), place(threadIdx.x % 32 / lanes) {}

    // The channel of a lane's k-th value, in whole packs; and whether there is one. A lane with another number of values is alone with
    // its place's channels.
    template <int N> MEMBER int channel(int k) const {
        return is_alone<N> ? k : (k / WIDTH * lanes + lane) * WIDTH + k % WIDTH;
    }
    template <int N> MEMBER bool has_channel(int k, int C) const { return is_alone<N> || channel<N>(k) < C; }
    // Whether that is channel c: the difference is the same for the channels of a pack.
    template <int N> MEMBER bool is_channel(int k, int c) const {
        return c - channel<N>(k / WIDTH * WIDTH) == k % WIDTH;
    }
    MEMBER float sum(float x) const {
        UNROLL
        for (int offset = 1; offset < 32; offset *= 2) {
            if (offset >= lanes) break;
            x += __shfl_xor_sync(0xffffffffu, x, offset);
        }
        return x;
    }
    MEMBER float largest(float x) const {
        UNROLL
        for (int offset = 1; offset < 32; offset *= 2) {
            if (offset >= lanes) break;
            x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, offset));
        }
        return x;
    }
    MEMBER bool any(bool x) const { return largest(x ? 1.0f : 0.0f) != 0; }
};

// The lanes that C channels take, N each.
DEVICE int group_lanes(int C, int N) {
    int lanes = 1;
    while (lanes * N < C) lanes *= 2;
    return lanes;
}

template <int N> struct Values {
    float x[N];

    MEMBER Pack pack(int k) const { return Pack{{x[k], x[k + 1], x[k + 2], x[k + 3]}}; }
};

// A lane's channels of one place, `padding` behind the C that there are. With `packs`, those may be read.
template <int N, class S> DEVICE Values<N> load_values(const S* place, const Group& group, int C, bool packs, float padding) {
    Values<N> v;
    if (N > 1 && packs) {
        UNROLL
        for (int k = 0; k < N; k += WIDTH) {
            int c = group.channel<N>(k);
            Pack a = c < C ? load_pack(place + c) : pack(padding);
            UNROLL
            for (int i = 0; i < WIDTH; i++) if (k + i < N) v.x[k + i] = group.has_channel<N>(k + i, C) ? lane(a, i) : padding;
        }
    } else {
        UNROLL
        for (int k = 0; k < N; k++) v.x[k] = group.has_channel<N>(k, C) ? load<float>(place + group.channel<N>(k)) : padding;
    }
    return v;
}

// The places of a warp: `count` of them, the first the tensor's place `first`.
struct WarpPlaces {
    long long first;
    int count;

    MEMBER int own(const Group& group) const { return smaller(group.place, count - 1); }
};

// exp(x) for x <= 0 in a sum of exponentials that is at least 1: off by |x| units in the last place of itself, and so by no more than
// half a unit of the sum.
#ifdef GIMBAL_HOST
DEVICE float softmax_exponential(float x) { return expf(x); }
#else
DEVICE float softmax_exponential(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x * 1.44269504088896341f));
    return y;
}
#endif

// The losses replace the values of a lane by their slopes, and return whether the place has a label: without one, there are none.
// `counted` says whether the place's loss is to be added to the sum.

struct CrossEntropy {
    static constexpr float PADDING = -3e38f;  // finite, for mixtures of it
    static constexpr bool ALONE = false;

    const int* target;
    int C, ignore;
    float scale;
    LongSum sum = 0, product = 1;  // of the places' sums: one logarithm for many of them

    MEMBER LongSum total() const { return sum + logf(product); }

    // A label outside the classes makes the loss not a number, so that the step is rejected.
    template <int N> MEMBER bool differentiate(Values<N>& v, const Group& group, const WarpPlaces& places, bool counted) {
        int label = target[places.first + places.own(group)];
        float largest = v.x[0], exponentials = 0, of_label = 0;
        UNROLL
        for (int k = 1; k < N; k++) largest = fmaxf(largest, v.x[k]);
        largest = group.largest(largest);
        UNROLL
        for (int k = 0; k < N; k++) {
            float x = v.x[k] - largest;
            if (group.is_channel<N>(k, label)) of_label = x;
            v.x[k] = softmax_exponential(x);
            exponentials += v.x[k];
        }
        exponentials = group.sum(exponentials);
        float over = scale / exponentials;
        UNROLL
        for (int k = 0; k < N; k++) v.x[k] = v.x[k] * over + (group.is_channel<N>(k, label) ? -scale : 0.0f);
        if (label == ignore) return false;
        if (counted) {
            sum -= of_label;
            if (group.lane == 0) product *= label >= 0 && label < C ? exponentials : not_a_number();
            if (product > 1e30f) {
                sum += logf(product);
                product = 1;
            }
        }
        return true;
    }
};

// What stands in a float target.
struct FloatTarget {
    const float* values;
    int C;
    float ignore;
    int has_ignore;

    // A lane's channels, the marker behind the last one.
    template <int N> MEMBER Values<N> read(const Group& group, const WarpPlaces& places) const {
        const float* from = values + places.first * C;
        if constexpr (N == 3) return read_threes(from, places.count * N);
        else return load_values<N>(from + places.own(group) * C, group, C, C % WIDTH == 0, ignore);
    }

    // A warp's places have 96 floats in a row. Lane l wants 3 l to 3 l + 2 of them, and lanes side by side read lanes side by side: of
    // the floats that a lane has read, each is wanted by one lane, and for each channel by another one.
    static MEMBER Values<3> read_threes(const float* from, int count) {
        int own = threadIdx.x % 32;
        Values<3> read, t;
        UNROLL
        for (int k = 0; k < 3; k++) read.x[k] = from[smaller(own + k * 32, count - 1)];
        UNROLL
        for (int k = 0; k < 3; k++) {
            int wanted_by = (own - k) * 11 & 31, part = (wanted_by * 3 + k) / 32;  // 3 * 11 is 1 behind 32
            float wanted = part == 0 ? read.x[0] : part == 1 ? read.x[1] : read.x[2];
            t.x[k] = __shfl_sync(0xffffffffu, wanted, (own * 3 + k) & 31);
        }
        return t;
    }

    template <int N> MEMBER bool is_labelled(const Values<N>& t, const Group& group) const {
        if (!has_ignore) return true;
        bool present = false;
        UNROLL
        for (int k = 0; k < N; k++) present |= t.x[k] != ignore;
        return is_alone<N> ? present : group.any(present);
    }
};

struct Regression {
    static constexpr float PADDING = 0;
    static constexpr bool ALONE = true;

    int kind;
    float parameter;
    FloatTarget target;
    float scale;
    LongSum sum = 0;

    MEMBER LongSum total() const { return sum; }

    template <int N> MEMBER bool differentiate(Values<N>& v, const Group& group, const WarpPlaces& places, bool counted) {
        Values<N> t = target.read<N>(group, places);
        if (!target.is_labelled(t, group)) return false;
        with_kind(kind, parameter, [&](auto comparison) {
            float losses = 0;
            UNROLL
            for (int k = 0; k < N; k++) {
                Term<float> term = comparison.of(v.x[k], t.x[k]);
                v.x[k] = term.slope * scale;
                if (group.has_channel<N>(k, target.C)) losses += term.loss;
            }
            if (counted) sum += losses;
        });
        return true;
    }
};

struct Cosine {
    static constexpr float PADDING = 0;
    static constexpr bool ALONE = true;

    FloatTarget target;
    float scale;
    LongSum sum = 0;

    MEMBER LongSum total() const { return sum; }

    template <int N> MEMBER bool differentiate(Values<N>& v, const Group& group, const WarpPlaces& places, bool counted) {
        Values<N> t = target.read<N>(group, places);
        float square = 0, dot = 0;
        UNROLL
        for (int k = 0; k < N; k++) {
            square += v.x[k] * v.x[k];
            dot += v.x[k] * t.x[k];
        }
        if (!is_alone<N>) {
            square = group.sum(square);
            dot = group.sum(dot);
        }
        Angle<float> angle(square, dot);
        UNROLL
        for (int k = 0; k < N; k++) v.x[k] = (angle.along * v.x[k] - t.x[k]) * angle.over * scale;
        bool labelled = target.is_labelled(t, group);
        if (labelled && counted && group.lane == 0) sum += 1 - dot * angle.over;
        return labelled;
    }
};
#endif
