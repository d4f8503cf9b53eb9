// The table of operations. Rounding and special values are those of the PTX ISA; `approx` errs as far as it allows.
#include "ptx/operations.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <unordered_map>

namespace softcuda::ptx {

thread_local unsigned divided_by_zero = 0;

namespace {

using u16 = uint16_t;
using u32 = uint32_t;
using u64 = uint64_t;
using s16 = int16_t;
using s32 = int32_t;
using s64 = int64_t;
enum class Predicate : s32 {};  // 0 or -1

template <class T> const T* values(const char* frame, int place) { return reinterpret_cast<const T*>(frame + place); }

template <class T> void put(char* frame, int place, const T* result, const Mask& lanes) {
    T* target = reinterpret_cast<T*>(frame + place);
    if (lanes.bits == all_lanes) {
        std::memcpy(target, result, sizeof(T) * warp_lanes);
    } else {
        for (int lane = 0; lane < warp_lanes; lane++) target[lane] = lanes.word[lane] ? result[lane] : target[lane];
    }
}

template <class T> constexpr OperandType type() { return {sizeof(T), std::is_same_v<T, Predicate>}; }

// What is given has no state: it is static so that a function without captures can call it.
template <class D, class A, class F> Operation unary(F given) {
    static const F of = given;
    Operation operation;
    operation.compute = [](char* frame, const Operands& at, const Mask& lanes) {
        const A* a = values<A>(frame, at.source[0]);
        alignas(64) D result[warp_lanes];
        for (int lane = 0; lane < warp_lanes; lane++) result[lane] = of(a[lane]);
        put(frame, at.destination, result, lanes);
    };
    operation.destination = type<D>();
    operation.source[0] = type<A>();
    operation.sources = 1;
    return operation;
}

template <class D, class A, class B, class F> Operation binary(F given) {
    static const F of = given;
    Operation operation;
    operation.compute = [](char* frame, const Operands& at, const Mask& lanes) {
        const A* a = values<A>(frame, at.source[0]);
        const B* b = values<B>(frame, at.source[1]);
        alignas(64) D result[warp_lanes];
        for (int lane = 0; lane < warp_lanes; lane++) result[lane] = of(a[lane], b[lane]);
        put(frame, at.destination, result, lanes);
    };
    operation.destination = type<D>();
    operation.source[0] = type<A>();
    operation.source[1] = type<B>();
    operation.sources = 2;
    return operation;
}

template <class D, class A, class B, class C, class F> Operation ternary(F given) {
    static const F of = given;
    Operation operation;
    operation.compute = [](char* frame, const Operands& at, const Mask& lanes) {
        const A* a = values<A>(frame, at.source[0]);
        const B* b = values<B>(frame, at.source[1]);
        const C* c = values<C>(frame, at.source[2]);
        alignas(64) D result[warp_lanes];
        for (int lane = 0; lane < warp_lanes; lane++) result[lane] = of(a[lane], b[lane], c[lane]);
        put(frame, at.destination, result, lanes);
    };
    operation.destination = type<D>();
    operation.source[0] = type<A>();
    operation.source[1] = type<B>();
    operation.source[2] = type<C>();
    operation.sources = 3;
    return operation;
}

// With the carry flag, the first place of every frame: read, and written where F changes it.
template <class F> Operation carrying(int sources, F given) {
    static const F of = given;
    Operation operation;
    operation.compute = [](char* frame, const Operands& at, const Mask& lanes) {
        const u32* a = values<u32>(frame, at.source[0]);
        const u32* b = values<u32>(frame, at.source[1]);
        const u32* c = values<u32>(frame, at.source[2] < 0 ? at.source[0] : at.source[2]);
        u32 result[warp_lanes], carry[warp_lanes];
        for (int lane = 0; lane < warp_lanes; lane++) {
            carry[lane] = values<u32>(frame, 0)[lane];
            result[lane] = of(a[lane], b[lane], c[lane], carry[lane]);
        }
        put(frame, at.destination, result, lanes);
        put(frame, 0, carry, lanes);
    };
    operation.destination = type<u32>();
    for (int i = 0; i < sources; i++) operation.source[i] = type<u32>();
    operation.sources = sources;
    return operation;
}

template <class T, bool remainder> Operation division() {
    Operation operation;
    operation.compute = [](char* frame, const Operands& at, const Mask& lanes) {
        const T* a = values<T>(frame, at.source[0]);
        const T* b = values<T>(frame, at.source[1]);
        T result[warp_lanes];
        divided_by_zero = 0;
        for (int lane = 0; lane < warp_lanes; lane++) {
            const T divisor = lanes.word[lane] ? b[lane] : 1;
            if (divisor == 0) {
                divided_by_zero |= 1u << lane;
                result[lane] = static_cast<T>(-1);
            } else if (std::is_signed_v<T> && divisor == static_cast<T>(-1)) {
                result[lane] = remainder ? 0 : static_cast<T>(0 - static_cast<std::make_unsigned_t<T>>(a[lane]));
            } else {
                result[lane] = static_cast<T>(remainder ? a[lane] % divisor : a[lane] / divisor);
            }
        }
        put(frame, at.destination, result, lanes);
    };
    operation.destination = operation.source[0] = operation.source[1] = type<T>();
    operation.sources = 2;
    operation.divides = true;
    return operation;
}

template <class T> T from_bits(std::conditional_t<sizeof(T) == 4, u32, u64> bits) {
    T value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}
u32 bits_of(float x) {
    u32 bits;
    std::memcpy(&bits, &x, sizeof bits);
    return bits;
}
u64 bits_of(double x) {
    u64 bits;
    std::memcpy(&bits, &x, sizeof bits);
    return bits;
}

// A number that looks random and depends on the operand alone: how far an approximation errs there.
u32 scattered(u32 x) {
    x = (x ^ x >> 16) * 0x7feb352du;
    x = (x ^ x >> 15) * 0x846ca68bu;
    return x ^ x >> 16;
}

float flushed(float x) { return std::fabs(x) < 0x1p-126f ? std::copysign(0.0f, x) : x; }
double flushed(double x) { return std::fabs(x) < 0x1p-1022 ? std::copysign(0.0, x) : x; }

// Within so many units in the last place, by the operands' bits.
float near(double value, u32 operands, u32 units) {
    const float exact = static_cast<float>(value);
    if (!std::isfinite(exact) || std::fabs(exact) <= 0x1p-126f || std::fabs(exact) >= 0x1p127f) return exact;
    return from_bits<float>(bits_of(exact) + scattered(operands) % (2 * units + 1) - units);
}

// ex2.approx.ftz.f32: within 2 units in the last place.
float power_of_two(float x) {
    const float exact = flushed(static_cast<float>(std::exp2(static_cast<double>(flushed(x)))));
    if (!std::isfinite(exact) || exact == 0) return exact;
    return flushed(from_bits<float>(bits_of(exact) + scattered(bits_of(x)) % 5 - 2));
}

// Within 1 unit in the last place, or 2: what PTX's bounds on the relative error, of 2^-22 to 2^-23, come to.
float approximate_root(float x) { return near(std::sqrt(static_cast<double>(x)), bits_of(x), 1); }
float approximate_inverse_root(float x) { return near(1 / std::sqrt(static_cast<double>(x)), bits_of(x), 1); }
float approximate_reciprocal(float x) { return near(1 / static_cast<double>(x), bits_of(x), 1); }
float approximate_power(float x) { return near(std::exp2(static_cast<double>(x)), bits_of(x), 2); }
float approximate_logarithm(float x) { return near(std::log2(static_cast<double>(x)), bits_of(x), 1); }
float approximate_quotient(float a, float b) {
    return near(static_cast<double>(a) / static_cast<double>(b), bits_of(a) * 31 + bits_of(b), 2);
}

// rcp.approx.ftz.f64: of the upper word alone, which errs by 1.
double coarse_reciprocal(double x) {
    constexpr u64 upper = 0xffffffff00000000ull;
    x = flushed(x);
    if (!std::isnan(x)) x = from_bits<double>(bits_of(x) & upper);
    const double exact = flushed(1 / x);
    u64 bits = bits_of(exact);
    if (std::isfinite(exact) && exact != 0)
        bits += static_cast<u64>(static_cast<s64>(scattered(static_cast<u32>(bits >> 32)) % 3) - 1) << 32;
    return from_bits<double>(bits & upper);
}

// a * b + c rounded down.
float fused_down(float a, float b, float c) {
    const double product = static_cast<double>(a) * b, sum = product + c;  // the product is exact
    if (!std::isfinite(sum)) return static_cast<float>(sum);
    const double shifted = sum - product;
    const double rest = (product - (sum - shifted)) + (static_cast<double>(c) - shifted);
    const float near = static_cast<float>(sum);
    const bool above = static_cast<double>(near) > sum || (static_cast<double>(near) == sum && rest < 0);
    return above ? std::nextafterf(near, -INFINITY) : near;
}

u32 to_bf16(float x) {
    const u32 bits = bits_of(x);
    return (bits & 0x7fffffffu) > 0x7f800000u ? 0x7fffu : (bits + 0x7fffu + (bits >> 16 & 1)) >> 16;
}

float from_bf16(u16 bits) { return from_bits<float>(static_cast<u32>(bits) << 16); }

float from_f16(u16 bits) {
    const float sign = bits & 0x8000u ? -1.0f : 1.0f;
    const int exponent = bits >> 10 & 31;
    const u32 fraction = bits & 0x3ffu;
    if (exponent == 31) return from_bits<float>(static_cast<u32>(bits & 0x8000u) << 16 | 0x7f800000u | fraction << 13);
    const float value = static_cast<float>(exponent ? fraction | 0x400u : fraction);
    return sign * std::ldexp(value, (exponent ? exponent : 1) - 25);
}

// To nearest, to even in the middle.
u16 to_f16(float x) {
    const u32 sign = bits_of(x) >> 16 & 0x8000u;
    const float size = std::fabs(x);
    if (std::isnan(x)) return 0x7fff;
    if (size >= 65520) return static_cast<u16>(sign | 0x7c00u);
    const int exponent = std::max(size == 0 ? -14 : std::ilogb(size), -14);
    // Of units of the last place there; 1024 of them are the next exponent's.
    const u32 units = static_cast<u32>(std::nearbyint(std::ldexp(size, 10 - exponent)));
    return static_cast<u16>(sign | ((static_cast<u32>(exponent + 14) << 10) + units));
}

template <class T> T least(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
        if (std::isnan(a)) return b;
        if (std::isnan(b)) return a;
        if (a == b) return std::signbit(a) ? a : b;
    }
    return a < b ? a : b;
}
template <class T> T most(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
        if (std::isnan(a)) return b;
        if (std::isnan(b)) return a;
        if (a == b) return std::signbit(a) ? b : a;
    }
    return a < b ? b : a;
}

