#include "ptx/run.h"

#include <algorithm>
#include <cstring>

#include "core/allocations.h"
#include "core/failure.h"
#include "core/switches.h"
#include "ptx/counts.h"
#include "ptx/operations.h"
#include "ptx/warp.h"
#include "ptx/watch.h"

namespace softcuda::ptx {

namespace {

// A value between memory and a register, which may be wider.
void move(const Instruction& one, char* memory, char* value, bool stores) {
    const auto size = static_cast<size_t>(one.size);
    if (stores) {
        std::memcpy(memory, value, size);
        return;
    }
    const bool negative = one.extends_sign && static_cast<signed char>(memory[size - 1]) < 0;
    if (one.width != one.size) std::memset(value, negative ? 0xff : 0, static_cast<size_t>(one.width));
    std::memcpy(value, memory, size);
}

// The same for values whose register is as wide, which most are.
template <class T>
void move_all(const Instruction& one, char* frame, char* const* memory, unsigned lanes, bool stores) {
    for (int k = 0; k < one.count; k++) {
        T* values = reinterpret_cast<T*>(frame + one.values[k]);
        each_lane(lanes, [&](int lane) {
            T* place = reinterpret_cast<T*>(memory[lane]) + k;
            if (stores) *place = values[lane];
            else values[lane] = *place;
        });
    }
}

struct InstructionCounts {
    unsigned long long warps = 0, threads = 0;
    Taken requests;
};

class Run {
public:
    explicit Run(const Launch& launch);
    void all_blocks();

private:
    void block(unsigned number);
    void settle_barrier();
    bool advance(const Function& function, Warp& warp);
    bool take_ready(Warp& warp, Group& taken) const;
    void go(const Function& function, Warp& warp, Group group);

    void compute(Warp& warp, const Instruction& one, const Mask& lanes);
    void spread_undefined(Warp& warp, const Instruction& one, unsigned lanes);
    static void spread_halves(Undefined& undefined, const Instruction& one, unsigned lanes);
    void parameter(Warp& warp, const Instruction& one, unsigned lanes);
    void frame_access(Warp& warp, const Instruction& one, unsigned lanes);
    void local_access(const Function& function, Warp& warp, const Instruction& one, unsigned lanes);
    void global_access(const Function& function, Warp& warp, const Instruction& one, unsigned lanes);
    void shared_access(const Function& function, Warp& warp, const Instruction& one, unsigned lanes);
    void atomic_access(const Function& function, Warp& warp, const Instruction& one, unsigned lanes);
    void take_values(Warp& warp, const Instruction& one, char* const* memory, unsigned lanes);
    void addresses(Warp& warp, const Instruction& one, unsigned lanes, unsigned long long* all);
    void local_address(Warp& warp, const Instruction& one, unsigned lanes);
    [[noreturn]] void miss_lanes(const Function& function, const Warp& warp, const Group& waiting) const;
    bool meet(const Function& function, Warp& warp, const Instruction& one, Group& group);
    void exchange(Warp& warp, const Instruction& one, const Mask& lanes);
    void cast(Warp& warp, const Instruction& one, const Mask& lanes);
    void wait_at_barrier(const Function& function, Warp& warp, const Group& group);
    void call(Warp& warp, const Instruction& one, unsigned lanes);

    [[noreturn]] void end(const Warp& warp, const Instruction& one, unsigned lanes) const;
    void require_defined(const Warp& warp, const Instruction& one, int place, unsigned lanes, const char* use) const;
    void require_defined_values(const Warp& warp, const Instruction& one, unsigned lanes, const char* use) const;
    void set_specials(const Function& function, Warp& warp) const;
    void count_request(const Function& function, const Request& request);
    std::vector<InstructionCounts>& counts_of(const Function& function);
    void add_up() const;
    [[noreturn]] void fail(const std::string& what, const Instruction& one, unsigned thread,
                           const std::string& does) const {
        watch_.fail(CUDA_ERROR_LAUNCH_FAILED, what, one, thread, does);
    }

