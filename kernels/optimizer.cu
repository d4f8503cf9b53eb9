// The network's optimisers over flat buffers of n floats, the learning rate's schedule, running statistics, and averages of both. All
// of them change nothing where accepted[0] is 0.
//
// SGD:   g += decay * p; m = momentum * m + g; p -= rate * m.
// Adam:  g += decay * p (Adam) or p -= rate * decay * p (AdamW); m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2;
//        p -= rate / (1 - b1^t) * m / (sqrt(v / (1 - b2^t)) + eps), t = counters[1], which already counts this update.
// Element i's gradient is low_gradients[i] in bf16 for i < low (where low_gradients is not null), else g[i]; the new parameters
// i < copied also go, rounded, to copy[i] (where copy is not null). low and copied are multiples of 32.
// Every gradient is multiplied by clip[0] first (where clip is not null).
// Where groups is not null, the rate of element i is multiplied by factors[2 k] and the decay by factors[2 k + 1], k = groups[i / 32].
// Average: a = d a + (1 - d) p, d = min(D, (1 + t) / (10 + t)), t = counters[1] - 1, the updates before this one; the new averages
// i < copied also go, rounded, to copy[i] (where copy is not null).
//
// Bytes a parameter, the fewest possible: sgd 20 (12 without momentum) : 6 operations; adam 28 : 15; average 12 : 4; 2 less for a gradient
// in bf16, 2 more for the copy, 1/32 for the groups; clip_squares 4 (2 in bf16) : 2. Memory is the limit. clip_finish: a few kilobytes,
// one block.
#include "common.cuh"

enum { CONSTANT = 0, STEP = 1, POLYNOMIAL = 2, COSINE = 3 };

// The curve is read at the last step that is a multiple of `every`; warming up goes by every step.
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 19533, resident 6
KERNEL(learning_rate, const long long* counters, float* learning_rate, float base, int kind, long long warmup, long long steps,
       long long period, float factor, float power, float minimum, long long every) {
    if (blockIdx.x != 0 || threadIdx.x != 0) return;
    long long step = counters[0], read = step - step % every;
    double rate = base, done = steps > 0 ? smaller((double)read / steps, 1.0) : 0.0;
    if (kind == STEP && period > 0) rate *= pow((double)factor, (double)(read / period));
    if (kind == POLYNOMIAL) rate *= pow(1 - done, (double)power);
    if (kind == COSINE) rate *= 0.5 * (1 + cos(3.14159265358979323846 * done));
    if (step < warmup) rate *= (step + 1.0) / warmup;
    learning_rate[0] = (float)larger(rate, (double)minimum);
}

// Where an optimiser finds gradients, and what it writes beside the parameters.
struct Flat {
    const float* g;
    const bf16* low_gradients;
    bf16* copy;
    long long low, copied;
    float scale;

    MEMBER Flat(const float* g, const bf16* low_gradients, long long low, bf16* copy, long long copied, const float* clip)
        : g(g), low_gradients(low_gradients), copy(copy), low(low_gradients ? low : 0), copied(copy ? copied : 0),
          scale(clip ? clip[0] : 1.0f) {}
    template <class V> MEMBER V gradient(long long i) const {
        return (i < low ? load<V>(low_gradients + i) : load<V>(g + i)) * scale;
    }
    template <class V> MEMBER void write(float* p, long long i, const V& parameter) const {
        store(p + i, parameter);
        if (i < copied) store(copy + i, parameter);
    }
};

// partials [gridDim.x]: the sums of the squares of the block's gradients.
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 142, resident 5
KERNEL(clip_squares, const float* __restrict__ g, const bf16* __restrict__ low_gradients, long long low, float* __restrict__ partials,
       long long n) {
    Flat flat(g, low_gradients, low, nullptr, 0, nullptr);
    LongSum sum = 0;
    each_element(n, [&](long long i, auto v) {
        using V = decltype(v);
        V gradient = flat.gradient<V>(i);
        sum += sum_of_lanes(gradient * gradient);
    });
    sum = block_sum(sum);
    if (threadIdx.x == 0) partials[blockIdx.x] = (float)sum;
}

// One block: clip[0] = min(1, most / (norm + 1e-6)), the norm being that of all gradients together; not_finite[0] says whether that is
// not finite.
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 380, resident 8
KERNEL(clip_finish, const float* __restrict__ partials, int blocks, float most, float* __restrict__ clip, int* __restrict__ not_finite) {
    if (blockIdx.x != 0) return;
    double sum = 0;
    for (int b = threadIdx.x; b < blocks; b += THREADS) sum += partials[b];
    sum = block_sum(sum);
    if (threadIdx.x != 0) return;
    double norm = sqrt(sum);
    clip[0] = (float)smaller(1.0, most / (norm + 1e-6));
    not_finite[0] = is_finite(norm) ? 0 : 1;
}

constexpr unsigned int RUN = 32;  // elements of one group: no parameter begins amid them, and no pack reaches beyond them