// Saturating, as cvt to an integer is; a NaN gives 0.
template <class D, class F> D to_integer(F x) {
    if (std::isnan(x)) return 0;
    if (x <= static_cast<F>(std::numeric_limits<D>::min())) return std::numeric_limits<D>::min();
    if (x >= static_cast<F>(std::numeric_limits<D>::max())) return std::numeric_limits<D>::max();
    return static_cast<D>(x);
}

constexpr Predicate predicate(bool value) { return static_cast<Predicate>(-static_cast<s32>(value)); }
constexpr bool holds(Predicate value) { return static_cast<s32>(value) != 0; }

u64 inserted(u64 value, u64 into, u32 at, u32 count, u32 width) {
    at &= 255;
    count &= 255;
    if (at >= width || count == 0) return into;
    const u64 field = (count >= 64 ? ~0ull : (1ull << count) - 1) << at;
    return (into & ~field) | (value << at & field);
}
u32 permuted(u32 a, u32 b, u32 selection) {
    const u64 bytes = static_cast<u64>(b) << 32 | a;
    u32 result = 0;
    for (int i = 0; i < 4; i++) {
        const u32 choice = selection >> (4 * i) & 15;
        u32 byte = static_cast<u32>(bytes >> (8 * (choice & 7))) & 255;
        if (choice & 8) byte = byte & 128 ? 255 : 0;
        result |= byte << (8 * i);
    }
    return result;
}

