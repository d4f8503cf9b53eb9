// Task losses over M places of C channels with their gradients, in one pass. Places without a label take no part.
//
// A loss is the sum over labelled places / max(count, 1); its gradient is scaled by the task's weight, which is read on the device:
// d = weight[0] / max(count, 1) * dsum. Losses come as one float a block in partials, added up by loss_finish in double.
// Logits and gradients, float32 or bf16, have `pitch` elements from place to place, so that heads may lie side by side: a task has
// the first C, and in the gradient those up to `written` are made 0 (C <= written <= pitch). Nothing else is written, and they need
// not be aligned. Targets: cross_entropy int [M]; others float [M][C], a place being unlabelled where all its C channels equal `ignore`.
// Bytes an element of size e (4 or 2): count 4 (a place for classes; none where no marker is given; beyond 8 channels fewer, of a place
// up to the first that is not the marker), count_positives 4 : 2 operations, cross_entropy 2e + 4/C : ~25, regression and
// balanced_cross_entropy 2e + 4 : 5 to 40, cosine 2e + 4 : 8, normalized_l1 2e + 4 : 14, which is the fewest: each logit, target and
// gradient goes through memory once (beyond 256 channels cosine, normalized_l1 and cross_entropy read a place again from the cache). With
// a pitch, whole sectors of 32 bytes are moved. Three float32 channels of 8 are a
// sector a place, which is asked for once, for half of it: with the target (32 + 12) / (16 + 12) = 1.57 times the sectors that would hold
// what is asked for. Fewer there are not; to ask for the padding too would move the same sectors, and take an instruction more.
// Memory is the limit on a GPU, but for cross_entropy in bf16, which has half the bytes for as many exponentials, 16 of them for 13
// classes; in the fast way cross_entropy is held by its exponentials.
// count_finish, shares_finish and loss_finish: one block adds at most 528 numbers; their time is the launch's.
#include "loss.cuh"

constexpr int RANGE_PLACES = FAST ? 1 : 32;  // blocks' ranges begin with a sector of logits, targets and gradients
constexpr int COUNTED_TOGETHER = 128;        // places, by a warp, four a lane
constexpr int FEW_CHANNELS = 8;              // four places' elements are the bits of a word

#if !FAST
// A bit for each of four elements, of which `left` are there: whether it is not the marker.
DEVICE unsigned int others_of(const float* x, int left, float ignore) {
    unsigned int bits = 0;
    if (left >= WIDTH) {
        Pack a = load_pack(x);
        UNROLL
        for (int k = 0; k < WIDTH; k++) bits += lane(a, k) != ignore ? 1u << k : 0u;
    } else {
        for (int k = 0; k < left; k++) bits += x[k] != ignore ? 1u << k : 0u;
    }
    return bits;
}

// Of places [begin, end), how many of this thread's have a label. A warp reads its places' elements in order, by packs: pack 32 k + l's
// bits stand in lane l at 4 k. A lane's four places have C packs, whose bits it gathers.
DEVICE int count_by_warps(const float* target, long long begin, long long end, int C, float ignore) {
    int count = 0, own = threadIdx.x % 32;
    for (long long first = begin + threadIdx.x / 32 * COUNTED_TOGETHER; first < end; first += THREADS / 32 * COUNTED_TOGETHER) {
        const float* from = target + first * C;
        int elements = (int)smaller((long long)COUNTED_TOGETHER, end - first) * C;
        unsigned int read = 0, places = 0;
        NO_UNROLL
        for (int k = 0, e = own * WIDTH; k < C; k++, e += COUNTED_TOGETHER) {
            read |= others_of(from + e, elements - e, ignore) << k * WIDTH;
        }
        NO_UNROLL
        for (int k = 0; k < C; k++) {
            unsigned int pack = own * C + k;
            places |= (__shfl_sync(0xffffffffu, read, pack % 32) >> pack / 32 * WIDTH & 15u) << k * WIDTH;
        }
        UNROLL
        for (int m = 0; m < WIDTH; m++) count += (places >> m * C & ((1u << C) - 1)) != 0;
    }
    return count;
}
#endif

// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 159, resident 5
KERNEL(count_labels, const float* __restrict__ target, int* __restrict__ partials, long long M, int C, float ignore, int has_ignore) {
    long long begin, end;
    block_range(M, COUNTED_TOGETHER, begin, end);
    int count = 0;
    bool by_warps = !FAST && has_ignore && C <= FEW_CHANNELS;
#if !FAST
    if (by_warps) count = count_by_warps(target, begin, end, C, ignore);
#endif
    for (long long m = begin + threadIdx.x; m < end && !by_warps; m += THREADS) {
        count += is_labelled(target, m, C, ignore, has_ignore);
    }
    count = block_sum(count);
    if (threadIdx.x == 0) partials[blockIdx.x] = count;
}

// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 77, resident 8
KERNEL(count_classes, const int* __restrict__ target, int* __restrict__ partials, long long M, int ignore) {
    long long begin, end;
    block_range(M, COUNTED_TOGETHER, begin, end);
    int count = 0;
    for (long long m = begin + threadIdx.x; m < end; m += THREADS) count += target[m] != ignore;
    count = block_sum(count);
    if (threadIdx.x == 0) partials[blockIdx.x] = count;
}

// count = per_place * the sum of the blocks' counts
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 285, resident 8
KERNEL(count_finish, const int* __restrict__ partials, int blocks, int per_place, int* __restrict__ count) {
    if (blockIdx.x != 0) return;
    int sum = 0;
    for (int b = threadIdx.x; b < blocks; b += THREADS) sum += partials[b];
    sum = block_sum(sum);
    if (threadIdx.x == 0) count[0] = per_place * sum;
}

// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 374, resident 8
KERNEL(loss_finish, const float* __restrict__ partials, int blocks, const int* __restrict__ count, float* __restrict__ loss) {
    if (blockIdx.x != 0) return;
    double sum = 0;
    for (int b = threadIdx.x; b < blocks; b += THREADS) sum += partials[b];
    sum = block_sum(sum);
    if (threadIdx.x == 0) loss[0] = (float)(sum / larger(count[0], 1));
}

#if !FAST
// ------------------------------------------------------------------------------------------------------------------ places of groups

constexpr int MOST_IN_GROUP = 256;  // channels

// Places that are read and written by units.
template <class Loss, class G, class S> DEVICE void each_place(Loss& loss, const G& group, const S* logits, S* dlogits,
                                                               long long begin, long long end, int C, int pitch, int written) {
    int in_warp = 32 / group.lanes;
    long long first = begin + threadIdx.x / 32 * in_warp;
    for (; first < end; first += THREADS / group.lanes) {
        WarpPlaces places{first, (int)smaller((long long)in_warp, end - first)};
        long long at = (first + places.own(group)) * pitch;
        bool exists = group.place < places.count;
        typename G::Lane v = group.load_values(logits + at, C, written, true, Loss::PADDING);
        bool labelled = loss.differentiate(v, group, loss.reader(group, places), exists, loss.scale);
        if (exists) group.store_values(dlogits + at, v, labelled ? C : 0, written, true);
    }
}

// Three channels of 8: a lane does a place, of which it reads the first unit alone. Lanes side by side write all units of one place after
// the other: behind the first there are zeros.
template <class Loss, class S> DEVICE void each_place_of_three(Loss& loss, const S* logits, S* dlogits, long long begin, long long end,
                                                               int pitch) {
    constexpr int unit = unit_of<S>, units = 8 / unit;
    Group<3, unit> group(3);
    for (long long first = begin + threadIdx.x / 32 * 32; first < end; first += THREADS) {
        WarpPlaces places{first, (int)smaller(32LL, end - first)};
        Values<3> v = group.load_values(logits + (first + places.own(group)) * pitch, 3, 3, true, 0);
        if (!loss.differentiate(v, group, loss.reader(group, places), group.place < places.count, loss.scale)) v = Values<3>{{0, 0, 0}};
        UNROLL
        for (int i = 0; i < units; i++) {
            int place = group.place / units * units + i, at = (group.place ^ i) % units;
            float x[unit] = {};
            UNROLL
            for (int k = 0; k < 3; k++) x[k] = at == 0 ? v.x[k] : 0.0f;
            if (place < places.count) store_unit(dlogits + (first + place) * pitch + at * unit, x);
        }
    }
}

// One array, however many kinds of groups there are in a kernel: 8 channels of each lane.
DEVICE float* tile_memory() {
    SHARED(float, memory, 8 * THREADS);
    return memory;
}

