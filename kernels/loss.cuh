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
    float positive, negative;  // p and 1 - p
    template <class V> MEMBER Term<V> of(const V& x, const V& t) const {
        V z = exponential(-magnitude(x)), rest = log_one_plus(z), near = all<V>(1) / (z + 1.0f), far = z * near;
        V up = select(x < 0.0f, far, near), down = select(x < 0.0f, near, far);  // s(x), s(-x)
        V high = t * positive, low = (1.0f - t) * negative;
        return {high * (rest + select(x < 0.0f, -x, all<V>(0))) + low * (rest + select(x < 0.0f, all<V>(0), x)), low * up - high * down};
    }
    template <class Body> MEMBER void with(Body body) const { body(*this); }
};

// The kind of that number. The parameter is huber's delta and binary cross entropy's weight of the positives.
struct AnyKind {
    int kind;
    float parameter;

    // Calls body(Kind()).
    template <class Body> MEMBER void with(Body body) const {
        if (kind == L1) body(Absolute());
        else if (kind == L2) body(Squared());
        else if (kind == HUBER) body(Huber{parameter});
        else if (kind == BINARY_CROSS_ENTROPY) body(BinaryCrossEntropy{parameter, 1 - parameter});
    }
    // Looked up at each comparison.
    template <class V> MEMBER Term<V> of(const V& x, const V& t) const {
        if (kind == L1) return Absolute().of(x, t);
        if (kind == L2) return Squared().of(x, t);
        if (kind == HUBER) return Huber{parameter}.of(x, t);
        return BinaryCrossEntropy{parameter, 1 - parameter}.of(x, t);
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

// ------------------------------------------------------------------------------------------------------------------ normalized l1

// The sum of |u_c - t_c| a place, u = x / (|x| + 1e-12). With s_c the sign of u_c - t_c, the slope by x_k is
// (s_k - (sum of s_c u_c) x_k / |x|) / (|x| + 1e-12). A prediction of no length has no direction: its u and its slopes are 0.
template <class V> struct Length {
    V norm, over;  // |x|, 1 / (|x| + 1e-12)

    MEMBER explicit Length(const V& square) {
        norm = root(square);
        over = select(norm == 0.0f, all<V>(0), 1.0f / (norm + 1e-12f));
    }
    // What a slope has of x, by the sum of s_c u_c.
    MEMBER V along(const V& sum) const { return select(norm == 0.0f, all<V>(0), sum / norm); }
};

#if !FAST
// ------------------------------------------------------------------------------------------------------------------ blocks of threads
// A place's channels lie over a group of lanes side by side in a warp, and a warp's groups have places that follow one another. Code for
// a place that is one too many runs for the warp's last one once more, and counts nothing.

// Elements of a tensor that are read and written as one, of 16 bytes.
template <class S> constexpr int unit_of = 16 / sizeof(S);
template <class S> DEVICE bool in_units(const S* p, int pitch) { return (unsigned long long)p % 16 == 0 && pitch % unit_of<S> == 0; }

DEVICE void load_unit(const float* p, float* x) {
    Pack a = load_pack(p);
    UNROLL
    for (int i = 0; i < WIDTH; i++) x[i] = lane(a, i);
}
DEVICE void load_unit(const bf16* p, float* x) {
    uint4 u = *reinterpret_cast<const uint4*>(p);
    unsigned int pairs[4] = {u.x, u.y, u.z, u.w};
    UNROLL
    for (int i = 0; i < 4; i++) {
        x[2 * i] = __uint_as_float(pairs[i] << 16);
        x[2 * i + 1] = __uint_as_float(pairs[i] & 0xffff0000u);
    }
}
DEVICE void store_unit(float* p, const float* x) { store(p, Pack{{x[0], x[1], x[2], x[3]}}); }
DEVICE void store_unit(bf16* p, const float* x) {
    *reinterpret_cast<Word16*>(p) = joined(narrowed_pair(x[0], x[1]), narrowed_pair(x[2], x[3])) |
                                    (Word16)joined(narrowed_pair(x[4], x[5]), narrowed_pair(x[6], x[7])) << 64;
}

template <int N> struct Values {
    float x[N];
};

// N channels a lane, UNIT of them side by side; a lane whose N is no multiple of WIDTH is alone with its place's N channels.
template <int N, int UNIT> struct Group {
    static constexpr bool ALONE = N % WIDTH != 0;
    using Lane = Values<N>;

    int lanes, with_channels;  // powers of two; the lanes behind the place's channels only pad them
    int lane, place;           // place: the group's number in its warp

    MEMBER Group(int channels) : lanes(lanes_of(channels, N)), with_channels(lanes) {
        lane = threadIdx.x % lanes;
        place = threadIdx.x % 32 / lanes;
    }
    MEMBER Group(int channels, int padded) : Group(padded) { with_channels = smaller(lanes, lanes_of(channels, UNIT)); }
    static MEMBER int lanes_of(int channels, int each) {
        int lanes = 1;
        while (!ALONE && lanes * each < channels && lanes < 32) lanes *= 2;
        return lanes;
    }

    MEMBER int channel(int k) const { return ALONE ? k : (k / UNIT * lanes + lane) * UNIT + k % UNIT; }
    // Whether there is one, of a place that has C, or of none that has 0.
    MEMBER bool has_channel(int k, int C) const { return ALONE ? C > 0 : channel(k) < C; }
    // Whether that is channel c: the difference is the same for a unit.
    MEMBER bool is_channel(int k, int c) const { return c - channel(k / UNIT * UNIT) == k % UNIT; }

    MEMBER float sum(float x) const {
        UNROLL
        for (int offset = 1; offset < 32; offset *= 2) {
            if (offset >= with_channels) break;
            x += __shfl_xor_sync(0xffffffffu, x, offset);
        }
        return x;
    }
    MEMBER float largest(float x) const {
        UNROLL
        for (int offset = 1; offset < 32; offset *= 2) {
            if (offset >= with_channels) break;
            x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, offset));
        }
        return x;
    }
    MEMBER bool any(bool x) const { return largest(x ? 1.0f : 0.0f) != 0; }

