// Attention between the places of an image (arXiv 1706.03762 eq. 1): out_p = sum_r weight_pr v_r, weight_pr = softmax over r of
// scale <q_p, k_r>, r being all places of the image, or those of the window x window around p that lie in it. q, k [N][H][W][C], v and
// out [N][H][W][D]; each of the heads takes its run of C/heads and D/heads channels. logsumexp [N][heads][H*W] in float, by place:
// log of sum over r of exp(scale <q_p, k_r>).
//
// No weight is ever in global memory (arXiv 2205.14135): forward, the softmax goes along the tiles of keys with a running maximum;
// backward, weights are worked out again from logsumexp. Backward, with the cotangents dout [T][N][H][W][D] of T tasks,
//   dots_p = <dout_p, out_p>                                          attention_backward_dots, [T][N][heads][H*W] in float
//   dv_r = sum_p weight_pr dout_p                                     attention_backward_v
//   slope_pr = scale weight_pr (<dout_p, v_r> - dots_p)
//   dq_p = sum_r slope_pr k_r,   dk_r = sum_p slope_pr q_p            attention_backward_q, attention_backward_k
// each a kernel of its own, since each input has its own number of cotangents; no sum is shared by two blocks, so that there are no
// atomics and the bits are the same for any grid.
//
// A block works at one item at a time: a tile of 64 places of its own (64 one after the other, or with a window 8 x 8 of them), a head,
// an image, a task, and up to 128 of the channels that come out. It walks the other places by tiles of 64: scores, 64 x 64, by channels
// of both sides, 32 at a time through shared memory; from them the weights, in shared memory; and those times the other side's rows. A
// thread has 4 x 4 scores and 4 x 4 or 4 x 8 sums, two 16-byte loads of shared memory for 16 multiplications, three for 32. More than
// 128 channels come out in several items, each of which works out the scores again; up to 16, four groups of lanes take every fourth
// place each.
//
// A window is the same tiles: the other places are the rectangle that the 8 x 8 windows cover, and what lies in no window has weight 0.
// Of window 9 it has 256 places, four tiles, where 81 count: 256 (C + D) multiplications a place in place of 81 (C + D); of window 5 192
// in place of 25, and heads of few channels pay for 16. Small windows are better done place by place, without reuse: attention_near.cu.
//
// Bytes, E an element's and M = N H W: forward E M (2 C + 2 D) + 4 M heads; operations, R being the pairs of a place and one that it
// looks at, 2 R (C + D) + 25 R heads. Backward dots 2 E M D T; v, q, k 2 R T (C + D), 2 R T (2 C + D) twice, and 25 R T heads each.
// Arithmetic is the limit but for small images and windows.
//
// What is not finite: a score that is not (of either sign) makes its weight, and so the place's output, logsumexp and all that comes of
// them, NaN. A value that is not finite in v is multiplied with weight 0 where it lies outside of a window, but in its rectangle: some
// places more than those that look at it become NaN.
#include "attention.cuh"

constexpr int DEPTH = 32;         // channels, or places, that are multiplied at a time
constexpr int STRIDE = TILE + (FAST ? 0 : 4);  // a column in other banks than the next
constexpr int MOST = 128;         // channels of an item
constexpr int FEW = 16;           // for which lanes share places
constexpr int LANES = FAST ? 1 : 16;               // threads side by side at a row of scores
constexpr int ROWS = FAST ? TILE : 4;              // of scores, that a thread has
constexpr int OWN_STRIDE = FAST ? DEPTH : STRIDE;  // the fast way keeps rows as they are: [place][channel]

// What a thread does with several scores of a row at once.
#if FAST
typedef Wide Cell;
typedef WideMask Seen;
#else
typedef float Cell;
typedef bool Seen;
#endif
constexpr int CELL = width_of<Cell>;

DEVICE int thread_row() { return FAST ? 0 : (int)threadIdx.x / LANES * ROWS; }
DEVICE int thread_lane() { return FAST ? 0 : (int)threadIdx.x % LANES; }

// Places of an image, row by row.
struct Rectangle {
    int row, column, height, width;

    MEMBER int count() const { return height * width; }

    static MEMBER Rectangle tile(const Sizes& sizes, int number) {
        int down = number / sizes.tiles_across(), row = down * sizes.tile_rows();
        int column = (number - down * sizes.tiles_across()) * sizes.tile_columns();
        return Rectangle{row, column, smaller(sizes.tile_rows(), sizes.rows() - row),
                         smaller(sizes.tile_columns(), sizes.columns() - column)};
    }

