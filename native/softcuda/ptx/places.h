#pragma once
// Which place of the frame each register of a function has. A kernel has thousands of registers, each written once:
// those that are not alive together share places, so that a frame stays in the cache.
#include "ptx/operations.h"

namespace softcuda::ptx {

class Places {
public:
    // Numbers, which stand in the operands of instructions until all is known.
    int add(OperandType type);
    OperandType type(int number) const { return registers_[static_cast<size_t>(number)].type; }
    int constant(int bytes, unsigned long long bits);
    int special(Special which);

    int reserve(int bytes);  // a place, at once and for good

    // Numbers become places.
    void settle(Function& function);

private:
    struct Register {
        OperandType type;
        int place = -1;
        int first = 1 << 30,
            last = -1;  // where it is alive: twice the instruction's number, and 1 more where it is written
    };

    void lead(Function& function) const;
    void find_lives(Function& function);
    void share_places();
    int take(int bytes);
    int place_of(int number) const;

    std::vector<Register> registers_;
    std::vector<Constant> constants_;
    std::map<std::pair<int, unsigned long long>, int> known_constants_;
    std::vector<std::pair<Special, int>> specials_;
    int next_ = word_place;  // behind the carry flag
};

}  // namespace softcuda::ptx
