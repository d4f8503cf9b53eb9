// Task losses over M places of C channels with their gradients, in one pass. Places without a label take no part.
//
// A loss is the sum over labelled places / max(count, 1); its gradient is scaled by the task's weight, which is read on the device:
// d = weight[0] / max(count, 1) * dsum. Losses come as one float a block in partials, added up by loss_finish in double.
// target: cross_entropy int [M]; others float [M][C], a place being unlabelled where all its C channels equal `ignore`.
// Bytes an element: count 4 (a place for classes), cross_entropy 8 + 4/C : ~25 operations, regression 12 : 5 to 40, cosine 12 : 8.
// Memory is the limit on a GPU; in the fast way cross_entropy is held by its exponentials.
#include "common.cuh"

enum { L1 = 0, L2 = 1, HUBER = 2, BINARY_CROSS_ENTROPY = 3 };

// Whether place m has a label.
DEVICE bool is_labelled(const float* target, long long m, int C, float ignore, int has_ignore) {
    if (!has_ignore) return true;
    for (int c = 0; c < C; c++) if (target[m * C + c] != ignore) return true;
    return false;
}

KERNEL(count_labels, const float* __restrict__ target, int* __restrict__ partials, long long M, int C, float ignore, int has_ignore) {
    long long begin, end;
    block_range(M, 1, begin, end);
    int count = 0;
    for (long long m = begin + threadIdx.x; m < end; m += THREADS) count += is_labelled(target, m, C, ignore, has_ignore);
    count = block_sum(count);
    if (threadIdx.x == 0) partials[blockIdx.x] = count;
}

KERNEL(count_classes, const int* __restrict__ target, int* __restrict__ partials, long long M, int ignore) {
    long long begin, end;
    block_range(M, 1, begin, end);
    int count = 0;
    for (long long m = begin + threadIdx.x; m < end; m += THREADS) count += target[m] != ignore;
    count = block_sum(count);
    if (threadIdx.x == 0) partials[blockIdx.x] = count;
}

// count = per_place * the sum of the blocks' counts
KERNEL(count_finish, const int* __restrict__ partials, int blocks, int per_place, int* __restrict__ count) {
    if (blockIdx.x != 0) return;
    int sum = 0;
    for (int b = threadIdx.x; b < blocks; b += THREADS) sum += partials[b];
    sum = block_sum(sum);
    if (threadIdx.x == 0) count[0] = per_place * sum;
}

KERNEL(loss_finish, const float* __restrict__ partials, int blocks, const int* __restrict__ count, float* __restrict__ loss) {
    if (blockIdx.x != 0) return;
    double sum = 0;
    for (int b = threadIdx.x; b < blocks; b += THREADS) sum += partials[b];
    sum = block_sum(sum);
    if (threadIdx.x == 0) loss[0] = (float)(sum / larger(count[0], 1));
}

DEVICE float scale_of(const float* weight, const int* count) { return weight[0] / larger(count[0], 1); }

// ------------------------------------------------------------------------------------------------------------------ cross entropy

// A label outside the classes makes the loss, and so the step, not a number.
DEVICE float loss_of_place(float label_logit, bool known, float largest, float sum) {
    return known ? logf(sum) + largest - label_logit : not_a_number();
}

#if FAST
DEVICE float largest_lane(Pack a) {
    float best = a[0];
    for (int k = 1; k < WIDTH; k++) best = a[k] > best ? a[k] : best;
    return best;
}

// One place: log-sum-exp over its classes by packs; the last pack is filled up with -infinity.
DEVICE float cross_entropy_place(const float* x, float* d, int C, int label, float scale) {
    int whole = C / WIDTH * WIDTH;
    Pack rest = pack(-infinity()), top = rest;
    for (int c = whole; c < C; c++) rest[c - whole] = x[c];
    for (int c = 0; c < whole; c += WIDTH) top = select(load_pack(x + c) > top, load_pack(x + c), top);
    float largest = largest_lane(select(rest > top, rest, top));
    Pack sums = exponential(rest - largest), last = sums;
    for (int c = 0; c < whole; c += WIDTH) {
        Pack e = exponential(load_pack(x + c) - largest);
        store(d + c, e);
        sums += e;
    }
    float sum = sum_of_lanes(sums), over = scale / sum;
    for (int c = 0; c < whole; c += WIDTH) store(d + c, load_pack(d + c) * over);
    last = last * over;
    for (int c = whole; c < C; c++) d[c] = last[c - whole];
    bool known = label >= 0 && label < C;
    if (known) d[label] -= scale;
    return loss_of_place(known ? x[label] : 0.0f, known, largest, sum);
}

DEVICE LongSum cross_entropy_range(const float* logits, const int* target, float* dlogits, long long begin, long long end, int C,
                                   int ignore, float scale) {
    LongSum loss = 0;
    for (long long m = begin; m < end; m++) {
        if (target[m] != ignore) {
            loss += cross_entropy_place(logits + m * C, dlogits + m * C, C, target[m], scale);
            continue;
        }
        for (int c = 0; c < C; c++) dlogits[m * C + c] = 0;
    }
    return loss;
}
#else
constexpr int TILE_FLOATS = 8192;
constexpr int FEW_CLASSES = 64;