    // The lane's channels of a place that has C, or none, and anything behind them. In units, the first `readable` and at least one are
    // read.
    template <class S> MEMBER Lane load_some(const S* from, int C, int readable, bool units) const {
        Lane v;
        if (ALONE && N > 1 && units) {
            float x[unit_of<S>];
            load_unit(from, x);
            UNROLL
            for (int k = 0; k < N; k++) v.x[k] = x[k];
        } else if (!ALONE && units) {
            constexpr int unit = unit_of<S>;
            UNROLL
            for (int k = 0; k < N; k += unit) {
                float x[unit];
                load_unit(from + (channel(k) < readable ? channel(k) : 0), x);
                UNROLL
                for (int i = 0; i < unit; i++) v.x[(k + i) % N] = x[i];
            }
        } else {
            UNROLL
            for (int k = 0; k < N; k++) v.x[k] = has_channel(k, C) ? load<float>(from + channel(k)) : 0.0f;
        }
        return v;
    }
    MEMBER void pad(Lane& v, int C, float padding) const {
        UNROLL
        for (int k = 0; k < N; k++) if (!has_channel(k, C)) v.x[k] = padding;
    }
    template <class S> MEMBER Lane load_values(const S* from, int C, int readable, bool units, float padding) const {
        Lane v = load_some(from, C, readable, units);
        pad(v, C, padding);
        return v;
    }

    // The same way back; behind the C channels, which may be none, 0 as far as `written`.
    template <class S> MEMBER void store_values(S* to, const Lane& v, int C, int written, bool units) const {
        constexpr int unit = unit_of<S>;
        UNROLL
        for (int k = 0; k < N; k += unit) {
            float x[unit];
            UNROLL
            for (int i = 0; i < unit; i++) x[i] = k + i < N && has_channel(k + i, C) ? v.x[(k + i) % N] : 0.0f;
            if (units && channel(k) + unit <= written) {
                store_unit(to + channel(k), x);
            } else {
                UNROLL
                for (int i = 0; i < unit; i++) if (channel(k + i) < written) store(to + channel(k + i), x[i]);
            }
        }
        for (int c = lanes * ((N + unit - 1) / unit * unit) + lane; c < written; c += lanes) store(to + c, 0.0f);
    }
};

// The places of a warp: `count` of them, the first the tensor's place `first`.
struct WarpPlaces {
    long long first;
    int count;

    template <class G> MEMBER int own(const G& group) const { return smaller(group.place, count - 1); }
};

// 2^x for x <= 0 in a sum of such powers that is at least 1: off by |x| units in the last place of itself, and so by no more than
// half a unit of the sum.
#ifdef GIMBAL_HOST
DEVICE float power_of_two(float x) { return expf(x * 0.693147180559945309f); }
#else
DEVICE float power_of_two(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}
#endif

// The losses replace the values of a lane by their slopes, times a scale, and return whether the place has a label: without one, there
// are none. `counted` says whether the place's loss is to be added to the sum. Targets come from the loss's reader, which stands at one
// place after the other.