class Table {
public:
    Table();
    const Operation* find(const std::string& name) const {
        auto found = all_.find(name);
        return found == all_.end() ? nullptr : &found->second;
    }

private:
    void moves();
    void integers();
    void bits();
    void floats();
    void conversions();
    void carries();
    template <class T> void integer(const std::string& type);
    template <class T> void real(const std::string& type);
    template <class T> void comparisons(const std::string& type);
    template <class T> void unordered(const std::string& type);
    template <class T> void selection(const std::string& type);
    template <class T> void logic(const std::string& type);
    template <class D> void conversions_to(const std::string& type);
    template <class D, class A> void conversion(const std::string& name);

    std::unordered_map<std::string, Operation> all_;
};

Table::Table() {
    moves();
    integers();
    bits();
    floats();
    conversions();
    carries();
}

void Table::moves() {
    for (const char* type : {"b16", "u16", "s16"}) {
        all_[std::string("mov.") + type] = unary<u16, u16>([](u16 a) { return a; });
        selection<u16>(type);
    }
    for (const char* type : {"b32", "u32", "s32", "f32"}) {
        all_[std::string("mov.") + type] = unary<u32, u32>([](u32 a) { return a; });
        selection<u32>(type);
    }
    for (const char* type : {"b64", "u64", "s64", "f64"}) {
        Operation& move = all_[std::string("mov.") + type];
        move = unary<u64, u64>([](u64 a) { return a; });
        move.keeps_halves = true;
        selection<u64>(type);
    }
    all_["mov.pred"] = unary<Predicate, Predicate>([](Predicate a) { return a; });
    // Global and local addresses are generic ones here.
    for (const char* name : {"cvta.to.global.u64", "cvta.to.local.u64", "cvta.local.u64", "cvta.global.u64",
                             "cvta.to.const.u64", "cvta.const.u64"})
        all_[name] = unary<u64, u64>([](u64 a) { return a; });
}

