// What every kernel file shares: packs, block ranges, reductions. Needs no header.
//
// A source of this folder is compiled three times: by NVRTC for the GPU at hand; by the host compiler in the fast way, where a
// block is one thread over a contiguous range; and by the host compiler in the SIMT way, with true blocks of threads. The host's
// shim is put before the file on its command line, with GIMBAL_HOST defined and GIMBAL_SIMT 0 (fast) or 1.
#pragma once

#if defined(GIMBAL_HOST) && !GIMBAL_SIMT
#define FAST 1
#else
#define FAST 0
#endif

#ifdef GIMBAL_HOST
#define DEVICE static inline __attribute__((always_inline))
#define MEMBER inline __attribute__((always_inline))
#define UNROLL
#define NO_UNROLL
#define RESIDENT_KERNEL(blocks, name, ...) KERNEL(name, __VA_ARGS__)
#else
#define RESIDENT_KERNEL(blocks, name, ...) extern "C" __global__ void __launch_bounds__(256, blocks) name(__VA_ARGS__)
#define KERNEL(name, ...) RESIDENT_KERNEL(4, name, __VA_ARGS__)
#define SHARED(type, name, size) __shared__ type name[size]
#define DEVICE static __device__ __forceinline__
#define MEMBER __device__ __forceinline__
#define UNROLL _Pragma("unroll")
#define NO_UNROLL _Pragma("unroll 1")
#endif

constexpr int THREADS = FAST ? 1 : 256;  // in a block
constexpr int MOST_TASKS = 32;

// Of the tasks before the t-th how many have labels.
DEVICE int present_before(const int* counts, int t) {
    int present = 0;
    for (int u = 0; u < t; u++) present += counts[u] > 0;
    return present;
}

