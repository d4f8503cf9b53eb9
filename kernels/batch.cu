// Choosing the step's batch on the device: slot (step % slot_count) of a ring that the host fills ahead. A slot is slot_words words;
// what is wanted of it begins at word `offset`. Bytes, the fewest possible: select_batch 8 a word; select_images 4 a float read and E
// (4 or 2) an element written, 2 operations an element read; a word a block says whether the block had any that is not finite, so that
// the step can be rejected whatever its losses make of it. Where channels are added, and there are not 3, a thread reads those of a
// place one by one: a warp asks for a sector once a channel, and gets it from the cache but once. inspect_batch 24 a part for a step
// that was accepted; one that was not reads its batch again, a block a part, which takes a fraction of a millisecond where a batch has
// millions of places.
#include "loss.cuh"
#include "record.cuh"

DEVICE long long word_of_slot(long long offset, long long slot_words, int slot_count, long long step) {
    return step % slot_count * slot_words + offset;
}

// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 55, resident 4
KERNEL(select_batch, const unsigned int* __restrict__ slots, unsigned int* __restrict__ destination, long long words,
       long long offset, long long slot_words, int slot_count, const long long* __restrict__ counters) {
    const unsigned int* from = slots + word_of_slot(offset, slot_words, slot_count, counters[0]);
    long long begin, end;
    block_range(words, 16, begin, end);
#if !FAST
    if (words % 4 == 0 && (unsigned long long)from % sizeof(uint4) == 0) {
        const uint4* packs = reinterpret_cast<const uint4*>(from);
        uint4* to = reinterpret_cast<uint4*>(destination);
        for (long long i = begin / 4 + threadIdx.x; i < end / 4; i += THREADS) to[i] = packs[i];
        return;
    }
#endif
    for (long long i = begin + threadIdx.x; i < end; i += THREADS) destination[i] = from[i];
}

// The bits of a float without its sign. What is not finite has more than all that is.
DEVICE int magnitude_bits(float x) { return (int)(__float_as_uint(x) & 0x7fffffffu); }

// From where on a magnitude is infinite as an element of S: bf16 rounds half of a unit above its largest number up.
template <class S> constexpr int INFINITE = sizeof(S) == 2 ? 0x7f7f8000 : 0x7f800000;

// The largest magnitude of what it took.
struct Largest {
    int bits = 0;
#if FAST
    Mask lanes{};

    MEMBER void take(const Pack& x) {
        Mask magnitudes = reinterpret_cast<Mask>(x) & 0x7fffffff;
        lanes = magnitudes > lanes ? magnitudes : lanes;
    }
    MEMBER bool reaches(int limit) const {
        return bits >= limit || sum_of_lanes(select(lanes >= limit, pack(1), pack(0))) > 0;
    }
#else
    template <int N> MEMBER void take(const Packed<N>& x) {
        UNROLL
        for (int k = 0; k < N; k++) take(x.x[k]);
    }
    MEMBER bool reaches(int limit) const { return bits >= limit; }
#endif
    MEMBER void take(float x) { bits = larger(bits, magnitude_bits(x)); }
};

template <class S> DEVICE void select_whole(const float* from, S* destination, long long elements, Largest& largest) {
    each_element(elements, [&](long long i, auto v) {
        using V = decltype(v);
        V value = load<V>(from + i);
        largest.take(value);
        store(destination + i, value);
    }, is_aligned(from));
}

template <class S>
DEVICE void select_padded(const float* from, S* destination, long long places, int C, int pitch, Largest& largest) {
    with_lanes<S>(places, pitch, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long place = begin + lanes.row; place < end; place += lanes.rows) {
            const float* image = from + place * C;
            each_channel<V>(pitch, lanes, [&](int c, auto) {
                V value = all<V>(0);
                UNROLL
                for (int k = 0; k < width_of<V>; k++) {
                    if (c + k < C) set_lane(value, k, image[c + k]);
                }
                largest.take(value);
                store(destination + place * pitch + c, value);
            });
        }
    });
}

#if !FAST
// Images of 3 channels, which become a pack: a warp reads those of its places in order.
template <class S> DEVICE void select_threes(const float* from, S* destination, long long places, Largest& largest) {
    typedef PackOf<S> V;
    unsigned int lane = threadIdx.x % 32;
    long long begin, end;
    block_range(places, 32, begin, end);
    for (unsigned int first = (unsigned int)begin + threadIdx.x - lane; first < (unsigned int)end; first += THREADS) {
        unsigned int count = smaller(32u, (unsigned int)end - first);
        Values<3> image = read_threes(from + 3LL * first, (int)lane, (int)count);
        V value = all<V>(0);
        UNROLL
        for (int k = 0; k < 3; k++) {
            largest.take(image.x[k]);
            set_lane(value, k, image.x[k]);
        }
        if (lane < count) store(destination + (long long)(first + lane) * width_of<V>, value);
    }
}
#endif

