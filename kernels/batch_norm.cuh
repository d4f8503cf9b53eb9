// The formulas of batch normalisation: xhat = (x - mean) * inverse_std, y = gamma * xhat + beta.
#pragma once
#include "columns.cuh"

struct Normalisation {
    const float *mean, *inverse_std, *gamma, *beta;  // [C]
};

// The normalisation of one channel, or of a pack's.
template <class V> struct Channels {
    V mean, inverse_std, gamma, beta;

    MEMBER V normalised(const V& x) const { return (x - mean) * inverse_std; }
    MEMBER V affine(const V& xhat) const { return gamma * xhat + beta; }
    MEMBER V applied(const V& x, int relu) const {
        V y = affine(normalised(x));
        return relu ? relu_of(y) : y;
    }
};

template <class V> DEVICE Channels<V> channels_at(const Normalisation& n, int c) {
    return Channels<V>{load<V>(n.mean + c), load<V>(n.inverse_std + c), load<V>(n.gamma + c), load<V>(n.beta + c)};
}
DEVICE Channels<float> channel_of(const Normalisation& n, int c) { return channels_at<float>(n, c); }

// The normalisation of the thread's columns.
struct NormalisationColumns {
    Parameters mean, inverse_std, gamma, beta;

    MEMBER NormalisationColumns(const Normalisation& n, const ChunkLanes& lanes, int C)
        : mean(n.mean, lanes, C), inverse_std(n.inverse_std, lanes, C), gamma(n.gamma, lanes, C), beta(n.beta, lanes, C) {}

    MEMBER Channels<Pack> channels(int q) const {
        return Channels<Pack>{mean.value[q], inverse_std.value[q], gamma.value[q], beta.value[q]};
    }
};

// Calls body(place, c, parameters_at(c, V()), V()) for this block's places and their channels. A thread of the GPU keeps to its
// channels and their parameters; in the fast way memory is walked in order.
template <class ParametersAt, class Body>
DEVICE void each_place_of_channels(long long places, int C, ParametersAt parameters_at, Body body) {
    with_lanes(places, C, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
#if FAST
        for (long long place = begin; place < end; place++) {
            each_channel<V>(C, lanes, [&](int c, auto) { body(place, c, parameters_at(c, V()), V()); });
        }
#else
        each_channel<V>(C, lanes, [&](int c, auto) {
            auto parameters = parameters_at(c, V());
            for (long long place = begin + lanes.row; place < end; place += lanes.rows) body(place, c, parameters, V());
        });
#endif
    });
}

// The same with the channels' normalisation.
template <class Body> DEVICE void each_normalised(long long places, int C, const Normalisation& n, Body body) {
    each_place_of_channels(places, C, [&](int c, auto v) { return channels_at<decltype(v)>(n, c); }, body);
}

// What a value is once it has been stored in a tensor of S.
template <class S> DEVICE float rounded_to(float x) { return sizeof(S) == 2 ? widened(narrowed(x)) : x; }
template <class S> DEVICE Pack rounded_to(const Pack& x) {
    if (sizeof(S) == 4) return x;
    alignas(16) S stored[WIDTH];
    store(stored, x);
    return load_pack(stored);
}
