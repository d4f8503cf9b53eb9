#include "run/simt.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "core/failure.h"
#include "core/parallel.h"
#include "core/switches.h"
#include "run/fiber.h"

namespace softcuda {

namespace {

constexpr unsigned warp_size = 32;
constexpr size_t shared_limit = 49152;
constexpr int most_simt_threads = 16;  // OS threads; each keeps up to 1024 fibers with stacks of their own

enum class State { ready, at_barrier, in_warp, done };

struct Thread {
    std::unique_ptr<Fiber> fiber;
    State state;
    int line;  // where it waits
};

struct Warp {
    unsigned arrived;
    unsigned masks[warp_size];  // that each lane named
    unsigned long long given[warp_size];
    unsigned long long results[warp_size];  // of the exchange that was completed last
};

struct SharedArray {
    const void* site;
    size_t offset;
    size_t bytes;
};

std::string at(int line) { return "line " + std::to_string(line); }

// One block at a time on one OS thread. Its fibers and stacks are kept for the next block.
class Block {
public:
    void run(const Launch& launch, long index, bool descending);

    void barrier(int line);
    const unsigned long long* exchange(unsigned mask, unsigned long long value, int line);
    void* shared(const void* site, size_t bytes);
    unsigned lane() const { return current_ % warp_size; }
    unsigned active_mask() const;

private:
    void begin(const Launch& launch);
    void step(unsigned thread);
    void yield();
    unsigned existing(unsigned warp) const;
    [[noreturn]] void stuck() const;
    static void body(void* block);

