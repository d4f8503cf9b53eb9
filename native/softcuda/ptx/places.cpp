#include "ptx/places.h"

#include <algorithm>

namespace softcuda::ptx {

namespace {

// Numbers from here on are constants, and from there on special registers.
constexpr int first_constant = 1 << 24;
constexpr int first_special = 1 << 25;

using Set = std::vector<uint64_t>;  // of registers
bool has(const Set& set, int one) { return set[static_cast<size_t>(one) / 64] >> (one % 64) & 1; }
void add(Set& set, int one) { set[static_cast<size_t>(one) / 64] |= uint64_t{1} << (one % 64); }
template <class Body> void each(const Set& set, Body body) {
    for (size_t word = 0; word < set.size(); word++)
        for (uint64_t left = set[word]; left; left &= left - 1)
            body(static_cast<int>(word * 64) + __builtin_ctzll(left));
}

template <class I, class Body> void each_read(I& one, Body body) {
    body(one.guard);
    for (auto& source : one.at.source) body(source);
    if (one.kind == Kind::store)
        for (auto& value : one.values) body(value);
}
template <class I, class Body> void each_written(I& one, Body body) {
    body(one.at.destination);
    body(one.at.second);
    if (one.kind == Kind::load || one.kind == Kind::parameter)
        for (auto& value : one.values) body(value);
}

bool is_register(int number) { return number >= 0 && number < first_constant; }

// The straight stretches of a function, and where each may go on.
struct Stretch {
    int begin, end;
    std::vector<int> next;
};

std::vector<Stretch> stretches(const std::vector<Instruction>& code) {
    const int count = static_cast<int>(code.size());
    std::vector<Stretch> all;
    std::vector<int> of(code.size());
    for (int i = 0; i < count; i++) {
        if (i == 0 || code[static_cast<size_t>(i)].leads) all.push_back({i, i, {}});
        all.back().end = i + 1;
        of[static_cast<size_t>(i)] = static_cast<int>(all.size()) - 1;
    }
    for (Stretch& stretch : all) {
        const Instruction& last = code[static_cast<size_t>(stretch.end) - 1];
        if (last.kind == Kind::branch) stretch.next.push_back(of[static_cast<size_t>(last.target)]);
        const bool goes_on = (last.kind != Kind::branch && last.kind != Kind::leave) || last.guard >= 0;
        if (goes_on && stretch.end < count) stretch.next.push_back(of[static_cast<size_t>(stretch.end)]);
    }
    return all;
}

}  // namespace

int Places::add(OperandType type) {
    registers_.push_back({type});
    return static_cast<int>(registers_.size()) - 1;
}

int Places::constant(int bytes, unsigned long long bits) {
    if (bytes < 8) bits &= (1ull << (8 * bytes)) - 1;
    auto [known, fresh] = known_constants_.insert({{bytes, bits}, static_cast<int>(constants_.size())});
    if (fresh) constants_.push_back({-1, bytes, bits});
    return first_constant + known->second;
}

int Places::special(Special which) {
    for (size_t i = 0; i < specials_.size(); i++)
        if (specials_[i].first == which) return first_special + static_cast<int>(i);
    specials_.push_back({which, -1});
    return first_special + static_cast<int>(specials_.size()) - 1;
}

int Places::take(int bytes) {
    const int place = next_;
    next_ += (bytes + place_unit - 1) / place_unit * place_unit;
    return place;
}

int Places::reserve(int bytes) { return take(bytes); }

int Places::place_of(int number) const {
    if (number < 0) return number;
    if (number >= first_special) return specials_[static_cast<size_t>(number - first_special)].second;
    if (number >= first_constant) return constants_[static_cast<size_t>(number - first_constant)].place;
    return registers_[static_cast<size_t>(number)].place;
}

void Places::settle(Function& function) {
    lead(function);
    find_lives(function);
    for (auto& [which, place] : specials_) place = take(word_place);
    for (Constant& constant : constants_) constant.place = take(constant.bytes * warp_lanes);
    share_places();
    for (Instruction& one : function.code) {
        auto settled = [this](int& number) { number = place_of(number); };
        settled(one.guard);
        settled(one.at.destination);
        settled(one.at.second);
        for (int& source : one.at.source) settled(source);
        for (int& value : one.values) settled(value);
    }
    function.constants = constants_;
    function.specials = specials_;
    function.frame_bytes = next_;
    function.wide.assign(static_cast<size_t>(next_) / place_unit, 0);
    for (const Register& one : registers_)
        if (one.place >= 0 && one.type.bytes == 8) function.wide[static_cast<size_t>(one.place) / place_unit] = 1;
}

void Places::lead(Function& function) const {
    std::vector<Instruction>& code = function.code;
    for (size_t i = 0; i < code.size(); i++) {
        if (code[i].kind == Kind::branch) code[static_cast<size_t>(code[i].target)].leads = true;
        const bool parts = code[i].kind == Kind::branch || code[i].kind == Kind::barrier || code[i].kind == Kind::leave;
        if (parts && i + 1 < code.size()) code[i + 1].leads = true;
    }
}

// The usual liveness analysis, backwards until nothing changes; a life is then the span from its first to its last
// place.
void Places::find_lives(Function& function) {
    const std::vector<Instruction>& code = function.code;
    const std::vector<Stretch> all = stretches(code);
    const Set none((registers_.size() + 63) / 64);
    std::vector<Set> read(all.size(), none), written(all.size(), none), before(all.size(), none),
        behind(all.size(), none);
    for (size_t s = 0; s < all.size(); s++) {
        for (int i = all[s].begin; i < all[s].end; i++) {
            const Instruction& one = code[static_cast<size_t>(i)];
            auto needed = [&](int number) {
                if (is_register(number) && !has(written[s], number)) ptx::add(read[s], number);
            };
            each_read(one, needed);
            each_written(one, [&](int number) {
                if (one.guard >= 0) needed(number);  // lanes without the guard keep what was there
                if (is_register(number) && one.guard < 0) ptx::add(written[s], number);
            });
        }
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t s = all.size(); s-- > 0;) {
            Set out = none;
            for (const int next : all[s].next)
                for (size_t w = 0; w < out.size(); w++) out[w] |= before[static_cast<size_t>(next)][w];
            for (size_t w = 0; w < out.size(); w++) {
                const uint64_t in = read[s][w] | (out[w] & ~written[s][w]);
                changed |= in != before[s][w];
                before[s][w] = in;
            }
            behind[s] = std::move(out);
        }
    }
    auto alive = [this](int number, int at) {
        Register& one = registers_[static_cast<size_t>(number)];
        one.first = std::min(one.first, at);
        one.last = std::max(one.last, at);
    };
    for (size_t s = 0; s < all.size(); s++) {
        each(before[s], [&](int number) { alive(number, 2 * all[s].begin); });
        each(behind[s], [&](int number) { alive(number, 2 * all[s].end); });
        for (int i = all[s].begin; i < all[s].end; i++) {
            each_read(code[static_cast<size_t>(i)], [&](int number) {
                if (is_register(number)) alive(number, 2 * i);
            });
            each_written(code[static_cast<size_t>(i)], [&](int number) {
                if (is_register(number)) alive(number, 2 * i + 1);
            });
        }
    }
}

// Only registers of one width share a place: parts of a warp that have gone different ways then never meet in a lane.
void Places::share_places() {
    std::vector<Register*> order;
    for (Register& one : registers_)
        if (one.last >= 0) order.push_back(&one);
    std::sort(order.begin(), order.end(), [](const Register* a, const Register* b) { return a->first < b->first; });
    std::multimap<int, const Register*> taken;  // by the end of the life
    std::map<int, std::vector<int>> free;       // by width
    for (Register* one : order) {
        while (!taken.empty() && taken.begin()->first < one->first) {
            const Register* ended = taken.begin()->second;
            free[ended->type.bytes].push_back(ended->place);
            taken.erase(taken.begin());
        }
        std::vector<int>& places = free[one->type.bytes];
        if (places.empty()) {
            one->place = take(one->type.bytes * warp_lanes);
        } else {
            one->place = places.back();
            places.pop_back();
        }
        taken.insert({one->last, one});
    }
}

}  // namespace softcuda::ptx