    // All that some place of this one looks at, or is looked at by.
    MEMBER Rectangle seen(const Sizes& sizes) const {
        if (!sizes.window) return Rectangle{0, 0, 1, sizes.columns()};
        int half = sizes.half(), top = row - smaller(row, half), left = column - smaller(column, half);
        int bottom = row + height + smaller(sizes.H - row - height, half);
        int right = column + width + smaller(sizes.W - column - width, half);
        return Rectangle{top, left, bottom - top, right - left};
    }
};

// A tile's places: which, where in the image, and what is known of them.
struct Places {
    int place[TILE];  // -1 behind the last
    int row[TILE], column[TILE];
    float logsumexp[TILE], dots[TILE];

    // Those of a rectangle from its place `first` on. known_* are of the head, by place; null where they are not needed.
    MEMBER void fill(const Rectangle& all, int first, int W, const float* known_logsumexp, const float* known_dots) {
        for (int t = threadIdx.x; t < TILE; t += THREADS) {
            int j = first + t, down = j / all.width, at = -1;
            if (j < all.count()) {
                row[t] = all.row + down;
                column[t] = all.column + (j - down * all.width);
                at = row[t] * W + column[t];
            } else {
                row[t] = column[t] = 0;
            }
            place[t] = at;
            if (known_logsumexp) logsumexp[t] = at < 0 ? 0 : known_logsumexp[at];
            if (known_dots) dots[t] = at < 0 ? 0 : known_dots[at];
        }
    }
};

// A block's shared memory.
struct Memory {
    float *own, *other;  // DEPTH channels of the places on either side; or one array of rows of the other side
    float* weights;      // of each pair; [other][own], in the fast way [own][other]
    Places *own_places, *other_places;
    int mine, here;      // places on either side of what is worked at
};
#define ATTENTION_MEMORY(memory)                                                                     \
    SHARED(float, operands, 2 * DEPTH * STRIDE);                                                     \
    SHARED(float, pairs, TILE * STRIDE);                                                             \
    SHARED(Places, places, 2);                                                                       \
    Memory memory{operands, operands + DEPTH * STRIDE, pairs, places, places + 1, 0, 0}

// ------------------------------------------------------------------------------------------------------------------ products

// A thread's part of TILE rows by WIDE columns.
template <int WIDE> struct Sums {
    static constexpr int COLUMNS = WIDE / LANES;
    alignas(64) float x[ROWS][COLUMNS];

    MEMBER void clear() {
        UNROLL
        for (int i = 0; i < ROWS; i++) {
            UNROLL
            for (int j = 0; j < COLUMNS; j++) x[i][j] = 0;
        }
    }
};

typedef Sums<TILE> Scores;
typedef Sums<MOST> Mixture;

#if FAST
#ifdef __AVX512F__
constexpr int HIGH = 8;  // rows of sums in registers, of which there are 32
#else
constexpr int HIGH = 4;
#endif

// Of `multiply`: HIGH rows from i on, and so many registers of columns from j on.
template <int REGISTERS, int A_STRIDE, int B_STRIDE, int ALL>
DEVICE void multiply_part(Sums<ALL>& sums, const float* a, const float* b, int depth, int i, int j) {
    Wide total[HIGH][REGISTERS], right[REGISTERS];
    for (int r = 0; r < HIGH; r++) for (int s = 0; s < REGISTERS; s++) total[r][s] = load<Wide>(&sums.x[i + r][j + s * CELL]);
    for (int k = 0; k < depth; k++) {
        for (int s = 0; s < REGISTERS; s++) {
            Wide loaded = load<Wide>(b + k * B_STRIDE + j + s * CELL);
#ifdef __AVX__
            asm("" : "+v"(loaded));  // once, and not again for each row
#endif
            right[s] = loaded;
        }
        for (int r = 0; r < HIGH; r++) {
            float x = a[(i + r) * A_STRIDE + k];
            for (int s = 0; s < REGISTERS; s++) total[r][s] += right[s] * x;
        }
    }
    for (int r = 0; r < HIGH; r++) for (int s = 0; s < REGISTERS; s++) store(&sums.x[i + r][j + s * CELL], total[r][s]);
}
#endif