// RESIDENT_KERNEL(blocks, name, ...) is a KERNEL(name, ...) of which a multiprocessor's registers hold `blocks` blocks at once and not
// 4. An H200 wants some 25 KB in flight a multiprocessor: 25 bytes a thread of 4 blocks, which have 64 registers a thread. A kernel
// that needs more says 3 (80 registers) or 2 (128), where each thread has more in flight.
//
// Two kernels of the template NAME_of: NAME over float32 tensors, NAME_bf16 over bf16 ones; S in the parameters is the tensors' type:
//     template <class S> DEVICE void add_of(const S* a, const S* b, S* y, long long n) { ... }
//     KERNELS(add, (const S* a, const S* b, S* y, long long n), (a, b, y, n))
#define LISTED(...) __VA_ARGS__
#define RESIDENT_KERNELS(blocks, name, parameters, arguments)                                               \
    namespace in_float { typedef float S; RESIDENT_KERNEL(blocks, name, LISTED parameters) { name##_of arguments; } } \
    namespace in_bf16 { typedef bf16 S; RESIDENT_KERNEL(blocks, name##_bf16, LISTED parameters) { name##_of arguments; } }
#define KERNELS(name, parameters, arguments) RESIDENT_KERNELS(4, name, parameters, arguments)

// A tensor's element in memory is a float or a bf16, the upper half of one. All computing is in float: what is loaded is widened, what
// is stored is rounded to the nearest, to even in the middle.
struct bf16 { unsigned short bits; };

// ------------------------------------------------------------------------------------------------------------------ numbers

#ifdef GIMBAL_HOST
DEVICE float infinity() { return __builtin_inff(); }
DEVICE float not_a_number() { return __builtin_nanf(""); }
#else
DEVICE float infinity() { return __int_as_float(0x7f800000); }
DEVICE float not_a_number() { return __int_as_float(0x7fc00000); }
#endif

#ifdef GIMBAL_HOST
DEVICE unsigned int bits_of(float x) { return __float_as_uint(x); }
DEVICE unsigned short upper_half(unsigned int u) {  // of a float's bits, rounded; a NaN stays one
    return (unsigned short)((u & 0x7fffffffu) > 0x7f800000u ? u >> 16 | 0x40u : (u + 0x7fffu + (u >> 16 & 1u)) >> 16);
}
DEVICE bf16 narrowed(float x) { return bf16{upper_half(bits_of(x))}; }
#else
DEVICE unsigned int narrowed_pair(float low, float high) {
    unsigned int pair;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
    return pair;
}
DEVICE bf16 narrowed(float x) { return bf16{(unsigned short)narrowed_pair(x, 0.0f)}; }
#endif
DEVICE float widened(bf16 x) { return __uint_as_float((unsigned int)x.bits << 16); }

template <class V> DEVICE V smaller(V a, V b) { return b < a ? b : a; }
template <class V> DEVICE V larger(V a, V b) { return a < b ? b : a; }
DEVICE bool is_finite(double x) { return x - x == 0; }

// ------------------------------------------------------------------------------------------------------------------ packs
// A pack is WIDTH adjacent floats that a thread loads, computes with and stores as one: 16 bytes on the GPU, a vector register in
// the fast way. PackOf<S> is that of S's elements: of bf16 it has 8 on the GPU, too, so that it takes 16 bytes as well. Code written
// for a type V runs for float (one channel) and for packs. The fast way asks for no alignment.

#if FAST
constexpr int WIDTH = 8;
typedef float Pack __attribute__((vector_size(32)));
typedef int Mask __attribute__((vector_size(32)));
typedef float LoosePack __attribute__((vector_size(32), aligned(4), may_alias));
template <class S> using PackOf = Pack;

DEVICE Pack pack(float x) { return Pack{x, x, x, x, x, x, x, x}; }
DEVICE float lane(const Pack& a, int k) { return a[k]; }
DEVICE void set_lane(Pack& a, int k, float x) { a[k] = x; }
template <class M, class V> DEVICE V select(M m, V a, V b) { return m ? a : b; }
DEVICE Pack load_pack(const float* p) { return *reinterpret_cast<const LoosePack*>(p); }
DEVICE void store(float* p, Pack a) { *reinterpret_cast<LoosePack*>(p) = a; }

// As many floats as the processor's vector registers hold: a pack, or two.
#ifdef __AVX512F__
typedef float Wide __attribute__((vector_size(64)));
typedef int WideMask __attribute__((vector_size(64)));
typedef float LooseWide __attribute__((vector_size(64), aligned(4), may_alias));
DEVICE void store(float* p, Wide a) { *reinterpret_cast<LooseWide*>(p) = a; }
#else
typedef Pack Wide;
typedef Mask WideMask;
#endif

typedef unsigned int Bits __attribute__((vector_size(32)));
typedef unsigned short Halves __attribute__((vector_size(16)));
typedef unsigned short LooseHalves __attribute__((vector_size(16), aligned(2), may_alias));
DEVICE Pack load_pack(const bf16* p) {
    return reinterpret_cast<Pack>(__builtin_convertvector(Halves(*reinterpret_cast<const LooseHalves*>(p)), Bits) << 16);
}
DEVICE void store(bf16* p, Pack a) {
    Bits u = reinterpret_cast<Bits>(a);
    Bits nearest = (u + 0x7fffu + (u >> 16 & 1u)) >> 16;
    Bits halves = (u & 0x7fffffffu) > 0x7f800000u ? u >> 16 | 0x40u : nearest;
    *reinterpret_cast<LooseHalves*>(p) = __builtin_convertvector(halves, Halves);
}
#else
constexpr int WIDTH = 4;
template <int N> struct alignas(16) Packed { float x[N]; };
template <int N> struct Choice { bool x[N]; };
template <int N> struct alignas(2 * N) Halves { unsigned int x[N / 2]; };  // N elements of bf16
typedef Packed<WIDTH> Pack;
typedef Choice<WIDTH> Mask;
template <class S> using PackOf = Packed<16 / sizeof(S)>;

DEVICE Pack pack(float x) { return Pack{{x, x, x, x}}; }
template <int N> DEVICE float lane(const Packed<N>& a, int k) { return a.x[k]; }
template <int N> DEVICE void set_lane(Packed<N>& a, int k, float x) { a.x[k] = x; }

template <int N> DEVICE Packed<N> load_packed(const float* p) { return *reinterpret_cast<const Packed<N>*>(p); }
template <int N> DEVICE Packed<N> load_packed(const bf16* p) {
    Halves<N> pairs = *reinterpret_cast<const Halves<N>*>(p);
    Packed<N> a;
    UNROLL
    for (int k = 0; k < N; k += 2) {
        a.x[k] = __uint_as_float(pairs.x[k / 2] << 16);
        a.x[k + 1] = __uint_as_float(pairs.x[k / 2] & 0xffff0000u);
    }
    return a;
}
template <class S> DEVICE Pack load_pack(const S* p) { return load_packed<WIDTH>(p); }

// Packs are stored as integers: of a store of floats NVRTC makes one for each of them.
typedef unsigned long long Word8 __attribute__((may_alias));
typedef unsigned __int128 Word16 __attribute__((may_alias));
#ifdef GIMBAL_HOST
DEVICE Word8 joined(unsigned int low, unsigned int high) { return low | (Word8)high << 32; }
DEVICE Word8 joined(float low, float high) { return joined(bits_of(low), bits_of(high)); }
DEVICE unsigned int narrowed_pair(float low, float high) { return narrowed(low).bits | (unsigned int)narrowed(high).bits << 16; }
#else
DEVICE Word8 joined(unsigned int low, unsigned int high) {
    Word8 word;
    asm("mov.b64 %0, {%1, %2};" : "=l"(word) : "r"(low), "r"(high));
    return word;
}
DEVICE Word8 joined(float low, float high) {
    Word8 word;
    asm("mov.b64 %0, {%1, %2};" : "=l"(word) : "f"(low), "f"(high));
    return word;
}
#endif
DEVICE void store_words(void* p, Word8 low, Word8 high) { *reinterpret_cast<Word16*>(p) = low | (Word16)high << 64; }
DEVICE Word8 narrowed_four(const float* x) { return joined(narrowed_pair(x[0], x[1]), narrowed_pair(x[2], x[3])); }
DEVICE void store(float* p, const Pack& a) { store_words(p, joined(a.x[0], a.x[1]), joined(a.x[2], a.x[3])); }
DEVICE void store(bf16* p, const Pack& a) { *reinterpret_cast<Word8*>(p) = narrowed_four(a.x); }
DEVICE void store(bf16* p, const Packed<8>& a) { store_words(p, narrowed_four(a.x), narrowed_four(a.x + 4)); }

#define EACH_LANE(result, expression)                     \
    {                                                     \
        result<N> r;                                      \
        UNROLL                                            \
        for (int k = 0; k < N; k++) r.x[k] = expression; \
        return r;                                         \
    }
#define PACK_OPERATOR(result, op)                                                                                            \
    template <int N> DEVICE result<N> operator op(const Packed<N>& a, const Packed<N>& b) EACH_LANE(result, a.x[k] op b.x[k]) \
    template <int N> DEVICE result<N> operator op(const Packed<N>& a, float b) EACH_LANE(result, a.x[k] op b)                \
    template <int N> DEVICE result<N> operator op(float a, const Packed<N>& b) EACH_LANE(result, a op b.x[k])
PACK_OPERATOR(Packed, +)
PACK_OPERATOR(Packed, -)
PACK_OPERATOR(Packed, *)
PACK_OPERATOR(Packed, /)
PACK_OPERATOR(Choice, <)
PACK_OPERATOR(Choice, <=)
PACK_OPERATOR(Choice, >)
PACK_OPERATOR(Choice, ==)
PACK_OPERATOR(Choice, !=)
#undef PACK_OPERATOR
template <int N> DEVICE Packed<N> operator-(const Packed<N>& a) EACH_LANE(Packed, -a.x[k])
template <int N> DEVICE Packed<N>& operator+=(Packed<N>& a, const Packed<N>& b) { return a = a + b; }
template <int N> DEVICE Choice<N> operator|(const Choice<N>& a, const Choice<N>& b) EACH_LANE(Choice, a.x[k] || b.x[k])
template <int N> DEVICE Packed<N> select(const Choice<N>& m, const Packed<N>& a, const Packed<N>& b)
    EACH_LANE(Packed, m.x[k] ? a.x[k] : b.x[k])
#undef EACH_LANE
#endif

DEVICE float select(bool m, float a, float b) { return m ? a : b; }
DEVICE float lane(float a, int) { return a; }
DEVICE void set_lane(float& a, int, float x) { a = x; }
DEVICE void store(float* p, float a) { *p = a; }
DEVICE void store(bf16* p, float a) { *p = narrowed(a); }

template <class V> struct PackTraits;
template <> struct PackTraits<float> {
    static constexpr int width = 1;
    static MEMBER float all(float x) { return x; }
    static MEMBER float load(const float* p) { return *p; }
    static MEMBER float load(const bf16* p) { return widened(*p); }
};
#if FAST
template <> struct PackTraits<Pack> {
    static constexpr int width = WIDTH;
    static MEMBER Pack all(float x) { return pack(x); }
    template <class S> static MEMBER Pack load(const S* p) { return load_pack(p); }
};
#ifdef __AVX512F__
template <> struct PackTraits<Wide> {
    static constexpr int width = 2 * WIDTH;
    static MEMBER Wide all(float x) { return Wide{} + x; }
    static MEMBER Wide load(const float* p) { return *reinterpret_cast<const LooseWide*>(p); }
};
#endif
#else
template <int N> struct PackTraits<Packed<N>> {
    static constexpr int width = N;
    static MEMBER Packed<N> all(float x) {
        Packed<N> a;
        UNROLL
        for (int k = 0; k < N; k++) a.x[k] = x;
        return a;
    }
    template <class S> static MEMBER Packed<N> load(const S* p) { return load_packed<N>(p); }
};
#endif
template <class V> DEVICE V all(float x) { return PackTraits<V>::all(x); }
template <class V> DEVICE V load(const float* p) { return PackTraits<V>::load(p); }
template <class V> DEVICE V load(const bf16* p) { return PackTraits<V>::load(p); }
template <class V> constexpr int width_of = PackTraits<V>::width;

// For what stands behind a first task whose size is no multiple of WIDTH.
template <class S> DEVICE Pack load_where(bool aligned, const S* p) {
    if (aligned) return load_pack(p);
    Pack a;
    UNROLL
    for (int k = 0; k < WIDTH; k++) set_lane(a, k, load<float>(p + k));
    return a;
}
template <class S> DEVICE void store_where(bool aligned, S* p, Pack a) {
    if (aligned) return store(p, a);
    UNROLL
    for (int k = 0; k < WIDTH; k++) store(p + k, lane(a, k));
}

DEVICE float sum_of_lanes(float a) { return a; }
#if FAST
DEVICE Pack halves_swapped(Pack a) { return __builtin_shuffle(a, Mask{4, 5, 6, 7, 0, 1, 2, 3}); }
DEVICE Pack quarters_swapped(Pack a) { return __builtin_shuffle(a, Mask{2, 3, 0, 1, 6, 7, 4, 5}); }
DEVICE Pack neighbours_swapped(Pack a) { return __builtin_shuffle(a, Mask{1, 0, 3, 2, 5, 4, 7, 6}); }
DEVICE float sum_of_lanes(Pack a) {
    a += halves_swapped(a);
    a += quarters_swapped(a);
    return (a + neighbours_swapped(a))[0];
}
DEVICE float product_of_lanes(Pack a) {
    a = a * halves_swapped(a);
    a = a * quarters_swapped(a);
    return (a * neighbours_swapped(a))[0];
}
DEVICE float largest_lane(Pack a) {
    a = select(a < halves_swapped(a), halves_swapped(a), a);
    a = select(a < quarters_swapped(a), quarters_swapped(a), a);
    return select(a < neighbours_swapped(a), neighbours_swapped(a), a)[0];
}
#ifdef __AVX512F__
DEVICE Pack lower_half(const Wide& a) { return __builtin_shufflevector(a, a, 0, 1, 2, 3, 4, 5, 6, 7); }
DEVICE Pack upper_half(const Wide& a) { return __builtin_shufflevector(a, a, 8, 9, 10, 11, 12, 13, 14, 15); }
DEVICE float sum_of_lanes(const Wide& a) { return sum_of_lanes(lower_half(a) + upper_half(a)); }
DEVICE float largest_lane(const Wide& a) {
    return largest_lane(select(lower_half(a) < upper_half(a), upper_half(a), lower_half(a)));
}
#endif
#else
DEVICE float sum_of_lanes(const Pack& a) { return (a.x[0] + a.x[1]) + (a.x[2] + a.x[3]); }
#endif

// ------------------------------------------------------------------------------------------------------------------ functions

template <class V, class F> DEVICE V lane_by_lane(V a, F f) {
    UNROLL
    for (int k = 0; k < width_of<V>; k++) set_lane(a, k, f(lane(a, k)));
    return a;
}

DEVICE float root(float x) { return sqrtf(x); }
template <class V> DEVICE V root(const V& a) {
    return lane_by_lane(a, [](float x) { return sqrtf(x); });
}

DEVICE float magnitude(float a) { return fabsf(a); }
#if FAST
DEVICE Pack magnitude(const Pack& a) { return select(a < 0.0f, -a, a); }
#else
template <class V> DEVICE V magnitude(const V& a) {
    return lane_by_lane(a, [](float x) { return fabsf(x); });
}
#endif

// exp(x) for x <= 0. In the fast way by Cody and Waite's reduction and Cephes' polynomial, within 2 units in the last place; what
// would be subnormal is 0.
DEVICE float exponential(float x) { return expf(x); }
#if FAST
template <class V> DEVICE V exponential(const V& a) {
    typedef decltype(a < a) Integers;
    const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer, left in the low bits
    V x = select(a < -87.3f, all<V>(-87.3f), a);
    V shifted = x * 1.44269504088896341f + magic;
    V n = shifted - magic;
    V r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
    V p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    Integers bits = (reinterpret_cast<Integers>(shifted) - 0x4b400000 + 127) << 23;
    return select(a < -87.3f, all<V>(0.0f), p * reinterpret_cast<V>(bits));
}
#else
template <class V> DEVICE V exponential(const V& a) {
    return lane_by_lane(a, [](float x) { return expf(x); });
}
#endif

// log(1 + z) for 0 <= z <= 1, by the series of 2 atanh(z / (2 + z)); the term left out is below 2^-26 of the result.
template <class V> DEVICE V log_one_plus(const V& z) {
    V s = z / (z + 2.0f), q = s * s;
    V p = q * (1.0f / 15) + 1.0f / 13;
    p = p * q + 1.0f / 11;
    p = p * q + 1.0f / 9;
    p = p * q + 1.0f / 7;
    p = p * q + 1.0f / 5;
    p = p * q + 1.0f / 3;
    return (s + s * q * p) * 2.0f;
}

template <class V> DEVICE V relu_of(const V& x) { return select(x < 0.0f, all<V>(0), x); }  // a NaN stays
template <class V> DEVICE V gate(const V& y, const V& dy) { return select(y <= 0.0f, all<V>(0), dy); }

template <class V> DEVICE V sigmoid_of(const V& x) {
    V z = exponential(-magnitude(x));
    return select(x < 0.0f, z, all<V>(1)) / (z + 1.0f);
}

// tanh; below 1/4 by its odd series, where 1 - exp(-2x) would lose digits.
template <class V> DEVICE V tanh_of(const V& x) {
    V a = magnitude(x), z = exponential(a * -2.0f), q = x * x;
    V far = (1.0f - z) / (z + 1.0f);
    V p = q * (-1382.0f / 155925) + 62.0f / 2835;
    p = p * q - 17.0f / 315;
    p = p * q + 2.0f / 15;
    p = p * q - 1.0f / 3;
    return select(a < 0.25f, x + x * q * p, select(x < 0.0f, -far, far));
}

// ------------------------------------------------------------------------------------------------------------------ ranges

// Block b of `blocks` owns [begin, end) of n things; begins are multiples of `unit`, and only the last block's end need not be.
// There may be 2^32 - 1 units: a division of 64 bits is a call on the GPU, and spills registers.
DEVICE void range_of_block(long long n, int unit, unsigned int b, unsigned int blocks, long long& begin, long long& end) {
    unsigned int units = (unsigned int)(unit == 1 ? n : (n + unit - 1) / unit), share = units / blocks, more = units % blocks;
    begin = ((long long)share * b + smaller(b, more)) * unit;
    end = begin + (long long)(share + (b < more ? 1 : 0)) * unit;
    begin = smaller(begin, n);
    end = smaller(end, n);
}

DEVICE void block_range(long long n, int unit, long long& begin, long long& end) {
    range_of_block(n, unit, blockIdx.x, gridDim.x, begin, end);
}

// Division by what stays the same throughout a kernel. On a GPU a division is some 20 instructions, and a multiplication does: the
// product with the inverse is the quotient or one less, for every x. A processor divides as fast.
#if FAST
struct Divisor {
    unsigned int divisor;

    MEMBER Divisor(int divisor) : divisor((unsigned int)divisor) {}
    MEMBER unsigned int divide(unsigned int x, unsigned int& rest) const {
        unsigned int quotient = x / divisor;
        rest = x - quotient * divisor;
        return quotient;
    }
};
#else
struct Divisor {
    unsigned int divisor, inverse;

    MEMBER Divisor(int divisor) : divisor((unsigned int)divisor), inverse(0xffffffffu / (unsigned int)larger(divisor, 1)) {}
    MEMBER unsigned int divide(unsigned int x, unsigned int& rest) const {
        unsigned int quotient = __umulhi(x, inverse);
        rest = x - quotient * divisor;
        if (rest < divisor) return quotient;
        rest -= divisor;
        return quotient + 1;
    }
};
#endif

// Place (image, row, column) of `place` in images of height x width; there are fewer than 2^31 places.
struct Place {
    int image, row, column;

    MEMBER Place(long long place, const Divisor& height, const Divisor& width) {
        unsigned int r, c, line = width.divide((unsigned int)place, c);
        image = (int)height.divide(line, r);
        row = (int)r;
        column = (int)c;
    }
};

// Whether p and what stands `stride` elements on may be loaded by packs V; the fast way asks for no alignment.
template <class V = Pack, class S> DEVICE bool is_aligned(const S* p, long long stride = 0) {
    return FAST || ((unsigned long long)p % (width_of<V> * sizeof(S)) == 0 && stride % width_of<V> == 0);
}

// Calls body(i, V()) over this block's share of n elements of S: packs (where they may be used), then what is left singly.
template <class S = float, class Body> DEVICE void each_element(long long n, Body body, bool packs = true) {
    typedef PackOf<S> V;
    constexpr int W = width_of<V>;
    long long begin, end;
    block_range(n, 16, begin, end);
    long long packed = packs ? begin + (end - begin) / W * W : begin;
    for (long long i = begin + threadIdx.x * W; i < packed; i += THREADS * W) body(i, V());
    for (long long i = packed + threadIdx.x; i < end; i += THREADS) body(i, float());
}

// Threads laid over places and packs of their channels: `across` threads side by side work at one place, `rows` places at a time.
struct Lanes {
    int across, row, rows, column;
};

DEVICE Lanes lanes_over(int packs) {
    if (FAST) return Lanes{1, 0, 1, 0};
    int across = smaller(packs, THREADS), row = threadIdx.x / across, rows = THREADS / across;
    return Lanes{across, row < rows ? row : 0x3fffffff, rows, (int)threadIdx.x % across};
}

// Whether channels can be walked by packs: whole ones on the GPU, for alignment's sake. In the fast way the last pack of a place
// may overlap the one before; it writes the same values again.
template <class V> DEVICE bool walks_by_packs(int C) { return FAST ? C >= width_of<V> : C % width_of<V> == 0; }

// Calls body(c, V()) for this thread's packs of the C channels of one place.
template <class V, class Body> DEVICE void each_channel(int C, const Lanes& lanes, Body body) {
    constexpr int W = width_of<V>;
    for (int c = lanes.column * W; c < C; c += lanes.across * W) body(smaller(c, C - W), V());
}

// The thread's packs of one place's channels, up to CHANNEL_PACKS at a time, so that what belongs to the place (a tap's weight, a
// window's bounds) is worked out once for all of them. Calls body(group, V()).
constexpr int CHANNEL_PACKS = FAST ? 8 : 1;

template <class V> struct ChannelGroup {
    int first, last, count;  // channels: of the first pack, of the last one that fits; packs

    MEMBER int channel(int k) const { return smaller(first + k * width_of<V>, last); }
};

template <class V, class Body> DEVICE void each_channel_group(int C, const Lanes& lanes, Body body) {
    constexpr int W = width_of<V>;
    for (int c = lanes.column * W; c < C; c += lanes.across * W * CHANNEL_PACKS) {
        int packs = FAST ? smaller(CHANNEL_PACKS, (C - c + W - 1) / W) : 1;
        body(ChannelGroup<V>{c, C - W, packs}, V());
    }
}

#define EACH_IN_GROUP(k, group) for (int k = 0; k < (FAST ? (group).count : 1); k++)

// Calls body(lanes, begin, end, V()) once, V being the type to walk C channels of S with, and [begin, end) the block's places: the
// thread's are begin + lanes.row, and on by lanes.rows. Without packs, V is float.
template <class S = float, class Body> DEVICE void with_lanes(long long places, int C, Body body, bool packs = true) {
    typedef PackOf<S> V;
    long long begin, end;
    block_range(places, 1, begin, end);
    if (packs && walks_by_packs<V>(C)) body(lanes_over((C + width_of<V> - 1) / width_of<V>), begin, end, V());
    else body(lanes_over(C), begin, end, float());
}

// Calls body(lanes, place, Place, V()) for each of the thread's places in N images of height x width.
template <class S, class Body> DEVICE void each_place(int N, int height, int width, int C, Body body) {
    Divisor rows(height), columns(width);
    with_lanes<S>((long long)N * height * width, C, [&](const Lanes& lanes, long long begin, long long end, auto v) {
        for (unsigned int place = (unsigned int)begin + lanes.row; place < (unsigned int)end; place += lanes.rows) {
            body(lanes, (int)place, Place(place, rows, columns), v);
        }
    });
}

// ------------------------------------------------------------------------------------------------------------------ reductions

// The sum of x over the block's threads, in a fixed order; valid in thread 0. Every thread must call it.
template <class N> DEVICE N block_sum(N x) {
#if FAST
    return x;
#else
    SHARED(N, warps, 8);
    for (int offset = 16; offset > 0; offset /= 2) x += __shfl_down_sync(0xffffffffu, x, offset);
    __syncthreads();
    if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = x;
    __syncthreads();
    N sum = 0;
    for (int k = 0; k < 8; k++) sum += warps[k];
    return sum;
#endif
}

// The least of the block's indices; valid in thread 0. NO_INDEX is larger than any. Every thread must call it.
constexpr int NO_INDEX = 0x7fffffff;
DEVICE int block_least(int index) {
#if FAST
    return index;
#else
    SHARED(int, warps, 8);
    for (int offset = 16; offset > 0; offset /= 2) index = smaller(index, __shfl_down_sync(0xffffffffu, index, offset));
    __syncthreads();
    if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = index;
    __syncthreads();
    int least = NO_INDEX;
    for (int k = 0; k < 8; k++) least = smaller(least, warps[k]);
    return least;
#endif
}

// What a thread adds many floats up in: in the fast way one thread adds all of a block's.
#if FAST
typedef double LongSum;
#else
typedef float LongSum;
#endif

// Sums over blocks: `partials` has a row of `stride` floats a block. FINISH_COLUMNS columns at a time, each by FINISH_LANES
// threads; the result is valid in the threads for which finish_lane() is 0. Every thread must call it.
constexpr int FINISH_COLUMNS = FAST ? 1 : 8;
constexpr int FINISH_LANES = FAST ? 1 : 32;
DEVICE int finish_column() { return threadIdx.x % FINISH_COLUMNS; }
DEVICE int finish_lane() { return threadIdx.x / FINISH_COLUMNS; }

DEVICE double sum_of_finish_lanes(double x) {
#if FAST
    return x;
#else
    SHARED(double, lanes, THREADS);
    __syncthreads();
    lanes[threadIdx.x] = x;
    __syncthreads();
    for (int half = FINISH_LANES / 2; half > 0; half /= 2) {
        if (finish_lane() < half) lanes[threadIdx.x] += lanes[threadIdx.x + half * FINISH_COLUMNS];
        __syncthreads();
    }
    return lanes[finish_column()];
#endif
}

template <class N> DEVICE double sum_over_blocks(const N* partials, int blocks, long long stride, long long column, bool valid) {
    double sum = 0;
    if (valid) for (int b = finish_lane(); b < blocks; b += FINISH_LANES) sum += partials[b * stride + column];
    return sum_of_finish_lanes(sum);
}

// Calls body(column, whether it is one of the n) for all columns, block by block; all threads of a block call it equally often.
template <class Body> DEVICE void each_finish_column(long long n, Body body) {
    long long begin, end;
    block_range(n, FINISH_COLUMNS, begin, end);
    for (long long first = begin; first < end; first += FINISH_COLUMNS) {
        long long column = first + finish_column();
        body(column, column < n);
    }
}
