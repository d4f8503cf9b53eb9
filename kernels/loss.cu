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

// A label outside the classes makes the loss not a number, so that the step is rejected.
#if FAST
constexpr Mask LANE_NUMBERS{0, 1, 2, 3, 4, 5, 6, 7};

// The classes behind the whole packs, filled up with -infinity. Where `room` says so, the place may be read and written past its
// end: what follows is this thread's, and written later.
DEVICE Pack last_classes(const float* x, int left, bool room) {
    if (room) return select(LANE_NUMBERS < left, load_pack(x), pack(-infinity()));
    Pack rest = pack(-infinity());
    for (int c = 0; c < left; c++) rest[c] = x[c];
    return rest;
}
DEVICE void store_last_classes(float* d, Pack last, int left, bool room) {
    if (room) return store(d, last);
    for (int c = 0; c < left; c++) d[c] = last[c];
}

struct PlaceSum {
    float largest, sum;
};

// One place: its exponentials' sum, and its gradient.
DEVICE PlaceSum cross_entropy_place(const float* x, float* d, int C, int label, float scale, bool room) {
    int whole = C / WIDTH * WIDTH, left = C - whole;
    Pack rest = last_classes(x + whole, left, room), top = rest;
    for (int c = 0; c < whole; c += WIDTH) top = select(load_pack(x + c) > top, load_pack(x + c), top);
    float largest = largest_lane(top);
    Pack last = exponential(rest - largest), sums = last;
    for (int c = 0; c < whole; c += WIDTH) {
        Pack e = exponential(load_pack(x + c) - largest);
        store(d + c, e);
        sums += e;
    }
    float sum = sum_of_lanes(sums), over = scale / sum;
    for (int c = 0; c < whole; c += WIDTH) store(d + c, load_pack(d + c) * over);
    store_last_classes(d + whole, last * over, left, room);
    if (label >= 0 && label < C) d[label] -= scale;
    return PlaceSum{largest, sum};
}

DEVICE LongSum cross_entropy_range(const float* logits, const int* target, float* dlogits, long long begin, long long end, int C,
                                   int ignore, float scale) {
    LongSum loss = 0, product = 1;  // of the places' sums: one logarithm for many of them
    int padded = C % WIDTH == 0 ? C + WIDTH : (C + WIDTH - 1) / WIDTH * WIDTH;  // where a last pack would end
    for (long long m = begin; m < end; m++) {
        const float* x = logits + m * C;
        float* d = dlogits + m * C;
        int label = target[m];
        if (label == ignore) {
            for (int c = 0; c < C; c++) d[c] = 0;
            continue;
        }
        PlaceSum place = cross_entropy_place(x, d, C, label, scale, m * C + padded <= end * C);
        bool known = label >= 0 && label < C;
        loss += known ? place.largest - x[label] : not_a_number();
        product *= place.sum;
        if (product > 1e200) {
            loss += log(product);
            product = 1;
        }
    }
    return loss + log(product);
}
#else
DEVICE float loss_of_place(float label_logit, bool known, float largest, float sum) {
    return known ? logf(sum) + largest - label_logit : not_a_number();
}

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

// The element's part in the loss, after writing its gradient; nothing of either where it has no label.
template <class V, class Kind, class Label> DEVICE float regression_at(const Kind& kind, const float* prediction, const float* target,
                                                                        float* dprediction, long long i, float scale, Label unlabelled) {
    V t = load<V>(target + i);
    Term<V> term = kind.of(load<V>(prediction + i), t);
    auto absent = unlabelled(i, t);
    store(dprediction + i, select(absent, all<V>(0), term.slope * scale));
    return sum_of_lanes(select(absent, all<V>(0), term.loss));
}

#if FAST
// Several channels and a marker: the labels of a tile of places are spread over their channels first, then all goes by packs.
template <class Kind> DEVICE LongSum regression_by_places(const Kind& kind, const float* prediction, const float* target,
                                                          float* dprediction, long long M, int C, float ignore, float scale) {
    constexpr int MOST = 1024;
    float absent[MOST];  // 1 where there is no label
    long long begin, end;
    block_range(M, 1, begin, end);
    LongSum loss = 0;
    int places = larger(1, MOST / C);
    for (long long first = begin; first < end; first += places) {
        int here = (int)smaller((long long)places, end - first), whole = here * C / WIDTH * WIDTH;
        const float* t = target + first * C;
        if (C <= MOST) {
            for (int m = 0; m < here; m++) {
                float mark = is_labelled(target, first + m, C, ignore, 1) ? 0.0f : 1.0f;
                for (int c = 0; c < C; c++) absent[m * C + c] = mark;
            }
        }
        float sum = 0;
        if (C > MOST) {
            bool none = !is_labelled(target, first, C, ignore, 1);
            for (int i = 0; i < C; i++) {
                sum += regression_at<float>(kind, prediction, target, dprediction, first * C + i, scale, [&](long long, float) { return none; });
            }
        } else {
            const float *x = prediction + first * C;
            float* d = dprediction + first * C;
            for (int i = 0; i < whole; i += WIDTH) {
                sum += regression_at<Pack>(kind, x, t, d, i, scale, [&](long long k, Pack) { return load_pack(absent + k) != 0.0f; });
            }
            for (int i = whole; i < here * C; i++) {
                sum += regression_at<float>(kind, x, t, d, i, scale, [&](long long k, float) { return absent[k] != 0.0f; });
            }
        }
        loss += sum;
    }
    return loss;
}
#else
// Several channels and a marker: an element looks at its own target first, and at its place's others only if that is the marker.
template <class Kind> DEVICE LongSum regression_by_places(const Kind& kind, const float* prediction, const float* target,
                                                          float* dprediction, long long M, int C, float ignore, float scale) {
    long long begin, end;
    block_range(M * C, C, begin, end);
    LongSum loss = 0;
    for (long long i = begin + threadIdx.x; i < end; i += THREADS) {
        loss += regression_at<float>(kind, prediction, target, dprediction, i, scale, [&](long long k, float t) {
            return !(t != ignore || is_labelled(target, (unsigned int)k / (unsigned int)C, C, ignore, 1));
        });
    }
    return loss;
}
#endif

template <class Kind> DEVICE LongSum regression_by(const Kind& kind, const float* prediction, const float* target, float* dprediction,
                                                   long long M, int C, float ignore, int has_ignore, float scale) {
    if (has_ignore && C > 1) return regression_by_places(kind, prediction, target, dprediction, M, C, ignore, scale);
    LongSum loss = 0;
    each_element(M * C, [&](long long i, auto v) {
        using V = decltype(v);
        float marker = has_ignore ? ignore : not_a_number();  // which no target equals
        loss += regression_at<V>(kind, prediction, target, dprediction, i, scale, [&](long long, const V& t) { return t == marker; });
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
