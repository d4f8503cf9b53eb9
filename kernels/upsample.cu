// Upsampling by an integer scale s. x [N][H][W][C], y [N][sH][sW][C].
//
// Bilinear as in torch with align_corners=False: output p looks at source (p + 1/2)/s - 1/2, kept inside [0, H - 1], and takes the
// two rows about it by their nearness, max(0, 1 - |source - h|); columns likewise. The backward gathers with the same weights.
// Bytes an output element: E + E/s^2 both ways, E being an element's (4 or 2), the fewest possible; 7 operations forward, 8 backward
// (nearest: 0 and 1). Memory is the limit. Forward a thread writes all outputs of one place, or between four; backward each output is
// read by the four places that it looks at, three times from the cache; in bf16 it is widened, weighted and added for each of them,
// which takes more instructions than memory leaves time for (381 of warps a KiB against some 220; forward 220, and what a thread works
// out once). To share that would take threads that walk down rows, too few of them for small images.
#include "common.cuh"

// Between two neighbouring rows (or columns) of x lie outputs that look at these two alone: gap h has the outputs [first, end), between
// row low = h - 1 and row high = h; before the first row and behind the last there is but that one. Row high has the share
// (p + 1/2)/scale - 1/2 - low in output p: steps * unit, where `steps` is a whole number, and 2 more with each output.
struct Gap {
    int low, high, first, end;
    float steps, unit;

    MEMBER Gap(int h, int scale, int H, float half_over_scale)
        : low(larger(0, h - 1)), high(smaller(h, H - 1)), first(larger(0, (h - 1) * scale + scale / 2)),
          end(smaller(H, h) * scale + (h < H ? scale / 2 : 0)), steps(2 * (first - low * scale) + 1 - scale),
          unit(low == high ? 0.0f : half_over_scale) {}
};