// Places that are not: they go through shared memory, so that memory is read and written in order.
template <class Loss, class G, class S> DEVICE void each_place_of_tile(Loss& loss, const G& group, const S* logits, S* dlogits,
                                                                       long long begin, long long end, int C, int pitch, int written) {
    float* tile = tile_memory();
    int in_warp = 32 / group.lanes, at_once = THREADS / group.lanes;
    for (; begin < end; begin += at_once) {
        int here = (int)smaller((long long)at_once, end - begin), first = threadIdx.x / 32 * in_warp;
        __syncthreads();
        for (int e = threadIdx.x; e < here * C; e += THREADS) {
            int m = (unsigned int)e / (unsigned int)C, c = e - m * C;
            tile[e] = load<float>(logits + (begin + m) * pitch + c);
        }
        __syncthreads();
        if (first < here) {
            WarpPlaces places{begin + first, smaller(in_warp, here - first)};
            bool exists = group.place < places.count;
            float* own = tile + (first + places.own(group)) * C;
            typename G::Lane v = group.load_values(own, exists ? C : 0, C, false, Loss::PADDING);
            bool labelled = loss.differentiate(v, group, loss.reader(group, places), exists, loss.scale);
            if (exists) group.store_values(own, v, labelled ? C : 0, C, false);
        }
        __syncthreads();
        for (int e = threadIdx.x; e < here * written; e += THREADS) {
            int m = (unsigned int)e / (unsigned int)written, c = e - m * written;
            store(dlogits + (begin + m) * pitch + c, c < C ? tile[m * C + c] : 0.0f);
        }
    }
}
#endif

// ------------------------------------------------------------------------------------------------------------------ cross entropy

// A label outside the classes makes the loss not a number, so that the step is rejected.
#if FAST
constexpr Mask LANE_NUMBERS{0, 1, 2, 3, 4, 5, 6, 7};

// The classes behind the whole packs, filled up with -infinity. Where `room` says so, the place may be read (or written) past its
// end: there is more of the block's, and what is written there is this thread's and written later.
template <class S> DEVICE Pack last_classes(const S* x, int left, bool room) {
    if (room) return select(LANE_NUMBERS < left, load_pack(x), pack(-infinity()));
    Pack rest = pack(-infinity());
    for (int c = 0; c < left; c++) rest[c] = load<float>(x + c);
    return rest;
}
template <class S> DEVICE void store_last_classes(S* d, Pack last, int left, bool room) {
    if (room) return store(d, last);
    for (int c = 0; c < left; c++) store(d + c, last[c]);
}

struct PlaceSum {
    float largest, sum;
};

// One place: its exponentials' sum, and its gradient. Between the two, the gradient's place holds the exponentials, unless that
// would round them.
template <class S> DEVICE PlaceSum cross_entropy_place(const S* x, S* d, int C, int label, float scale, bool reads_on, bool writes_on) {
    constexpr bool KEPT = sizeof(S) == sizeof(float);
    int whole = C / WIDTH * WIDTH, left = C - whole;
    Pack rest = last_classes(x + whole, left, reads_on), top = rest;
    for (int c = 0; c < whole; c += WIDTH) top = select(load_pack(x + c) > top, load_pack(x + c), top);
    float largest = largest_lane(top);
    Pack last = exponential(rest - largest), sums = last;
    for (int c = 0; c < whole; c += WIDTH) {
        Pack e = exponential(load_pack(x + c) - largest);
        if (KEPT) store(d + c, e);
        sums += e;
    }
    float sum = sum_of_lanes(sums), over = scale / sum;
    for (int c = 0; c < whole; c += WIDTH) {
        Pack e = KEPT ? load_pack(d + c) : exponential(load_pack(x + c) - largest);
        store(d + c, e * over);
    }
    store_last_classes(d + whole, last * over, left, writes_on);
    if (label >= 0 && label < C) {
        float share = KEPT ? load<float>(d + label) : exponential(load<float>(x + label) - largest) * over;
        store(d + label, share - scale);
    }
    return PlaceSum{largest, sum};
}

