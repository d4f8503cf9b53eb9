// upsampled.cuh for blocks of threads: a tile of places with the places around it lies in shared memory.
//
// 1. A thread an output: its loss, and what its gradient needs to know of it (Loss::MARKS floats).
// 2. A thread a gap and pack of channels: the gradients of its s^2 outputs, summed up for the gap's four places.
// 3. A thread a place and channel: the sum of its four gaps, in a fixed order.
// So each output is worked out twice, and those about the tile's edge by several tiles.
#pragma once

constexpr int TILE_FLOATS = 11776;  // 46 KiB
constexpr int MOST_TILE = 16;       // places along a side

// What is noted down of an output.
struct Marks {
    float* first;
    int stride;

    MEMBER float& operator[](int i) const { return first[i * stride]; }
};

// Outputs of one gap in one row, of which `rest` and `share` are the first and second column's parts.
template <class V> struct Mixture {
    V left, right;

    MEMBER V at(float share) const { return left * (1 - share) + right * share; }
};

// Where the parts of a tile of at most side x side places are in shared memory.
struct TilePlan {
    int channels, places, corners;  // floats of a place; where the places end, and the gaps' four sums

    MEMBER TilePlan(int side, int C) {
        channels = C < WIDTH ? C : (C + WIDTH - 1) / WIDTH * WIDTH;
        places = (side + 2) * (side + 2) * channels;
        corners = places + (side + 1) * (side + 1) * 4 * channels;
    }
    MEMBER int floats(int side, int scale, int marks) const { return corners + (side + 1) * (side + 1) * scale * scale * marks; }
};

DEVICE int tile_side(int C, int scale, int marks) {
    int side = 1;
    while (side < MOST_TILE && TilePlan(side + 1, C).floats(side + 1, scale, marks) <= TILE_FLOATS) side++;
    return side;
}

// An output's logits.
struct OutputLogits {
    const float *upper, *lower;  // the gap's first place in both rows
    int channels;                // from place to place
    float down, across;          // shares of the lower row and the right column

    template <class V> MEMBER V at(int c) const {
        return row_mixture<V>(upper + c, lower + c, channels, down).at(across);
    }
    template <class V> static MEMBER Mixture<V> row_mixture(const float* upper, const float* lower, int channels, float down) {
        return {load<V>(upper) * (1 - down) + load<V>(lower) * down,
                load<V>(upper + channels) * (1 - down) + load<V>(lower + channels) * down};
    }
    // Calls body(c, V()) for all channels.
    template <class Body> static MEMBER void each(int C, Body body) {
        int c = 0;
        for (; c + WIDTH <= C; c += WIDTH) body(c, Pack());
        for (; c < C; c++) body(c, float());
    }
};