// sums[i][j] += sum over k < depth of a's (i, k) and b's (k, j), for the first WIDE columns j. depth is a multiple of 8. Where WIDE is
// less than 64, groups of lanes have every 64/WIDE-th k each. The fast way leaves out what is not needed: rows by HIGH, columns by CELL.
template <int WIDE, int A_STRIDE, int B_STRIDE, int ALL>
DEVICE void multiply(Sums<ALL>& sums, const float* a, const float* b, int depth, int rows, int columns) {
#if FAST
    for (int j = 0; j < columns; j += 2 * CELL) {
        for (int i = 0; i < rows; i += HIGH) {
            if (columns - j > CELL) multiply_part<2, A_STRIDE, B_STRIDE>(sums, a, b, depth, i, j);
            else multiply_part<1, A_STRIDE, B_STRIDE>(sums, a, b, depth, i, j);
        }
    }
#else
    constexpr int PARTS = WIDE < TILE ? TILE / WIDE : 1;
    int part = thread_lane() / (LANES / PARTS);
    a += part * A_STRIDE + thread_row();
    b += part * B_STRIDE + thread_lane() % (LANES / PARTS) * 4;
    NO_UNROLL
    for (int k0 = 0; k0 < depth; k0 += 8) {
        UNROLL
        for (int k = 0; k < 8; k += PARTS) {
            Pack left = load_pack(a + k * A_STRIDE);
            UNROLL
            for (int q = 0; q < (WIDE + TILE - 1) / TILE; q++) {
                Pack right = load_pack(b + k * B_STRIDE + q * TILE);
                UNROLL
                for (int i = 0; i < ROWS; i++) {
                    UNROLL
                    for (int j = 0; j < 4; j++) sums.x[i][4 * q + j] += left.x[i] * right.x[j];
                }
            }
        }
        a += 8 * A_STRIDE;
        b += 8 * B_STRIDE;
    }
#endif
}

#if FAST
DEVICE void transpose(Pack (&rows)[WIDTH]) {
    Pack pairs[WIDTH], fours[WIDTH];
    for (int i = 0; i < WIDTH; i += 2) {
        pairs[i] = __builtin_shuffle(rows[i], rows[i + 1], Mask{0, 8, 1, 9, 4, 12, 5, 13});
        pairs[i + 1] = __builtin_shuffle(rows[i], rows[i + 1], Mask{2, 10, 3, 11, 6, 14, 7, 15});
    }
    for (int i = 0; i < WIDTH; i += 4) for (int j = 0; j < 2; j++) {
        fours[i + 2 * j] = __builtin_shuffle(pairs[i + j], pairs[i + j + 2], Mask{0, 1, 8, 9, 4, 5, 12, 13});
        fours[i + 2 * j + 1] = __builtin_shuffle(pairs[i + j], pairs[i + j + 2], Mask{2, 3, 10, 11, 6, 7, 14, 15});
    }
    for (int i = 0; i < 4; i++) {
        rows[i] = __builtin_shuffle(fours[i], fours[i + 4], Mask{0, 1, 2, 3, 8, 9, 10, 11});
        rows[i + 4] = __builtin_shuffle(fours[i], fours[i + 4], Mask{4, 5, 6, 7, 12, 13, 14, 15});
    }
}
#endif

// DEPTH channels from c on, `depth` of them to be multiplied: of the block's own places, and of the others.
template <class S> DEVICE void fetch_channels(const Memory& memory, const Side<S>& own, const Side<S>& other, int c, int depth) {
#if FAST
    for (int t = 0; t < TILE; t += WIDTH) {
        for (int k = 0; k < depth; k += WIDTH) {
            Pack rows[WIDTH];
            for (int i = 0; i < WIDTH; i++) {
                store(memory.own + (t + i) * DEPTH + k, channels_at(own, memory.own_places->place[t + i], c + k, own.count));
                rows[i] = channels_at(other, memory.other_places->place[t + i], c + k, other.count);
            }
            transpose(rows);
            for (int i = 0; i < WIDTH; i++) store(memory.other + (k + i) * STRIDE + t, rows[i]);
        }
    }
#else
    // Two lanes read a sector of a place; 16 places of a warp, two rows of four apart, are in 32 banks.
    int t = threadIdx.x / 2 % TILE, first = (threadIdx.x % 2 + threadIdx.x / (2 * TILE) * 2) * 4;
    int mine = memory.own_places->place[t], theirs = memory.other_places->place[t];
    NO_UNROLL
    for (int k = first; k < depth; k += 16) {
        Pack a = channels_at(own, mine, c + k, own.count), b = channels_at(other, theirs, c + k, other.count);
        UNROLL
        for (int i = 0; i < 4; i++) {
            memory.own[(k + i) * STRIDE + t] = a.x[i];
            memory.other[(k + i) * STRIDE + t] = b.x[i];
        }
    }
#endif
}

// sums = the products of the block's own places with the others of the tile, over a head's channels.
template <class S> DEVICE void score(Scores& sums, const Memory& memory, const Side<S>& own, const Side<S>& other) {
    sums.clear();
    NO_UNROLL
    for (int c = 0; c < own.count; c += DEPTH) {
        int depth = smaller(DEPTH, (own.count - c + 7) / 8 * 8);
        __syncthreads();
        fetch_channels(memory, own, other, c, depth);
        __syncthreads();
        multiply<TILE, OWN_STRIDE, STRIDE>(sums, memory.own, memory.other, depth, memory.mine, memory.here);
    }
}