template <class T> void Table::selection(const std::string& type) {
    Operation& operation = all_["selp." + type];
    operation = ternary<T, T, T, Predicate>([](T a, T b, Predicate c) { return holds(c) ? a : b; });
    operation.selects = true;
}

template <class T> void Table::integer(const std::string& type) {
    using U = std::make_unsigned_t<T>;
    constexpr unsigned width = 8 * sizeof(T);
    all_["add." + type] = binary<T, T, T>([](T a, T b) { return static_cast<T>(U(a) + U(b)); });
    all_["sub." + type] = binary<T, T, T>([](T a, T b) { return static_cast<T>(U(a) - U(b)); });
    all_["mul.lo." + type] = binary<T, T, T>([](T a, T b) { return static_cast<T>(U(a) * 1u * U(b)); });
    all_["mad.lo." + type] = ternary<T, T, T, T>([](T a, T b, T c) { return static_cast<T>(U(a) * 1u * U(b) + U(c)); });
    all_["min." + type] = binary<T, T, T>([](T a, T b) { return least(a, b); });
    all_["max." + type] = binary<T, T, T>([](T a, T b) { return most(a, b); });
    all_["neg." + type] = unary<T, T>([](T a) { return static_cast<T>(U(0) - U(a)); });
    all_["shr." + type] = binary<T, T, u32>([](T a, u32 b) {
        return static_cast<T>(b < width ? a >> b : std::is_signed_v<T> ? a >> (width - 1) : 0);
    });
    all_["div." + type] = division<T, false>();
    all_["rem." + type] = division<T, true>();
    if constexpr (sizeof(T) < 8) {
        using Wide = std::conditional_t<std::is_signed_v<T>, std::conditional_t<sizeof(T) == 4, s64, s32>,
                                        std::conditional_t<sizeof(T) == 4, u64, u32>>;
        all_["mul.wide." + type] = binary<Wide, T, T>([](T a, T b) { return static_cast<Wide>(a) * b; });
        all_["mul.hi." + type] =
            binary<T, T, T>([](T a, T b) { return static_cast<T>(static_cast<Wide>(a) * b >> width); });
        all_["mad.hi." + type] = ternary<T, T, T, T>(
            [](T a, T b, T c) { return static_cast<T>(U(static_cast<Wide>(a) * b >> width) + U(c)); });
        all_["mad.wide." + type] = ternary<Wide, T, T, Wide>([](T a, T b, Wide c) {
            using Bits = std::make_unsigned_t<Wide>;
            return static_cast<Wide>(Bits(static_cast<Wide>(a) * b) + Bits(c));
        });
    } else {
        using Wide = std::conditional_t<std::is_signed_v<T>, __int128, unsigned __int128>;
        all_["mul.hi." + type] =
            binary<T, T, T>([](T a, T b) { return static_cast<T>(static_cast<Wide>(a) * b >> 64); });
    }
    comparisons<T>(type);
}

void Table::integers() {
    integer<s16>("s16");
    integer<u16>("u16");
    integer<s32>("s32");
    integer<u32>("u32");
    integer<s64>("s64");
    integer<u64>("u64");
    all_["abs.s32"] = unary<s32, s32>([](s32 a) { return static_cast<s32>(a < 0 ? 0u - static_cast<u32>(a) : a); });
    all_["abs.s64"] = unary<s64, s64>([](s64 a) { return static_cast<s64>(a < 0 ? 0ull - static_cast<u64>(a) : a); });
}

