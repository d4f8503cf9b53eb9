// Choosing the step's batch on the device: slot (step % slot_count) of a ring that the host fills ahead is copied to where the
// network reads. Bytes a word: 8; no operation.
#include "common.cuh"

KERNEL(select_batch, const unsigned int* __restrict__ slots, unsigned int* __restrict__ destination, long long words,
       int slot_count, const long long* __restrict__ counters) {
    const unsigned int* from = slots + (counters[0] % slot_count) * words;
    long long begin, end;
    block_range(words, 16, begin, end);
#if !FAST
    if (words % 4 == 0) {
        const uint4* packs = reinterpret_cast<const uint4*>(from);
        uint4* to = reinterpret_cast<uint4*>(destination);
        for (long long i = begin / 4 + threadIdx.x; i < end / 4; i += THREADS) to[i] = packs[i];
        return;
    }
#endif
    for (long long i = begin + threadIdx.x; i < end; i += THREADS) destination[i] = from[i];
}