// A thread's scores are of four neighbours; their weights are put 16 apart, where the lanes' stores find 32 banks.
DEVICE int place_of_slot(int slot) { return FAST ? slot : slot % 16 * 4 + slot / 16; }

DEVICE void put_weights(const Memory& memory, const Scores& weights) {
#if FAST
    for (int i = 0; i < memory.mine; i++) for (int j = 0; j < memory.here; j += CELL) {
        store(memory.weights + i * STRIDE + j, load<Cell>(&weights.x[i][j]));
    }
#else
    UNROLL
    for (int j = 0; j < 4; j++) {
        store(memory.weights + (thread_lane() + 16 * j) * STRIDE + thread_row(),
              Pack{{weights.x[0][j], weights.x[1][j], weights.x[2][j], weights.x[3][j]}});
    }
#endif
}

// What the thread has put is its own until the next barrier.
DEVICE void times_weights(Scores& scores, const Memory& memory) {
#if FAST
    for (int i = 0; i < memory.mine; i++) for (int j = 0; j < memory.here; j += CELL) {
        store(&scores.x[i][j], load<Cell>(&scores.x[i][j]) * load<Cell>(memory.weights + i * STRIDE + j));
    }
#else
    UNROLL
    for (int j = 0; j < 4; j++) {
        Pack weights = load_pack(memory.weights + (thread_lane() + 16 * j) * STRIDE + thread_row());
        UNROLL
        for (int i = 0; i < ROWS; i++) scores.x[i][j] *= weights.x[i];
    }
#endif
}

// Channels of an item, of `count` a head: few, a tile's or the most.
DEVICE int width_of_items(int count) { return count <= FEW ? FEW : count <= TILE ? TILE : MOST; }

// sums += the weights times the others' channels from c on, `wide` of them.
template <class S> DEVICE void mix(Mixture& sums, const Memory& memory, const Side<S>& other, int c, int wide) {
    int across = (FAST ? 1 : 2) + (wide == FEW ? 0 : wide == TILE ? 2 : 3);  // packs in a row are 2 to the power of it
    NO_UNROLL
    for (int slot = 0; slot < TILE; slot += DEPTH) {
        if (FAST && slot >= memory.here) break;
        __syncthreads();
        NO_UNROLL
        for (int e = threadIdx.x; e < DEPTH << across; e += THREADS) {
            int s = e >> across, k = (e - (s << across)) * WIDTH;
            int place = memory.other_places->place[place_of_slot(slot + s)];
            store(memory.own + s * wide + k, channels_at(other, place, c + k, other.count));
        }
        __syncthreads();
        const float* weights = memory.weights + slot * (FAST ? 1 : STRIDE);
        int depth = FAST ? smaller(DEPTH, memory.here - slot) : DEPTH, rows = memory.mine, columns = smaller(wide, other.count - c);
        if (wide == FEW) multiply<FEW, STRIDE, FEW>(sums, weights, memory.own, depth, rows, columns);
        else if (wide == TILE) multiply<TILE, STRIDE, TILE>(sums, weights, memory.own, depth, rows, columns);
        else multiply<MOST, STRIDE, MOST>(sums, weights, memory.own, depth, rows, columns);
    }
}

// ------------------------------------------------------------------------------------------------------------------ scores

DEVICE Cell cell(const Scores& sums, int i, int j) { return load<Cell>(&sums.x[i][j]); }
#if FAST
DEVICE void set_cell(Scores& sums, int i, int j, Cell value) { store(&sums.x[i][j], value); }
#else
DEVICE void set_cell(Scores& sums, int i, int j, float value) { sums.x[i][j] = value; }
#endif

// The thread's rows and columns of scores, as far as they are needed.
#define EACH_ROW(i, memory) for (int i = 0; i < (FAST ? (memory).mine : ROWS); i++)
#define EACH_CELL(j, memory) for (int j = 0; j < (FAST ? (memory).here : Scores::COLUMNS); j += CELL)

// Calls body(i, j, the column of the tile) for the thread's scores.
template <class Body> DEVICE void each_cell(const Memory& memory, Body body) {
    UNROLL
    EACH_ROW(i, memory) {
        UNROLL
        EACH_CELL(j, memory) body(i, j, thread_lane() * Scores::COLUMNS + j);
    }
}

// Which of the thread's scores are of places that look at each other.
#if FAST
struct Pairs {
    const Memory& memory;
    const Sizes& sizes;

