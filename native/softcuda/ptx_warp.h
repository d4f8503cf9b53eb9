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
    explicit Undefined(const Function& function) : lanes_(static_cast<size_t>(function.frame_bytes) / place_unit) {}

    bool any() const { return origin_ != nullptr; }
    const Instruction* origin() const { return origin_; }
    unsigned at(int place) const { return place < 0 ? 0 : lanes_[static_cast<size_t>(place) / place_unit]; }
    void set(int place, unsigned of, unsigned lanes) {
        if (place < 0) return;
        unsigned& all = lanes_[static_cast<size_t>(place) / place_unit];
        all = (all & ~of) | (lanes & of);
    }
    void come_from(const Instruction& origin) {
        if (!origin_) origin_ = &origin;
    }
    void forget() {
        if (!origin_) return;
        std::fill(lanes_.begin(), lanes_.end(), 0);
        origin_ = nullptr;
    }

private:
    std::vector<unsigned> lanes_;
    const Instruction* origin_ = nullptr;
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
