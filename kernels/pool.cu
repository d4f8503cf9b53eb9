// Max pooling by windows, unpooling by its index, and the mean over each image's places. x [N][H][W][C], y and index [N][P][Q][C];
// T stacked cotangents.
//
// Bytes, E being an element's (4 or 2), each the fewest possible: max_pool_forward E an input and E + 1 an output; max_pool_backward
// a task E an input, E an output, and once 1 an output. Unpooling likewise, x and y having changed places: forward E + 1 an input
// and E an output, backward a task E each, and once 1 an input. One comparison a tap. global_average_*: E an element, 1 operation.
// Memory is the limit; the window's index takes one byte. Windows that overlap read their taps again, from the cache.
#include "windows.cuh"

// index = r * kernel + s of the first largest tap in scan order; a NaN is larger than all.
template <class S>
DEVICE void max_pool_forward_of(const S* x, S* y, unsigned char* index, int N, int H, int W, int C, int P, int Q, int kernel,
                                int stride, int padding) {
    with_lanes((long long)N * P * Q, C, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long place = begin + lanes.row; place < end; place += lanes.rows) {
            Place out(place, P, Q);
            int h0 = out.row * stride - padding, w0 = out.column * stride - padding;
            int r0 = larger(0, -h0), r1 = smaller(kernel, H - h0), s0 = larger(0, -w0), s1 = smaller(kernel, W - w0);
            const S* image = x + (long long)out.image * H * W * C;
            each_channel_group<V>(C, lanes, [&](auto group, auto) {
                V best[CHANNEL_PACKS];
                decltype(all_codes(0, V())) code[CHANNEL_PACKS];
                EACH_IN_GROUP(k, group) {
                    best[k] = all<V>(-infinity());
                    code[k] = all_codes(r0 * kernel + s0, V());
                }
                for (int r = r0; r < r1; r++) {
                    for (int s = s0; s < s1; s++) {
                        const S* from = image + ((long long)(h0 + r) * W + w0 + s) * C;
                        EACH_IN_GROUP(k, group) {
                            V tap = load<V>(from + group.channel(k));
                            auto wins = (tap > best[k]) | (tap != tap);
                            best[k] = select(wins, tap, best[k]);
                            code[k] = select_code(wins, all_codes(r * kernel + s, V()), code[k]);
                        }
                    }
                }
                EACH_IN_GROUP(k, group) {
                    store(y + place * C + group.channel(k), best[k]);
                    store_codes(index + place * C + group.channel(k), code[k]);
                }
            });
        }
    });
}
KERNELS(max_pool_forward, (const S* __restrict__ x, S* __restrict__ y, unsigned char* __restrict__ index, int N, int H, int W,
                           int C, int P, int Q, int kernel, int stride, int padding),
        (x, y, index, N, H, W, C, P, Q, kernel, stride, padding))

// The windows that hold line `at` (which counts the padding) lie in [first, end).
struct Windows {
    int first, end;

    MEMBER Windows(int at, int kernel, int stride, int windows)
        : first(at < kernel ? 0 : (at - kernel) / stride + 1), end(smaller(windows, at / stride + 1)) {}
};

// Each input place gathers from the windows that hold it: no addition races, and the order is fixed.
template <class S>
DEVICE void max_pool_backward_of(const S* dy, const unsigned char* index, S* dx, int N, int H, int W, int C, int P, int Q,
                                 int kernel, int stride, int padding, int T) {
    long long inputs = (long long)N * H * W * C, outputs = (long long)N * P * Q * C;
    with_lanes((long long)N * H * W, C, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long place = begin + lanes.row; place < end; place += lanes.rows) {
            Place in(place, H, W);
            int h = in.row, w = in.column;
            Windows down(h + padding, kernel, stride, P), across(w + padding, kernel, stride, Q);
            long long image = (long long)in.image * P * Q * C;
            for (int t = 0; t < T; t++) {
                const S* d = dy + t * outputs + image;
                S* to = dx + t * inputs + place * C;
                each_channel_group<V>(C, lanes, [&](auto group, auto) {
                    V sum[CHANNEL_PACKS];
                    EACH_IN_GROUP(k, group) sum[k] = all<V>(0);
                    for (int p = down.first; p < down.end; p++) {
                        for (int q = across.first; q < across.end; q++) {
                            int code = (h + padding - p * stride) * kernel + w + padding - q * stride;
                            long long at = ((long long)p * Q + q) * C;
                            EACH_IN_GROUP(k, group) {
                                long long c = at + group.channel(k);
                                sum[k] = sum[k] + select(has_code(load_codes(index + image + c, V()), code), load<V>(d + c), all<V>(0));
                            }
                        }
                    }
                    EACH_IN_GROUP(k, group) store(to + group.channel(k), sum[k]);
                });
            }
        }
    });
}
RESIDENT_KERNELS(3, max_pool_backward, (const S* __restrict__ dy, const unsigned char* __restrict__ index, S* __restrict__ dx, int N, int H,
                            int W, int C, int P, int Q, int kernel, int stride, int padding, int T),
        (dy, index, dx, N, H, W, C, P, Q, kernel, stride, padding, T))