    bool all;
    Seen lanes;

    MEMBER Pairs(const Memory& memory, const Sizes& sizes)
            : memory(memory), sizes(sizes), all(!sizes.window && memory.here == TILE) {
        for (int lane = 0; lane < CELL; lane++) lanes[lane] = lane;
    }
    MEMBER Seen seen(int i, int j) const {
        if (all) return Seen{} - 1;
        Seen exist = lanes + j < memory.here;
        if (!sizes.window) return exist;
        Seen down, across;
        __builtin_memcpy(&down, memory.other_places->row + j, sizeof down);
        __builtin_memcpy(&across, memory.other_places->column + j, sizeof across);
        int half = sizes.half();
        down -= memory.own_places->row[i];
        across -= memory.own_places->column[i];
        return exist & (down >= -half) & (down <= half) & (across >= -half) & (across <= half);
    }
};
#else
struct Pairs {
    unsigned int bits;

    MEMBER Pairs(const Memory& memory, const Sizes& sizes) {
        int exist = larger(0, smaller(4, memory.here - thread_lane() * 4));
        bits = ((1u << exist) - 1) * 0x1111u;
        if (!sizes.window) return;
        unsigned int reach = 2 * sizes.half(), near = 0;
        UNROLL
        for (int j = 0; j < 4; j++) {
            int row = memory.other_places->row[thread_lane() * 4 + j] + sizes.half();
            int column = memory.other_places->column[thread_lane() * 4 + j] + sizes.half();
            UNROLL
            for (int i = 0; i < ROWS; i++) {
                unsigned int down = row - memory.own_places->row[thread_row() + i];
                unsigned int across = column - memory.own_places->column[thread_row() + i];
                if (down <= reach && across <= reach) near |= 1u << (4 * i + j);
            }
        }
        bits &= near;
    }
    MEMBER bool seen(int i, int j) const { return bits >> (4 * i + j) & 1u; }
};
#endif

#if FAST
DEVICE float largest_of_row(Cell x) { return largest_lane(x); }
DEVICE float sum_of_row(Cell x) { return sum_of_lanes(x); }
#else
DEVICE float largest_of_row(float x) {
    for (int lanes = LANES / 2; lanes > 0; lanes /= 2) x = larger(x, __shfl_xor_sync(0xffffffffu, x, lanes));
    return x;
}
DEVICE float sum_of_row(float x) {
    for (int lanes = LANES / 2; lanes > 0; lanes /= 2) x += __shfl_xor_sync(0xffffffffu, x, lanes);
    return x;
}
#endif

DEVICE float fading(float risen) { return FAST && risen == 0 ? 1.0f : exponential(risen); }

// The softmax of the thread's rows so far: all sums are those of exp(score - most).
struct Running {
    float most[ROWS];
    Cell total[ROWS];  // the thread's part

    MEMBER void begin() {
        UNROLL
        for (int i = 0; i < ROWS; i++) {
            most[i] = -3.0e38f;
            total[i] = all<Cell>(0);
        }
    }

    // Takes a tile of products in and leaves weights in their place; what was summed so far fades to the new maximum.
    MEMBER void take(Scores& scores, Mixture& sums, const Memory& memory, const Pairs& pairs, float scale, int columns) {
        UNROLL
        EACH_ROW(i, memory) {
            Cell top = all<Cell>(most[i]);
            UNROLL
            EACH_CELL(j, memory) {
                Cell score = cell(scores, i, j) * scale;
                set_cell(scores, i, j, score);
                top = select(pairs.seen(i, j) & (top < score), score, top);
            }
            float now = largest_of_row(top), fade = fading(most[i] - now);
            most[i] = now;
            Cell sum = total[i] * fade;
            UNROLL
            EACH_CELL(j, memory) {
                Cell score = cell(scores, i, j);  // times 0: NaN where it is not finite
                Cell weight = select(pairs.seen(i, j), exponential(score - now) + score * 0.0f, all<Cell>(0));
                sum = sum + weight;
                set_cell(scores, i, j, weight);
            }
            total[i] = sum;
            if (FAST && fade == 1) continue;
            UNROLL
            for (int c = 0; c < (FAST ? columns : Mixture::COLUMNS); c++) sums.x[i][c] *= fade;
        }
    }
};

