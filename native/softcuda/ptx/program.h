#pragma once
// A PTX module in the form in which it is run: every operand is a place in a warp's frame.
//
// A frame holds, for one warp, each register lane by lane: 32 values side by side, so that one instruction is one loop
// over lanes. Predicates are 32-bit words there, 0 or -1. The first place is the carry flag.
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace softcuda::ptx {

constexpr int warp_lanes = 32;
constexpr unsigned all_lanes = 0xffffffffu;
constexpr int place_unit = 64;  // places are multiples of it: 32 values of 16 bits
constexpr int word_place = 4 * warp_lanes;

// The lanes that take part, as bits and as a word each: 0 or -1.
struct Mask {
    explicit Mask(unsigned lanes = 0) { set(lanes); }
    void set(unsigned lanes) {
        bits = lanes;
        for (int lane = 0; lane < warp_lanes; lane++) word[lane] = -static_cast<int>(lanes >> lane & 1);
    }
    unsigned bits;
    alignas(64) int word[warp_lanes];
};

// Places in the frame; -1 where there is none.
struct Operands {
    int destination = -1, second = -1;  // second: the other half of a value that is taken apart
    int source[4] = {-1, -1, -1, -1};
};

using Compute = void (*)(char* frame, const Operands& at, const Mask& lanes);
// What an atomic operation leaves where `old` was.
using Update = unsigned long long (*)(unsigned long long old, unsigned long long operand, unsigned long long second);

struct Site {
    int file = 0, line = 0;
    int inlined_file = 0, inlined_line = 0;  // where the function that the line is of was called; 0: it was not inlined
};

enum class Kind : unsigned char {
    compute,
    branch,
    leave,
    barrier,
    shuffle,
    vote,
    load,
    store,
    atomic,
    parameter,
    local_address,
    call
};
enum class Space : unsigned char { global, shared, local, frame };  // frame: what a call hands over
enum class Shuffle : unsigned char { up, down, butterfly, index };
enum class Vote : unsigned char { ballot, any, all };

// What an operation makes of the halves of 64 bits: each half of its result may hang on all it takes, or on one half.
enum class Halves : unsigned char { mixed, joined, parted, kept };

struct Function;

struct Instruction {
    Kind kind = Kind::compute;
    Space space = Space::global;
    Shuffle shuffle = Shuffle::index;
    Vote vote = Vote::ballot;
    bool non_coherent = false;  // ld.global.nc
    bool extends_sign = false;  // a load's, where the register is wider: ld.shared.s32 into 64 bits
    bool negated = false;       // runs where the guard is not set
    bool leads = false;         // something jumps here, or may go on from here alone
    bool selects = false;       // takes one of two sources by a predicate
    bool divides = false;       // has no result where the divisor is 0
    bool overwrites = false;    // of an atomic operation: what was there before does not matter
    Halves halves = Halves::mixed;
    int guard = -1;  // a predicate's place
    Compute compute = nullptr;
    Update update = nullptr;  // of an atomic operation, whose sources are the address and what it takes
    Operands at;
    int target = -1;  // of a branch: an instruction; of local memory and of what a call hands over: its place
    int stride = 0;   // there: bytes a lane
    int values[4] = {-1, -1, -1, -1};  // what is loaded or stored
    int count = 1, size = 4;           // how many, and the bytes of each in memory
    int width = 4;                     // and in a register
    bool short_address = false;        // of 32 bits
    long long offset = 0;
    const Function* callee = nullptr;
    std::vector<std::pair<int, int>> arguments, results;  // of a call: place and bytes a lane, here
    int number = 0;
    Site site;
    std::string text;

    int bytes() const { return size * count; }
};

// What is copied into every frame before it is used: a value that an instruction names.
struct Constant {
    int place, bytes;
    unsigned long long bits;
};

enum class Special : unsigned char {
    thread_x,
    thread_y,
    thread_z,
    block_size_x,
    block_size_y,
    block_size_z,
    block_x,
    block_y,
    block_z,
    grid_x,
    grid_y,
    grid_z,
    lane
};

struct Parameter {
    int offset, bytes;
};

struct Array {
    int offset, bytes;
};

// Where shared memory begins that is sized at launch: behind all arrays, which take 48 KiB at most.
constexpr int launch_shared_at = 64 << 10;

struct Function {
    std::string name;
    bool entry = false;
    std::vector<Instruction> code;  // empty: only declared
    std::vector<Constant> constants;
    std::vector<std::pair<Special, int>> specials;  // and their places
    std::vector<Parameter> parameters;              // of an entry
    int parameter_bytes = 0;
    std::vector<std::pair<int, int>> arguments, results;  // of a function: place and bytes a lane
    std::vector<Array> shared;
    int shared_bytes = 0;
    bool shared_at_launch = false;  // names an array that the launch sizes
    int shared_size(int at_launch) const { return shared_at_launch ? launch_shared_at + at_launch : shared_bytes; }
    std::vector<Array> local;  // in the frame: its place, and the bytes that a lane has of it
    int frame_bytes = 0;
    std::vector<char> wide;  // by a place over place_unit: whether a register of 64 bits has it
};

struct Range {
    uintptr_t begin, end;
    bool holds(uintptr_t first, uintptr_t last) const { return first >= begin && last <= end; }
};

struct Program {
    std::map<std::string, std::unique_ptr<Function>> functions;
    std::vector<std::unique_ptr<char[]>> storage;  // the module's own variables
    std::vector<Range> variables;
    std::map<int, std::string> files;

    const std::string& file(int number) const;
    std::string place(const Site& site) const;  // "balance.cu:192", for people
};

}  // namespace softcuda::ptx
