// upsampled.cuh for blocks of threads: a group of lanes walks down a column of outputs, over the rows of a tile of places.
//
// Both sums, of the logits and of the gradients, are separable. A lane mixes the two places about its column once a row of places; an
// output is then a mixture of the row above and the row below, and its gradient goes to both. When a row of places has had all of its
// outputs, the columns meet in shared memory: a thread a place and pack of channels adds up those about the place, in a fixed order.
// Where a block has too few threads for the columns about one place, they come one set after the other, and the sums wait for the last.
// A tile works out (1 + 1/TILE_ROWS) (1 + 1/its columns) times its outputs. Tiles side by side have so many places that the lanes of their
// warps have a column each, and begin with a sector of targets where that takes no warp more: of the cases of `bench kernels`,
// cross_entropy of 80 x 80 places has a tile that does not, or a row of them would take 22 warps for 21, and loads 1.04 times its
// sectors (bf16 1.07).
// Columns of neighbouring places stand apart, for those who read them; a warp that writes them has a gap within its 128 bytes and takes
// two passes in place of one. That is what conflicts there are: a pass more in 140 instructions or more.
#pragma once

constexpr int TILE_ROWS = 8;                     // of places
constexpr int SECTOR_TARGETS = 8;                // of 4 bytes
constexpr int SECOND_PACKS = 1552;               // 256 packs and one more for each two, and on to other banks
constexpr int COLUMN_FLOATS = 2 * SECOND_PACKS;  // gradients of a row of places, by column
constexpr int WAITING_FLOATS = TILE_ROWS * 256;  // gradients of places one below the other

// One array of each, however many losses there are in a kernel.
DEVICE float* columns_memory() {
    SHARED(float, memory, 2 * COLUMN_FLOATS);
    return memory;
}
DEVICE float* waiting_memory() {
    SHARED(float, memory, WAITING_FLOATS);
    return memory;
}

// x, worked out here and not once more wherever it is used.
#ifdef GIMBAL_HOST
template <class V> DEVICE V kept(V x) { return x; }
#else
DEVICE float kept(float x) {
    asm volatile("" : "+f"(x));
    return x;
}
DEVICE int kept(int x) {
    asm volatile("" : "+r"(x));
    return x;
}
#endif

// What the sums about a place are worked out in.
template <int N> struct Channel { using Unit = Pack; };
template <> struct Channel<1> { using Unit = float; };

// What all tiles of a launch have in common.
template <class S> struct Upsampled {
    const S* logits;
    S* dlogits;
    Axis down, across;
    int C, pitch, written;
    bool units, packs;  // whether logits may be loaded by units, and their gradients stored by packs

    MEMBER long long line(int image, int row) const { return ((long long)image * down.places + down.inside(row)) * across.places; }
};