template <class T> void Table::logic(const std::string& type) {
    constexpr unsigned width = 8 * sizeof(T);
    all_["and." + type] = binary<T, T, T>([](T a, T b) { return static_cast<T>(a & b); });
    all_["or." + type] = binary<T, T, T>([](T a, T b) { return static_cast<T>(a | b); });
    all_["xor." + type] = binary<T, T, T>([](T a, T b) { return static_cast<T>(a ^ b); });
    all_["not." + type] = unary<T, T>([](T a) { return static_cast<T>(~a); });
    all_["shl." + type] = binary<T, T, u32>([](T a, u32 b) { return static_cast<T>(b < width ? a << b : 0); });
    all_["shr." + type] = binary<T, T, u32>([](T a, u32 b) { return static_cast<T>(b < width ? a >> b : 0); });
    comparisons<T>(type);
}

void Table::bits() {
    logic<u16>("b16");
    logic<u32>("b32");
    logic<u64>("b64");
    all_["and.pred"] = binary<Predicate, Predicate, Predicate>(
        [](Predicate a, Predicate b) { return predicate(holds(a) && holds(b)); });
    all_["or.pred"] = binary<Predicate, Predicate, Predicate>(
        [](Predicate a, Predicate b) { return predicate(holds(a) || holds(b)); });
    all_["xor.pred"] = binary<Predicate, Predicate, Predicate>(
        [](Predicate a, Predicate b) { return predicate(holds(a) != holds(b)); });
    all_["not.pred"] = unary<Predicate, Predicate>([](Predicate a) { return predicate(!holds(a)); });
    all_["clz.b32"] = unary<u32, u32>([](u32 a) { return a ? static_cast<u32>(__builtin_clz(a)) : 32u; });
    all_["clz.b64"] = unary<u32, u64>([](u64 a) { return a ? static_cast<u32>(__builtin_clzll(a)) : 64u; });
    all_["popc.b32"] = unary<u32, u32>([](u32 a) { return static_cast<u32>(__builtin_popcount(a)); });
    all_["popc.b64"] = unary<u32, u64>([](u64 a) { return static_cast<u32>(__builtin_popcountll(a)); });
    all_["prmt.b32"] = ternary<u32, u32, u32, u32>([](u32 a, u32 b, u32 c) { return permuted(a, b, c); });
    all_["shf.l.wrap.b32"] = ternary<u32, u32, u32, u32>(
        [](u32 a, u32 b, u32 c) { return static_cast<u32>((static_cast<u64>(b) << 32 | a) << (c & 31) >> 32); });
    all_["shf.r.wrap.b32"] = ternary<u32, u32, u32, u32>(
        [](u32 a, u32 b, u32 c) { return static_cast<u32>((static_cast<u64>(b) << 32 | a) >> (c & 31)); });
    all_["bfe.u32"] = ternary<u32, u32, u32, u32>([](u32 a, u32 at, u32 count) {
        at &= 255;
        count &= 255;
        return at > 31 ? 0u : a >> at & (count > 31 ? ~0u : (1u << count) - 1);
    });
    for (const char* name : {"bfi.b32", "bfi.b64"}) {
        Operation& operation = all_[name];
        const bool wide = std::strcmp(name, "bfi.b64") == 0;
        operation.compute =
            wide ? Compute([](char* frame, const Operands& at, const Mask& lanes) {
                u64 result[warp_lanes];
                for (int lane = 0; lane < warp_lanes; lane++)
                    result[lane] =
                        inserted(values<u64>(frame, at.source[0])[lane], values<u64>(frame, at.source[1])[lane],
                                 values<u32>(frame, at.source[2])[lane], values<u32>(frame, at.source[3])[lane], 64);
                put(frame, at.destination, result, lanes);
            })
                 : Compute([](char* frame, const Operands& at, const Mask& lanes) {
                       u32 result[warp_lanes];
                       for (int lane = 0; lane < warp_lanes; lane++)
                           result[lane] = static_cast<u32>(inserted(
                               values<u32>(frame, at.source[0])[lane], values<u32>(frame, at.source[1])[lane],
                               values<u32>(frame, at.source[2])[lane], values<u32>(frame, at.source[3])[lane], 32));
                       put(frame, at.destination, result, lanes);
                   });
        operation.destination = operation.source[0] = operation.source[1] = wide ? type<u64>() : type<u32>();
        operation.source[2] = operation.source[3] = type<u32>();
        operation.sources = 4;
    }
}