// Unpooling (torch's MaxUnpool2d): y [N][H][W][C] is x [N][P][Q][C] where the index of its window says so, elsewhere 0. Each output
// place gathers from the windows that hold it; where overlapping windows name the same place the last in scan order wins, as in
// torch on one thread.
template <class S>
DEVICE void max_unpool_forward_of(const S* x, const unsigned char* index, S* y, int N, int H, int W, int C, int P, int Q,
                                  int kernel, int stride, int padding) {
    with_lanes((long long)N * H * W, C, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long place = begin + lanes.row; place < end; place += lanes.rows) {
            Place out(place, H, W);
            int h = out.row + padding, w = out.column + padding;
            Windows down(h, kernel, stride, P), across(w, kernel, stride, Q);
            long long image = (long long)out.image * P * Q * C;
            each_channel_group<V>(C, lanes, [&](auto group, auto) {
                V value[CHANNEL_PACKS];
                EACH_IN_GROUP(k, group) value[k] = all<V>(0);
                for (int p = down.first; p < down.end; p++) {
                    for (int q = across.first; q < across.end; q++) {
                        int code = (h - p * stride) * kernel + w - q * stride;
                        long long at = image + ((long long)p * Q + q) * C;
                        EACH_IN_GROUP(k, group) {
                            long long c = at + group.channel(k);
                            value[k] = select(has_code(load_codes(index + c, V()), code), load<V>(x + c), value[k]);
                        }
                    }
                }
                EACH_IN_GROUP(k, group) store(y + place * C + group.channel(k), value[k]);
            });
        }
    });
}
KERNELS(max_unpool_forward, (const S* __restrict__ x, const unsigned char* __restrict__ index, S* __restrict__ y, int N, int H,
                             int W, int C, int P, int Q, int kernel, int stride, int padding),
        (x, index, y, N, H, W, C, P, Q, kernel, stride, padding))

// dx [T][N][P][Q][C] is dy [T][N][H][W][C] where the index says, also of a window that has lost its place to a later one, as in torch.
template <class S>
DEVICE void max_unpool_backward_of(const S* dy, const unsigned char* index, S* dx, int N, int H, int W, int C, int P, int Q,
                                   int kernel, int stride, int padding, int T) {
    long long inputs = (long long)N * P * Q * C, outputs = (long long)N * H * W * C;
    with_lanes((long long)N * P * Q, C, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long place = begin + lanes.row; place < end; place += lanes.rows) {
            Place in(place, P, Q);
            int h0 = in.row * stride - padding, w0 = in.column * stride - padding;
            int r0 = larger(0, -h0), r1 = smaller(kernel, H - h0), s0 = larger(0, -w0), s1 = smaller(kernel, W - w0);
            for (int t = 0; t < T; t++) {
                const S* image = dy + t * outputs + (long long)in.image * H * W * C;
                S* to = dx + t * inputs + place * C;
                each_channel_group<V>(C, lanes, [&](auto group, auto) {
                    V value[CHANNEL_PACKS];
                    EACH_IN_GROUP(k, group) value[k] = all<V>(0);
                    for (int r = r0; r < r1; r++) {
                        for (int s = s0; s < s1; s++) {
                            const S* from = image + ((long long)(h0 + r) * W + w0 + s) * C;
                            EACH_IN_GROUP(k, group) {
                                auto codes = load_codes(index + place * C + group.channel(k), V());
                                value[k] = select(has_code(codes, r * kernel + s), load<V>(from + group.channel(k)), value[k]);
                            }
                        }
                    }
                    EACH_IN_GROUP(k, group) store(to + group.channel(k), value[k]);
                });
            }
        }
    });
}
KERNELS(max_unpool_backward, (const S* __restrict__ dy, const unsigned char* __restrict__ index, S* __restrict__ dx, int N, int H,
                              int W, int C, int P, int Q, int kernel, int stride, int padding, int T),
        (dy, index, dx, N, H, W, C, P, Q, kernel, stride, padding, T))

template <class S> DEVICE void global_average_forward_of(const S* x, S* y, int N, int HW, int C) {
    with_lanes(N, C, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long n = begin + lanes.row; n < end; n += lanes.rows) {
            each_channel<V>(C, lanes, [&](int c, auto) {
                const S* from = x + n * HW * C + c;
                V sum = all<V>(0);
                for (int first = 0; first < HW; first += 64) {  // in two levels, for accuracy
                    V part = all<V>(0);
                    for (int m = first; m < smaller(HW, first + 64); m++) part = part + load<V>(from + (long long)m * C);
                    sum = sum + part;
                }
                store(y + n * C + c, sum * (1.0f / HW));
            });
        }
    });
}
KERNELS(global_average_forward, (const S* __restrict__ x, S* __restrict__ y, int N, int HW, int C), (x, y, N, HW, C))

template <class S> DEVICE void global_average_backward_of(const S* dy, S* dx, int N, int HW, int C) {
    with_lanes((long long)N * HW, C, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long place = begin + lanes.row; place < end; place += lanes.rows) {
            const S* from = dy + (long long)((unsigned int)place / (unsigned int)HW) * C;
            each_channel<V>(C, lanes, [&](int c, auto) { store(dx + place * C + c, load<V>(from + c) * (1.0f / HW)); });
        }
    });
}
KERNELS(global_average_backward, (const S* __restrict__ dy, S* __restrict__ dx, int N, int HW, int C), (dy, dx, N, HW, C))
