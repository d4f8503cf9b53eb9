// Walking places x channels by columns, for what is one value a channel: normalisation, biases.
//
// M places of C channels are seen as rows of `width` floats, the least common multiple of C and WIDTH, so that packs fit for every
// C: a column of packs meets the same channels in each row. Up to group - 1 places at the very end fill no row: the tail, which the
// last block does singly. A thread keeps its columns' parameters in registers (in the fast way: up to PACKS columns, in the L1
// cache, so that memory is read in order).
//
// Packs are of 4 elements on the GPU, in bf16 8 bytes: 8 would take twice the registers for parameters and sums, which are float32, and
// read parameters by halves of sectors. Enough is under way all the same, since a thread loads several rows before it uses the first
// (each_row), which the compiler does not do by itself.
#pragma once
#include "common.cuh"

constexpr int PACKS = FAST ? 32 : 1;              // columns of packs that a thread owns at a time
constexpr int CHUNK = THREADS * PACKS * WIDTH;    // floats of a row that a block covers at a time

struct Columns {
    int channels, group, width;
    long long rows, tail, places;  // tail: the first place that is in no row

    MEMBER Columns(long long M, int C, int least_width = 1) : channels(C), group(1), places(M) {
        while (C * group % WIDTH != 0 || C * group < least_width) group *= 2;
        width = C * group;
        rows = M / group;
        tail = rows * group;
    }
    // The rows of block b, and the places in them; the last block's places include the tail.
    MEMBER void range(int b, int blocks, long long& begin, long long& end) const {
        range_of_block(rows, 1, b, blocks, begin, end);
    }
    MEMBER long long places_of(int b, int blocks) const {
        long long begin, end;
        range(b, blocks, begin, end);
        return (end - begin) * group + (b == blocks - 1 ? places - tail : 0);
    }
};

// Rows for sums: in the fast way wide enough for the additions of one row to be independent of each other.
DEVICE Columns columns_to_sum(long long M, int C) { return Columns(M, C, FAST ? 64 : 1); }

// What a thread does in the chunk of a row that begins at float `chunk`.
struct ChunkLanes {
    int row, rows, column, packs, length;

    MEMBER ChunkLanes(const Columns& columns, int chunk) {
        length = smaller(columns.width - chunk, CHUNK);
        Lanes lanes = lanes_over(FAST ? 1 : length / WIDTH);
        row = lanes.row;
        rows = lanes.rows;
        column = chunk + lanes.column * WIDTH;
        packs = FAST ? length / WIDTH : 1;
    }
};

#define EACH_PACK(q, lanes) for (int q = 0; q < (FAST ? (lanes).packs : 1); q++)

// Calls body(q, whether all packs are known to stand whole in memory) for the thread's packs of a row: the fast way asks once a row.
template <bool B> struct Known { static constexpr bool whole = B; };
template <class Body> DEVICE void each_pack(const ChunkLanes& lanes, bool whole, Body body) {
    if (FAST && whole) {
        EACH_PACK(q, lanes) body(q, Known<true>());
    } else {
        EACH_PACK(q, lanes) body(q, Known<false>());
    }
}

// How many rows of as many tensors of S a thread of the GPU loads before it uses the first, so that it has 32 bytes under way.
template <class S, int TENSORS>
constexpr int rows_at_once = WIDTH * sizeof(S) * TENSORS < 32 ? 32 / (WIDTH * (int)sizeof(S) * TENSORS) : 1;