// Few classes: a tile of places goes through shared memory, so that memory is read and written in order; a thread does a place.
// Rows have an odd stride, or threads would meet in the same banks.
DEVICE LongSum cross_entropy_few(const float* logits, const int* target, float* dlogits, long long begin, long long end, int C,
                                 int ignore, float scale) {
    SHARED(float, tile, TILE_FLOATS);
    int stride = C | 1, places = smaller(TILE_FLOATS / stride, THREADS);
    LongSum loss = 0;
    for (long long first = begin; first < end; first += places) {
        int here = (int)smaller((long long)places, end - first);
        __syncthreads();
        for (int e = threadIdx.x; e < here * C; e += THREADS) tile[e / C * stride + e % C] = logits[first * C + e];
        __syncthreads();
        if ((int)threadIdx.x < here) {
            float* x = tile + threadIdx.x * stride;
            int label = target[first + threadIdx.x];
            bool known = label >= 0 && label < C, counts = label != ignore;
            float label_logit = known ? x[label] : 0.0f, largest = x[0], sum = 0;
            for (int c = 1; c < C; c++) largest = larger(largest, x[c]);
            for (int c = 0; c < C; c++) {
                x[c] = expf(x[c] - largest);
                sum += x[c];
            }
            float over = scale / sum;
            for (int c = 0; c < C; c++) x[c] = counts ? x[c] * over : 0.0f;
            if (counts && known) x[label] -= scale;
            if (counts) loss += loss_of_place(label_logit, known, largest, sum);
        }
        __syncthreads();
        for (int e = threadIdx.x; e < here * C; e += THREADS) dlogits[first * C + e] = tile[e / C * stride + e % C];
    }
    return loss;
}

// Many classes: a warp does a place.
DEVICE LongSum cross_entropy_many(const float* logits, const int* target, float* dlogits, long long begin, long long end, int C,
                                  int ignore, float scale) {
    int lane = threadIdx.x % 32;
    LongSum loss = 0;
    for (long long m = begin + threadIdx.x / 32; m < end; m += THREADS / 32) {
        const float* x = logits + m * C;
        float* d = dlogits + m * C;
        int label = target[m];
        float largest = -infinity(), sum = 0;
        for (int c = lane; c < C; c += 32) largest = larger(largest, x[c]);
        for (int offset = 16; offset > 0; offset /= 2) largest = larger(largest, __shfl_xor_sync(0xffffffffu, largest, offset));
        for (int c = lane; c < C; c += 32) sum += expf(x[c] - largest);
        for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, offset);
        float over = scale / sum;
        for (int c = lane; c < C; c += 32) {
            d[c] = label == ignore ? 0.0f : expf(x[c] - largest) * over - (c == label ? scale : 0.0f);
        }
        bool known = label >= 0 && label < C;
        if (lane == 0 && label != ignore) loss += loss_of_place(known ? x[label] : 0.0f, known, largest, sum);
    }
    return loss;
}

DEVICE LongSum cross_entropy_range(const float* logits, const int* target, float* dlogits, long long begin, long long end, int C,
                                   int ignore, float scale) {
    if (C <= FEW_CLASSES) return cross_entropy_few(logits, target, dlogits, begin, end, C, ignore, scale);
    return cross_entropy_many(logits, target, dlogits, begin, end, C, ignore, scale);
}
#endif

KERNEL(cross_entropy, const float* __restrict__ logits, const int* __restrict__ target, const float* __restrict__ weight,
       const int* __restrict__ count, float* __restrict__ dlogits, float* __restrict__ partials, long long M, int C, int ignore) {
    long long begin, end;
    block_range(M, 1, begin, end);
    LongSum loss = cross_entropy_range(logits, target, dlogits, begin, end, C, ignore, scale_of(weight, count));
    loss = block_sum(loss);
    if (threadIdx.x == 0) partials[blockIdx.x] = (float)loss;
}

// ------------------------------------------------------------------------------------------------------------------ regression

