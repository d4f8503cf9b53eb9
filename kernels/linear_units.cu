// Linear units: activations that are about x on one side of 0 and about nothing on the other, y = f(x) element by element.
//
//     leaky_relu  x > 0 ? x : slope x
//     elu         x > 0 ? x : alpha (e^x - 1)                 arXiv 1511.07289
//     gelu        x Phi(x), Phi the normal distribution       arXiv 1606.08415
//     silu        x sigmoid(x)                                arXiv 1606.08415, 1702.03118
//     softplus    log(1 + e^x)
//
// n counts elements, of float32 or bf16 (E = 4 or 2 bytes). The backward reads the output or the input, `from`: leaky_relu and elu the
// output where slope or alpha is at least 0 (below, x and y have no longer the same sign) and else the input, softplus the output, gelu
// and silu the input. Bytes an element, the fewest possible, against operations, forward 2 E : 2 (leaky_relu), 22 (silu), 25 (elu), 40
// (gelu, softplus); backward E + 2 E T : 2 T (leaky_relu), 20 + T (the others), and E : T for the packed one's sum. leaky_relu waits for
// memory; the others in float32 too, and in bf16 an exponential and a division of 4 bytes moved are at the edge, as sigmoid's are, or
// (gelu, softplus) beyond it.
//
// Errors, in float32, in units of 2^-24: relative to y, elu, silu and softplus 8, gelu 12 and for x < 0 another x^2, since x^2 is
// rounded before its exponential is taken. Below -13 gelu is 0 where it would be 1e-37, silu from -87 on likewise.
#include "activation.cuh"

enum { LEAKY_RELU = 3, ELU = 4, GELU = 5, SILU = 6, SOFTPLUS = 7 };

// e^x - 1 for x <= 0; from -1/2 up by its series, where the difference would lose digits.
template <class V> DEVICE V exponential_minus_one(const V& x) {
    V p = x * (1.0f / 40320) + 1.0f / 5040;
    p = p * x + 1.0f / 720;
    p = p * x + 1.0f / 120;
    p = p * x + 1.0f / 24;
    p = p * x + 1.0f / 6;
    p = p * x + 0.5f;
    return select(x < -0.5f, exponential(x) - 1.0f, x + x * x * p);
}

// Phi(x), the normal distribution, and its density. Phi(-a) = e^(-a^2 / 2) R(a) for a >= 0, where R, Mills' ratio over sqrt(2 pi), is
// smooth and falls as 1 / a: t P(t) with t = 1 / (1 + 0.21 a), P fitted for the least relative error up to a = 13.4 (0.22 units).
template <class V> struct Normal { V distribution, density; };
template <class V> DEVICE Normal<V> normal(const V& x) {
    V a = magnitude(x), z = exponential(a * a * -0.5f), t = 1.0f / (a * 0.21f + 1.0f);
    V p = t * -0.0721113533f + 0.285835654f;
    p = p * t - 0.334997356f;
    p = p * t + 0.354985803f;
    p = p * t - 0.0979297534f;
    p = p * t + 0.126661465f;
    p = p * t + 0.0687066242f;
    p = p * t + 0.0851420239f;
    p = p * t + 0.0837068856f;
    V tail = z * (p * t);
    return Normal<V>{select(x < 0.0f, tail, 1.0f - tail), z * 0.398942280f};
}

template <class V> DEVICE V softplus_of(const V& x) {
    return select(x < 0.0f, all<V>(0), x) + log_one_plus(exponential(-magnitude(x)));
}

// s + x s (1 - s), s = sigmoid(x); 1 - s would lose digits.
template <class V> DEVICE V silu_slope(const V& x) {
    V z = exponential(-magnitude(x)), q = 1.0f / (z + 1.0f);
    return select(x < 0.0f, z, all<V>(1)) * q + x * z * (q * q);
}

template <class V> DEVICE V gelu_slope(const V& x) {
    Normal<V> of = normal(x);
    return of.distribution + x * of.density;
}

// Calls run(f) with the unit of that kind.
template <class Run> DEVICE void with_unit(int kind, float parameter, Run run) {
    if (kind == LEAKY_RELU) run([=](auto x) { return select(x > 0.0f, x, x * parameter); });
    else if (kind == ELU) run([=](auto x) { return select(x > 0.0f, x, exponential_minus_one(x) * parameter); });
    else if (kind == GELU) run([](auto x) { return x * normal(x).distribution; });
    else if (kind == SILU) run([](auto x) { return x * sigmoid_of(x); });
    else run([](auto x) { return softplus_of(x); });
}

// Calls run(slope) with the product of the unit's slope and the cotangent.
template <class Run> DEVICE void with_unit_slope(int kind, float parameter, Run run) {
    if (kind == LEAKY_RELU) run([=](auto at, auto d) { return select(at > 0.0f, d, d * parameter); });
    else if (kind == ELU && parameter < 0.0f) run([=](auto x, auto d) { return select(x > 0.0f, d, d * (exponential(x) * parameter)); });
    else if (kind == ELU) run([=](auto y, auto d) { return select(y > 0.0f, d, d * (y + parameter)); });
    else if (kind == GELU) run([](auto x, auto d) { return d * gelu_slope(x); });
    else if (kind == SILU) run([](auto x, auto d) { return d * silu_slope(x); });
    else run([](auto y, auto d) { return d * -exponential_minus_one(-y); });
}

template <class S> DEVICE void linear_unit_forward_of(const S* x, S* y, long long n, int kind, float parameter) {
    with_unit(kind, parameter, [&](auto unit) {
        each_element<S>(n, [&](long long i, auto v) { using V = decltype(v); store(y + i, unit(load<V>(x + i))); });
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 175 (bf16 353), resident 6 (bf16 4)
KERNELS(linear_unit_forward, (const S* x, S* y, long long n, int kind, float parameter), (x, y, n, kind, parameter))

template <class S>
DEVICE void linear_unit_backward_of(const S* from, const S* dy, S* dx, long long n, int T, int kind, float parameter) {
    with_unit_slope(kind, parameter, [&](auto slope) { activation_backward_by(from, dy, dx, n, T, slope); });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 137 (bf16 278), resident 8 (bf16 5)
KERNELS(linear_unit_backward, (const S* from, const S* dy, S* dx, long long n, int T, int kind, float parameter),
        (from, dy, dx, n, T, kind, parameter))

template <class S>
DEVICE void linear_unit_backward_packed_of(const S* from, const S* dy, S* dx, S* sum, long long M, int C, int T, long long dy_task_stride,
                                           long long dy_place_stride, long long dx_task_stride, long long dx_place_stride, int kind,
                                           float parameter) {
    with_unit_slope(kind, parameter, [&](auto slope) {
        activation_backward_packed_by(from, dy, dx, sum, M, C, T, dy_task_stride, dy_place_stride, dx_task_stride, dx_place_stride, slope);
    });
}
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 96 (bf16 191), resident 3
RESIDENT_KERNELS(3, linear_unit_backward_packed,
        (const S* __restrict__ from, const S* __restrict__ dy, S* __restrict__ dx, S* __restrict__ sum, long long M, int C, int T,
         long long dy_task_stride, long long dy_place_stride, long long dx_task_stride, long long dx_place_stride, int kind, float parameter),
        (from, dy, dx, sum, M, C, T, dy_task_stride, dy_place_stride, dx_task_stride, dx_place_stride, kind, parameter))