// Logits are to be multiplied by UNIT: where they are mixed first, that is free.
template <bool MIXED> struct CrossEntropyOf {
    static constexpr float LOG2_OF_E = 1.44269504088896341f, UNIT = MIXED ? LOG2_OF_E : 1;
    static constexpr float PADDING = -1e38f;  // finite, for mixtures of it
    static constexpr bool ALONE = false;

    struct Reader {
        const int* at;
        MEMBER void skip(long long places) { at += places; }
    };

    const int* target;
    int C, ignore;
    float scale;
    LongSum sum = 0, product = 1;  // of the places' sums: one logarithm for many of them

    MEMBER LongSum total() const { return sum + logf(product); }
    template <class G> MEMBER Reader reader(const G& group, const WarpPlaces& places) const {
        return {target + places.first + places.own(group)};
    }

    // A label outside the classes makes the loss not a number, so that the step is rejected.
    template <int N, int WIDE> MEMBER bool differentiate(Values<N>& v, const Group<N, WIDE>& group, const Reader& reader,
                                                          bool counted, float scaled_by) {
        int label = *reader.at;
        float largest = v.x[0], exponentials = 0, of_label = 0;
        UNROLL
        for (int k = 1; k < N; k++) largest = fmaxf(largest, v.x[k]);
        largest = group.largest(largest);
        UNROLL
        for (int k = 0; k < N; k++) {
            float x = v.x[k] - largest;
            if (group.is_channel(k, label)) of_label = x;
            v.x[k] = power_of_two(x * (LOG2_OF_E / UNIT));
            exponentials = k == 0 ? v.x[k] : exponentials + v.x[k];
        }
        exponentials = group.sum(exponentials);
        float over = scaled_by / exponentials;
        UNROLL
        for (int k = 0; k < N; k++) v.x[k] = v.x[k] * over + (group.is_channel(k, label) ? -scaled_by : 0.0f);
        if (label == ignore) return false;
        if (counted) {
            sum -= of_label * (1 / UNIT);
            if (group.lane == 0) product *= (unsigned int)label < (unsigned int)C ? exponentials : not_a_number();
            if (product > 1e30f) {
                sum += logf(product);
                product = 1;
            }
        }
        return true;
    }
};

// The 3 channels of each lane's place, of the `count` from 1 to 32 that a warp has; a lane behind them gets some of theirs. The 96
// floats are read in order: lane l wants 3 l to 3 l + 2. Of the three that a lane has read, one is wanted as channel k: that whose
// number leaves k when divided by 3. 32 leaves 2, so that it is the first one where l leaves k, and the second where l leaves k + 1.
DEVICE Values<3> read_threes(const float* from, int lane, int count) {
    float read[3];
    UNROLL
    for (int part = 0; part < 3; part++) read[part] = from[smaller(lane + part * 32, count * 3 - 1)];
    int rest = (unsigned int)lane % 3;
    Values<3> t;
    UNROLL
    for (int k = 0; k < 3; k++) {
        float wanted = rest == k ? read[0] : rest == (k + 1) % 3 ? read[1] : read[2];
        t.x[k] = __shfl_sync(0xffffffffu, wanted, (lane * 3 + k) & 31);
    }
    return t;
}

// Reads a float target, a lane's channels of it.
template <int N> struct TargetReader {
    const float* at;
    int C;

    template <class G> MEMBER TargetReader(const float* values, int C, const G& group, const WarpPlaces& places)
            : at(values + (places.first + places.own(group)) * C), C(C) {}
    MEMBER void skip(long long places) { at += places * C; }
    template <class G> MEMBER Values<N> read(const G& group, float padding) const {
        return group.load_values(at, C, C, C % WIDTH == 0, padding);
    }
};

// read_threes again and again: what to read and to choose is kept from place to place, the latter as selectors of bytes, which unlike
// conditions stay in registers.
template <> struct TargetReader<3> {
    const float* at[3];
    unsigned int others[3];  // whether the lane's number leaves 0, 1 or 2: then the second pack of bytes

    template <class G> MEMBER TargetReader(const float* values, int, const G& group, const WarpPlaces& places) {
        UNROLL
        for (int i = 0; i < 3; i++) {
            at[i] = values + places.first * 3 + smaller(group.place + i * 32, places.count * 3 - 1);
            others[i] = group.place % 3 == i ? 0x7654 : 0x3210;
        }
    }
    MEMBER void skip(long long places) {
        UNROLL
        for (int i = 0; i < 3; i++) at[i] += places * 3;
    }
    template <class G> MEMBER Values<3> read(const G& group, float) const {
        unsigned int read[3];
        UNROLL
        for (int i = 0; i < 3; i++) read[i] = __float_as_uint(*at[i]);
        Values<3> t;
        UNROLL
        for (int k = 0; k < 3; k++) {
            unsigned int wanted = __byte_perm(__byte_perm(read[0], read[1], others[(k + 1) % 3]), read[2], others[(k + 2) % 3]);
            t.x[k] = __uint_as_float(__shfl_sync(0xffffffffu, wanted, (group.place * 3 + k) & 31));
        }
        return t;
    }
};