// Calls use(here, q, load(here, q, known), known) for the thread's packs q of its rows, known being as in each_pack and here = at(row),
// which the fast way works out once a row.
#if FAST
template <int ROWS, class At, class Load, class Use>
DEVICE void each_row(long long begin, long long end, const ChunkLanes& lanes, bool whole, At at, Load load, Use use) {
    for (long long row = begin; row < end; row++) {
        auto here = at(row);
        each_pack(lanes, whole, [&](int q, auto known) { use(here, q, load(here, q, known), known); });
    }
}
#else
// A counter of 32 bits spares registers what the compiler makes of one of 64: a pointer that counts along for each load.
template <int ROWS, class K, class At, class Load, class Use>
DEVICE void each_row_from(unsigned int row, unsigned int end, const ChunkLanes& lanes, K known, At at, Load load, Use use) {
    for (; row + (ROWS - 1) * lanes.rows < end; row += ROWS * lanes.rows) {
        decltype(load(at((long long)row), 0, known)) loaded[ROWS];
        UNROLL
        for (int k = 0; k < ROWS; k++) loaded[k] = load(at((long long)(row + k * lanes.rows)), 0, known);
        UNROLL
        for (int k = 0; k < ROWS; k++) use(at((long long)(row + k * lanes.rows)), 0, loaded[k], known);
    }
    if constexpr (ROWS > 1) each_row_from<ROWS / 2>(row, end, lanes, known, at, load, use);
}
template <int ROWS, class At, class Load, class Use>
DEVICE void each_row(long long begin, long long end, const ChunkLanes& lanes, bool whole, At at, Load load, Use use) {
    unsigned int row = (unsigned int)begin + lanes.row;
    if (whole) each_row_from<ROWS>(row, (unsigned int)end, lanes, Known<true>(), at, load, use);
    else each_row_from<1>(row, (unsigned int)end, lanes, Known<false>(), at, load, use);
}
#endif

// One value of each channel for the thread's columns.
struct Parameters {
    Pack value[PACKS];

    MEMBER Parameters(const float* from, const ChunkLanes& lanes, int C) {
        for (int q = 0; q < (FAST ? lanes.packs : 1); q++) {
            int column = lanes.column + q * WIDTH;
            if (C % WIDTH == 0) {
                value[q] = load_pack(from + column % C);
                continue;
            }
            UNROLL
            for (int k = 0; k < WIDTH; k++) set_lane(value[q], k, from[(column + k) % C]);
        }
    }
};

// A fact that is asked in a loop and found out before it: otherwise the compiler finds it out anew each time, to save its register.
DEVICE bool kept(bool fact) {
#ifndef GIMBAL_HOST
    int bit = fact;
    asm("" : "+r"(bit));
    return bit;
#else
    return fact;
#endif
}

// Where a thread's columns stand in a row of places whose channels begin `pitch` elements apart, in one tensor or in several that
// are `step` elements apart.
struct Pitched {
    bool contiguous, by_packs;  // by_packs: a pack's channels are those of one place, or of places without a gap, and aligned
    long long row;              // elements from one row to the next
    int channels, pitch, column;
    int at[FAST ? PACKS * WIDTH : 1];

    template <class S>
    MEMBER Pitched(const S* x, const Columns& columns, const ChunkLanes& lanes, long long pitch, long long step = 0)
        : contiguous(pitch == columns.channels), row(columns.group * pitch), channels(columns.channels), pitch((int)pitch),
          column(lanes.column) {
        by_packs = kept(is_aligned(x, step) && (contiguous || (is_aligned(x, pitch) && channels % WIDTH == 0)));
        if (FAST && contiguous) return;
        for (int k = 0; k < (FAST ? lanes.packs * WIDTH : 1); k++) at[k] = place_of(column + k);
    }
    // Whether all of the thread's packs stand whole in memory, for the fast way one behind the other.
    MEMBER bool whole() const { return FAST ? contiguous : by_packs; }
    MEMBER int whole_at(int q) const { return FAST ? column + q * WIDTH : at[0]; }
    MEMBER int place_of(int j) const { return j / channels * pitch + j % channels; }
    // Of lane k of pack q. On the GPU it is worked out anew where there are no packs, to keep registers for those who have them.
    MEMBER int lane_at(int q, int k) const { return FAST ? at[q * WIDTH + k] : place_of(column + k); }

    template <class S, class K = Known<false>> MEMBER Pack load_from(const S* from, int q, K = K()) const {
        Pack a;
        if (K::whole || whole()) {
            a = load_pack(from + whole_at(q));
        } else if (by_packs) {
            a = load_pack(from + at[q * WIDTH]);
        } else {
            UNROLL
            for (int k = 0; k < WIDTH; k++) set_lane(a, k, load<float>(from + lane_at(q, k)));
        }
        return a;
    }
    template <class S, class K = Known<false>> MEMBER void store_to(S* to, int q, const Pack& a, K = K()) const {
        if (K::whole || whole()) {
            store(to + whole_at(q), a);
        } else if (by_packs) {
            store(to + at[q * WIDTH], a);
        } else {
            UNROLL
            for (int k = 0; k < WIDTH; k++) store(to + lane_at(q, k), lane(a, k));
        }
    }
};