    const Launch* launch_ = nullptr;
    std::vector<Thread> threads_;
    std::vector<Warp> warps_;
    std::vector<SharedArray> arrays_;
    std::unique_ptr<char[]> memory_;
    size_t used_ = 0;
    unsigned count_ = 0, current_ = 0, left_ = 0, waiting_ = 0, done_ = 0;
    int barrier_line_ = 0;
    std::exception_ptr failure_;
    bool clean_ = true;
};

thread_local Block* running = nullptr;

Block& own_block() {
    thread_local Block block;
    return block;
}

void Block::begin(const Launch& launch) {
    launch_ = &launch;
    count_ = static_cast<unsigned>(size(launch.block));
    if (!clean_) threads_.clear();  // fibers left in the middle of a kernel that failed
    while (threads_.size() < count_) {
        const unsigned number = static_cast<unsigned>(threads_.size());
        threads_.push_back({std::make_unique<Fiber>(&Block::body, this, number), State::ready, 0});
    }
    for (unsigned i = 0; i < count_; i++) threads_[i].state = State::ready;
    warps_.resize((count_ + warp_size - 1) / warp_size);
    for (Warp& warp : warps_) {
        warp.arrived = 0;
        std::fill(warp.results, warp.results + warp_size, poison_bits);  // what lanes that do not exist seem to give
    }
    if (!memory_) memory_.reset(new char[shared_limit + 64]);
    arrays_.clear();
    used_ = 0;
    waiting_ = done_ = 0;
    failure_ = nullptr;
    clean_ = false;
}

// Each pass lets every thread that can go on run up to where it waits. Descending passes run the threads in the
// opposite order: a kernel that lacks a barrier goes wrong in at least one of the two.
void Block::run(const Launch& launch, long index, bool descending) {
    begin(launch);
    place.grid = launch.grid;
    place.block_size = launch.block;
    place.block = unflatten(index, launch.grid);
    running = this;
    while (done_ < count_) {
        bool moved = false;
        for (unsigned i = 0; i < count_; i++) {
            const unsigned thread = descending ? count_ - 1 - i : i;
            if (threads_[thread].state != State::ready) continue;
            step(thread);
            moved = true;
            if (failure_) std::rethrow_exception(failure_);
        }
        if (!moved) stuck();
    }
    clean_ = true;
}

void Block::step(unsigned thread) {
    current_ = thread;
    place.thread = unflatten(thread, launch_->block);
    threads_[thread].fiber->resume();
}

void Block::yield() { threads_[current_].fiber->suspend(); }

// What a fiber runs, once for each block.
void Block::body(void* self) {
    Block& block = *static_cast<Block*>(self);
    try {
        block.launch_->entry->run(block.launch_->values);
    } catch (...) {
        if (!block.failure_) block.failure_ = std::current_exception();
    }
    block.threads_[block.current_].state = State::done;
    block.done_++;
}

void Block::barrier(int line) {
    if (waiting_ == 0) barrier_line_ = line;
    if (line != barrier_line_)
        throw Failure(CUDA_ERROR_LAUNCH_FAILED,
                      "threads of one block wait at different barriers, " + at(barrier_line_) + " and " + at(line));
    if (++waiting_ < count_) {
        Thread& own = threads_[current_];
        own.state = State::at_barrier;
        own.line = line;
        yield();
        return;
    }
    waiting_ = 0;
    for (unsigned i = 0; i < count_; i++) threads_[i].state = State::ready;
}

unsigned Block::existing(unsigned warp) const {
    const unsigned first = warp * warp_size;
    const unsigned lanes = std::min(warp_size, count_ - first);
    return lanes == warp_size ? 0xffffffffu : (1u << lanes) - 1;
}

unsigned Block::active_mask() const {
    const unsigned first = current_ / warp_size * warp_size;
    unsigned mask = 0;
    for (unsigned lane = 0; lane < warp_size && first + lane < count_; lane++)
        if (threads_[first + lane].state == State::ready) mask |= 1u << lane;
    return mask;
}

// Lanes that name the same mask meet; the last to come hands everyone's value to all. No lane can overwrite a result
// before all have read it: the next exchange needs them all again.
const unsigned long long* Block::exchange(unsigned mask, unsigned long long value, int line) {
    const unsigned number = current_ / warp_size, own = lane(), bit = 1u << own;
    Warp& warp = warps_[number];
    Thread* lanes = &threads_[number * warp_size];
    const unsigned needed = mask & existing(number);
    if (!(needed & bit)) throw Failure(CUDA_ERROR_LAUNCH_FAILED, "a thread is not in the mask it names, " + at(line));
    if (const unsigned others = warp.arrived & needed) {
        const int other = __builtin_ctz(others);
        if (warp.masks[other] != mask || lanes[other].line != line)
            throw Failure(CUDA_ERROR_LAUNCH_FAILED, "lanes of one warp meet in different shuffles or masks, " +
                                                        at(lanes[other].line) + " and " + at(line));
    }
    warp.given[own] = value;
    warp.masks[own] = mask;
    warp.arrived |= bit;
    lanes[own].line = line;
    if ((warp.arrived & needed) != needed) {
        lanes[own].state = State::in_warp;
        yield();
        return warp.results;
    }
    warp.arrived &= ~needed;
    for (unsigned left = needed; left; left &= left - 1) {
        const int other = __builtin_ctz(left);
        warp.results[other] = warp.given[other];
        lanes[other].state = State::ready;
    }
    return warp.results;
}

void* Block::shared(const void* site, size_t bytes) {
    for (const SharedArray& array : arrays_)
        if (array.site == site) return memory_.get() + array.offset;
    char* start = memory_.get();
    const size_t skew = (64 - reinterpret_cast<uintptr_t>(start) % 64) % 64;
    const size_t offset = (used_ + 63) / 64 * 64;
    if (offset + bytes > shared_limit)
        throw Failure(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, "the kernel has more than 48 KiB of shared memory");
    arrays_.push_back({site, skew + offset, bytes});
    used_ = offset + bytes;
    unsigned* words = reinterpret_cast<unsigned*>(start + skew + offset);
    if (switches().poison) std::fill(words, words + bytes / 4, poison_word);
    return words;
}

void Block::stuck() const {
    unsigned barrier = 0, warp = 0;
    int line = 0;
    for (unsigned i = 0; i < count_; i++) {
        if (threads_[i].state == State::at_barrier) barrier++;
        if (threads_[i].state == State::in_warp) {
            warp++;
            line = threads_[i].line;
        }
    }
    std::string text = "block " + std::to_string(place.block.x) + " is stuck: of its ";
    text += std::to_string(count_) + " threads ";
    if (barrier) text += std::to_string(barrier) + " wait at the barrier of " + at(barrier_line_) + ", ";
    if (warp) text += std::to_string(warp) + " wait for their warp at " + at(line) + ", ";
    throw Failure(CUDA_ERROR_LAUNCH_FAILED, text + std::to_string(done_) + " have left the kernel");
}

}  // namespace

void simt_barrier(int line) { running->barrier(line); }

const unsigned long long* simt_exchange(unsigned mask, unsigned long long value, int line) {
    return running->exchange(mask, value, line);
}

unsigned simt_lane() { return running->lane(); }

unsigned simt_active_mask() { return running->active_mask(); }

void* simt_shared(const void* site, size_t bytes) { return running->shared(site, bytes); }

void run_simt(const Launch& launch) {
    const long blocks = size(launch.grid);
    const bool descending = switches().simt == 2;
    FirstFailure failure;
#pragma omp parallel for schedule(dynamic) num_threads(std::min(threads(), most_simt_threads)) if (blocks > 1)
    for (long block = 0; block < blocks; block++)
        failure.protect([&] { own_block().run(launch, block, descending); });
    failure.rethrow();
}

}  // namespace softcuda