template <class T> void Table::comparisons(const std::string& type) {
    all_["setp.eq." + type] = binary<Predicate, T, T>([](T a, T b) { return predicate(a == b); });
    all_["setp.lt." + type] = binary<Predicate, T, T>([](T a, T b) { return predicate(a < b); });
    all_["setp.le." + type] = binary<Predicate, T, T>([](T a, T b) { return predicate(a <= b); });
    all_["setp.gt." + type] = binary<Predicate, T, T>([](T a, T b) { return predicate(a > b); });
    all_["setp.ge." + type] = binary<Predicate, T, T>([](T a, T b) { return predicate(a >= b); });
    all_["setp.ne." + type] = binary<Predicate, T, T>([](T a, T b) { return predicate(a < b || a > b); });
}

// Comparisons that hold, too, where one of the two is a NaN.
template <class T> void Table::unordered(const std::string& type) {
    all_["setp.equ." + type] = binary<Predicate, T, T>([](T a, T b) { return predicate(!(a < b || a > b)); });
    all_["setp.neu." + type] = binary<Predicate, T, T>([](T a, T b) { return predicate(!(a == b)); });
    all_["setp.ltu." + type] = binary<Predicate, T, T>([](T a, T b) { return predicate(!(a >= b)); });
    all_["setp.leu." + type] = binary<Predicate, T, T>([](T a, T b) { return predicate(!(a > b)); });
    all_["setp.gtu." + type] = binary<Predicate, T, T>([](T a, T b) { return predicate(!(a <= b)); });
    all_["setp.geu." + type] = binary<Predicate, T, T>([](T a, T b) { return predicate(!(a < b)); });
    all_["setp.num." + type] = binary<Predicate, T, T>([](T a, T b) { return predicate(a == a && b == b); });
    all_["setp.nan." + type] = binary<Predicate, T, T>([](T a, T b) { return predicate(a != a || b != b); });
}

template <class T> void Table::real(const std::string& type) {
    for (const std::string& rounding : {std::string(), std::string("rn.")}) {
        all_["add." + rounding + type] = binary<T, T, T>([](T a, T b) { return a + b; });
        all_["sub." + rounding + type] = binary<T, T, T>([](T a, T b) { return a - b; });
        all_["mul." + rounding + type] = binary<T, T, T>([](T a, T b) { return a * b; });
    }
    all_["fma.rn." + type] = ternary<T, T, T, T>([](T a, T b, T c) { return std::fma(a, b, c); });
    all_["div.rn." + type] = binary<T, T, T>([](T a, T b) { return a / b; });
    all_["rcp.rn." + type] = unary<T, T>([](T a) { return 1 / a; });
    all_["sqrt.rn." + type] = unary<T, T>([](T a) { return std::sqrt(a); });
    all_["min." + type] = binary<T, T, T>([](T a, T b) { return least(a, b); });
    all_["max." + type] = binary<T, T, T>([](T a, T b) { return most(a, b); });
    comparisons<T>(type);
    unordered<T>(type);
}

void Table::floats() {
    real<float>("f32");
    real<double>("f64");
    all_["neg.f32"] = unary<u32, u32>([](u32 a) { return a ^ 0x80000000u; });
    all_["abs.f32"] = unary<u32, u32>([](u32 a) { return a & 0x7fffffffu; });
    all_["neg.f64"] = unary<u64, u64>([](u64 a) { return a ^ 1ull << 63; });
    all_["abs.f64"] = unary<u64, u64>([](u64 a) { return a & ~(1ull << 63); });
    all_["fma.rm.f32"] =
        ternary<float, float, float, float>([](float a, float b, float c) { return fused_down(a, b, c); });
    all_["ex2.approx.ftz.f32"] = unary<float, float>([](float a) { return power_of_two(a); });
    all_["ex2.approx.f32"] = unary<float, float>([](float a) { return approximate_power(a); });
    all_["lg2.approx.f32"] = unary<float, float>([](float a) { return approximate_logarithm(a); });
    all_["sqrt.approx.f32"] = unary<float, float>([](float a) { return approximate_root(a); });
    all_["rsqrt.approx.f32"] = unary<float, float>([](float a) { return approximate_inverse_root(a); });
    all_["rcp.approx.f32"] = unary<float, float>([](float a) { return approximate_reciprocal(a); });
    for (const char* name : {"div.full.f32", "div.approx.f32"})
        all_[name] = binary<float, float, float>([](float a, float b) { return approximate_quotient(a, b); });
    all_["rcp.approx.ftz.f64"] = unary<double, double>([](double a) { return coarse_reciprocal(a); });
}

