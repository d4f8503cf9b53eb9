#pragma once
// What is watched while a launch runs: that every access lies in its allocation and is aligned, and that no two threads
// meet in memory without an order between them. What is found ends the launch with a Failure that names the line and
// the threads.
#include <array>
#include <unordered_map>

#include "ptx/warp.h"
#include "softcuda.h"

namespace softcuda::ptx {

// Numbers for the threads of a launch, a new one each behind each barrier: what has a smaller number than all of now
// happened before.
class Timeline {
public:
    explicit Timeline(unsigned threads) : threads_(threads) {}
    void begin_block(unsigned block);
    void pass_barrier();

    uint32_t moment(unsigned thread) const { return now_ + thread; }
    bool in_another_block(uint32_t moment) const { return moment < block_start_; }
    bool since_barrier(uint32_t moment) const { return moment >= now_; }
    unsigned block() const { return block_; }
    std::string who(uint32_t moment) const;  // "thread 5", or "block 2, thread 5"

private:
    unsigned threads_, block_ = 0;
    uint32_t now_ = 1, block_start_ = 1;
    std::vector<std::pair<uint32_t, unsigned>> blocks_;  // where each begins
};

class Watch {
public:
    // shared_at_launch: bytes of the array that the launch sizes
    Watch(const Program& program, const Function& kernel, unsigned threads, int shared_at_launch);
    ~Watch();
    void begin_block(unsigned block);
    void pass_barrier() { timeline_.pass_barrier(); }

    void global(const Request& request);
    void shared(const Request& request);
    // Whether a lane's bytes of shared memory hold a value, and that they do from now on or, again, do not.
    bool has_value(unsigned long long address, int bytes) const;
    void set_value(unsigned long long address, int bytes, bool has);

    [[noreturn]] void fail(CUresult status, const std::string& what, const Instruction& instruction, unsigned thread,
                           const std::string& does) const;

    struct Touched {
        unsigned long long bytes_loaded = 0, bytes_stored = 0, sectors = 0;
    };
    Touched touched() const;  // of global memory

private:
    // Of a word, or of a byte where the page is watched by bytes: who wrote it last, and who read it last. Moments, with
    // flags above.
    struct Unit {
        uint32_t written = 0, read = 0;
    };
    struct Page;

    Page& page(uintptr_t address);
    void check(const Request& request, int lane);
    void touch_global(const Request& request, Unit& unit, unsigned thread);
    void update_global(const Request& request, Unit& unit, unsigned thread);
    void touch_shared(const Request& request, Unit& unit, unsigned thread);
    bool unordered(uint32_t other, uint32_t own) const {
        return timeline_.in_another_block(other) || (timeline_.since_barrier(other) && other != own);
    }
    void require_no_readers(const Request& request, const Unit& unit, unsigned thread) const;
    // With what another has done to the same place at that moment.
    [[noreturn]] void race(const Request& request, uint32_t other, unsigned thread, const char* done) const;

    const Program& program_;
    Timeline timeline_;
    std::vector<Range> ranges_;  // by the instruction's number: the allocation that it went to last

    std::unordered_map<uintptr_t, std::unique_ptr<Page>> pages_;
    struct Recent {
        uintptr_t number = ~uintptr_t{0};
        Page* page = nullptr;
    };
    std::array<Recent, 64> recent_;

    const unsigned shared_unit_;  // bytes: of a word, or 1 where the kernel has smaller accesses
    std::vector<Unit> shared_;
    std::vector<char> valid_, valued_;  // bytes of shared memory: that belong to an array; that hold a value
};

}  // namespace softcuda::ptx