template <int N, class Loss, class S> struct Tile {
    using V = typename Channel<N>::Unit;
    static constexpr bool ROOMY = N < 2 * WIDTH || !Loss::ALONE;  // whether there are registers for what may be worked out again

    Loss& loss;
    const Upsampled<S>& task;
    const Group<N, unit_of<S>>& group;
    int image;
    Span rows, columns;
    int at_once;     // columns of outputs that the block's groups take
    float*& memory;  // for the next row that is complete: one after the other

    // The tile's columns of outputs, from the first target of a sector on where that takes no warp more.
    MEMBER int end_output() const { return smaller(task.across.outputs(), task.across.output(columns.end, 0)); }
    MEMBER int first_output() const {
        int first = larger(0, task.across.output(columns.begin - 1, 0)), of_sector = first / SECTOR_TARGETS * SECTOR_TARGETS;
        return warps_from(of_sector) > warps_from(first) ? first : of_sector;
    }
    MEMBER int warps_from(int first) const { return (end_output() - first + 32 / group.lanes - 1) / (32 / group.lanes); }
    MEMBER int gap_of(int output) const { return (output + task.across.ahead) / task.across.scale - 1; }

    // Where a column of outputs lies in memory: gaps are kept apart, or places with few channels would be read from the same banks.
    MEMBER int stride() const { return N == 1 ? 1 : group.lanes * WIDTH; }
    MEMBER int slot(int gap, int j, int first, int first_gap) const {
        int apart = stride() < 32 && task.across.scale % 2 == 0 ? gap - first_gap : 0;
        return (task.across.output(gap, j) - first + apart) * stride();
    }

    // Where there a channel is, the first of a pack. The lanes' second packs lie together, as the first ones do.
    MEMBER int offset(int c) const {
        if (unit_of<S> > WIDTH) return c / WIDTH % 2 * SECOND_PACKS + c / (2 * WIDTH) * WIDTH;
        return c < stride() ? c : SECOND_PACKS + c - stride();
    }

    MEMBER void run() const {
        for (int first = first_output(); first < end_output(); first += at_once) walk(first);
    }

    // The two places about a column of outputs, and their shares in it.
    struct Column {
        const S *left, *right;  // of one row of places after the other
        float of_left, of_right;

        MEMBER void skip(long long elements) {
            left += elements;
            right += elements;
        }
    };
    MEMBER Column column(int gap, int j) const {
        const S* line = task.logits + task.line(image, rows.begin - 1) * task.pitch;
        float share = task.across.share(j);
        return {line + (long long)task.across.inside(gap) * task.pitch, line + (long long)task.across.inside(gap + 1) * task.pitch,
                (1 - share) * Loss::UNIT, share * Loss::UNIT};
    }
    MEMBER Values<N> mixed(const Column& column) const {
        Values<N> a = group.load_some(column.left, task.C, task.C, task.units);
        Values<N> b = group.load_some(column.right, task.C, task.C, task.units);
        UNROLL
        for (int k = 0; k < N; k++) a.x[k] = a.x[k] * column.of_left + b.x[k] * column.of_right;
        if (!group.ALONE) group.pad(a, task.C, Loss::PADDING);
        return a;
    }

    MEMBER void walk(int first) const {
        const Axis &down = task.down, &across = task.across;
        int warp_first = first + threadIdx.x / 32 * (32 / group.lanes), count = smaller(32 / group.lanes, end_output() - warp_first);
        bool busy = count > 0;
        int output = smaller(warp_first + group.place, end_output() - 1);
        int gap = gap_of(output), j = output - across.output(gap, 0);
        bool exists = group.place < count, counted = exists && columns.counts(gap);
        Column own = column(gap, j);
        long long line = (long long)image * down.outputs() + larger(0, down.output(rows.begin - 1, 0));
        auto reader = loss.reader(group, WarpPlaces{line * across.outputs() + warp_first, larger(count, 1)});
        int first_gap = gap_of(first), first_place = threadIdx.x / packs();
        if (ROOMY) {
            first_gap = kept(first_gap);
            first_place = kept(first_place);
        }
        float inverse = 1.0f / down.scale, least = down.share(0);
        Values<N> top, upper, lower;
        if (busy) top = mixed(own);
        UNROLL
        for (int k = 0; k < N; k++) lower.x[k] = 0;
        NO_UNROLL
        for (int row = rows.begin - 1; row < rows.end; row++) {
            upper = lower;
            if (busy) {
                own.skip(row >= 0 && row < down.places - 1 ? (long long)across.places * task.pitch : 0);
                Values<N> bottom = mixed(own), step;
                UNROLL
                for (int k = 0; k < N; k++) {
                    step.x[k] = bottom.x[k] - top.x[k];
                    if (ROOMY) step.x[k] = kept(step.x[k]);
                    lower.x[k] = 0;
                }
                bool counts = counted && rows.counts(row);
                float end = down.end(row);
                NO_UNROLL
                for (float j = down.begin(row); j < end; j++) {
                    float share = j * inverse + least, rest = 1 - share;
                    Values<N> v;
                    UNROLL
                    for (int k = 0; k < N; k++) v.x[k] = step.x[k] * share + top.x[k];
                    if (loss.differentiate(v, group, reader, counts, 1.0f)) {
                        UNROLL
                        for (int k = 0; k < N; k++) {
                            upper.x[k] += v.x[k] * rest;
                            lower.x[k] += v.x[k] * share;
                        }
                    }
                    reader.skip(across.outputs());
                }
                top = bottom;
                UNROLL
                for (int k = 0; k < N; k++) {
                    float sum = upper.x[k] + lower.x[k];  // beyond the edge there is the last place again
                    if (row == down.places - 1) upper.x[k] = sum;
                    if (row < 0) lower.x[k] = sum;
                }
            }
            if (row < rows.begin) continue;
            if (exists) {
                float* to = memory + slot(gap, j, first, first_gap);
                if (N == 1) *to = upper.x[0];
                else if (N == 3) store_unit(to, Values<4>{{upper.x[0], upper.x[1], upper.x[2], 0.0f}}.x);
                else for (int k = 0; k < N; k += WIDTH) store_unit(to + offset(group.channel(k)), upper.x + k);
            }
            __syncthreads();
            meet(row, first, first_gap, first_place);
            memory = memory == columns_memory() ? memory + COLUMN_FLOATS : columns_memory();
        }
    }

    // The sum of f, f + step, ... times the columns of a gap that are in memory.
    MEMBER V sum_of_gap(int c, int gap, int first, int first_gap, float f, float step) const {
        const Axis& across = task.across;
        int origin = across.output(gap, 0), begin = larger(across.begin(gap), first - origin);
        int end = smaller(across.end(gap), first + at_once - origin);
        const float* x = memory + slot(gap, begin, first, first_gap) + offset(c);
        V sum = all<V>(0);
        f += begin * step;
        NO_UNROLL
        for (int j = begin; j < end; j++) {
            sum = sum + load<V>(x) * f;
            f += step;
            x += stride();
        }
        return sum;
    }

    MEMBER unsigned int packs() const { return (task.written + width_of<V> - 1) / width_of<V>; }

    // The thread's places and packs of a row, the first of them at first_place.
    MEMBER void meet(int row, int first, int first_gap, int first_place) const {
        constexpr int width = width_of<V>;
        const Axis& across = task.across;
        bool begins = first == first_output(), ends = first + at_once >= end_output();
        int n = columns.length() * packs(), place = first_place;
        float scale = across.scale, nearest = across.share(0) * scale;
        for (int e = threadIdx.x; e < n; e += THREADS) {
            if (e >= THREADS) place = e / packs();
            int c = (e - place * packs()) * width, q = columns.begin + place;
            V sum = all<V>(0);
            if (c < task.C) {
                bool left = q == 0, right = q == across.places - 1;  // beyond the edge there is the last place again
                sum = sum_of_gap(c, q - 1, first, first_gap, left ? scale : nearest, left ? 0.0f : 1.0f)
                        + sum_of_gap(c, q, first, first_gap, right ? scale : scale - nearest, right ? 0.0f : -1.0f);
                sum = sum * (loss.scale / scale);
                float* waits = waiting_memory() + ((row - rows.begin) * columns.length() + place) * N * group.lanes + c;
                if (!begins) sum = sum + load<V>(waits);
                if (!ends) store(waits, sum);
                UNROLL
                for (int k = 0; k < width; k++) if (c + k >= task.C) set_lane(sum, k, 0.0f);
            }
            if (!ends) continue;
            S* to = task.dlogits + (task.line(image, row) + q) * task.pitch + c;
            if (width == 1 || (task.packs && c + width <= task.written)) store(to, sum);
            else for (int k = 0; k < width; k++) if (c + k < task.written) store(to + k, lane(sum, k));
        }
    }
};