// Each kind: the loss of prediction x for target t, and its derivative.
struct Absolute {
    template <class V> MEMBER V loss(const V& x, const V& t) const { return magnitude(x - t); }
    template <class V> MEMBER V slope(const V& x, const V& t) const {
        V e = x - t;
        return select(e < 0.0f, all<V>(-1), select(e > 0.0f, all<V>(1), e));  // 0 at 0, and not a number where e is not
    }
};
struct Squared {
    template <class V> MEMBER V loss(const V& x, const V& t) const { return (x - t) * (x - t); }
    template <class V> MEMBER V slope(const V& x, const V& t) const { return (x - t) * 2.0f; }
};
struct Huber {
    float delta;
    template <class V> MEMBER V loss(const V& x, const V& t) const {
        V e = x - t, a = magnitude(e);
        return select(a <= delta, e * e * 0.5f, (a - 0.5f * delta) * delta);
    }
    template <class V> MEMBER V slope(const V& x, const V& t) const {
        V e = x - t;
        return select(e < -delta, all<V>(-delta), select(e > delta, all<V>(delta), e));
    }
};
struct BinaryCrossEntropy {
    float positive;  // -(p t log s(x) + (1 - p)(1 - t) log s(-x)), log s(x) = min(x, 0) - log(1 + exp(-|x|))
    template <class V> MEMBER V loss(const V& x, const V& t) const {
        V rest = log_one_plus(exponential(-magnitude(x))), low = select(x < 0.0f, x, all<V>(0) + x * 0.0f);
        return t * (rest - low) * positive + (1.0f - t) * (rest - low + x) * (1 - positive);
    }
    template <class V> MEMBER V slope(const V& x, const V& t) const {
        return (1.0f - t) * sigmoid_of(x) * (1 - positive) - t * sigmoid_of(-x) * positive;
    }
};

template <class Kind> DEVICE LongSum regression_by(const Kind& kind, const float* prediction, const float* target, float* dprediction,
                                                   long long M, int C, float ignore, int has_ignore, float scale) {
    LongSum loss = 0;
    if (has_ignore && C > 1) {
        long long begin, end;
        block_range(M * C, C, begin, end);
        for (long long i = begin + threadIdx.x; i < end; i += THREADS) {
            float x = prediction[i], t = target[i];
            bool labelled = t != ignore || is_labelled(target, (unsigned int)i / (unsigned int)C, C, ignore, 1);
            dprediction[i] = labelled ? kind.slope(x, t) * scale : 0.0f;
            if (labelled) loss += kind.loss(x, t);
        }
        return loss;
    }
    each_element(M * C, [&](long long i, auto v) {
        using V = decltype(v);
        V x = load<V>(prediction + i), t = load<V>(target + i), each = kind.loss(x, t), slope = kind.slope(x, t) * scale;
        if (has_ignore) {
            each = select(t == ignore, all<V>(0), each);
            slope = select(t == ignore, all<V>(0), slope);
        }
        store(dprediction + i, slope);
        loss += sum_of_lanes(each);
    });
    return loss;
}

// kind 0 l1, 1 l2, 2 huber (parameter: delta), 3 binary cross entropy with logits (parameter: the positives' weight).
KERNEL(regression, const float* __restrict__ prediction, const float* __restrict__ target, const float* __restrict__ weight,
       const int* __restrict__ count, float* __restrict__ dprediction, float* __restrict__ partials, long long M, int C, float ignore,
       int has_ignore, int kind, float parameter) {
    float scale = scale_of(weight, count);
    LongSum loss = 0;
    if (kind == L1) loss = regression_by(Absolute(), prediction, target, dprediction, M, C, ignore, has_ignore, scale);
    if (kind == L2) loss = regression_by(Squared(), prediction, target, dprediction, M, C, ignore, has_ignore, scale);
    if (kind == HUBER) loss = regression_by(Huber{parameter}, prediction, target, dprediction, M, C, ignore, has_ignore, scale);
    if (kind == BINARY_CROSS_ENTROPY) {
        loss = regression_by(BinaryCrossEntropy{parameter}, prediction, target, dprediction, M, C, ignore, has_ignore, scale);
    }
    loss = block_sum(loss);
    if (threadIdx.x == 0) partials[blockIdx.x] = (float)loss;
}

// ------------------------------------------------------------------------------------------------------------------ cosine

// 1 - x.t / max(|x|, 1e-6) a place; the slope of x.t / |x| is (t - x (x.t) / |x|^2) / |x|, and t / 1e-6 below.
KERNEL(cosine, const float* __restrict__ prediction, const float* __restrict__ target, const float* __restrict__ weight,
       const int* __restrict__ count, float* __restrict__ dprediction, float* __restrict__ partials, long long M, int C, float ignore,
       int has_ignore) {
    constexpr float LEAST = 1e-6f;
    float scale = scale_of(weight, count);
    long long begin, end;
    block_range(M, 1, begin, end);
    LongSum loss = 0;
    for (long long m = begin + threadIdx.x; m < end; m += THREADS) {
        const float* x = prediction + m * C;
        const float* t = target + m * C;
        float* d = dprediction + m * C;
        float square = 0, dot = 0;
        bool labelled = !has_ignore;
        for (int c = 0; c < C; c++) {
            square += x[c] * x[c];
            dot += x[c] * t[c];
            labelled |= t[c] != ignore;
        }
        float norm = sqrtf(square), over = 1 / larger(norm, LEAST), along = norm > LEAST ? dot * over * over : 0.0f;
        if (labelled) loss += 1 - dot * over;
        for (int c = 0; c < C; c++) d[c] = labelled ? (along * x[c] - t[c]) * over * scale : 0.0f;
    }
    loss = block_sum(loss);
    if (threadIdx.x == 0) partials[blockIdx.x] = (float)loss;
}
