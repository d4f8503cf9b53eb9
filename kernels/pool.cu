// Max pooling by windows, and the mean over each image's places. x [N][H][W][C], y and index [N][P][Q][C]; T stacked cotangents.
//
// Bytes an output element of max_pool_forward: 4 k^2/s^2-fold (each input once) + 5; of max_pool_backward per input element and task
// 4 + 5/s^2. One comparison a tap. Memory is the limit; the window's index takes one byte.
#include "common.cuh"

#if FAST
typedef Mask Codes;  // window indices of a pack's channels
typedef unsigned char Bytes __attribute__((vector_size(8), aligned(1), may_alias));
DEVICE Codes all_codes(int code, Pack) { return Codes{code, code, code, code, code, code, code, code}; }
DEVICE Codes select_code(Mask m, Codes a, Codes b) { return m ? a : b; }
DEVICE void store_codes(unsigned char* p, Codes a) { *reinterpret_cast<Bytes*>(p) = __builtin_convertvector(a, Bytes); }
DEVICE Codes load_codes(const unsigned char* p, Pack) { return __builtin_convertvector(*reinterpret_cast<const Bytes*>(p), Codes); }
DEVICE Mask has_code(Codes a, int code) { return a == code; }
#else
struct Codes { int x[WIDTH]; };
DEVICE Codes all_codes(int code, Pack) { return Codes{{code, code, code, code}}; }
DEVICE Codes select_code(const Mask& m, const Codes& a, const Codes& b) {
    return Codes{{m.x[0] ? a.x[0] : b.x[0], m.x[1] ? a.x[1] : b.x[1], m.x[2] ? a.x[2] : b.x[2], m.x[3] ? a.x[3] : b.x[3]}};
}
DEVICE void store_codes(unsigned char* p, const Codes& a) {
    *reinterpret_cast<unsigned int*>(p) = a.x[0] | a.x[1] << 8 | a.x[2] << 16 | (unsigned int)a.x[3] << 24;
}
DEVICE Codes load_codes(const unsigned char* p, Pack) {
    unsigned int u = *reinterpret_cast<const unsigned int*>(p);
    return Codes{{(int)(u & 255), (int)(u >> 8 & 255), (int)(u >> 16 & 255), (int)(u >> 24)}};
}
DEVICE Mask has_code(const Codes& a, int code) {
    return Mask{{a.x[0] == code, a.x[1] == code, a.x[2] == code, a.x[3] == code}};
}
#endif
DEVICE int all_codes(int code, float) { return code; }
DEVICE int select_code(bool m, int a, int b) { return m ? a : b; }
DEVICE void store_codes(unsigned char* p, int a) { *p = (unsigned char)a; }
DEVICE int load_codes(const unsigned char* p, float) { return *p; }
DEVICE bool has_code(int a, int code) { return a == code; }

// index = r * kernel + s of the first largest tap in scan order; a NaN is larger than all.
KERNEL(max_pool_forward, const float* __restrict__ x, float* __restrict__ y, unsigned char* __restrict__ index, int N, int H,
       int W, int C, int P, int Q, int kernel, int stride, int padding) {
    with_lanes((long long)N * P * Q, C, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long place = begin + lanes.row; place < end; place += lanes.rows) {
            Place out(place, P, Q);
            int h0 = out.row * stride - padding, w0 = out.column * stride - padding;
            int r0 = larger(0, -h0), r1 = smaller(kernel, H - h0), s0 = larger(0, -w0), s1 = smaller(kernel, W - w0);
            const float* image = x + (long long)out.image * H * W * C;
            each_channel_group<V>(C, lanes, [&](auto group, auto) {
                V best[CHANNEL_PACKS];
                decltype(all_codes(0, V())) code[CHANNEL_PACKS];
                EACH_IN_GROUP(k, group) {
                    best[k] = all<V>(-infinity());
                    code[k] = all_codes(r0 * kernel + s0, V());
                }
                for (int r = r0; r < r1; r++) {
                    for (int s = s0; s < s1; s++) {
                        const float* from = image + ((long long)(h0 + r) * W + w0 + s) * C;
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

// Each input place gathers from the windows that hold it: no addition races, and the order is fixed.
KERNEL(max_pool_backward, const float* __restrict__ dy, const unsigned char* __restrict__ index, float* __restrict__ dx, int N,
       int H, int W, int C, int P, int Q, int kernel, int stride, int padding, int T) {
    long long inputs = (long long)N * H * W * C, outputs = (long long)N * P * Q * C;
    with_lanes((long long)N * H * W, C, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long place = begin + lanes.row; place < end; place += lanes.rows) {
            Place in(place, H, W);
            int h = in.row, w = in.column;
            int p0 = larger(0, (h + padding - kernel + stride) / stride), p1 = smaller(P - 1, (h + padding) / stride);
            int q0 = larger(0, (w + padding - kernel + stride) / stride), q1 = smaller(Q - 1, (w + padding) / stride);
            if (h + padding < kernel) p0 = 0;
            if (w + padding < kernel) q0 = 0;
            long long image = (long long)in.image * P * Q * C;
            for (int t = 0; t < T; t++) {
                const float* d = dy + t * outputs + image;
                float* to = dx + t * inputs + place * C;
                each_channel_group<V>(C, lanes, [&](auto group, auto) {
                    V sum[CHANNEL_PACKS];
                    EACH_IN_GROUP(k, group) sum[k] = all<V>(0);
                    for (int p = p0; p <= p1; p++) {
                        for (int q = q0; q <= q1; q++) {
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

KERNEL(global_average_forward, const float* __restrict__ x, float* __restrict__ y, int N, int HW, int C) {
    with_lanes(N, C, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long n = begin + lanes.row; n < end; n += lanes.rows) {
            each_channel<V>(C, lanes, [&](int c, auto) {
                const float* from = x + n * HW * C + c;
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

KERNEL(global_average_backward, const float* __restrict__ dy, float* __restrict__ dx, int N, int HW, int C) {
    with_lanes((long long)N * HW, C, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long place = begin + lanes.row; place < end; place += lanes.rows) {
            const float* from = dy + (long long)((unsigned int)place / (unsigned int)HW) * C;
            each_channel<V>(C, lanes, [&](int c, auto) { store(dx + place * C + c, load<V>(from + c) * (1.0f / HW)); });
        }
    });
}