// A tile at work.
template <class Loss> struct Tile {
    Loss& loss;
    float* memory;
    const TilePlan& plan;
    const Axis &down, &across;
    int image, C, outputs;  // outputs: of the tile at its largest
    Span rows, columns;

    MEMBER float* place(int row, int column) const { return memory + (row * (columns.length() + 2) + column) * plan.channels; }
    MEMBER float* corner(int gap, int which) const { return memory + plan.places + (gap * 4 + which) * plan.channels; }
    MEMBER Marks marks(int output) const { return Marks{memory + plan.corners + output, outputs}; }
    MEMBER int gaps_across() const { return columns.length() + 1; }
    MEMBER int gaps() const { return (rows.length() + 1) * gaps_across(); }
    MEMBER long long output(int row_gap, int j, int column_gap, int i) const {
        return ((long long)image * down.outputs() + down.output(row_gap, j)) * across.outputs() + across.output(column_gap, i);
    }

    template <class S> MEMBER void fetch(const S* logits, int pitch) const {
        int width = columns.length() + 2, floats = (rows.length() + 2) * width * C;
        for (int e = threadIdx.x; e < floats; e += THREADS) {
            int at = e / C, c = e - at * C, row = at / width, column = at - row * width;
            long long line = (long long)image * down.places + down.inside(rows.begin - 1 + row);
            place(row, column)[c] = load<float>(logits + (line * across.places + across.inside(columns.begin - 1 + column)) * pitch + c);
        }
    }

    MEMBER void mark() const {
        int scale = down.scale, wide = gaps_across() * scale, n = (rows.length() + 1) * scale * wide;
        for (int e = threadIdx.x; e < n; e += THREADS) {
            int line = e / wide, point = e - line * wide, r = line / scale, j = line - r * scale, g = point / scale, i = point - g * scale;
            int row_gap = rows.begin - 1 + r, column_gap = columns.begin - 1 + g;
            if (j < down.begin(row_gap) || j >= down.end(row_gap) || i < across.begin(column_gap) || i >= across.end(column_gap)) continue;
            OutputLogits x{place(r, g), place(r + 1, g), plan.channels, down.share(j), across.share(i)};
            loss.mark(x, output(row_gap, j, column_gap, i), rows.counts(row_gap) && columns.counts(column_gap), marks(e));
        }
    }

    template <class V> MEMBER void differentiate() const {
        constexpr int width = width_of<V>;
        int packs = (C + width - 1) / width, n = gaps() * packs, scale = down.scale, wide = gaps_across() * scale;
        for (int e = threadIdx.x; e < n; e += THREADS) {
            int gap = e / packs, c = (e - gap * packs) * width, r = gap / gaps_across(), g = gap - r * gaps_across();
            int row_gap = rows.begin - 1 + r, column_gap = columns.begin - 1 + g;
            const float *upper = place(r, g) + c, *lower = place(r + 1, g) + c;
            V a = all<V>(0), b = a, u = a, v = a;  // the sums of the gap's places: upper left and right, lower left and right
            for (int j = down.begin(row_gap); j < down.end(row_gap); j++) {
                float low = down.share(j), high = 1 - low;
                Mixture<V> x = OutputLogits::row_mixture<V>(upper, lower, plan.channels, low);
                V left = all<V>(0), right = left;
                for (int i = across.begin(column_gap); i < across.end(column_gap); i++) {
                    Marks marked = marks((r * scale + j) * wide + g * scale + i);
                    if (!loss.labelled(marked)) continue;
                    float share = across.share(i);
                    V d = loss.slope(x.at(share), output(row_gap, j, column_gap, i), c, marked);
                    left = left + d * (1 - share);
                    right = right + d * share;
                }
                a = a + left * high;
                b = b + right * high;
                u = u + left * low;
                v = v + right * low;
            }
            fold(row_gap, down.places, a, u);
            fold(row_gap, down.places, b, v);
            fold(column_gap, across.places, a, b);
            fold(column_gap, across.places, u, v);
            store(corner(gap, 0) + c, a);
            store(corner(gap, 1) + c, b);
            store(corner(gap, 2) + c, u);
            store(corner(gap, 3) + c, v);
        }
    }

    // Beyond the edge there is the last place again.
    template <class V> static MEMBER void fold(int gap, int places, V& first, V& second) {
        V sum = first + second;
        if (gap < 0) second = sum;
        if (gap == places - 1) first = sum;
    }

    template <class S> MEMBER void write(S* dlogits, int pitch, int written) const {
        int n = rows.length() * columns.length() * written;
        for (int e = threadIdx.x; e < n; e += THREADS) {
            int at = e / written, c = e - at * written, row = at / columns.length(), column = at - row * columns.length();
            int above = row * gaps_across() + column, below = above + gaps_across();
            float sum = 0;
            if (c < C) sum = corner(above, 3)[c] + corner(above + 1, 2)[c] + corner(below, 1)[c] + corner(below + 1, 0)[c];
            long long line = (long long)image * down.places + rows.begin + row;
            store(dlogits + (line * across.places + columns.begin + column) * pitch + c, sum);
        }
    }
};

// One array, however many losses there are in a kernel.
DEVICE float* tile_memory() {
    SHARED(float, memory, TILE_FLOATS);
    return memory;
}

// The loss of all outputs that are this block's, and the gradient of its places.
template <class Loss, class S> DEVICE void each_upsampled(Loss& loss, const S* logits, S* dlogits, int N, int H, int W, int C,
                                                          int scale, int pitch, int written) {
    float* memory = tile_memory();
    int side = tile_side(C, scale, Loss::MARKS), outputs = (side + 1) * (side + 1) * scale * scale;
    TilePlan plan(side, C);
    Axis down(H, scale), across(W, scale);
    each_tile(N, Cut(H, side), Cut(W, side), [&](int image, const Span& rows, const Span& columns) {
        Tile<Loss> tile{loss, memory, plan, down, across, image, C, outputs, rows, columns};
        __syncthreads();
        tile.fetch(logits, pitch);
        __syncthreads();
        tile.mark();
        __syncthreads();
        if (C < WIDTH) tile.template differentiate<float>();
        else tile.template differentiate<Pack>();
        __syncthreads();
        tile.write(dlogits, pitch, written);
    });
}
