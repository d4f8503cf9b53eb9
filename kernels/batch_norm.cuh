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

DEVICE Channels<float> channel_of(const Normalisation& n, int c) {
    return Channels<float>{n.mean[c], n.inverse_std[c], n.gamma[c], n.beta[c]};
}

// The normalisation of the thread's columns.
struct NormalisationColumns {
    Parameters mean, inverse_std, gamma, beta;

    MEMBER NormalisationColumns(const Normalisation& n, const ChunkLanes& lanes, int C)
        : mean(n.mean, lanes, C), inverse_std(n.inverse_std, lanes, C), gamma(n.gamma, lanes, C), beta(n.beta, lanes, C) {}

    MEMBER Channels<Pack> channels(int q) const {
        return Channels<Pack>{mean.value[q], inverse_std.value[q], gamma.value[q], beta.value[q]};
    }
};
