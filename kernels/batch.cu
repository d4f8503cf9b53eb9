// Choosing the step's batch on the device: slot (step % slot_count) of a ring that the host fills ahead. A slot is slot_words words;
// what is wanted of it begins at word `offset`. Bytes, the fewest possible: select_batch 8 a word; select_images 4 a float read and E
// (4 or 2) an element written; no operation.
#include "common.cuh"

DEVICE long long word_of_slot(long long offset, long long slot_words, int slot_count, const long long* counters) {
    return (counters[0] % slot_count) * slot_words + offset;
}

KERNEL(select_batch, const unsigned int* __restrict__ slots, unsigned int* __restrict__ destination, long long words,
       long long offset, long long slot_words, int slot_count, const long long* __restrict__ counters) {
    const unsigned int* from = slots + word_of_slot(offset, slot_words, slot_count, counters);
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

// The images of the step's slot, `places` of C floats, get `pitch` >= C channels a place; those added are zero.
template <class S>
DEVICE void select_images_of(const float* slots, S* destination, long long places, int C, int pitch, long long offset,
                             long long slot_words, int slot_count, const long long* counters) {
    const float* from = slots + word_of_slot(offset, slot_words, slot_count, counters);
    if (pitch == C) {
        each_element(places * C, [&](long long i, auto v) {
            using V = decltype(v);
            store(destination + i, load<V>(from + i));
        }, is_aligned(from));
        return;
    }
    with_lanes(places, pitch, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long place = begin + lanes.row; place < end; place += lanes.rows) {
            const float* image = from + place * C;
            each_channel<V>(pitch, lanes, [&](int c, auto) {
                V value = all<V>(0);
                UNROLL
                for (int k = 0; k < width_of<V>; k++) {
                    if (c + k < C) set_lane(value, k, image[c + k]);
                }
                store(destination + place * pitch + c, value);
            });
        }
    });
}
KERNELS(select_images, (const float* __restrict__ slots, S* __restrict__ destination, long long places, int C, int pitch,
                        long long offset, long long slot_words, int slot_count, const long long* __restrict__ counters),
        (slots, destination, places, C, pitch, offset, slot_words, slot_count, counters))