template <class S> DEVICE LongSum cross_entropy_range(const S* logits, const int* target, S* dlogits, long long begin, long long end,
                                                      int C, int pitch, int written, int ignore, float scale) {
    LongSum loss = 0, product = 1;  // of the places' sums: one logarithm for many of them
    int padded = C % WIDTH == 0 ? C + WIDTH : (C + WIDTH - 1) / WIDTH * WIDTH;  // where a last pack would end
    for (long long m = begin; m < end; m++) {
        const S* x = logits + m * pitch;
        S* d = dlogits + m * pitch;
        int label = target[m];
        bool more = m * pitch + padded <= (end - 1) * pitch + C;
        if (label == ignore) {
            for (int c = 0; c < C; c++) store(d + c, 0.0f);
        } else {
            PlaceSum place = cross_entropy_place(x, d, C, label, scale, more, more && pitch == C);
            bool known = label >= 0 && label < C;
            loss += known ? place.largest - load<float>(x + label) : not_a_number();
            product *= place.sum;
            if (product > 1e200) {
                loss += log(product);
                product = 1;
            }
        }
        for (int c = C; c < written; c++) store(d + c, 0.0f);
    }
    return loss + log(product);
}
#else
// Many classes: a warp does a place.
template <class S> DEVICE LongSum cross_entropy_many(const S* logits, const int* target, S* dlogits, long long begin, long long end,
                                                     int C, int pitch, int written, int ignore, float scale) {
    int lane = threadIdx.x % 32;
    LongSum loss = 0;
    for (long long m = begin + threadIdx.x / 32; m < end; m += THREADS / 32) {
        const S* x = logits + m * pitch;
        S* d = dlogits + m * pitch;
        int label = target[m];
        float largest = -infinity(), sum = 0;
        for (int c = lane; c < C; c += 32) largest = larger(largest, load<float>(x + c));
        for (int offset = 16; offset > 0; offset /= 2) largest = larger(largest, __shfl_xor_sync(0xffffffffu, largest, offset));
        for (int c = lane; c < C; c += 32) sum += expf(load<float>(x + c) - largest);
        for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, offset);
        float over = scale / sum;
        for (int c = lane; c < C; c += 32) {
            store(d + c, label == ignore ? 0.0f : expf(load<float>(x + c) - largest) * over - (c == label ? scale : 0.0f));
        }
        for (int c = C + lane; c < written; c += 32) store(d + c, 0.0f);
        if (lane > 0 || label == ignore) continue;
        loss += label >= 0 && label < C ? logf(sum) + largest - load<float>(x + label) : not_a_number();
    }
    return loss;
}

template <class S> DEVICE LongSum cross_entropy_range(const S* logits, const int* target, S* dlogits, long long begin, long long end,
                                                      int C, int pitch, int written, int ignore, float scale) {
    if (C > MOST_IN_GROUP) return cross_entropy_many(logits, target, dlogits, begin, end, C, pitch, written, ignore, scale);
    CrossEntropyOf<false> loss{target, C, ignore, scale};
    if (in_units(logits, pitch) && in_units(dlogits, pitch)) {
        each_place(loss, Group<8, unit_of<S>>(C, written), logits, dlogits, begin, end, C, pitch, written);
    } else {
        each_place_of_tile(loss, Group<8, WIDTH>(C), logits, dlogits, begin, end, C, pitch, written);
    }
    return loss.total();
}
#endif