// The images of the step's slot, `places` of C floats, get `pitch` >= C channels a place; those added are zero. not_finite, which may
// be null, has a word a block: 1 where the block has an element that is not finite, 0 where it has none.
template <class S>
DEVICE void select_images_of(const float* slots, S* destination, int* not_finite, long long places, int C, int pitch, long long offset,
                             long long slot_words, int slot_count, const long long* counters) {
    const float* from = slots + word_of_slot(offset, slot_words, slot_count, counters[0]);
    Largest largest;
    if (pitch == C) select_whole(from, destination, places * C, largest);
#if !FAST
    else if (C == 3 && pitch == width_of<PackOf<S>>) select_threes(from, destination, places, largest);
#endif
    else select_padded(from, destination, places, C, pitch, largest);
    if (!not_finite) return;
    int found = block_sum(largest.reaches(INFINITE<S>) ? 1 : 0);
    if (threadIdx.x == 0) not_finite[blockIdx.x] = found > 0 ? 1 : 0;
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 95 (bf16 221), resident 4 (bf16 5)
KERNELS(select_images, (const float* __restrict__ slots, S* __restrict__ destination, int* __restrict__ not_finite, long long places,
                        int C, int pitch, long long offset, long long slot_words, int slot_count,
                        const long long* __restrict__ counters),
        (slots, destination, not_finite, places, C, pitch, offset, slot_words, slot_count, counters))

// ------------------------------------------------------------------------------------------------------------------ inspection

// A part of a batch, as BatchLayout.java describes it: the inputs, or a task's target, [places][channels].
struct Part {
    long long offset, places, channels;
    long long classes;  // class numbers 0 to classes - 1, int; 0: values, float
    long long has_ignore, ignore;  // whether there is a marker for "no label here"; the class number, or the value's bits
    long long infinite;  // of values: from which magnitude on they are not finite, in a float's bits
};
constexpr int PART_WORDS = 7;

// What may not stand in a part: a class number that is neither a class nor the marker; where there is a label, a value that is not
// finite, or would not be as an element of the network's input.
struct Inspected {
    const unsigned int* words;
    Part part;

    MEMBER float value(long long place, int c) const {
        return reinterpret_cast<const float*>(words)[place * part.channels + c];
    }
    MEMBER bool finite(float value) const { return magnitude_bits(value) < (int)part.infinite; }
    MEMBER bool invalid(long long place) const {
        if (part.classes > 0) {
            int label = (int)words[place];
            return (label < 0 || label >= part.classes) && !(part.has_ignore && label == (int)part.ignore);
        }
        const float* values = reinterpret_cast<const float*>(words);
        float marker = __uint_as_float((unsigned int)part.ignore);
        return !finite((float)what(place)) && is_labelled(values, place, (int)part.channels, marker, (int)part.has_ignore);
    }
    // The class number, or the first value that is not finite; the last one if all are.
    MEMBER double what(long long place) const {
        if (part.classes > 0) return (int)words[place];
        int c = 0;
        while (c < part.channels - 1 && finite(value(place, c))) c++;
        return value(place, c);
    }
};

// Why a step was rejected, as far as its batch is to blame: in the record of the step before counters[0], of the inputs (part 0) and
// each task's target (part task + 1), how many places are invalid, the first one, and what it holds. parts [T + 1][PART_WORDS]. What
// is invalid in a target always makes a loss not finite, and select_images tells of the inputs, so that the batch of an accepted step
// need not be looked at.
// counts: loads 1.00, stores 1.50, conflicts 1.00, instructions 14536, resident 5
KERNEL(inspect_batch, const unsigned int* __restrict__ slots, long long slot_words, int slot_count,
       const long long* __restrict__ counters, const int* __restrict__ accepted, const long long* __restrict__ parts, int T,
       double* __restrict__ records, int record_slots) {
    long long step = counters[0] - 1;
    double* record = record_of(records, record_slots, step, T);
    for (int k = blockIdx.x; k <= T; k += gridDim.x) {
        double* found = record + found_in_record(T, k);
        if (accepted[0]) {
            for (int i = threadIdx.x; i < FOUND; i += THREADS) found[i] = 0;
            continue;
        }
        const long long* described = parts + k * PART_WORDS;
        Part part{described[0], described[1], described[2], described[3], described[4], described[5], described[6]};
        Inspected inspected{slots + word_of_slot(part.offset, slot_words, slot_count, step), part};
        int count = 0, first = NO_INDEX;
        for (long long place = threadIdx.x; place < part.places; place += THREADS) {
            if (!inspected.invalid(place)) continue;
            if (count++ == 0) first = (int)place;
        }
        count = block_sum(count);
        first = block_least(first);
        if (threadIdx.x != 0) continue;
        found[0] = count;
        found[1] = count == 0 ? 0 : first;
        found[2] = count == 0 ? 0 : inspected.what(first);
    }
}
