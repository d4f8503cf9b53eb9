// Max pooling by windows, unpooling by its index, average pooling, and the mean over each image's places. x [N][H][W][C], y and index
// [N][P][Q][C]; T stacked cotangents.
//
// Bytes, E being an element's (4 or 2), each the fewest possible: max_pool_forward E an input and E + 1 an output; max_pool_backward
// a task E an input, E an output, and once 1 an output. Unpooling likewise, x and y having changed places: forward E + 1 an input
// and E an output, backward a task E each, and once 1 an input. One comparison a tap. average_pool_*: E an input and E an output,
// 1 operation a tap. global_average_*: E an element, 1 operation.
// Memory is the limit; the window's index takes one byte. Windows that overlap read their taps again, from the cache. In bf16 the
// backward of pooling and of the average, and the unpooling, come to what memory allows (220 warp instructions a KB) only where images are
// larger than 80 x 80: what a thread works out once weighs less then (pooling's 150 for 2 x 240 x 240 x 64). The backward of averages over
// windows that overlap takes longer than memory does (389, in bf16 578).
#include "windows.cuh"

// A window of kernel x kernel taps, its first one at (top, left), which the padding may put outside the image; the rows [r0, r1) and
// columns [s0, s1) of it lie inside.
struct Window {
    int top, left, r0, r1, s0, s1;

    MEMBER Window(const Place& window, int H, int W, int kernel, int stride, int padding)
        : top(window.row * stride - padding), left(window.column * stride - padding), r0(larger(0, -top)), r1(smaller(kernel, H - top)),
          s0(larger(0, -left)), s1(smaller(kernel, W - left)) {}
};