// What stands in a float target.
struct FloatTarget {
    const float* values;
    int C;
    float ignore;
    int has_ignore;
    float marker = has_ignore ? ignore : not_a_number();  // which no target equals

    template <int N, int UNIT> MEMBER TargetReader<N> reader(const Group<N, UNIT>& group, const WarpPlaces& places) const {
        return TargetReader<N>(values, C, group, places);
    }
    template <int N, int UNIT> MEMBER bool is_labelled(const Values<N>& t, const Group<N, UNIT>& group) const {
        if (!group.ALONE && !has_ignore) return true;
        bool present = false;
        UNROLL
        for (int k = 0; k < N; k++) present |= t.x[k] != marker;
        return group.ALONE ? present : group.any(present);
    }
};

// Kind: AnyKind or one of its kinds.
template <class Kind> struct Regression {
    static constexpr float UNIT = 1, PADDING = 0;
    static constexpr bool ALONE = true;

    Kind kind;
    FloatTarget target;
    float scale;
    LongSum sum = 0;

    MEMBER LongSum total() const { return sum; }
    template <class G> MEMBER auto reader(const G& group, const WarpPlaces& places) const { return target.reader(group, places); }

    template <int N, int WIDE> MEMBER bool differentiate(Values<N>& v, const Group<N, WIDE>& group, const TargetReader<N>& reader,
                                                         bool counted, float scaled_by) {
        Values<N> t = reader.read(group, target.ignore);
        if (!target.is_labelled(t, group)) return false;
        kind.with([&](auto comparison) {
            float losses = 0;
            UNROLL
            for (int k = 0; k < N; k++) {
                Term<float> term = comparison.of(v.x[k], t.x[k]);
                v.x[k] = term.slope * scaled_by;
                if (group.has_channel(k, target.C)) losses = k == 0 ? term.loss : losses + term.loss;
            }
            if (counted) sum += losses;
        });
        return true;
    }
};

struct Cosine {
    static constexpr float UNIT = 1, PADDING = 0;
    static constexpr bool ALONE = true;

    FloatTarget target;
    float scale;
    LongSum sum = 0;

    MEMBER LongSum total() const { return sum; }
    template <class G> MEMBER auto reader(const G& group, const WarpPlaces& places) const { return target.reader(group, places); }

    template <int N, int WIDE> MEMBER bool differentiate(Values<N>& v, const Group<N, WIDE>& group, const TargetReader<N>& reader,
                                                         bool counted, float scaled_by) {
        Values<N> t = reader.read(group, target.ignore);
        float square = v.x[0] * v.x[0], dot = v.x[0] * t.x[0];
        UNROLL
        for (int k = 1; k < N; k++) {
            square += v.x[k] * v.x[k];
            dot += v.x[k] * t.x[k];
        }
        if (!group.ALONE) {
            square = group.sum(square);
            dot = group.sum(dot);
        }
        Angle<float> angle(square, dot);
        UNROLL
        for (int k = 0; k < N; k++) v.x[k] = (angle.along * v.x[k] - t.x[k]) * (angle.over * scaled_by);
        bool labelled = target.is_labelled(t, group);
        if (labelled && counted && group.lane == 0) sum += 1 - dot * angle.over;
        return labelled;
    }
};

struct NormalizedL1 {
    static constexpr float UNIT = 1, PADDING = 0;
    static constexpr bool ALONE = true;

    FloatTarget target;
    float scale;
    LongSum sum = 0;

    MEMBER LongSum total() const { return sum; }
    template <class G> MEMBER auto reader(const G& group, const WarpPlaces& places) const { return target.reader(group, places); }

    template <int N, int WIDE> MEMBER bool differentiate(Values<N>& v, const Group<N, WIDE>& group, const TargetReader<N>& reader,
                                                         bool counted, float scaled_by) {
        Values<N> t = reader.read(group, target.ignore);
        bool labelled = target.is_labelled(t, group);
        float square = v.x[0] * v.x[0];
        UNROLL
        for (int k = 1; k < N; k++) square += v.x[k] * v.x[k];
        if (!group.ALONE) square = group.sum(square);
        Length<float> length(square);
        float losses = 0, dot = 0;
        UNROLL
        for (int k = 0; k < N; k++) {
            float u = v.x[k] * length.over;
            Term<float> term = Absolute().of(u, t.x[k]);
            if (group.has_channel(k, target.C)) losses += term.loss;
            dot += term.slope * u;
            t.x[k] = term.slope;
        }
        if (!group.ALONE) dot = group.sum(dot);
        float along = length.along(dot);
        UNROLL
        for (int k = 0; k < N; k++) v.x[k] = (t.x[k] - along * v.x[k]) * (length.over * scaled_by);
        if (labelled && counted) sum += losses;
        return labelled;
    }
};
#endif