    const Launch& launch_;
    const Function& kernel_;
    const unsigned threads_;
    const bool counting_ = counting();
    Watch watch_;
    std::vector<Warp> warps_;
    std::vector<char> shared_;
    std::map<const Function*, std::unique_ptr<Warp>> called_;
    std::map<const Function*, std::vector<InstructionCounts>> counts_;
    unsigned long long barriers_ = 0, executed_ = 0;
    const unsigned long long most_ = static_cast<unsigned long long>(switches().most_instructions);
    dim3 at_;  // the block
};

Run::Run(const Launch& launch)
    : launch_(launch), kernel_(*launch.kernel), threads_(launch.block.x * launch.block.y * launch.block.z),
      watch_(*launch.program, kernel_, threads_, launch.shared_bytes),
      shared_(static_cast<size_t>(kernel_.shared_size(launch.shared_bytes))) {
    for (unsigned first = 0; first < threads_; first += warp_lanes) warps_.emplace_back(kernel_);
}

void Run::all_blocks() {
    const unsigned long long blocks = static_cast<unsigned long long>(launch_.grid.x) * launch_.grid.y * launch_.grid.z;
    for (unsigned long long number = 0; number < blocks; number++) {
        at_ = {static_cast<unsigned>(number % launch_.grid.x),
               static_cast<unsigned>(number / launch_.grid.x % launch_.grid.y),
               static_cast<unsigned>(number / launch_.grid.x / launch_.grid.y)};
        block(static_cast<unsigned>(number));
    }
    if (counting_) add_up();
}

void Run::block(unsigned number) {
    watch_.begin_block(number);
    fill_words(shared_.data(), shared_.size(), poison_word);
    for (size_t w = 0; w < warps_.size(); w++) {
        const unsigned first = static_cast<unsigned>(w) * warp_lanes,
                       lanes = std::min<unsigned>(warp_lanes, threads_ - first);
        warps_[w].start(first, lanes == warp_lanes ? all_lanes : (1u << lanes) - 1);
        set_specials(kernel_, warps_[w]);
    }
    for (;;) {
        bool waits = false;
        for (Warp& warp : warps_) waits |= advance(kernel_, warp);
        if (!waits) return;
        settle_barrier();
    }
}

// All threads are at one barrier, or something is wrong.
void Run::settle_barrier() {
    const Instruction* barrier = nullptr;
    unsigned waiting = 0;
    for (const Warp& warp : warps_) {
        for (const Group& group : warp.groups) {
            barrier = &kernel_.code[static_cast<size_t>(group.at)];
            waiting = warp.first_thread + static_cast<unsigned>(__builtin_ctz(group.lanes));
        }
    }
    unsigned gone = 0;
    for (Warp& warp : warps_) {
        gone += static_cast<unsigned>(__builtin_popcount(warp.left));
        for (Group& group : warp.groups) {
            const Instruction& own = kernel_.code[static_cast<size_t>(group.at)];
            if (&own != barrier)
                fail("a barrier that not all threads reach", own,
                     warp.first_thread + static_cast<unsigned>(__builtin_ctz(group.lanes)),
                     "waits here while thread " + std::to_string(waiting) + " waits at " +
                         launch_.program->place(barrier->site));
        }
    }
    if (gone)
        fail("a barrier that not all threads reach", *barrier, waiting,
             "waits for " + std::to_string(gone) + (gone == 1 ? " thread that has" : " threads that have") +
                 " left the kernel");
    for (Warp& warp : warps_)
        for (Group& group : warp.groups) group = {group.at + 1, group.lanes, Group::State::ready};
    watch_.pass_barrier();
    barriers_++;
}

// Runs the warp up to where all its lanes have left (false) or wait at a barrier (true).
bool Run::advance(const Function& function, Warp& warp) {
    Group group;
    while (take_ready(warp, group)) go(function, warp, group);
    for (const Group& waiting : warp.groups) {
        if (waiting.state == Group::State::in_shuffle) miss_lanes(function, warp, waiting);
    }
    return !warp.groups.empty();
}

// Of a group in a shuffle whose mask names others: the first of them, and where it is.
void Run::miss_lanes(const Function& function, const Warp& warp, const Group& waiting) const {
    const Instruction& one = function.code[static_cast<size_t>(waiting.at)];
    const int lane = __builtin_ctz(waiting.lanes);
    const auto* members = reinterpret_cast<const unsigned*>(warp.frame.get() + one.at.source[3]);
    const int missed = __builtin_ctz(members[lane] & warp.existing & ~waiting.lanes);
    std::string where = ", which has left the kernel";
    for (const Group& other : warp.groups)
        if (other.lanes >> missed & 1)
            where = ", which waits at " + launch_.program->place(function.code[static_cast<size_t>(other.at)].site);
    fail(std::string(one.kind == Kind::vote ? "a vote" : "a shuffle") + " that not all lanes reach", one, warp.first_thread + static_cast<unsigned>(lane),
         "waits for lane " + std::to_string(missed) + where);
}

// Of the groups that can go on, the one that stands first in the code, so that the others catch up; those that stand
// there too join it.
bool Run::take_ready(Warp& warp, Group& taken) const {
    taken = {0, 0, Group::State::ready};
    for (const Group& group : warp.groups)
        if (group.state == Group::State::ready && (!taken.lanes || group.at < taken.at)) taken = group;
    if (!taken.lanes) return false;
    auto joins = [&](const Group& group) { return group.state == Group::State::ready && group.at == taken.at; };
    for (const Group& group : warp.groups)
        if (joins(group)) taken.lanes |= group.lanes;
    warp.groups.erase(std::remove_if(warp.groups.begin(), warp.groups.end(), joins), warp.groups.end());
    return true;
}

// Runs a group up to where it waits, leaves, parts, or may meet the other groups of its warp.
void Run::go(const Function& function, Warp& warp, Group group) {
    Mask lanes(group.lanes);
    std::vector<InstructionCounts>* counts = counting_ ? &counts_of(function) : nullptr;
    const bool alone = warp.groups.empty();
    for (bool first = true;; first = false) {
        const Instruction& one = function.code[static_cast<size_t>(group.at)];
        if (one.leads && !first && !alone) {
            warp.groups.push_back(group);
            return;
        }
        executed_++;
        if (counts && one.kind != Kind::shuffle && one.kind != Kind::vote) {
            (*counts)[static_cast<size_t>(one.number)].warps++;
            (*counts)[static_cast<size_t>(one.number)].threads += static_cast<unsigned>(__builtin_popcount(lanes.bits));
        }
        unsigned taking = lanes.bits;
        if (one.guard >= 0 && one.kind != Kind::compute) {
            require_defined(warp, one, one.guard, lanes.bits, "goes by");
            const unsigned guard = bits_of(warp.frame.get(), one.guard);
            taking &= one.negated ? ~guard : guard;
        }
        switch (one.kind) {
            case Kind::compute: compute(warp, one, lanes); break;
            case Kind::parameter: parameter(warp, one, lanes.bits); break;
            case Kind::local_address: local_address(warp, one, lanes.bits); break;
            case Kind::call: call(warp, one, lanes.bits); break;
            case Kind::load:
            case Kind::store:
                switch (one.space) {
                    case Space::global: global_access(function, warp, one, lanes.bits); break;
                    case Space::shared: shared_access(function, warp, one, lanes.bits); break;
                    case Space::local: local_access(function, warp, one, lanes.bits); break;
                    case Space::frame: frame_access(warp, one, lanes.bits); break;
                }
                break;
            case Kind::atomic: atomic_access(function, warp, one, lanes.bits); break;
            case Kind::branch:
                if (most_ && executed_ > most_) end(warp, one, lanes.bits);
                if (taking == lanes.bits) {
                    group.at = one.target;
                    continue;
                }
                if (!taking) break;
                warp.groups.push_back({one.target, taking, Group::State::ready});
                warp.groups.push_back({group.at + 1, lanes.bits & ~taking, Group::State::ready});
                return;
            case Kind::leave:
                warp.left |= taking;
                if (lanes.bits & ~taking)
                    warp.groups.push_back({group.at + 1, lanes.bits & ~taking, Group::State::ready});
                return;
            case Kind::shuffle:
            case Kind::vote:
                if (!meet(function, warp, one, group)) return;
                if (lanes.bits != group.lanes || alone != warp.groups.empty()) {
                    group.at++;
                    warp.groups.push_back(group);
                    return;
                }
                break;
            case Kind::barrier: wait_at_barrier(function, warp, group); return;
        }
        group.at++;
    }
}

void Run::end(const Warp& warp, const Instruction& one, unsigned lanes) const {
    fail("a launch that does not end", one, warp.first_thread + static_cast<unsigned>(__builtin_ctz(lanes)),
         "goes on when warps have executed " + std::to_string(most_) + " instructions");
}

void Run::require_defined(const Warp& warp, const Instruction& one, int place, unsigned lanes, const char* use) const {
    if (!warp.undefined.any()) return;
    const unsigned undefined = warp.undefined.at(place) & lanes;
    if (!undefined) return;
    const Instruction& origin = *warp.undefined.origin(place);
    fail("a use of what has no value", one, warp.first_thread + static_cast<unsigned>(__builtin_ctz(undefined)),
         std::string(use) +
             (origin.divides ? " what a division by 0 gave at "
                             : " what shared memory gave that nobody has written, at ") +
             launch_.program->place(origin.site));
}

// Of a store; a load takes none.
void Run::require_defined_values(const Warp& warp, const Instruction& one, unsigned lanes, const char* use) const {
    if (one.kind != Kind::store) return;
    for (int k = 0; k < one.count; k++) require_defined(warp, one, one.values[k], lanes, use);
}

void Run::compute(Warp& warp, const Instruction& one, const Mask& lanes) {
    char* frame = warp.frame.get();
    unsigned active = lanes.bits;
    if (one.guard < 0) {
        one.compute(frame, one.at, lanes);
    } else {
        const unsigned guard = bits_of(frame, one.guard);
        active &= one.negated ? ~guard : guard;
        one.compute(frame, one.at, Mask(active));
    }
    if (warp.undefined.any() || (one.divides && divided_by_zero)) spread_undefined(warp, one, active);
}

// A result has no value where what it is made of has none. Where one of two is chosen, the other does not matter.
void Run::spread_undefined(Warp& warp, const Instruction& one, unsigned lanes) {
    if (one.halves != Halves::mixed && one.guard < 0) {
        spread_halves(warp.undefined, one, lanes);
        return;
    }
    unsigned without = one.divides ? divided_by_zero : 0;
    const Instruction* origin = without ? &one : nullptr;
    auto take = [&](int place, unsigned of) {
        const unsigned undefined = warp.undefined.at(place) & of & lanes;
        if (undefined) origin = warp.undefined.origin(place);
        without |= undefined;
    };
    take(one.guard, ~0u);
    const unsigned first = one.selects ? bits_of(warp.frame.get(), one.at.source[2]) : 0;
    for (int k = 0; k < static_cast<int>(std::size(one.at.source)); k++)
        take(one.at.source[k], !one.selects || k == 2 ? ~0u : k == 0 ? first : k == 1 ? ~first : 0);
    warp.undefined.set(one.at.destination, lanes, without, origin);
    warp.undefined.set(one.at.second, lanes, without, origin);
}

void Run::spread_halves(Undefined& undefined, const Instruction& one, unsigned lanes) {
    const int from = one.at.source[0], to = one.at.destination;
    auto spread = [&](int source, int half, int target, int target_half) {
        const unsigned without = undefined.at_half(source, half);
        undefined.set_half(target, target_half, lanes, without, without ? undefined.origin(source) : nullptr);
    };
    for (int half = 0; half < 2; half++) {
        switch (one.halves) {
            case Halves::joined: spread(one.at.source[half], 0, to, half); break;
            case Halves::parted: spread(from, half, half ? one.at.second : to, 0); break;
            default: spread(from, half, to, half);
        }
    }
}

void Run::parameter(Warp& warp, const Instruction& one, unsigned lanes) {
    char* memory[warp_lanes];
    each_lane(lanes, [&](int lane) { memory[lane] = const_cast<char*>(launch_.parameters.data()) + one.offset; });
    take_values(warp, one, memory, lanes);
}

void Run::local_address(Warp& warp, const Instruction& one, unsigned lanes) {
    auto* target = reinterpret_cast<unsigned long long*>(warp.frame.get() + one.at.destination);
    each_lane(lanes, [&](int lane) {
        target[lane] = reinterpret_cast<uintptr_t>(warp.frame.get() + one.target + lane * one.stride);
    });
    warp.undefined.define(one.at.destination, lanes);
}

// Loads into registers, or stores from them, at the lanes' places.
void Run::take_values(Warp& warp, const Instruction& one, char* const* memory, unsigned lanes) {
    char* frame = warp.frame.get();
    const bool stores = one.kind == Kind::store;
    if (one.size == one.width && one.size == 4) {
        move_all<uint32_t>(one, frame, memory, lanes, stores);
    } else if (one.size == one.width && one.size == 8) {
        move_all<uint64_t>(one, frame, memory, lanes, stores);
    } else {
        for (int k = 0; k < one.count; k++)
            each_lane(lanes, [&](int lane) {
                move(one, memory[lane] + k * one.size, frame + one.values[k] + lane * one.width, stores);
            });
    }
    if (!stores && warp.undefined.any())
        for (int k = 0; k < one.count; k++) warp.undefined.define(one.values[k], lanes);
}

void Run::frame_access(Warp& warp, const Instruction& one, unsigned lanes) {
    char* memory[warp_lanes];
    require_defined_values(warp, one, lanes, "hands over");
    each_lane(lanes, [&](int lane) { memory[lane] = warp.frame.get() + one.target + lane * one.stride + one.offset; });
    take_values(warp, one, memory, lanes);
}

void Run::addresses(Warp& warp, const Instruction& one, unsigned lanes, unsigned long long* all) {
    const char* base = warp.frame.get() + one.at.source[0];
    require_defined(warp, one, one.at.source[0], lanes, "addresses memory by");
    for (int lane = 0; lane < warp_lanes; lane++) {
        const unsigned long long address = one.short_address ? reinterpret_cast<const uint32_t*>(base)[lane]
                                                             : reinterpret_cast<const unsigned long long*>(base)[lane];
        all[lane] = address + static_cast<unsigned long long>(one.offset);
    }
}

void Run::local_access(const Function& function, Warp& warp, const Instruction& one, unsigned lanes) {
    unsigned long long all[warp_lanes];
    char* memory[warp_lanes];
    addresses(warp, one, lanes, all);
    require_defined_values(warp, one, lanes, "stores");
    each_lane(lanes, [&](int lane) {
        memory[lane] = reinterpret_cast<char*>(all[lane]);
        const long long begin = memory[lane] - warp.frame.get();
        const bool inside = std::any_of(function.local.begin(), function.local.end(), [&](const Array& array) {
            const long long own = array.offset + static_cast<long long>(lane) * array.bytes;
            return begin >= own && begin + one.bytes() <= own + array.bytes;
        });
        if (!inside)
            watch_.fail(CUDA_ERROR_ILLEGAL_ADDRESS, "an access outside of local memory", one,
                        warp.first_thread + static_cast<unsigned>(lane), one.kind == Kind::store ? "writes" : "reads");
    });
    take_values(warp, one, memory, lanes);
}

void Run::global_access(const Function& function, Warp& warp, const Instruction& one, unsigned lanes) {
    unsigned long long all[warp_lanes];
    char* memory[warp_lanes];
    addresses(warp, one, lanes, all);
    const Request request{one, all, lanes, warp.first_thread};
    watch_.global(request);
    require_defined_values(warp, one, lanes, "stores");
    for (int lane = 0; lane < warp_lanes; lane++) memory[lane] = reinterpret_cast<char*>(all[lane]);
    take_values(warp, one, memory, lanes);
    if (counting_) count_request(function, request);
}

void Run::shared_access(const Function& function, Warp& warp, const Instruction& one, unsigned lanes) {
    unsigned long long all[warp_lanes];
    char* memory[warp_lanes];
    addresses(warp, one, lanes, all);
    const Request request{one, all, lanes, warp.first_thread};
    watch_.shared(request);
    each_lane(lanes, [&](int lane) { memory[lane] = shared_.data() + all[lane]; });
    take_values(warp, one, memory, lanes);
    const int halves = one.size == 8 ? 2 : 1, bytes = one.size / halves;
    for (int k = 0; k < one.count * halves; k++) {
        const int place = one.values[k / halves], half = k % halves;
        unsigned without = 0;
        each_lane(lanes, [&](int lane) {
            const unsigned long long address = all[lane] + static_cast<unsigned>(k * bytes);
            if (one.kind == Kind::store)
                watch_.set_value(address, bytes, !(warp.undefined.at_half(place, half) >> lane & 1));
            else if (!watch_.has_value(address, bytes)) without |= 1u << lane;
        });
        if (without) warp.undefined.set_half(place, half, lanes, without, &one);
    }
    if (counting_) count_request(function, request);
}

// One lane after the other, as atomic operations on one place are.
void Run::atomic_access(const Function& function, Warp& warp, const Instruction& one, unsigned lanes) {
    unsigned long long all[warp_lanes];
    addresses(warp, one, lanes, all);
    const Request request{one, all, lanes, warp.first_thread};
    const bool shared = one.space == Space::shared;
    if (shared) watch_.shared(request);
    else watch_.global(request);
    for (int operand = 1; operand < 3; operand++)
        require_defined(warp, one, one.at.source[operand], lanes, "updates memory by");
    char* frame = warp.frame.get();
    const auto size = static_cast<size_t>(one.size);
    auto value = [&](int place, int lane) {
        unsigned long long bits = 0;
        if (place >= 0) std::memcpy(&bits, frame + place + static_cast<size_t>(lane) * size, size);
        return bits;
    };
    unsigned without = 0;
    each_lane(lanes, [&](int lane) {
        char* memory = shared ? shared_.data() + all[lane] : reinterpret_cast<char*>(all[lane]);
        if (shared && !watch_.has_value(all[lane], one.size)) {
            if (!one.overwrites)
                fail("a use of what has no value", one, warp.first_thread + static_cast<unsigned>(lane),
                     "updates shared memory that nobody has written");
            without |= 1u << lane;
        }
        unsigned long long old = 0;
        std::memcpy(&old, memory, size);
        const unsigned long long next = one.update(old, value(one.at.source[1], lane), value(one.at.source[2], lane));
        std::memcpy(memory, &next, size);
        if (one.at.destination >= 0)
            std::memcpy(frame + one.at.destination + static_cast<size_t>(lane) * size, &old, size);
        if (shared) watch_.set_value(all[lane], one.size, true);
    });
    warp.undefined.set(one.at.destination, lanes, without, &one);
    if (counting_) count_request(function, request);
}

// False where the group has to wait for lanes that its mask names. Those that wait here already join it.
bool Run::meet(const Function& function, Warp& warp, const Instruction& one, Group& group) {
    const auto* members = reinterpret_cast<const unsigned*>(warp.frame.get() + one.at.source[3]);
    const int lane = __builtin_ctz(group.lanes);
    const unsigned needed = members[lane] & warp.existing;
    auto here = [&](const Group& other) { return other.state == Group::State::in_shuffle && other.at == group.at; };
    for (const Group& other : warp.groups)
        if (here(other)) group.lanes |= other.lanes;
    warp.groups.erase(std::remove_if(warp.groups.begin(), warp.groups.end(), here), warp.groups.end());
    if (needed & ~group.lanes) {
        group.state = Group::State::in_shuffle;
        warp.groups.push_back(group);
        return false;
    }
    if (counting_) {
        InstructionCounts& counts = counts_of(function)[static_cast<size_t>(one.number)];
        counts.warps++;
        counts.threads += static_cast<unsigned>(__builtin_popcount(group.lanes));
    }
    if (one.kind == Kind::vote) cast(warp, one, Mask(group.lanes));
    else exchange(warp, one, Mask(group.lanes));
    return true;
}

// A vote of the lanes that are here.
void Run::cast(Warp& warp, const Instruction& one, const Mask& lanes) {
    for (const int operand : {0, 3}) require_defined(warp, one, one.at.source[operand], lanes.bits, "votes by");
    const unsigned ayes = bits_of(warp.frame.get(), one.at.source[0]) & lanes.bits;
    const bool carried = one.vote == Vote::any ? ayes != 0 : ayes == lanes.bits;
    auto* target = reinterpret_cast<unsigned*>(warp.frame.get() + one.at.destination);
    each_lane(lanes.bits, [&](int lane) { target[lane] = one.vote == Vote::ballot ? ayes : carried ? ~0u : 0u; });
    warp.undefined.define(one.at.destination, lanes.bits);
}

void Run::exchange(Warp& warp, const Instruction& one, const Mask& lanes) {
    char* frame = warp.frame.get();
    const auto* given = reinterpret_cast<const unsigned*>(frame + one.at.source[0]);
    const auto* choice = reinterpret_cast<const unsigned*>(frame + one.at.source[1]);
    const auto* bounds = reinterpret_cast<const unsigned*>(frame + one.at.source[2]);
    const auto* members = reinterpret_cast<const unsigned*>(frame + one.at.source[3]);
    for (int operand = 1; operand < 4; operand++)
        require_defined(warp, one, one.at.source[operand], lanes.bits, "shuffles by");
    const unsigned undefined = warp.undefined.at(one.at.source[0]);
    unsigned result[warp_lanes] = {}, without = 0;
    int in_range[warp_lanes] = {};
    each_lane(lanes.bits, [&](int lane) {
        const int own = lane, segment = static_cast<int>(bounds[lane] >> 8 & 31),
                  clamp = static_cast<int>(bounds[lane] & 31);
        const int last = (own & segment) | (clamp & ~segment), first = own & segment,
                  by = static_cast<int>(choice[lane]);
        int from = own;
        switch (one.shuffle) {
            case Shuffle::up: from = own - by; break;
            case Shuffle::down: from = own + by; break;
            case Shuffle::butterfly: from = own ^ by; break;
            case Shuffle::index: from = first | (by & ~segment & 31); break;
        }
        const bool fits = one.shuffle == Shuffle::up ? from >= last : from <= last;
        if (!fits) from = own;
        if (!(lanes.bits >> from & 1) || !(members[lane] >> from & 1))
            fail("a shuffle from a lane that takes no part", one, warp.first_thread + static_cast<unsigned>(lane),
                 "asks for the value of lane " + std::to_string(from));
        result[lane] = given[from];
        in_range[lane] = fits ? -1 : 0;
        without |= (undefined >> from & 1) << lane;
    });
    auto* target = reinterpret_cast<unsigned*>(frame + one.at.destination);
    each_lane(lanes.bits, [&](int lane) { target[lane] = result[lane]; });
    if (one.at.second >= 0) {
        auto* predicate = reinterpret_cast<int*>(frame + one.at.second);
        each_lane(lanes.bits, [&](int lane) { predicate[lane] = in_range[lane]; });
    }
    if (warp.undefined.any()) {
        warp.undefined.set(one.at.destination, lanes.bits, without,
                           undefined ? warp.undefined.origin(one.at.source[0]) : nullptr);
        warp.undefined.define(one.at.second, lanes.bits);
    }
}

void Run::wait_at_barrier(const Function& function, Warp& warp, const Group& group) {
    const Instruction& one = function.code[static_cast<size_t>(group.at)];
    if (&function != &kernel_) fail("a barrier within a function", one, warp.first_thread, "cannot be run here");
    for (Group& other : warp.groups) {
        if (other.state != Group::State::at_barrier || other.at != group.at) continue;
        other.lanes |= group.lanes;
        return;
    }
    warp.groups.push_back({group.at, group.lanes, Group::State::at_barrier});
}

void Run::call(Warp& warp, const Instruction& one, unsigned lanes) {
    const Function& callee = *one.callee;
    if (one.arguments.size() != callee.arguments.size() || one.results.size() != callee.results.size())
        fail("a call with other arguments than the function takes", one, warp.first_thread, "calls " + callee.name);
    std::unique_ptr<Warp>& own = called_[&callee];
    if (!own) own = std::make_unique<Warp>(callee);
    if (!own->groups.empty()) fail("a function that calls itself", one, warp.first_thread, "calls " + callee.name);
    own->start(warp.first_thread, lanes);
    set_specials(callee, *own);
    auto copy = [&](char* to, const std::pair<int, int>& target, const char* from, const std::pair<int, int>& source) {
        each_lane(lanes, [&](int lane) {
            std::memcpy(to + target.first + lane * target.second, from + source.first + lane * source.second,
                        static_cast<size_t>(std::min(target.second, source.second)));
        });
    };
    for (size_t i = 0; i < one.arguments.size(); i++)
        copy(own->frame.get(), callee.arguments[i], warp.frame.get(), one.arguments[i]);
    advance(callee, *own);
    for (size_t i = 0; i < one.results.size(); i++)
        copy(warp.frame.get(), one.results[i], own->frame.get(), callee.results[i]);
}

void Run::set_specials(const Function& function, Warp& warp) const {
    const dim3& size = launch_.block;
    for (const auto& [which, place] : function.specials) {
        auto* values = reinterpret_cast<unsigned*>(warp.frame.get() + place);
        for (unsigned lane = 0; lane < warp_lanes; lane++) {
            const unsigned thread = warp.first_thread + lane;
            switch (which) {
                case Special::thread_x: values[lane] = thread % size.x; break;
                case Special::thread_y: values[lane] = thread / size.x % size.y; break;
                case Special::thread_z: values[lane] = thread / size.x / size.y; break;
                case Special::block_size_x: values[lane] = size.x; break;
                case Special::block_size_y: values[lane] = size.y; break;
                case Special::block_size_z: values[lane] = size.z; break;
                case Special::block_x: values[lane] = at_.x; break;
                case Special::block_y: values[lane] = at_.y; break;
                case Special::block_z: values[lane] = at_.z; break;
                case Special::grid_x: values[lane] = launch_.grid.x; break;
                case Special::grid_y: values[lane] = launch_.grid.y; break;
                case Special::grid_z: values[lane] = launch_.grid.z; break;
                case Special::lane: values[lane] = lane; break;
            }
        }
    }
}

// ---------------------------------------------------------------- counting

std::vector<InstructionCounts>& Run::counts_of(const Function& function) {
    std::vector<InstructionCounts>& counts = counts_[&function];
    if (counts.empty()) counts.resize(function.code.size());
    return counts;
}

void Run::count_request(const Function& function, const Request& request) {
    const Instruction& one = request.instruction;
    const Taken taken = one.space == Space::shared ? passes(request) : sectors(request);
    Taken& sum = counts_of(function)[static_cast<size_t>(one.number)].requests;
    sum.took += taken.took;
    sum.fewest += taken.fewest;
}

void Run::add_up() const {
    KernelCounts sum;
    sum.launches = 1;
    sum.blocks = static_cast<unsigned long long>(launch_.grid.x) * launch_.grid.y * launch_.grid.z;
    sum.barriers = barriers_;
    const Watch::Touched touched = watch_.touched();
    sum.bytes_loaded = touched.bytes_loaded;
    sum.bytes_stored = touched.bytes_stored;
    sum.sectors = touched.sectors;
    for (const auto& [function, counts] : counts_) {
        for (size_t i = 0; i < counts.size(); i++) {
            const Instruction& one = function->code[i];
            const InstructionCounts& of = counts[i];
            if (!of.warps) continue;
            sum.warp_instructions += of.warps;
            sum.thread_instructions += of.threads;
            LineCounts& line = sum.lines[{launch_.program->file(one.site.file), one.site.line}];
            line.instructions += of.warps;
            if (one.space == Space::shared) {
                line.shared_passes += of.requests.took;
                line.fewest_passes += of.requests.fewest;
            } else if (one.kind != Kind::load) {
                line.sectors_stored += of.requests.took;
                line.fewest_stored += of.requests.fewest;
            } else {
                line.sectors_loaded += of.requests.took;
                line.fewest_loaded += of.requests.fewest;
            }
        }
    }
    add_counts(kernel_.name, sum);
}

}  // namespace

void run(const Launch& launch) { Run(launch).all_blocks(); }

}  // namespace softcuda::ptx