// N running sums for each of the thread's columns. In the fast way a thread adds many rows, so its float sums are moved to double
// ones now and then.
#if FAST
typedef double Total;
constexpr int ROWS_BETWEEN_FLUSHES = 64;
#else
typedef float Total;
DEVICE float* fold_buffer() {  // one for all kinds of Sums in a kernel
    SHARED(float, buffer, THREADS * WIDTH);
    return buffer;
}
#endif

template <int N> struct Sums {
    Pack now[N][PACKS];
#if FAST
    Total total[N][PACKS * WIDTH];
#endif

    MEMBER Sums() {
        UNROLL
        for (int v = 0; v < N; v++) {
            for (int q = 0; q < PACKS; q++) now[v][q] = pack(0);
#if FAST
            for (int k = 0; k < PACKS * WIDTH; k++) total[v][k] = 0;
#endif
        }
    }
    MEMBER void flush() {
#if FAST
        for (int v = 0; v < N; v++) {
            const float* sums = reinterpret_cast<const float*>(now[v]);
            for (int k = 0; k < PACKS * WIDTH; k++) total[v][k] += sums[k];
            for (int q = 0; q < PACKS; q++) now[v][q] = pack(0);
        }
#endif
    }

    // Adds the block's sums of value v to out[c], c being a column's channel; the first column of a channel sets it. Every thread
    // must call it; it leaves the buffer and out for any thread to use.
    MEMBER void fold(int v, const Columns& columns, int chunk, const ChunkLanes& lanes, float* out) {
#if FAST
        const Total* buffer = total[v];
#else
        float* buffer = fold_buffer();
        int across = lanes.length / WIDTH;
        store(buffer + threadIdx.x * WIDTH, now[v][0]);
        __syncthreads();
        for (int height = lanes.rows; height > 1;) {
            int half = (height + 1) / 2;
            if (lanes.row + half < height) {
                float* mine = buffer + threadIdx.x * WIDTH;
                store(mine, load_pack(mine) + load_pack(mine + half * across * WIDTH));
            }
            __syncthreads();
            height = half;
        }
#endif
        int C = columns.channels;
        for (int j = threadIdx.x; j < smaller(lanes.length, C); j += THREADS) {
            Total sum = 0;
            for (int k = j; k < lanes.length; k += C) sum += buffer[k];
            int column = chunk + j, c = column % C;
            out[c] = column < C ? (float)sum : (float)(out[c] + sum);
        }
#if !FAST
        __syncthreads();
#endif
    }
};

// Calls body(row) over the thread's rows of one chunk, in the fast way with a flush of `sums` now and then. A counter of 32 bits spares
// the GPU's registers what the compiler makes of one of 64: a pointer that counts along for each load.
template <class S, class Body> DEVICE void sum_rows(long long begin, long long end, const ChunkLanes& lanes, S& sums, Body body) {
#if FAST
    for (long long tile = begin; tile < end; tile += ROWS_BETWEEN_FLUSHES) {
        long long tile_end = smaller(end, tile + ROWS_BETWEEN_FLUSHES);
        for (long long row = tile; row < tile_end; row++) body(row);
        sums.flush();
    }
#else
    for (unsigned int row = (unsigned int)begin + lanes.row; row < (unsigned int)end; row += lanes.rows) body(row);
#endif
}

// As each_row, in the fast way with a flush of `sums` now and then.
template <int ROWS, class S, class At, class Load, class Add>
DEVICE void sum_each_row(long long begin, long long end, const ChunkLanes& lanes, S& sums, bool whole, At at, Load load, Add add) {
#if FAST
    for (long long tile = begin; tile < end; tile += ROWS_BETWEEN_FLUSHES) {
        each_row<ROWS>(tile, smaller(end, tile + ROWS_BETWEEN_FLUSHES), lanes, whole, at, load, add);
        sums.flush();
    }
#else
    each_row<ROWS>(begin, end, lanes, whole, at, load, add);
#endif
}

// Calls body(place, channel) for what stands in no row: the last block's work, by single floats.
template <class Body> DEVICE void each_of_tail(const Columns& columns, Body body) {
    if (blockIdx.x != gridDim.x - 1) return;
    int count = (int)(columns.places - columns.tail) * columns.channels;
    for (int i = threadIdx.x; i < count; i += THREADS) body(columns.tail + i / columns.channels, i % columns.channels);
}
