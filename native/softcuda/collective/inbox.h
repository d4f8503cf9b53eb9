#pragma once
// Memory that the ranks of one machine share: each rank has an inbox, with a ring for each rank that writes into it,
// and a doorbell that wakes it. Neither has a name in the system: they go with the last process that has them.
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "collective/sockets.h"

namespace softcuda {

// Where one rank writes and one reads, in the reader's inbox. Counts only grow; a place is a count's remainder.
class Ring {
public:
    struct Counts {
        alignas(64) std::atomic<uint64_t> written;
        alignas(64) std::atomic<uint64_t> read;
    };

    Ring() = default;
    Ring(Counts *counts, char *bytes, size_t capacity) : counts_(counts), bytes_(bytes), capacity_(capacity) {}

    // As much as there is room for, or as there is, but at most as much as keeps both sides busy.
    size_t write(const char *data, size_t bytes);
    size_t read(char *data, size_t bytes);

private:
    Counts *counts_ = nullptr;
    char *bytes_ = nullptr;
    size_t capacity_ = 0;
};

class Inbox {
public:
    Inbox() = default;
    Inbox(Inbox &&) noexcept;
    Inbox &operator=(Inbox &&) noexcept;
    ~Inbox();

    // A rank's own, for so many ranks; empty where the system has no such memory.
    static Inbox create(int ranks);
    // Another's, as its descriptors were received; empty where they are not what `create` makes.
    static Inbox open(Descriptor memory, Descriptor doorbell, int ranks);

    explicit operator bool() const { return base_ != nullptr; }
    const Descriptor &memory() const { return memory_; }
    const Descriptor &doorbell() const { return doorbell_; }

    Ring ring_of(int writer) const;

    // Its owner is about to sleep until the doorbell rings; it looks at its rings once more in between.
    void announce_sleep();
    void end_sleep();
    // After a ring of it, or one that it reads, has changed: wakes its owner where that sleeps.
    void changed();
    void ring_doorbell() noexcept;

private:
    void swap(Inbox &other) noexcept;

    Descriptor memory_, doorbell_;
    char *base_ = nullptr;
    int ranks_ = 0;
};

// With each a byte, or with `inbox` null the byte alone: over a local socket. Throw as send_whole and receive_whole do.
void send_inbox(const Descriptor &to, const Inbox *inbox, const std::atomic<bool> &stop);
Inbox receive_inbox(const Descriptor &from, int ranks, const std::atomic<bool> &stop);

}  // namespace softcuda