template <class D, class A> void Table::conversion(const std::string& name) {
    using Register = std::conditional_t<sizeof(A) == 1, u16, A>;  // a byte stands in 16 bits
    auto lower = [](auto a) { return static_cast<D>(static_cast<A>(a)); };
    all_[name] = unary<D, Register>(lower);
    if constexpr (std::is_integral_v<A>) {
        if constexpr (sizeof(A) < 4) all_[from_wider(name, 4)] = unary<D, u32>(lower);
        if constexpr (sizeof(A) < 8) all_[from_wider(name, 8)] = unary<D, u64>(lower);
    }
}

template <class D> void Table::conversions_to(const std::string& type) {
    const std::string to = "cvt." + type + ".";
    conversion<D, uint8_t>(to + "u8");
    conversion<D, int8_t>(to + "s8");
    conversion<D, u16>(to + "u16");
    conversion<D, s16>(to + "s16");
    conversion<D, u32>(to + "u32");
    conversion<D, s32>(to + "s32");
    conversion<D, u64>(to + "u64");
    conversion<D, s64>(to + "s64");
}

void Table::conversions() {
    conversions_to<u16>("u16");
    conversions_to<s16>("s16");
    conversions_to<u32>("u32");
    conversions_to<s32>("s32");
    conversions_to<u64>("u64");
    conversions_to<s64>("s64");
    conversion<float, s32>("cvt.rn.f32.s32");
    conversion<float, u32>("cvt.rn.f32.u32");
    conversion<float, s64>("cvt.rn.f32.s64");
    conversion<float, u64>("cvt.rn.f32.u64");
    conversion<float, u16>("cvt.rn.f32.u16");
    conversion<float, s16>("cvt.rn.f32.s16");
    conversion<float, uint8_t>("cvt.rn.f32.u8");
    conversion<float, int8_t>("cvt.rn.f32.s8");
    conversion<double, u16>("cvt.rn.f64.u16");
    conversion<double, s16>("cvt.rn.f64.s16");
    all_["cvt.f32.f16"] = unary<float, u16>([](u16 a) { return from_f16(a); });
    all_["cvt.f32.bf16"] = unary<float, u16>([](u16 a) { return from_bf16(a); });
    all_["cvt.rn.f16.f32"] = unary<u16, float>([](float a) { return to_f16(a); });
    conversion<double, s32>("cvt.rn.f64.s32");
    conversion<double, u32>("cvt.rn.f64.u32");
    conversion<double, s64>("cvt.rn.f64.s64");
    conversion<double, u64>("cvt.rn.f64.u64");
    conversion<double, float>("cvt.f64.f32");
    conversion<float, double>("cvt.rn.f32.f64");
    all_["cvt.rni.s32.f64"] = unary<s32, double>([](double a) { return to_integer<s32>(std::nearbyint(a)); });
    all_["cvt.rni.s32.f32"] = unary<s32, float>([](float a) { return to_integer<s32>(std::nearbyint(a)); });
    all_["cvt.rzi.s32.f32"] = unary<s32, float>([](float a) { return to_integer<s32>(std::trunc(a)); });
    all_["cvt.rzi.u32.f32"] = unary<u32, float>([](float a) { return to_integer<u32>(std::trunc(a)); });
    all_["cvt.rzi.s64.f64"] = unary<s64, double>([](double a) { return to_integer<s64>(std::trunc(a)); });
    all_["cvt.rmi.s32.f32"] = unary<s32, float>([](float a) { return to_integer<s32>(std::floor(a)); });
    all_["cvt.rzi.f64.f64"] = unary<double, double>([](double a) { return std::trunc(a); });
    all_["cvt.rni.f64.f64"] = unary<double, double>([](double a) { return std::nearbyint(a); });
    all_["cvt.rzi.f32.f32"] = unary<float, float>([](float a) { return std::trunc(a); });
    all_["cvt.rmi.f32.f32"] = unary<float, float>([](float a) { return std::floor(a); });
    // A NaN and -0 give +0.
    all_["cvt.sat.f32.f32"] = unary<float, float>([](float a) { return a > 1 ? 1.0f : a > 0 ? a : 0.0f; });
    all_["cvt.rn.bf16x2.f32"] =
        binary<u32, float, float>([](float high, float low) { return to_bf16(high) << 16 | to_bf16(low); });
    all_["cvt.rn.bf16.f32"] = unary<u16, float>([](float a) { return static_cast<u16>(to_bf16(a)); });
}