template <class S> DEVICE void upsample_bilinear_forward_of(const S* x, S* y, int N, int H, int W, int C, int scale) {
    int P = H * scale, Q = W * scale;
    float half_over_scale = 0.5f / scale;
    each_place<S>(N, H + 1, W + 1, C, [&](const Lanes& lanes, int, const Place& at, auto v) {
        using V = decltype(v);
        Gap down(at.row, scale, H, half_over_scale), across(at.column, scale, W, half_over_scale);
        int top = (at.image * H + down.low) * W, bottom = (at.image * H + down.high) * W;
        const S* top_left = x + (long long)(top + across.low) * C;
        const S* top_right = x + (long long)(top + across.high) * C;
        const S* bottom_left = x + (long long)(bottom + across.low) * C;
        const S* bottom_right = x + (long long)(bottom + across.high) * C;
        each_channel_group<V>(C, lanes, [&](auto group, auto) {
            V tl[CHANNEL_PACKS], tr[CHANNEL_PACKS], bl[CHANNEL_PACKS], br[CHANNEL_PACKS];
            EACH_IN_GROUP(k, group) {
                int c = group.channel(k);
                tl[k] = load<V>(top_left + c);
                tr[k] = load<V>(top_right + c);
                bl[k] = load<V>(bottom_left + c);
                br[k] = load<V>(bottom_right + c);
            }
            float below_steps = down.steps;
            for (int p = down.first; p < down.end; p++, below_steps += 2) {
                float below = below_steps * down.unit, right_steps = across.steps;
                S* to = y + (long long)((at.image * P + p) * Q + across.first) * C;
                NO_UNROLL
                for (int q = across.first; q < across.end; q++, to += C, right_steps += 2) {
                    float right = right_steps * across.unit;
                    float a = (1 - below) * (1 - right), b = (1 - below) * right, c = below * (1 - right), d = below * right;
                    EACH_IN_GROUP(k, group) store(to + group.channel(k), tl[k] * a + tr[k] * b + bl[k] * c + br[k] * d);
                }
            }
        });
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 174 (bf16 308), resident 3
RESIDENT_KERNELS(3, upsample_bilinear_forward, (const S* __restrict__ x, S* __restrict__ y, int N, int H, int W, int C, int scale),
        (x, y, N, H, W, C, scale))

// The outputs that look at row (or column) h of x lie in [first, end). An output's weight is 1 - |steps| * unit, `steps` being 2 more
// with each output; the outputs before the first row, and those behind the last, look at that one alone.
struct Reach {
    int first, end;
    float steps, unit_before, unit_behind;

    MEMBER Reach(int h, int scale, int H, float half_over_scale)
        : first(larger(0, h * scale - scale / 2)), end(smaller(H * scale, h * scale + scale + scale / 2)),
          steps(2 * (first - h * scale) + 1 - scale), unit_before(h == 0 ? 0.0f : half_over_scale),
          unit_behind(h == H - 1 ? 0.0f : half_over_scale) {}

    MEMBER float weight(float steps) const { return steps < 0 ? 1 + steps * unit_before : 1 - steps * unit_behind; }
};

template <class S> DEVICE void upsample_bilinear_backward_of(const S* dy, S* dx, int N, int H, int W, int C, int scale) {
    int P = H * scale, Q = W * scale;
    float half_over_scale = 0.5f / scale;
    each_place<S>(N, H, W, C, [&](const Lanes& lanes, int place, const Place& at, auto v) {
        using V = decltype(v);
        Reach down(at.row, scale, H, half_over_scale), across(at.column, scale, W, half_over_scale);
        each_channel_group<V>(C, lanes, [&](auto group, auto) {
            V sum[CHANNEL_PACKS];
            EACH_IN_GROUP(k, group) sum[k] = all<V>(0);
            float down_steps = down.steps;
            for (int p = down.first; p < down.end; p++, down_steps += 2) {
                float share = down.weight(down_steps), across_steps = across.steps;
                const S* from = dy + (long long)((at.image * P + p) * Q + across.first) * C;
                for (int q = across.first; q < across.end; q++, from += C, across_steps += 2) {
                    float weight = share * across.weight(across_steps);
                    EACH_IN_GROUP(k, group) sum[k] = sum[k] + load<V>(from + group.channel(k)) * weight;
                }
            }
            EACH_IN_GROUP(k, group) store(dx + (long long)place * C + group.channel(k), sum[k]);
        });
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 226 (bf16 387), resident 4
KERNELS(upsample_bilinear_backward, (const S* __restrict__ dy, S* __restrict__ dx, int N, int H, int W, int C, int scale),
        (dy, dx, N, H, W, C, scale))

template <class S> DEVICE void upsample_nearest_forward_of(const S* x, S* y, int N, int H, int W, int C, int scale) {
    int Q = W * scale;
    each_place<S>(N, H, W, C, [&](const Lanes& lanes, int place, const Place& at, auto v) {
        using V = decltype(v);
        S* first = y + (long long)((at.image * H + at.row) * scale * Q + at.column * scale) * C;
        each_channel_group<V>(C, lanes, [&](auto group, auto) {
            V value[CHANNEL_PACKS];
            EACH_IN_GROUP(k, group) value[k] = load<V>(x + (long long)place * C + group.channel(k));
            S* row = first;
            for (int r = 0; r < scale; r++, row += (long long)Q * C) {
                S* to = row;
                NO_UNROLL
                for (int s = 0; s < scale; s++, to += C) EACH_IN_GROUP(k, group) store(to + group.channel(k), value[k]);
            }
        });
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 87 (bf16 145), resident 6
KERNELS(upsample_nearest_forward, (const S* __restrict__ x, S* __restrict__ y, int N, int H, int W, int C, int scale),
        (x, y, N, H, W, C, scale))

template <class S> DEVICE void upsample_nearest_backward_of(const S* dy, S* dx, int N, int H, int W, int C, int scale) {
    int Q = W * scale;
    each_place<S>(N, H, W, C, [&](const Lanes& lanes, int place, const Place& at, auto v) {
        using V = decltype(v);
        const S* first = dy + (long long)((at.image * H + at.row) * scale * Q + at.column * scale) * C;
        each_channel<V>(C, lanes, [&](int k, auto) {
            V sum = all<V>(0);
            const S* row = first + k;
            for (int r = 0; r < scale; r++, row += (long long)Q * C) {
                const S* from = row;
                for (int s = 0; s < scale; s++, from += C) sum = sum + load<V>(from);
            }
            store(dx + (long long)place * C + k, sum);
        });
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 67 (bf16 113), resident 4
KERNELS(upsample_nearest_backward, (const S* __restrict__ dy, S* __restrict__ dx, int N, int H, int W, int C, int scale),
        (dy, dx, N, H, W, C, scale))
