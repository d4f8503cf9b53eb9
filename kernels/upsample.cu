// Upsampling by an integer scale s. x [N][H][W][C], y [N][sH][sW][C].
//
// Bilinear as in torch with align_corners=False: output p looks at source (p + 1/2)/s - 1/2, kept inside [0, H - 1], and takes the
// two rows about it by their nearness, max(0, 1 - |source - h|); columns likewise. The backward gathers with the same weights.
// Bytes an output element: E + E/s^2 both ways, E being an element's (4 or 2), the fewest possible; 7 operations forward, 8 backward
// (nearest: 0 and 1). Memory is the limit; a row is read by s output rows, from the cache.
#include "common.cuh"

struct Source {
    int low, high;
    float share;  // of high

    MEMBER Source(int p, int scale, int H) {
        float at = smaller(larger((p + 0.5f) / scale - 0.5f, 0.0f), (float)(H - 1));
        low = (int)at;
        high = smaller(low + 1, H - 1);
        share = at - low;
    }
};

template <class S> DEVICE void upsample_bilinear_forward_of(const S* x, S* y, int N, int H, int W, int C, int scale) {
    int P = H * scale, Q = W * scale;
    with_lanes((long long)N * P * Q, C, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long place = begin + lanes.row; place < end; place += lanes.rows) {
            Place out(place, P, Q);
            Source down(out.row, scale, H), across(out.column, scale, W);
            const S* image = x + (long long)out.image * H * W * C;
            const S* top = image + (long long)down.low * W * C;
            const S* bottom = image + (long long)down.high * W * C;
            float a = (1 - down.share) * (1 - across.share), b = (1 - down.share) * across.share;
            float c = down.share * (1 - across.share), d = down.share * across.share;
            long long left = (long long)across.low * C, right = (long long)across.high * C;
            each_channel<V>(C, lanes, [&](int k, auto) {
                store(y + place * C + k, load<V>(top + left + k) * a + load<V>(top + right + k) * b + load<V>(bottom + left + k) * c +
                                             load<V>(bottom + right + k) * d);
            });
        }
    });
}
KERNELS(upsample_bilinear_forward, (const S* __restrict__ x, S* __restrict__ y, int N, int H, int W, int C, int scale),
        (x, y, N, H, W, C, scale))

DEVICE float nearness(int p, float over_scale, int h, int H) {
    float at = smaller(larger((p + 0.5f) * over_scale - 0.5f, 0.0f), (float)(H - 1));
    return larger(0.0f, 1.0f - magnitude(at - h));
}

// The outputs whose nearness to h is not 0 lie in [first, end).
struct Reach {
    int first, end;

    MEMBER Reach(int h, int scale, int H) {
        first = larger(0, h * scale - (scale + 1) / 2);
        end = smaller(H * scale, h * scale + scale + scale / 2);
    }
};

template <class S> DEVICE void upsample_bilinear_backward_of(const S* dy, S* dx, int N, int H, int W, int C, int scale) {
    int P = H * scale, Q = W * scale;
    float over_scale = 1.0f / scale;
    with_lanes((long long)N * H * W, C, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long place = begin + lanes.row; place < end; place += lanes.rows) {
            Place in(place, H, W);
            int h = in.row, w = in.column;
            Reach down(h, scale, H), across(w, scale, W);
            const S* image = dy + (long long)in.image * P * Q * C;
            each_channel_group<V>(C, lanes, [&](auto group, auto) {
                V sum[CHANNEL_PACKS];
                EACH_IN_GROUP(k, group) sum[k] = all<V>(0);
                for (int p = down.first; p < down.end; p++) {
                    float share = nearness(p, over_scale, h, H);
                    for (int q = across.first; q < across.end; q++) {
                        const S* from = image + ((long long)p * Q + q) * C;
                        float weight = share * nearness(q, over_scale, w, W);
                        EACH_IN_GROUP(k, group) sum[k] = sum[k] + load<V>(from + group.channel(k)) * weight;
                    }
                }
                EACH_IN_GROUP(k, group) store(dx + place * C + group.channel(k), sum[k]);
            });
        }
    });
}
KERNELS(upsample_bilinear_backward, (const S* __restrict__ dy, S* __restrict__ dx, int N, int H, int W, int C, int scale),
        (dy, dx, N, H, W, C, scale))

template <class S> DEVICE void upsample_nearest_forward_of(const S* x, S* y, int N, int H, int W, int C, int scale) {
    int P = H * scale, Q = W * scale;
    with_lanes((long long)N * P * Q, C, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long place = begin + lanes.row; place < end; place += lanes.rows) {
            Place out(place, P, Q);
            const S* from = x + (((long long)out.image * H + out.row / scale) * W + out.column / scale) * C;
            each_channel<V>(C, lanes, [&](int k, auto) { store(y + place * C + k, load<V>(from + k)); });
        }
    });
}
KERNELS(upsample_nearest_forward, (const S* __restrict__ x, S* __restrict__ y, int N, int H, int W, int C, int scale),
        (x, y, N, H, W, C, scale))

template <class S> DEVICE void upsample_nearest_backward_of(const S* dy, S* dx, int N, int H, int W, int C, int scale) {
    int Q = W * scale;
    with_lanes((long long)N * H * W, C, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long place = begin + lanes.row; place < end; place += lanes.rows) {
            Place in(place, H, W);
            long long line = (long long)in.image * H + in.row;
            const S* from = dy + (line * scale * Q + (long long)in.column * scale) * C;
            each_channel<V>(C, lanes, [&](int k, auto) {
                V sum = all<V>(0);
                for (int r = 0; r < scale; r++) {
                    for (int s = 0; s < scale; s++) sum = sum + load<V>(from + ((long long)r * Q + s) * C + k);
                }
                store(dx + place * C + k, sum);
            });
        }
    });
}
KERNELS(upsample_nearest_backward, (const S* __restrict__ dy, S* __restrict__ dx, int N, int H, int W, int C, int scale),
        (dy, dx, N, H, W, C, scale))