// index = r * kernel + s of the first largest tap in scan order; a NaN is larger than all.
template <class S>
DEVICE void max_pool_forward_of(const S* x, S* y, unsigned char* index, int N, int H, int W, int C, int P, int Q, int kernel,
                                int stride, int padding) {
    each_place<S>(N, P, Q, C, [&](const Lanes& lanes, int place, const Place& at, auto v) {
        using V = decltype(v);
        Window window(at, H, W, kernel, stride, padding);
        each_channel_group<V>(C, lanes, [&](auto group, auto) {
            V best[CHANNEL_PACKS];
            decltype(all_codes(0, V())) code[CHANNEL_PACKS];
            EACH_IN_GROUP(k, group) {
                best[k] = all<V>(-infinity());
                code[k] = all_codes(window.r0 * kernel + window.s0, V());
            }
            for (int r = window.r0; r < window.r1; r++) {
                const S* from = x + (long long)((at.image * H + window.top + r) * W + window.left + window.s0) * C;
                for (int s = window.s0; s < window.s1; s++, from += C) {
                    EACH_IN_GROUP(k, group) {
                        V tap = load<V>(from + group.channel(k));
                        auto wins = (tap > best[k]) | (tap != tap);
                        best[k] = select(wins, tap, best[k]);
                        code[k] = select_code(wins, all_codes(r * kernel + s, V()), code[k]);
                    }
                }
            }
            EACH_IN_GROUP(k, group) {
                store(y + (long long)place * C + group.channel(k), best[k]);
                store_codes(index + (long long)place * C + group.channel(k), code[k]);
            }
        });
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 112 (bf16 184), resident 5 (bf16 4)
KERNELS(max_pool_forward, (const S* __restrict__ x, S* __restrict__ y, unsigned char* __restrict__ index, int N, int H, int W,
                           int C, int P, int Q, int kernel, int stride, int padding),
        (x, y, index, N, H, W, C, P, Q, kernel, stride, padding))

// Where windows do not overlap, each place of the large side lies in one of them at most: `large` [T][N][H][W][C] takes what `small`
// [T][N][P][Q][C] holds where the index says so, and 0 elsewhere. The windows that go on beyond P and Q are empty.
template <class S>
DEVICE void spread(const S* small, const unsigned char* index, S* large, int N, int H, int W, int C, int P, int Q, int kernel,
                   int padding, int T) {
    int down = (H - 1 + padding) / kernel + 1, across = (W - 1 + padding) / kernel + 1;
    each_place<S>(N, down, across, C, [&](const Lanes& lanes, int, const Place& at, auto v) {
        using V = decltype(v);
        Window window(at, H, W, kernel, kernel, padding);
        bool filled = at.row < P && at.column < Q;
        long long from = (long long)((at.image * P + at.row) * Q + at.column) * C;
        long long first = (long long)((at.image * H + window.top + window.r0) * W + window.left + window.s0) * C;
        each_channel_group<V>(C, lanes, [&](auto group, auto) {
            decltype(all_codes(0, V())) code[CHANNEL_PACKS];
            EACH_IN_GROUP(k, group) code[k] = filled ? load_codes(index + from + group.channel(k), V()) : all_codes(0, V());
            for (int t = 0; t < T; t++) {
                V value[CHANNEL_PACKS];
                EACH_IN_GROUP(k, group) {
                    value[k] = filled ? load<V>(small + (long long)t * N * P * Q * C + from + group.channel(k)) : all<V>(0);
                }
                S* row = large + (long long)t * N * H * W * C + first;
                for (int r = window.r0; r < window.r1; r++, row += (long long)W * C) {
                    S* to = row;
                    NO_UNROLL
                    for (int s = window.s0; s < window.s1; s++, to += C) {
                        EACH_IN_GROUP(k, group) {
                            store(to + group.channel(k), select(has_code(code[k], r * kernel + s), value[k], all<V>(0)));
                        }
                    }
                }
            }
        });
    });
}

// The windows that hold a line of the large side lie in [first, end).
struct Windows {
    int first, end;
};
struct WindowsOfLines {
    Divisor stride;
    int before, last_rest;  // a line at most last_rest behind a window's first one is in as many windows before that; others in one less

    MEMBER WindowsOfLines(int kernel, int stride) : stride(stride), before((kernel - 1) / stride), last_rest((kernel - 1) % stride) {}
    MEMBER Windows of(int line, int windows) const {  // `line` counts the padding
        unsigned int rest;
        int last = (int)stride.divide((unsigned int)line, rest), first = last - before + ((int)rest > last_rest ? 1 : 0);
        return Windows{larger(0, first), smaller(windows, last + 1)};
    }
};

// Where windows overlap, each place of the large side gathers from those that hold it: no addition races, and the order is fixed.
// It begins with 0, and combine(so far, whether the window names this place, the window's value) is what it has after one more.
template <class S, class Combine>
DEVICE void gather(const S* small, const unsigned char* index, S* large, int N, int H, int W, int C, int P, int Q, int kernel,
                   int stride, int padding, int T, Combine combine) {
    WindowsOfLines windows(kernel, stride);
    each_place<S>(N, H, W, C, [&](const Lanes& lanes, int place, const Place& at, auto v) {
        using V = decltype(v);
        int h = at.row + padding, w = at.column + padding;
        Windows down = windows.of(h, P), across = windows.of(w, Q);
        for (int t = 0; t < T; t++) {
            const S* task = small + (long long)t * N * P * Q * C;
            S* to = large + ((long long)t * N * H * W + place) * C;
            each_channel_group<V>(C, lanes, [&](auto group, auto) {
                V value[CHANNEL_PACKS];
                EACH_IN_GROUP(k, group) value[k] = all<V>(0);
                for (int p = down.first; p < down.end; p++) {
                    long long from = (long long)((at.image * P + p) * Q + across.first) * C;
                    int code = (h - p * stride) * kernel + w - across.first * stride;
                    NO_UNROLL
                    for (int q = across.first; q < across.end; q++, from += C, code -= stride) {
                        EACH_IN_GROUP(k, group) {
                            long long c = from + group.channel(k);
                            value[k] = combine(value[k], has_code(load_codes(index + c, V()), code), load<V>(task + c));
                        }
                    }
                }
                EACH_IN_GROUP(k, group) store(to + group.channel(k), value[k]);
            });
        }
    });
}

template <class S>
DEVICE void max_pool_backward_of(const S* dy, const unsigned char* index, S* dx, int N, int H, int W, int C, int P, int Q,
                                 int kernel, int stride, int padding, int T) {
    if (kernel == stride) return spread(dy, index, dx, N, H, W, C, P, Q, kernel, padding, T);
    gather(dy, index, dx, N, H, W, C, P, Q, kernel, stride, padding, T,
           [](auto sum, auto named, auto d) { return sum + select(named, d, all<decltype(d)>(0)); });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 146 (bf16 233), resident 4
KERNELS(max_pool_backward, (const S* __restrict__ dy, const unsigned char* __restrict__ index, S* __restrict__ dx, int N, int H,
                            int W, int C, int P, int Q, int kernel, int stride, int padding, int T),
        (dy, index, dx, N, H, W, C, P, Q, kernel, stride, padding, T))

// Unpooling (torch's MaxUnpool2d): y [N][H][W][C] is x [N][P][Q][C] where the index of its window says so, elsewhere 0. Where
// overlapping windows name the same place the last in scan order wins, as in torch on one thread.
template <class S>
DEVICE void max_unpool_forward_of(const S* x, const unsigned char* index, S* y, int N, int H, int W, int C, int P, int Q,
                                  int kernel, int stride, int padding) {
    if (kernel == stride) return spread(x, index, y, N, H, W, C, P, Q, kernel, padding, 1);
    gather(x, index, y, N, H, W, C, P, Q, kernel, stride, padding, 1,
           [](auto value, auto named, auto d) { return select(named, d, value); });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 139 (bf16 227), resident 5 (bf16 4)
KERNELS(max_unpool_forward, (const S* __restrict__ x, const unsigned char* __restrict__ index, S* __restrict__ y, int N, int H,
                             int W, int C, int P, int Q, int kernel, int stride, int padding),
        (x, index, y, N, H, W, C, P, Q, kernel, stride, padding))

// dx [T][N][P][Q][C] is dy [T][N][H][W][C] where the index says, also of a window that has lost its place to a later one, as in torch.
template <class S>
DEVICE void max_unpool_backward_of(const S* dy, const unsigned char* index, S* dx, int N, int H, int W, int C, int P, int Q,
                                   int kernel, int stride, int padding, int T) {
    each_place<S>(N, P, Q, C, [&](const Lanes& lanes, int place, const Place& at, auto v) {
        using V = decltype(v);
        Window window(at, H, W, kernel, stride, padding);
        long long first = (long long)((at.image * H + window.top + window.r0) * W + window.left + window.s0) * C;
        each_channel_group<V>(C, lanes, [&](auto group, auto) {
            decltype(all_codes(0, V())) code[CHANNEL_PACKS];
            EACH_IN_GROUP(k, group) code[k] = load_codes(index + (long long)place * C + group.channel(k), V());
            for (int t = 0; t < T; t++) {
                V value[CHANNEL_PACKS];
                EACH_IN_GROUP(k, group) value[k] = all<V>(0);
                const S* row = dy + (long long)t * N * H * W * C + first;
                for (int r = window.r0; r < window.r1; r++, row += (long long)W * C) {
                    const S* from = row;
                    for (int s = window.s0; s < window.s1; s++, from += C) {
                        EACH_IN_GROUP(k, group) {
                            value[k] = select(has_code(code[k], r * kernel + s), load<V>(from + group.channel(k)), value[k]);
                        }
                    }
                }
                S* to = dx + ((long long)t * N * P * Q + place) * C;
                EACH_IN_GROUP(k, group) store(to + group.channel(k), value[k]);
            }
        });
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 99 (bf16 143), resident 4
KERNELS(max_unpool_backward, (const S* __restrict__ dy, const unsigned char* __restrict__ index, S* __restrict__ dx, int N, int H,
                              int W, int C, int P, int Q, int kernel, int stride, int padding, int T),
        (dy, index, dx, N, H, W, C, P, Q, kernel, stride, padding, T))

// y is the sum over the window over kernel^2, the padding counted. Rows are added up by themselves, for accuracy.
template <class S>
DEVICE void average_pool_forward_of(const S* x, S* y, int N, int H, int W, int C, int P, int Q, int kernel, int stride, int padding) {
    float share = 1.0f / (kernel * kernel);
    each_place<S>(N, P, Q, C, [&](const Lanes& lanes, int place, const Place& at, auto v) {
        using V = decltype(v);
        Window window(at, H, W, kernel, stride, padding);
        const S* first = x + (long long)((at.image * H + window.top + window.r0) * W + window.left + window.s0) * C;
        each_channel_group<V>(C, lanes, [&](auto group, auto) {
            V sum[CHANNEL_PACKS], of_row[CHANNEL_PACKS];
            EACH_IN_GROUP(k, group) sum[k] = all<V>(0);
            const S* row = first;
            for (int r = window.r0; r < window.r1; r++, row += (long long)W * C) {
                const S* from = row;
                EACH_IN_GROUP(k, group) of_row[k] = all<V>(0);
                for (int s = window.s0; s < window.s1; s++, from += C) {
                    EACH_IN_GROUP(k, group) of_row[k] = of_row[k] + load<V>(from + group.channel(k));
                }
                EACH_IN_GROUP(k, group) sum[k] = sum[k] + of_row[k];
            }
            EACH_IN_GROUP(k, group) store(y + (long long)place * C + group.channel(k), sum[k] * share);
        });
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 125 (bf16 233), resident 4
KERNELS(average_pool_forward, (const S* __restrict__ x, S* __restrict__ y, int N, int H, int W, int C, int P, int Q, int kernel,
                               int stride, int padding),
        (x, y, N, H, W, C, P, Q, kernel, stride, padding))

// Where windows touch and do not overlap, each place has its window's share, or 0 beyond P and Q.
template <class S>
DEVICE void share_out(const S* dy, S* dx, int N, int H, int W, int C, int P, int Q, int kernel, int padding, float share) {
    int down = (H - 1 + padding) / kernel + 1, across = (W - 1 + padding) / kernel + 1;
    each_place<S>(N, down, across, C, [&](const Lanes& lanes, int, const Place& at, auto v) {
        using V = decltype(v);
        Window window(at, H, W, kernel, kernel, padding);
        bool filled = at.row < P && at.column < Q;
        long long from = (long long)((at.image * P + at.row) * Q + at.column) * C;
        long long first = (long long)((at.image * H + window.top + window.r0) * W + window.left + window.s0) * C;
        each_channel_group<V>(C, lanes, [&](auto group, auto) {
            V value[CHANNEL_PACKS];
            EACH_IN_GROUP(k, group) value[k] = filled ? load<V>(dy + from + group.channel(k)) * share : all<V>(0);
            S* row = dx + first;
            for (int r = window.r0; r < window.r1; r++, row += (long long)W * C) {
                S* to = row;
                NO_UNROLL
                for (int s = window.s0; s < window.s1; s++, to += C) {
                    EACH_IN_GROUP(k, group) store(to + group.channel(k), value[k]);
                }
            }
        });
    });
}

// dx is the sum over the windows that hold the place, over kernel^2. Where they overlap each place gathers: no addition races.
template <class S>
DEVICE void average_pool_backward_of(const S* dy, S* dx, int N, int H, int W, int C, int P, int Q, int kernel, int stride, int padding) {
    float share = 1.0f / (kernel * kernel);
    if (kernel == stride) return share_out(dy, dx, N, H, W, C, P, Q, kernel, padding, share);
    WindowsOfLines windows(kernel, stride);
    each_place<S>(N, H, W, C, [&](const Lanes& lanes, int place, const Place& at, auto v) {
        using V = decltype(v);
        Windows down = windows.of(at.row + padding, P), across = windows.of(at.column + padding, Q);
        const S* first = dy + (long long)((at.image * P + down.first) * Q + across.first) * C;
        each_channel_group<V>(C, lanes, [&](auto group, auto) {
            V sum[CHANNEL_PACKS], of_row[CHANNEL_PACKS];
            EACH_IN_GROUP(k, group) sum[k] = all<V>(0);
            const S* row = first;
            for (int p = down.first; p < down.end; p++, row += (long long)Q * C) {
                const S* from = row;
                EACH_IN_GROUP(k, group) of_row[k] = all<V>(0);
                for (int q = across.first; q < across.end; q++, from += C) {
                    EACH_IN_GROUP(k, group) of_row[k] = of_row[k] + load<V>(from + group.channel(k));
                }
                EACH_IN_GROUP(k, group) sum[k] = sum[k] + of_row[k];
            }
            EACH_IN_GROUP(k, group) store(dx + (long long)place * C + group.channel(k), sum[k] * share);
        });
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 389 (bf16 578), resident 4
KERNELS(average_pool_backward, (const S* __restrict__ dy, S* __restrict__ dx, int N, int H, int W, int C, int P, int Q, int kernel,
                                int stride, int padding),
        (dy, dx, N, H, W, C, P, Q, kernel, stride, padding))

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
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 77 (bf16 218), resident 4
KERNELS(global_average_forward, (const S* __restrict__ x, S* __restrict__ y, int N, int HW, int C), (x, y, N, HW, C))

template <class S> DEVICE void global_average_backward_of(const S* dy, S* dx, int N, int HW, int C) {
    Divisor places(HW);
    with_lanes<S>((long long)N * HW, C, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long place = begin + lanes.row; place < end; place += lanes.rows) {
            unsigned int rest;
            const S* from = dy + (long long)places.divide((unsigned int)place, rest) * C;
            each_channel<V>(C, lanes, [&](int c, auto) { store(dx + place * C + c, load<V>(from + c) * (1.0f / HW)); });
        }
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 136 (bf16 242), resident 5 (bf16 6)
KERNELS(global_average_backward, (const S* __restrict__ dy, S* __restrict__ dx, int N, int HW, int C), (dy, dx, N, HW, C))