void Table::carries() {
    all_["add.cc.u32"] = carrying(2, [](u32 a, u32 b, u32, u32& carry) {
        const u64 sum = static_cast<u64>(a) + b;
        carry = static_cast<u32>(sum >> 32);
        return static_cast<u32>(sum);
    });
    all_["addc.cc.u32"] = carrying(2, [](u32 a, u32 b, u32, u32& carry) {
        const u64 sum = static_cast<u64>(a) + b + carry;
        carry = static_cast<u32>(sum >> 32);
        return static_cast<u32>(sum);
    });
    all_["addc.u32"] = carrying(2, [](u32 a, u32 b, u32, u32& carry) { return a + b + carry; });
    all_["sub.cc.u32"] = carrying(2, [](u32 a, u32 b, u32, u32& carry) {
        const u64 difference = static_cast<u64>(a) - b;
        carry = static_cast<u32>(difference >> 32 & 1);
        return static_cast<u32>(difference);
    });
    all_["subc.cc.u32"] = carrying(2, [](u32 a, u32 b, u32, u32& carry) {
        const u64 difference = static_cast<u64>(a) - b - carry;
        carry = static_cast<u32>(difference >> 32 & 1);
        return static_cast<u32>(difference);
    });
    all_["subc.u32"] = carrying(2, [](u32 a, u32 b, u32, u32& carry) { return a - b - carry; });
    all_["mad.lo.cc.u32"] = carrying(3, [](u32 a, u32 b, u32 c, u32& carry) {
        const u64 sum = static_cast<u64>(a * b) + c;
        carry = static_cast<u32>(sum >> 32);
        return static_cast<u32>(sum);
    });
    all_["madc.lo.cc.u32"] = carrying(3, [](u32 a, u32 b, u32 c, u32& carry) {
        const u64 sum = static_cast<u64>(a * b) + c + carry;
        carry = static_cast<u32>(sum >> 32);
        return static_cast<u32>(sum);
    });
    all_["madc.hi.cc.u32"] = carrying(3, [](u32 a, u32 b, u32 c, u32& carry) {
        const u64 sum = (static_cast<u64>(a) * b >> 32) + c + carry;
        carry = static_cast<u32>(sum >> 32);
        return static_cast<u32>(sum);
    });
    all_["madc.hi.u32"] = carrying(
        3, [](u32 a, u32 b, u32 c, u32& carry) { return static_cast<u32>(static_cast<u64>(a) * b >> 32) + c + carry; });
}

template <class Whole, class Half> Operation apart() {
    Operation operation;
    operation.compute = [](char* frame, const Operands& at, const Mask& lanes) {
        const Whole* a = values<Whole>(frame, at.source[0]);
        Half low[warp_lanes], high[warp_lanes];
        for (int lane = 0; lane < warp_lanes; lane++) {
            low[lane] = static_cast<Half>(a[lane]);
            high[lane] = static_cast<Half>(a[lane] >> 8 * sizeof(Half));
        }
        put(frame, at.destination, low, lanes);
        put(frame, at.second, high, lanes);
    };
    operation.destination = type<Half>();
    operation.source[0] = type<Whole>();
    operation.sources = 1;
    return operation;
}

template <class Whole, class Half> Operation together() {
    return binary<Whole, Half, Half>(
        [](Half low, Half high) { return static_cast<Whole>(low | static_cast<Whole>(high) << 8 * sizeof(Half)); });
}

}  // namespace

std::string from_wider(const std::string& name, int bytes) { return name + " of " + std::to_string(bytes) + " bytes"; }

const Operation* find_operation(const std::string& name) {
    static const Table* table = new Table;
    return table->find(name);
}

Operation taken_apart(int bytes) { return bytes == 8 ? apart<u64, u32>() : apart<u32, u16>(); }

Operation put_together(int bytes) { return bytes == 8 ? together<u64, u32>() : together<u32, u16>(); }

}  // namespace softcuda::ptx
