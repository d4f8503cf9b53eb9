#pragma once
// A warp as it is run: its registers, what of them has no value, and the groups that its lanes have parted into.
#include <algorithm>
#include <new>

#include "ptx/program.h"

namespace softcuda::ptx {

// Lanes of a warp that go together.
struct Group {
    enum class State { ready, at_barrier, in_shuffle };
    int at;  // the next instruction
    unsigned lanes;
    State state;
};

struct FreeFrame {
    void operator()(char* frame) const { ::operator delete(frame, std::align_val_t{place_unit}); }
};
using Frame = std::unique_ptr<char, FreeFrame>;

Frame new_frame(const Function& function);

// Which lanes of which registers hold nothing that was ever given a value, and where that came from; of registers of 64
// bits, by halves: a pack is stored as whole words, of which a part may be padding.
class Undefined {
public:
    explicit Undefined(const Function& function) : function_(&function), units_(function.wide.size()) {}

    bool any() const { return any_; }
    unsigned at(int place) const { return place < 0 ? 0 : at_half(place, 0) | (wide(place) ? at_half(place, 1) : 0); }
    unsigned at_half(int place, int half) const { return unit(place, half).lanes; }
    const Instruction* origin(int place) const {
        const Unit& low = unit(place, 0);
        return low.lanes || !wide(place) ? low.origin : unit(place, 1).origin;
    }
    // Of the lanes `of` of a register, `lanes` hold nothing from now on, because of `origin`, and the others something.
    void set(int place, unsigned of, unsigned lanes, const Instruction* origin) {
        if (place < 0) return;
        set_half(place, 0, of, lanes, origin);
        if (wide(place)) set_half(place, 1, of, lanes, origin);
    }
    void set_half(int place, int half, unsigned of, unsigned lanes, const Instruction* origin) {
        Unit& one = units_[index(place, half)];
        one.lanes = (one.lanes & ~of) | (lanes & of);
        if (!(lanes & of)) return;
        one.origin = origin;
        any_ = true;
    }
    void define(int place, unsigned of) { set(place, of, 0, nullptr); }
    void forget() {
        if (any_) std::fill(units_.begin(), units_.end(), Unit{});
        any_ = false;
    }

private:
    struct Unit {
        unsigned lanes = 0;
        const Instruction* origin = nullptr;
    };
    // A register of 64 bits has the units of two of 32 bits.
    static size_t index(int place, int half) { return static_cast<size_t>(place + half * word_place) / place_unit; }
    const Unit& unit(int place, int half) const { return units_[index(place, half)]; }
    bool wide(int place) const { return function_->wide[index(place, 0)]; }

    const Function* function_;
    std::vector<Unit> units_;
    bool any_ = false;
};

struct Warp {
    explicit Warp(const Function& function) : frame(new_frame(function)), undefined(function) {}
    void start(unsigned thread, unsigned lanes) {
        first_thread = thread;
        existing = lanes;
        left = 0;
        groups.assign(1, {0, lanes, Group::State::ready});
        undefined.forget();
    }

    Frame frame;
    Undefined undefined;
    std::vector<Group> groups;
    unsigned first_thread = 0, existing = 0, left = 0;
};

// The lanes whose predicate at that place is set.
unsigned bits_of(const char* frame, int place);

template <class Body> void each_lane(unsigned lanes, Body body) {
    for (unsigned left = lanes; left; left &= left - 1) body(__builtin_ctz(left));
}

// One request of a warp for memory: what each lane that takes part asks for.
struct Request {
    const Instruction& instruction;
    const unsigned long long* addresses;  // of the lanes
    unsigned lanes;
    unsigned first_thread;
};

}  // namespace softcuda::ptx
