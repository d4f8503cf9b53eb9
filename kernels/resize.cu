// Resizing to any size, larger or smaller. x [N][H][W][C], y [N][P][Q][C].
//
// Bilinear as in torch with align_corners=False: row p of y looks at source max(0, (p + 1/2) H/P - 1/2) and takes the two rows of x
// about it by their nearness; behind the last row there is that one alone. Columns likewise; nothing is smoothed when y is smaller.
// Nearest takes row floor(p H / P). The source is a fraction over 2 P, so that row and remainder are whole numbers and exact: H P may
// not exceed 2^29, nor W Q. The share of the lower row is the remainder over 2 P, within 3 * 2^-24 of itself (remainder, inverse and
// product are rounded once each), and that of the upper row 1 minus it. The backward gathers, with the very shares of the forward:
// the rows of y that look at a row of x are a range, from whole numbers, too.
// Bytes, E being an element's (4 or 2), the fewest possible: backward E an input and E an output; forward E an output and E an input
// that is looked at, of 2 P rows at most (nearest: P). 7 operations an output forward, 8 backward (nearest: 0 and 1). Memory is the
// limit. Forward a thread writes one output, from four places in the cache; backward each output is read by the four places that it
// looks at. The instructions of the bilinear ones take longer than memory (235 and 346 of warps a KiB, in bf16 403 and 517, against
// some 220). An image of one pixel gathers all outputs in one thread a pack: few channels in small batches leave the device idle.
#include "common.cuh"

// Lines (rows, or columns) `have` of x and `out` of y.
struct Lines {
    int have, out;
    float unit;  // half an output's distance, in lines of x over `have`: 1 / (2 out)

    MEMBER Lines(int have, int out) : have(have), out(out), unit(0.5f / out) {}

    // The share of the line behind, in an output that lies `rest` < 2 out behind a line of x, in units.
    MEMBER float share_behind(int rest) const { return rest * unit; }
};

// The two lines that an output looks at.
struct Source {
    int low, high;
    float share;  // of the high one
};
struct Sources : Lines {
    Divisor outs;

    MEMBER Sources(int have, int out) : Lines(have, out), outs(out) {}

    MEMBER Source of(int output) const {
        unsigned int place = (2u * output + 1) * have;  // of the output's middle, in units
        if (place <= (unsigned int)out) return Source{0, 0, 0.0f};
        unsigned int rest;
        int low = (int)(outs.divide(place - out, rest) >> 1);
        if (low >= have - 1) return Source{have - 1, have - 1, 0.0f};
        return Source{low, low + 1, share_behind((int)(place - out - 2u * out * low))};
    }
};

// The outputs that look at a line of x lie in [first, end); the first one lies `steps` units behind the line, and each other 2 have
// behind the one before.
struct Looking {
    int first, end, steps;
};
struct Lookers : Lines {
    Divisor haves;

    MEMBER Lookers(int have, int out) : Lines(have, out), haves(have) {}

    MEMBER Looking of(int line) const {
        unsigned int rest;
        int first = line == 0 ? 0 : (int)((haves.divide((2u * line - 1) * out, rest) + 1) / 2);
        int end = line == have - 1 ? out : (int)(haves.divide((2u * line + 3) * out + have - 1, rest) / 2);
        int steps = (int)((2u * first + 1) * have - (2u * line + 1) * out);
        return Looking{first, smaller(end, out), steps};
    }

    // The line's share in an output that lies so far behind it: what `Sources` gives it.
    MEMBER float share(int line, int steps) const {
        if (steps < 0) return line == 0 ? 1.0f : share_behind(steps + 2 * out);
        return line == have - 1 ? 1.0f : 1 - share_behind(steps);
    }
};