// Tiles of as many columns of outputs as a block takes at once, or nearly alike ones, which then get so many places that all lanes of
// their warps have a column.
DEVICE Cut columns_of_tiles(const Axis& across, int at_once, int of_warp) {
    Cut cut(across.places, larger(at_once / across.scale - 1, 1));
    if (cut.spans == 1) return cut;
    int warps = ((cut.length + 1) * across.scale + of_warp - 1) / of_warp;
    int length = warps * of_warp / across.scale - 1;
    if (length > cut.length) cut.lengthen(length - length % 2);  // an even one has whole sectors of places of 16 bytes
    return cut;
}

template <int N, class Loss, class S> DEVICE bool each_tile_of(Loss& loss, const Upsampled<S>& task, int images) {
    Group<N, unit_of<S>> group(task.C);
    int at_once = THREADS / group.lanes;
    float* memory = columns_memory();
    return each_tile(images, Cut(task.down.places, TILE_ROWS), columns_of_tiles(task.across, at_once, 32 / group.lanes),
                     [&](int image, const Span& rows, const Span& columns) {
        Tile<N, Loss, S>{loss, task, group, image, rows, columns, at_once, memory}.run();
    });
}

// The loss of all outputs that are this block's, and the gradient of its places; whether it has any.
template <class Loss, class S> DEVICE bool each_upsampled(Loss& loss, const S* logits, S* dlogits, int images, int H, int W, int C,
                                                          int scale, int pitch, int written) {
    Upsampled<S> task{logits, dlogits, Axis(H, scale), Axis(W, scale), C, pitch, written, in_units(logits, pitch),
                     is_aligned(dlogits, pitch)};
    if constexpr (Loss::ALONE) {
        if (C == 1) return each_tile_of<1>(loss, task, images);
        if (C == 3) return each_tile_of<3>(loss, task, images);
    }
    return each_tile_of<2 * WIDTH>(loss, task, images);
}