// Writes the sums to the channels of the block's own places from c on, of a tensor whose head begins at `to` and has `count` of them.
template <class S> DEVICE void write(Mixture& sums, const Memory& memory, S* to, int pitch, int count, int c, int wide) {
#if FAST
    for (int i = 0; i < TILE; i++) {
        int place = memory.own_places->place[i];
        if (place < 0) break;
        S* at = to + (long long)place * pitch + c;
        int end = smaller(wide, count - c), k = 0;
        for (; k + WIDTH <= end; k += WIDTH) store(at + k, load_pack(&sums.x[i][k]));
        for (; k < end; k++) store(at + k, sums.x[i][k]);
    }
#else
    if (wide == FEW) {  // the groups of lanes together
        UNROLL
        for (int i = 0; i < ROWS; i++) {
            UNROLL
            for (int j = 0; j < 4; j++) {
                UNROLL
                for (int lanes = FEW / 4; lanes < LANES; lanes *= 2) {
                    sums.x[i][j] += __shfl_xor_sync(0xffffffffu, sums.x[i][j], lanes);
                }
            }
        }
    }
    int k = c + thread_lane() * 4;
    if (thread_lane() * 4 >= wide) return;
    UNROLL
    for (int q = 0; q < MOST / TILE; q++, k += TILE) {
        if (k >= count) break;
        UNROLL
        for (int i = 0; i < ROWS; i++) {
            int place = memory.own_places->place[thread_row() + i];
            if (place < 0) continue;
            S* at = to + (long long)place * pitch + k;
            const float* x = &sums.x[i][4 * q];
            if (count % WIDTH == 0) {
                store(at, Pack{{x[0], x[1], x[2], x[3]}});
            } else {
                UNROLL
                for (int j = 0; j < 4; j++) if (k + j < count) store(at + j, x[j]);
            }
        }
    }
#endif
}

// ------------------------------------------------------------------------------------------------------------------ kernels

// What a block works at, at a time.
struct Item {
    int task, image, head, tile, c;

    // `wide` channels of `count` that come out.
    MEMBER Item(long long number, const Sizes& sizes, int count, int wide) {
        int parts = (count - 1) / wide + 1, tiles = sizes.tiles_down() * sizes.tiles_across();
        unsigned int n = (unsigned int)number;
        c = (int)(n % parts) * wide;
        n /= parts;
        tile = (int)(n % tiles);
        n /= tiles;
        head = (int)(n % sizes.heads);
        n /= sizes.heads;
        image = (int)(n % sizes.N);
        task = (int)(n / sizes.N);
    }
};

// Calls body(item) for the block's share of all items of T tasks.
template <class Body> DEVICE void each_item(const Sizes& sizes, int T, int count, int wide, Body body) {
    long long begin, end, parts = (count - 1) / wide + 1, tiles = (long long)sizes.tiles_down() * sizes.tiles_across();
    block_range((long long)T * sizes.N * sizes.heads * tiles * parts, 1, begin, end);
    for (long long number = begin; number < end; number++) {
        __syncthreads();
        body(Item(number, sizes, count, wide));
    }
}

// Calls body() for each tile of what the block's own places look at, or are looked at by.
template <class Body> DEVICE void each_tile(Memory& memory, const Sizes& sizes, const Rectangle& own, const float* logsumexp,
                                            const float* dots, Body body) {
    Rectangle others = own.seen(sizes);
    NO_UNROLL
    for (int first = 0; first < others.count(); first += TILE) {
        memory.other_places->fill(others, first, sizes.columns(), logsumexp, dots);
        memory.mine = own.count();
        memory.here = smaller(TILE, others.count() - first);
        body();
    }
}

// logsumexp may be null.
template <class S>
DEVICE void attention_forward_of(const S* q, const S* k, const S* v, S* out, float* logsumexp, int N, int H, int W, int C, int D,
                                 int heads, int window, float scale) {
    ATTENTION_MEMORY(memory);
    Sizes sizes{N, H, W, heads, window, scale};
    int wide = width_of_items(D / heads);
    each_item(sizes, 1, D / heads, wide, [&](const Item& item) {
        Side<S> queries = side(q, sizes, item.image, item.head, C), keys = side(k, sizes, item.image, item.head, C);
        Side<S> values = side(v, sizes, item.image, item.head, D);
        Rectangle own = Rectangle::tile(sizes, item.tile);
        memory.own_places->fill(own, 0, sizes.columns(), nullptr, nullptr);
        Mixture sums;
        Running running;
        sums.clear();
        running.begin();
        each_tile(memory, sizes, own, nullptr, nullptr, [&]() {
            Scores scores;
            score(scores, memory, queries, keys);
            running.take(scores, sums, memory, Pairs(memory, sizes), scale, smaller(wide, values.count - item.c));
            put_weights(memory, scores);
            mix(sums, memory, values, item.c, wide);
        });
        long long first = ((long long)item.image * heads + item.head) * sizes.places();
        UNROLL
        for (int i = 0; i < ROWS; i++) {
            float total = sum_of_row(running.total[i]), inverse = 1 / total;
            UNROLL
            for (int j = 0; j < (FAST ? wide : Mixture::COLUMNS); j++) sums.x[i][j] *= inverse;
            int place = memory.own_places->place[thread_row() + i];
            if (logsumexp && item.c == 0 && place >= 0 && thread_lane() == 0) {
                logsumexp[first + place] = running.most[i] + logf(total);
            }
        }
        write(sums, memory, head_of(out, sizes, item.image, item.head, D), D, values.count, item.c, wide);
    });
}
// counts: loads 1.00 (bf16 1.68), stores 1.02 (bf16 1.04), conflicts 1.01, instructions 11374 (bf16 23285), resident 2
RESIDENT_KERNELS(2, attention_forward,
        (const S* __restrict__ q, const S* __restrict__ k, const S* __restrict__ v, S* __restrict__ out, float* __restrict__ logsumexp,
         int N, int H, int W, int C, int D, int heads, int window, float scale),
        (q, k, v, out, logsumexp, N, H, W, C, D, heads, window, scale))