template <class S> DEVICE void resize_bilinear_forward_of(const S* x, S* y, int N, int H, int W, int C, int P, int Q) {
    Sources rows(H, P), columns(W, Q);
    each_place<S>(N, P, Q, C, [&](const Lanes& lanes, int place, const Place& at, auto v) {
        using V = decltype(v);
        Source down = rows.of(at.row), across = columns.of(at.column);
        const S* top = x + (long long)(at.image * H + down.low) * W * C;
        const S* bottom = x + (long long)(at.image * H + down.high) * W * C;
        long long left = (long long)across.low * C, right = (long long)across.high * C;
        float tl = (1 - down.share) * (1 - across.share), tr = (1 - down.share) * across.share;
        float bl = down.share * (1 - across.share), br = down.share * across.share;
        each_channel_group<V>(C, lanes, [&](auto group, auto) {
            EACH_IN_GROUP(k, group) {
                int c = group.channel(k);
                store(y + (long long)place * C + c, load<V>(top + left + c) * tl + load<V>(top + right + c) * tr
                                                        + load<V>(bottom + left + c) * bl + load<V>(bottom + right + c) * br);
            }
        });
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 235 (bf16 403), resident 4
KERNELS(resize_bilinear_forward, (const S* __restrict__ x, S* __restrict__ y, int N, int H, int W, int C, int P, int Q),
        (x, y, N, H, W, C, P, Q))

template <class S> DEVICE void resize_bilinear_backward_of(const S* dy, S* dx, int N, int H, int W, int C, int P, int Q) {
    Lookers rows(H, P), columns(W, Q);
    each_place<S>(N, H, W, C, [&](const Lanes& lanes, int place, const Place& at, auto v) {
        using V = decltype(v);
        Looking down = rows.of(at.row), across = columns.of(at.column);
        each_channel_group<V>(C, lanes, [&](auto group, auto) {
            V sum[CHANNEL_PACKS], of_row[CHANNEL_PACKS];
            EACH_IN_GROUP(k, group) sum[k] = all<V>(0);
            for (int p = down.first, down_steps = down.steps; p < down.end; p++, down_steps += 2 * H) {
                const S* from = dy + (long long)((at.image * P + p) * Q + across.first) * C;
                EACH_IN_GROUP(k, group) of_row[k] = all<V>(0);
                for (int q = across.first, steps = across.steps; q < across.end; q++, from += C, steps += 2 * W) {
                    float share = columns.share(at.column, steps);
                    EACH_IN_GROUP(k, group) of_row[k] = of_row[k] + load<V>(from + group.channel(k)) * share;
                }
                float share = rows.share(at.row, down_steps);
                EACH_IN_GROUP(k, group) sum[k] = sum[k] + of_row[k] * share;
            }
            EACH_IN_GROUP(k, group) store(dx + (long long)place * C + group.channel(k), sum[k]);
        });
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 346 (bf16 517), resident 4
KERNELS(resize_bilinear_backward, (const S* __restrict__ dy, S* __restrict__ dx, int N, int H, int W, int C, int P, int Q),
        (dy, dx, N, H, W, C, P, Q))

// floor(output * have / out): the line that an output copies.
struct NearestSources {
    int have;
    Divisor outs;

    MEMBER NearestSources(int have, int out) : have(have), outs(out) {}
    MEMBER int of(int output) const {
        unsigned int rest;
        return (int)outs.divide((unsigned int)output * have, rest);
    }
};

// The first output that copies a line or one behind it: what copies the line lies before the next line's.
struct NearestLookers {
    int have, out;
    Divisor haves;

    MEMBER NearestLookers(int have, int out) : have(have), out(out), haves(have) {}
    MEMBER int first(int line) const {
        unsigned int rest;
        return (int)haves.divide((unsigned int)line * out + have - 1, rest);
    }
};

template <class S> DEVICE void resize_nearest_forward_of(const S* x, S* y, int N, int H, int W, int C, int P, int Q) {
    NearestSources rows(H, P), columns(W, Q);
    each_place<S>(N, P, Q, C, [&](const Lanes& lanes, int place, const Place& at, auto v) {
        using V = decltype(v);
        const S* from = x + (long long)((at.image * H + rows.of(at.row)) * W + columns.of(at.column)) * C;
        each_channel<V>(C, lanes, [&](int c, auto) { store(y + (long long)place * C + c, load<V>(from + c)); });
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 119 (bf16 189), resident 6 (bf16 8)
KERNELS(resize_nearest_forward, (const S* __restrict__ x, S* __restrict__ y, int N, int H, int W, int C, int P, int Q),
        (x, y, N, H, W, C, P, Q))

template <class S> DEVICE void resize_nearest_backward_of(const S* dy, S* dx, int N, int H, int W, int C, int P, int Q) {
    NearestLookers rows(H, P), columns(W, Q);
    each_place<S>(N, H, W, C, [&](const Lanes& lanes, int place, const Place& at, auto v) {
        using V = decltype(v);
        int top = rows.first(at.row), bottom = rows.first(at.row + 1);
        int left = columns.first(at.column), right = columns.first(at.column + 1);
        each_channel<V>(C, lanes, [&](int c, auto) {
            V sum = all<V>(0);
            for (int p = top; p < bottom; p++) {
                const S* from = dy + (long long)((at.image * P + p) * Q + left) * C + c;
                V of_row = all<V>(0);
                for (int q = left; q < right; q++, from += C) of_row = of_row + load<V>(from);
                sum = sum + of_row;
            }
            store(dx + (long long)place * C + c, sum);
        });
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 136 (bf16 220), resident 4
KERNELS(resize_nearest_backward, (const S* __restrict__ dy, S* __restrict__ dx, int N, int H, int W, int C, int P, int Q),
        (dy, dx, N, H, W, C, P, Q))
