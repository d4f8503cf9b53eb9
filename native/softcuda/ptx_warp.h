#pragma once
// A warp as it is run: its registers, what of them has no value, and the groups that its lanes have parted into.
#include <algorithm>
#include <new>

#include "ptx_program.h"

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

// Which lanes of which registers hold nothing that was ever given a value, and where that came from.
class Undefined {
public:
    explicit Undefined(const Function& function)
        : registers_(static_cast<size_t>(function.frame_bytes) / place_unit) {}

    bool any() const { return any_; }
    unsigned at(int place) const { return place < 0 ? 0 : registers_[index(place)].lanes; }
    const Instruction* origin(int place) const { return registers_[index(place)].origin; }
    // Of the lanes `of` of a register, `lanes` hold nothing from now on, because of `origin`, and the others something.
    void set(int place, unsigned of, unsigned lanes, const Instruction* origin) {
        if (place < 0) return;
        Register& one = registers_[index(place)];
        one.lanes = (one.lanes & ~of) | (lanes & of);
        if (!(lanes & of)) return;
        one.origin = origin;
        any_ = true;
    }
    void define(int place, unsigned of) { set(place, of, 0, nullptr); }
    void forget() {
        if (any_) std::fill(registers_.begin(), registers_.end(), Register{});
        any_ = false;
    }

private:
    struct Register {
        unsigned lanes = 0;
        const Instruction* origin = nullptr;
    };
    static size_t index(int place) { return static_cast<size_t>(place) / place_unit; }

    std::vector<Register> registers_;
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
