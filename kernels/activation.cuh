// An activation's backward over elements, for any slope: dx = dy * f'(x).
#pragma once
#include "common.cuh"

// dx = dy * slope(from): `from` is whatever the activation's slope is worked out from, its output or its input.
// Task t's element i stands at t * n + i, which is aligned for packs only where n is a multiple of WIDTH.
template <class S, class Slope>
DEVICE void activation_backward_by(const S* from, const S* dy, S* dx, long long n, int T, Slope slope) {
    each_element<S>(n, [&](long long i, auto v) {
        using V = decltype(v);
        V at = load<V>(from + i);
        NO_UNROLL
        for (int t = 0; t < T; t++) store(dx + t * n + i, slope(at, load<V>(dy + t * n + i)));
    }, FAST || T == 1 || n % width_of<PackOf<S>> == 0);
}

// The same for the shared layer: element (t, m, c) of dy stands at t * dy_task_stride + m * dy_place_stride + c, that of dx likewise (so
// that dx can be the packed stack [M][T*C]), and sum [M][C] is dx's sum over the tasks; sum may be null.
template <class S, class Slope>
DEVICE void activation_backward_packed_by(const S* from, const S* dy, S* dx, S* sum, long long M, int C, int T, long long dy_task_stride,
                                          long long dy_place_stride, long long dx_task_stride, long long dx_place_stride, Slope slope) {
    typedef PackOf<S> P;
    bool packs = is_aligned<P>(dy, dy_task_stride) && is_aligned<P>(dy, dy_place_stride) && is_aligned<P>(dx, dx_task_stride) &&
                 is_aligned<P>(dx, dx_place_stride);
    with_lanes<S>(M, C, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        using V = decltype(v);
        for (long long m = begin + lanes.row; m < end; m += lanes.rows) {
            each_channel<V>(C, lanes, [&](int c, auto) {
                V at = load<V>(from + m * C + c), total = all<V>(0);
                for (int t = 0; t < T; t++) {
                    V d = slope(at, load<V>(dy + t * dy_task_stride + m * dy_place_stride + c));
                    store(dx + t * dx_task_stride + m * dx_place_stride + c, d);
                    total = total + d;
                }
                if (sum) store(sum + m * C + c, total);
            });
        }
    }, packs);
}