// dots [T][N][heads][places] = the products of dout [T][N][places][D] and out [N][places][D], head by head; M = N places.
template <class S>
DEVICE void attention_backward_dots_of(const S* out, const S* dout, float* dots, int N, int places, int D, int heads, int T) {
    int count = D / heads, lane = FAST ? 0 : threadIdx.x % 32;
    long long begin, end, M = (long long)N * places;
    block_range(T * M * heads, 1, begin, end);
    for (long long row = begin + threadIdx.x / 32; row < end; row += FAST ? 1 : THREADS / 32) {
        // Rows in the order of memory: a place's heads one after the other.
        unsigned int at = (unsigned int)(row / heads), head = (unsigned int)row - at * heads, task = at / M, in_task = at - task * M;
        unsigned int image = in_task / places, place = in_task - image * places;
        const S* a = out + (long long)in_task * D + head * count;
        const S* b = dout + (long long)at * D + head * count;
        float sum = 0;
#if FAST
        int c = 0;
        Pack sums = pack(0);
        for (; c + WIDTH <= count; c += WIDTH) sums += load_pack(a + c) * load_pack(b + c);
        sum = sum_of_lanes(sums);
        for (; c < count; c++) sum += load<float>(a + c) * load<float>(b + c);
#else
        for (int c = lane; c < count; c += 32) sum += load<float>(a + c) * load<float>(b + c);
        for (int lanes = 16; lanes > 0; lanes /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, lanes);
#endif
        if (lane == 0) dots[(((long long)task * N + image) * heads + head) * places + place] = sum;
    }
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 300 (bf16 645), resident 4
KERNELS(attention_backward_dots, (const S* __restrict__ out, const S* __restrict__ dout, float* __restrict__ dots, int N, int places,
        int D, int heads, int T), (out, dout, dots, N, places, D, heads, T))

template <Of OF, class S> DEVICE void backward(Memory& memory, const Sizes& sizes, const Cotangents<S>& from, S* gradient) {
    constexpr bool BY_QUERY = OF == Of::Q, SLOPES = OF != Of::V;
    int channels = OF == Of::V ? from.D : from.C, wide = width_of_items(channels / sizes.heads);
    each_item(sizes, from.T, channels / sizes.heads, wide, [&](const Item& item) {
        long long n = (long long)sizes.N * sizes.places();
        int image = item.image, head = item.head;
        Side<S> queries = side(from.q, sizes, image, head, from.C), keys = side(from.k, sizes, image, head, from.C);
        Side<S> values = side(from.v, sizes, image, head, from.D);
        Side<S> arriving = side(from.dout + item.task * n * from.D, sizes, image, head, from.D);
        const float* logsumexp = from.logsumexp + ((long long)image * sizes.heads + head) * sizes.places();
        const float* dots = SLOPES ? from.dots + (((long long)item.task * sizes.N + image) * sizes.heads + head) * sizes.places()
                                   : nullptr;
        Side<S> mixed = OF == Of::Q ? keys : OF == Of::K ? queries : arriving;
        Rectangle own = Rectangle::tile(sizes, item.tile);
        if (BY_QUERY) memory.own_places->fill(own, 0, sizes.columns(), logsumexp, dots);
        else memory.own_places->fill(own, 0, sizes.columns(), nullptr, nullptr);
        Mixture sums;
        sums.clear();
        each_tile(memory, sizes, own, BY_QUERY ? nullptr : logsumexp, BY_QUERY ? nullptr : dots, [&]() {
            const Places& known = BY_QUERY ? *memory.own_places : *memory.other_places;
            Scores scores;
            score(scores, memory, BY_QUERY ? queries : keys, BY_QUERY ? keys : queries);
            Pairs pairs(memory, sizes);
            each_cell(memory, [&](int i, int j, int at) {
                Cell log = BY_QUERY ? all<Cell>(known.logsumexp[thread_row() + i]) : load<Cell>(known.logsumexp + at);
                Cell weight = exponential(cell(scores, i, j) * sizes.scale - log);
                set_cell(scores, i, j, select(pairs.seen(i, j), weight, all<Cell>(0)));
            });
            put_weights(memory, scores);
            if (SLOPES) {  // the weights wait in shared memory, since a thread's registers hold no more
                score(scores, memory, BY_QUERY ? arriving : values, BY_QUERY ? values : arriving);
                each_cell(memory, [&](int i, int j, int at) {
                    Cell dot = BY_QUERY ? all<Cell>(known.dots[thread_row() + i]) : load<Cell>(known.dots + at);
                    set_cell(scores, i, j, (cell(scores, i, j) - dot) * sizes.scale);
                });
                times_weights(scores, memory);
                put_weights(memory, scores);
            }
            mix(sums, memory, mixed, item.c, wide);
        });
        S* to = head_of(gradient + item.task * n * channels, sizes, image, head, channels);
        write(sums, memory, to, channels, channels / sizes.heads, item.c, wide);
    });
}

// dq [T][N][places][C].
template <class S>
DEVICE void attention_backward_q_of(const S* q, const S* k, const S* v, const S* dout, const float* logsumexp, const float* dots, S* dq,
                                    int N, int H, int W, int C, int D, int heads, int window, float scale, int T) {
    ATTENTION_MEMORY(memory);
    backward<Of::Q>(memory, Sizes{N, H, W, heads, window, scale}, Cotangents<S>{q, k, v, dout, logsumexp, dots, C, D, T}, dq);
}
// counts: loads 1.01 (bf16 1.80), stores 1.00, conflicts 1.01, instructions 12374 (bf16 25425), resident 2
RESIDENT_KERNELS(2, attention_backward_q,
        (const S* __restrict__ q, const S* __restrict__ k, const S* __restrict__ v, const S* __restrict__ dout,
         const float* __restrict__ logsumexp, const float* __restrict__ dots, S* __restrict__ dq, int N, int H, int W, int C, int D,
         int heads, int window, float scale, int T),
        (q, k, v, dout, logsumexp, dots, dq, N, H, W, C, D, heads, window, scale, T))

// dk [T][N][places][C].
template <class S>
DEVICE void attention_backward_k_of(const S* q, const S* k, const S* v, const S* dout, const float* logsumexp, const float* dots, S* dk,
                                    int N, int H, int W, int C, int D, int heads, int window, float scale, int T) {
    ATTENTION_MEMORY(memory);
    backward<Of::K>(memory, Sizes{N, H, W, heads, window, scale}, Cotangents<S>{q, k, v, dout, logsumexp, dots, C, D, T}, dk);
}
// counts: loads 1.01 (bf16 1.80), stores 1.00, conflicts 1.01, instructions 12392 (bf16 25460), resident 2
RESIDENT_KERNELS(2, attention_backward_k,
        (const S* __restrict__ q, const S* __restrict__ k, const S* __restrict__ v, const S* __restrict__ dout,
         const float* __restrict__ logsumexp, const float* __restrict__ dots, S* __restrict__ dk, int N, int H, int W, int C, int D,
         int heads, int window, float scale, int T),
        (q, k, v, dout, logsumexp, dots, dk, N, H, W, C, D, heads, window, scale, T))

// dv [T][N][places][D].
template <class S>
DEVICE void attention_backward_v_of(const S* q, const S* k, const S* dout, const float* logsumexp, S* dv, int N, int H, int W, int C,
                                    int D, int heads, int window, float scale, int T) {
    ATTENTION_MEMORY(memory);
    backward<Of::V>(memory, Sizes{N, H, W, heads, window, scale},
                       Cotangents<S>{q, k, dout, dout, logsumexp, nullptr, C, D, T}, dv);
}
// counts: loads 1.01 (bf16 1.67), stores 1.00, conflicts 1.02, instructions 10487 (bf16 22243), resident 2
RESIDENT_KERNELS(2, attention_backward_v,
        (const S* __restrict__ q, const S* __restrict__ k, const S* __restrict__ dout, const float* __restrict__ logsumexp,
         S* __restrict__ dv, int N, int H, int W, int C, int D, int heads, int window, float scale, int T),
        (q, k, dout, logsumexp, dv, N, H, W, C, D, heads, window, scale, T))