template <class S> DEVICE void cross_entropy_of(const S* logits, const int* target, const float* weight, const int* count, S* dlogits,
                                                float* partials, long long M, int C, int pitch, int written, int ignore) {
    long long begin, end;
    block_range(M, RANGE_PLACES, begin, end);
    LongSum loss = cross_entropy_range(logits, target, dlogits, begin, end, C, pitch, written, ignore, scale_of(weight, count));
    loss = block_sum(loss);
    if (threadIdx.x == 0) partials[blockIdx.x] = (float)loss;
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, bytes 1.11 (bf16 1.10), instructions 150 (bf16 298), resident 4
KERNELS(cross_entropy, (const S* __restrict__ logits, const int* __restrict__ target, const float* __restrict__ weight,
                        const int* __restrict__ count, S* __restrict__ dlogits, float* __restrict__ partials, long long M, int C,
                        int pitch, int written, int ignore),
        (logits, target, weight, count, dlogits, partials, M, C, pitch, written, ignore))

// ------------------------------------------------------------------------------------------------------------------ regression

// An element's part in the loss, after writing its gradient; nothing of either where it has no label.
template <class V, class Kind, class S, class Absent> DEVICE float regression_at(const Kind& kind, const S* x, const V& t, S* d,
                                                                               const Absent& absent, float scale) {
    Term<V> term = kind.of(load<V>(x), t);
    store(d, select(absent, all<V>(0), term.slope * scale));
    return sum_of_lanes(select(absent, all<V>(0), term.loss));
}

// Elements that need not know of their place: no pitch, and one channel or no marker.
template <class Kind, class S> DEVICE LongSum regression_by_elements(const Kind& kind, const S* prediction, const float* target,
                                                                     S* dprediction, long long n, float marker, float scale) {
    LongSum loss = 0;
    each_element(n, [&](long long i, auto v) {
        using V = decltype(v);
        V t = load<V>(target + i);
        loss += regression_at<V>(kind, prediction + i, t, dprediction + i, t == marker, scale);
    });
    return loss;
}

#if FAST
constexpr int MOST = 1024;

// A tile of places, packed: the labels are spread over their channels first, then all goes by packs.
template <class Kind, class S> DEVICE float regression_tile(const Kind& kind, const S* x, const float* t, S* d, int places, int C,
                                                            float ignore, int has_ignore, float scale) {
    float absent[MOST];  // 1 where there is no label
    for (int m = 0; m < places; m++) {
        float mark = is_labelled(t, m, C, ignore, has_ignore) ? 0.0f : 1.0f;
        for (int c = 0; c < C; c++) absent[m * C + c] = mark;
    }
    int whole = places * C / WIDTH * WIDTH;
    float sum = 0;
    for (int i = 0; i < whole; i += WIDTH) {
        sum += regression_at<Pack>(kind, x + i, load_pack(t + i), d + i, load_pack(absent + i) != 0.0f, scale);
    }
    for (int i = whole; i < places * C; i++) sum += regression_at<float>(kind, x + i, t[i], d + i, absent[i] != 0.0f, scale);
    return sum;
}

template <class Kind, class S> DEVICE LongSum regression_by_places(const Kind& kind, const S* prediction, const float* target,
                                                                   S* dprediction, long long M, int C, int pitch, int written,
                                                                   float ignore, int has_ignore, float scale) {
    S x[MOST], d[MOST];  // a tile without its pitch
    long long begin, end;
    block_range(M, 1, begin, end);
    LongSum loss = 0;
    int places = larger(1, MOST / C);
    for (long long first = begin; first < end; first += places) {
        int here = (int)smaller((long long)places, end - first);
        const S* from = prediction + first * pitch;
        const float* t = target + first * C;
        S* to = dprediction + first * pitch;
        if (C > MOST) {
            bool none = !is_labelled(t, 0, C, ignore, has_ignore);
            float sum = 0;
            for (int c = 0; c < C; c++) sum += regression_at<float>(kind, from + c, t[c], to + c, none, scale);
            loss += sum;
        } else if (pitch == C) {
            loss += regression_tile(kind, from, t, to, here, C, ignore, has_ignore, scale);
        } else {
            for (int m = 0; m < here; m++) for (int c = 0; c < C; c++) x[m * C + c] = from[m * pitch + c];
            loss += regression_tile(kind, x, t, d, here, C, ignore, has_ignore, scale);
            for (int m = 0; m < here; m++) for (int c = 0; c < C; c++) to[m * pitch + c] = d[m * C + c];
        }
        for (int m = 0; m < here; m++) for (int c = C; c < written; c++) store(to + (long long)m * pitch + c, 0.0f);
    }
    return loss;
}
#else
// An element looks at its own target first, and at its place's others only if that is the marker.
template <class Kind, class S> DEVICE LongSum regression_by_places(const Kind& kind, const S* prediction, const float* target,
                                                                   S* dprediction, long long M, int C, int pitch, int written,
                                                                   float ignore, int has_ignore, float scale) {
    long long begin, end;
    block_range(M * written, written, begin, end);
    LongSum loss = 0;
    for (long long i = begin + threadIdx.x; i < end; i += THREADS) {
        unsigned int m = (unsigned int)i / (unsigned int)written;
        int c = (int)((unsigned int)i - m * (unsigned int)written);
        S* d = dprediction + (long long)m * pitch + c;
        if (c >= C) {
            store(d, 0.0f);
            continue;
        }
        float t = target[(long long)m * C + c];
        bool absent = has_ignore && !(t != ignore || is_labelled(target, m, C, ignore, 1));
        loss += regression_at<float>(kind, prediction + (long long)m * pitch + c, t, d, absent, scale);
    }
    return loss;
}
#endif

template <class Any, class S> DEVICE LongSum regression_sum(const Any& kind, const S* prediction, const float* target, S* dprediction,
                                                            long long M, int C, int pitch, int written, float ignore, int has_ignore,
                                                            float scale) {
    bool by_elements = pitch == C && (C == 1 || !has_ignore);
#if !FAST
    if (!by_elements && C <= MOST_IN_GROUP && in_units(prediction, pitch) && in_units(dprediction, pitch)) {
        long long begin, end;
        block_range(M, RANGE_PLACES, begin, end);
        Regression<Any> loss{kind, {target, C, ignore, has_ignore}, scale};
        if (C == 3 && written == 8) each_place_of_three(loss, prediction, dprediction, begin, end, pitch);
        else each_place(loss, Group<8, unit_of<S>>(C, written), prediction, dprediction, begin, end, C, pitch, written);
        return loss.total();
    }
#endif
    LongSum loss = 0;
    kind.with([&](auto comparison) {
        if (by_elements) {
            float marker = has_ignore ? ignore : not_a_number();  // which no target equals
            loss = regression_by_elements(comparison, prediction, target, dprediction, M * C, marker, scale);
        } else {
            loss = regression_by_places(comparison, prediction, target, dprediction, M, C, pitch, written, ignore, has_ignore, scale);
        }
    });
    return loss;
}

// kind 0 l1, 1 l2, 2 huber (parameter: delta), 3 binary cross entropy with logits (parameter: the positives' weight).
template <class S> DEVICE void regression_of(const S* prediction, const float* target, const float* weight, const int* count,
                                             S* dprediction, float* partials, long long M, int C, int pitch, int written, float ignore,
                                             int has_ignore, int kind, float parameter) {
    LongSum loss = regression_sum(AnyKind{kind, parameter}, prediction, target, dprediction, M, C, pitch, written, ignore, has_ignore,
                                  scale_of(weight, count));
    loss = block_sum(loss);
    if (threadIdx.x == 0) partials[blockIdx.x] = (float)loss;
}
// counts: loads 1.56 (bf16 1.00), stores 1.00, conflicts 1.00, bytes 1.08 (bf16 1.30), instructions 116 (bf16 175), resident 3
RESIDENT_KERNELS(3, regression, (const S* __restrict__ prediction, const float* __restrict__ target, const float* __restrict__ weight,
                     const int* __restrict__ count, S* __restrict__ dprediction, float* __restrict__ partials, long long M, int C,
                     int pitch, int written, float ignore, int has_ignore, int kind, float parameter),
        (prediction, target, weight, count, dprediction, partials, M, C, pitch, written, ignore, has_ignore, kind, parameter))

// Kind 3 with weights from the batch: shares are those of the negatives and of the positives, by which positives and negatives count.
template <class S> DEVICE void balanced_cross_entropy_of(const S* prediction, const float* target, const float* weight, const int* count,
                                                         S* dprediction, float* partials, long long M, int C, int pitch, int written,
                                                         float ignore, int has_ignore, const float* shares) {
    BinaryCrossEntropy kind{shares[0], shares[1]};
    LongSum loss = regression_sum(kind, prediction, target, dprediction, M, C, pitch, written, ignore, has_ignore,
                                  scale_of(weight, count));
    loss = block_sum(loss);
    if (threadIdx.x == 0) partials[blockIdx.x] = (float)loss;
}
// counts: loads 1.54 (bf16 1.00), stores 1.00, conflicts 1.00, bytes 1.08 (bf16 1.30), instructions 188 (bf16 292), resident 3
RESIDENT_KERNELS(3, balanced_cross_entropy, (const S* __restrict__ prediction, const float* __restrict__ target,
                     const float* __restrict__ weight, const int* __restrict__ count, S* __restrict__ dprediction,
                     float* __restrict__ partials, long long M, int C, int pitch, int written, float ignore, int has_ignore,
                     const float* __restrict__ shares),
        (prediction, target, weight, count, dprediction, partials, M, C, pitch, written, ignore, has_ignore, shares))

// Of the labelled values, how many are positive: from 0.5 on.
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 116, resident 5
KERNEL(count_positives, const float* __restrict__ target, int* __restrict__ partials, long long M, int C, float ignore, int has_ignore) {
    int count = 0;
    each_element(M * C, [&](long long i, auto v) {
        using V = decltype(v);
        V t = load<V>(target + i);
        UNROLL
        for (int k = 0; k < width_of<V>; k++) {
            float x = lane(t, k);
            count += x >= 0.5f && (!has_ignore || x != ignore || is_labelled(target, (i + k) / C, C, ignore, 1));
        }
    });
    count = block_sum(count);
    if (threadIdx.x == 0) partials[blockIdx.x] = count;
}

// shares [2] of `count` values: that of the negatives, that of the positives; 0 and 0 where there are no values.
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 290, resident 8
KERNEL(shares_finish, const int* __restrict__ partials, int blocks, const int* __restrict__ count, float* __restrict__ shares) {
    if (blockIdx.x != 0) return;
    int positives = 0;
    for (int b = threadIdx.x; b < blocks; b += THREADS) positives += partials[b];
    positives = block_sum(positives);
    if (threadIdx.x != 0) return;
    double values = larger(count[0], 1);
    shares[0] = (float)((count[0] - positives) / values);
    shares[1] = (float)(positives / values);
}

// ------------------------------------------------------------------------------------------------------------------ cosine

// The lanes that do a place together, one place after the other: a thread in the fast way, else a warp.
struct PlaceLanes {
#if FAST
    static constexpr int LANES = 1, APART = 1;
    static constexpr int lane = 0;
    static constexpr long long first = 0;

    MEMBER float sum(float x) const { return x; }
    MEMBER bool any(bool x) const { return x; }
#else
    static constexpr int LANES = 32, APART = THREADS / 32;
    Group<8, 8> warp{MOST_IN_GROUP};
    int lane = warp.lane;
    long long first = threadIdx.x / 32;

    MEMBER float sum(float x) const { return warp.sum(x); }
    MEMBER bool any(bool x) const { return warp.any(x); }
#endif
};

template <class S> DEVICE LongSum cosine_by_places(const S* prediction, const float* target, S* dprediction, long long begin,
                                                   long long end, int C, int pitch, int written, float ignore, int has_ignore,
                                                   float scale) {
    PlaceLanes lanes;
    LongSum loss = 0;
    for (long long m = begin + lanes.first; m < end; m += lanes.APART) {
        const S* x = prediction + m * pitch;
        const float* t = target + m * C;
        S* d = dprediction + m * pitch;
        float square = 0, dot = 0;
        bool labelled = !has_ignore;
        for (int c = lanes.lane; c < C; c += lanes.LANES) {
            float v = load<float>(x + c);
            square += v * v;
            dot += v * t[c];
            labelled |= t[c] != ignore;
        }
        labelled = lanes.any(labelled);
        dot = lanes.sum(dot);
        Angle<float> angle(lanes.sum(square), dot);
        if (labelled && lanes.lane == 0) loss += 1 - dot * angle.over;
        for (int c = lanes.lane; c < C; c += lanes.LANES) {
            store(d + c, labelled ? (angle.along * load<float>(x + c) - t[c]) * angle.over * scale : 0.0f);
        }
        for (int c = C + lanes.lane; c < written; c += lanes.LANES) store(d + c, 0.0f);
    }
    return loss;
}

#if !FAST
// A loss of whole places, of up to MOST_IN_GROUP channels.
template <class Loss, class S> DEVICE LongSum by_groups(Loss loss, const S* prediction, S* dprediction, long long begin, long long end,
                                                        int C, int pitch, int written) {
    bool units = in_units(prediction, pitch) && in_units(dprediction, pitch);
    if (units && C == 3 && written == 8) each_place_of_three(loss, prediction, dprediction, begin, end, pitch);
    else if (units) each_place(loss, Group<8, unit_of<S>>(C, written), prediction, dprediction, begin, end, C, pitch, written);
    else if (C == 3) each_place_of_tile(loss, Group<3, WIDTH>(C), prediction, dprediction, begin, end, C, pitch, written);
    else each_place_of_tile(loss, Group<8, WIDTH>(C), prediction, dprediction, begin, end, C, pitch, written);
    return loss.total();
}
#endif

template <class S> DEVICE LongSum cosine_range(const S* prediction, const float* target, S* dprediction, long long begin, long long end,
                                               int C, int pitch, int written, float ignore, int has_ignore, float scale) {
#if !FAST
    if (C <= MOST_IN_GROUP) {
        return by_groups(Cosine{{target, C, ignore, has_ignore}, scale}, prediction, dprediction, begin, end, C, pitch, written);
    }
#endif
    return cosine_by_places(prediction, target, dprediction, begin, end, C, pitch, written, ignore, has_ignore, scale);
}

template <class S> DEVICE void cosine_of(const S* prediction, const float* target, const float* weight, const int* count,
                                         S* dprediction, float* partials, long long M, int C, int pitch, int written, float ignore,
                                         int has_ignore) {
    long long begin, end;
    block_range(M, RANGE_PLACES, begin, end);
    LongSum loss = cosine_range(prediction, target, dprediction, begin, end, C, pitch, written, ignore, has_ignore,
                                scale_of(weight, count));
    loss = block_sum(loss);
    if (threadIdx.x == 0) partials[blockIdx.x] = (float)loss;
}
// counts: loads 1.56 (bf16 1.00), stores 1.00, conflicts 1.00, bytes 1.08 (bf16 1.30), instructions 122 (bf16 167), resident 4
KERNELS(cosine, (const S* __restrict__ prediction, const float* __restrict__ target, const float* __restrict__ weight,
                 const int* __restrict__ count, S* __restrict__ dprediction, float* __restrict__ partials, long long M, int C,
                 int pitch, int written, float ignore, int has_ignore),
        (prediction, target, weight, count, dprediction, partials, M, C, pitch, written, ignore, has_ignore))

// ------------------------------------------------------------------------------------------------------------------ normalized l1

template <class S> DEVICE LongSum normalized_l1_by_places(const S* prediction, const float* target, S* dprediction, long long begin,
                                                          long long end, int C, int pitch, int written, float ignore, int has_ignore,
                                                          float scale) {
    PlaceLanes lanes;
    LongSum loss = 0;
    for (long long m = begin + lanes.first; m < end; m += lanes.APART) {
        const S* x = prediction + m * pitch;
        const float* t = target + m * C;
        S* d = dprediction + m * pitch;
        float square = 0, losses = 0, dot = 0;
        bool labelled = !has_ignore;
        for (int c = lanes.lane; c < C; c += lanes.LANES) {
            float v = load<float>(x + c);
            square += v * v;
            labelled |= t[c] != ignore;
        }
        labelled = lanes.any(labelled);
        Length<float> length(lanes.sum(square));
        auto term_of = [&](int c) { return Absolute().of(load<float>(x + c) * length.over, t[c]); };
        for (int c = lanes.lane; c < C; c += lanes.LANES) {
            Term<float> term = term_of(c);
            losses += term.loss;
            dot += term.slope * (load<float>(x + c) * length.over);
        }
        if (labelled) loss += losses;
        float along = length.along(lanes.sum(dot)), factor = length.over * scale;
        for (int c = lanes.lane; c < C; c += lanes.LANES) {
            store(d + c, labelled ? (term_of(c).slope - along * load<float>(x + c)) * factor : 0.0f);
        }
        for (int c = C + lanes.lane; c < written; c += lanes.LANES) store(d + c, 0.0f);
    }
    return loss;
}

template <class S> DEVICE LongSum normalized_l1_range(const S* prediction, const float* target, S* dprediction, long long begin,
                                                      long long end, int C, int pitch, int written, float ignore, int has_ignore,
                                                      float scale) {
#if !FAST
    if (C <= MOST_IN_GROUP) {
        return by_groups(NormalizedL1{{target, C, ignore, has_ignore}, scale}, prediction, dprediction, begin, end, C, pitch, written);
    }
#endif
    return normalized_l1_by_places(prediction, target, dprediction, begin, end, C, pitch, written, ignore, has_ignore, scale);
}

template <class S> DEVICE void normalized_l1_of(const S* prediction, const float* target, const float* weight, const int* count,
                                                S* dprediction, float* partials, long long M, int C, int pitch, int written,
                                                float ignore, int has_ignore) {
    long long begin, end;
    block_range(M, RANGE_PLACES, begin, end);
    LongSum loss = normalized_l1_range(prediction, target, dprediction, begin, end, C, pitch, written, ignore, has_ignore,
                                       scale_of(weight, count));
    loss = block_sum(loss);
    if (threadIdx.x == 0) partials[blockIdx.x] = (float)loss;
}
// counts: loads 1.56 (bf16 1.00), stores 1.00, conflicts 1.00, bytes 1.08 (bf16 1.30), instructions 124 (bf16 187), resident 3
RESIDENT_KERNELS(3, normalized_l1, (const S* __restrict__ prediction, const float* __restrict__ target, const float* __restrict__ weight,
                        const int* __restrict__ count, S* __restrict__ dprediction, float* __restrict__ partials, long long M, int C,
                        int pitch, int written, float ignore, int has_ignore),
        (prediction, target, weight, count, dprediction, partials, M, C, pitch, written, ignore, has_ignore))
