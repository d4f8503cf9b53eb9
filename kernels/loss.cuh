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

// ------------------------------------------------------------------------------------------------------------------ cross entropy

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