// What multiplies the rate and the decay of elements.
struct Factors {
    float rate, decay;
};

struct Groups {
    const unsigned char* groups;
    const float* factors;

    MEMBER Factors at(long long i) const {
        if (!groups) return Factors{1, 1};
        const float* own = factors + 2 * groups[(unsigned int)i / RUN];
        return Factors{own[0], own[1]};
    }
};

// counts: loads 1.01, stores 1.00, conflicts 1.00, instructions 49, resident 4
KERNEL(sgd, float* __restrict__ p, const float* __restrict__ g, const bf16* __restrict__ low_gradients, long long low,
       bf16* __restrict__ copy, long long copied, float* __restrict__ m, long long n, const float* __restrict__ learning_rate,
       float momentum, float weight_decay, const unsigned char* __restrict__ groups, const float* __restrict__ factors,
       const float* __restrict__ clip, const int* __restrict__ accepted) {
    if (!accepted[0]) return;
    float rate = learning_rate[0];
    Groups grouped{groups, factors};
    Flat flat(g, low_gradients, low, copy, copied, clip);
    each_element(n, [&](long long i, auto v) {
        using V = decltype(v);
        Factors own = grouped.at(i);
        V parameter = load<V>(p + i), move = flat.gradient<V>(i) + parameter * (weight_decay * own.decay);
        if (m) {
            move = load<V>(m + i) * momentum + move;
            store(m + i, move);
        }
        flat.write(p, i, parameter - move * (rate * own.rate));
    });
}

// counts: loads 1.01, stores 1.00, conflicts 1.00, instructions 58, resident 4
KERNEL(adam, float* __restrict__ p, const float* __restrict__ g, const bf16* __restrict__ low_gradients, long long low,
       bf16* __restrict__ copy, long long copied, float* __restrict__ m, float* __restrict__ v, long long n,
       const float* __restrict__ learning_rate, const long long* __restrict__ counters, float beta1, float beta2, float eps,
       float weight_decay, int decoupled, const unsigned char* __restrict__ groups, const float* __restrict__ factors,
       const float* __restrict__ clip, const int* __restrict__ accepted) {
    SHARED(float, shared, 2);
    if (!accepted[0]) return;
    if (threadIdx.x == 0) {
        double t = (double)counters[1];
        shared[0] = (float)(1 / (1 - pow((double)beta1, t)));
        shared[1] = (float)(1 / sqrt(1 - pow((double)beta2, t)));
    }
    __syncthreads();
    float rate = learning_rate[0], speed = rate * shared[0], spread = shared[1];
    float shrink = decoupled ? rate * weight_decay : 0.0f, pull = decoupled ? 0.0f : weight_decay;
    float new1 = (float)(1 - (double)beta1), new2 = (float)(1 - (double)beta2);
    Flat flat(g, low_gradients, low, copy, copied, clip);
    Groups grouped{groups, factors};
    each_element(n, [&](long long i, auto tag) {
        using V = decltype(tag);
        Factors own = grouped.at(i);
        float keep = 1 - shrink * own.rate * own.decay;
        V parameter = load<V>(p + i), gradient = flat.gradient<V>(i) + parameter * (pull * own.decay);
        V first = load<V>(m + i) * beta1 + gradient * new1, second = load<V>(v + i) * beta2 + gradient * gradient * new2;
        store(m + i, first);
        store(v + i, second);
        flat.write(p, i, parameter * keep - first * (speed * own.rate) / (root(second) * spread + eps));
    });
}

// running += momentum * (batch - running)
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 29, resident 4
KERNEL(running_statistics, float* __restrict__ running, const float* __restrict__ batch, const float* __restrict__ momentum, int n,
       const int* __restrict__ accepted) {
    if (!accepted[0]) return;
    each_element(n, [&](long long i, auto v) {
        using V = decltype(v);
        V now = load<V>(running + i);
        store(running + i, now + load<V>(momentum + i) * (load<V>(batch + i) - now));
    });
}

// The form of TensorFlow's ExponentialMovingAverage with num_updates, whose share of the new values, 1 - d, falls from 0.9 to the least one
// given, 1 - D. Taken from the nearer end, so that it is exact where both are alike, and where the share is 1.
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 49, resident 6
KERNEL(average, float* __restrict__ averages, const float* __restrict__ p, bf16* __restrict__ copy, long long copied, long long n,
       const long long* __restrict__ counters, float least, const int* __restrict__ accepted) {
    if (!accepted[0]) return;
    float share = larger(least, 9.0f / (9.0f + (float)counters[1])), part = share < 0.5f ? share : share - 1;
    if (!copy) copied = 0;
    each_element(n, [&](long long i, auto v) {
        using V = decltype(v);
        V now = load<V>(averages + i), next = load<V>(p + i), moved = (part > 0 ? now : next) + (next - now) * part;
        store(averages + i, moved);
        if (i < copied) store(copy + i, moved);
    });
}
