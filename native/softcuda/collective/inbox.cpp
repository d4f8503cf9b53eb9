#include "collective/inbox.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace softcuda {

namespace {

constexpr size_t PAGE = 4096;
constexpr size_t MOST_RING_BYTES = 1 << 20;
constexpr size_t LEAST_RING_BYTES = 1 << 16;
constexpr size_t INBOX_BYTES = 4 << 20;  // of all its rings, where there are more than a few
// The other side starts on the first piece while this one copies the next.
constexpr size_t PIECE = 64 * 1024;
constexpr int SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

struct InboxHead {
    std::atomic<uint32_t> sleeping;
};

// A power of two, so that counts may wrap.
size_t ring_bytes(int ranks) {
    size_t bytes = MOST_RING_BYTES;
    while (bytes > LEAST_RING_BYTES && bytes * static_cast<size_t>(ranks) > INBOX_BYTES) bytes /= 2;
    return bytes;
}

size_t head_bytes(int ranks) {
    size_t bytes = 64 + sizeof(Ring::Counts) * static_cast<size_t>(ranks);
    return (bytes + PAGE - 1) / PAGE * PAGE;
}

size_t inbox_bytes(int ranks) { return head_bytes(ranks) + ring_bytes(ranks) * static_cast<size_t>(ranks); }

InboxHead &head(char *base) { return *reinterpret_cast<InboxHead *>(base); }

char *mapped(const Descriptor &memory, int ranks) {
    void *base = mmap(nullptr, inbox_bytes(ranks), PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
    return base == MAP_FAILED ? nullptr : static_cast<char *>(base);
}

// What the other side claims need not be so: its process may have been overwritten.
void require_sound(uint64_t filled, size_t capacity) {
    if (filled > capacity) throw ConnectionEnded("its shared memory does not hold what it should");
}

}  // namespace

size_t Ring::write(const char *data, size_t bytes) {
    uint64_t written = counts_->written.load(std::memory_order_relaxed);
    uint64_t filled = written - counts_->read.load(std::memory_order_acquire);
    require_sound(filled, capacity_);
    size_t at = written % capacity_;
    size_t count = std::min({bytes, capacity_ - static_cast<size_t>(filled), capacity_ - at, PIECE});
    if (count == 0) return 0;
    std::memcpy(bytes_ + at, data, count);
    counts_->written.store(written + count, std::memory_order_release);
    return count;
}

size_t Ring::read(char *data, size_t bytes) {
    uint64_t read = counts_->read.load(std::memory_order_relaxed);
    uint64_t filled = counts_->written.load(std::memory_order_acquire) - read;
    require_sound(filled, capacity_);
    size_t at = read % capacity_;
    size_t count = std::min({bytes, static_cast<size_t>(filled), capacity_ - at, PIECE});
    if (count == 0) return 0;
    std::memcpy(data, bytes_ + at, count);
    counts_->read.store(read + count, std::memory_order_release);
    return count;
}

Inbox::Inbox(Inbox &&other) noexcept { swap(other); }

Inbox &Inbox::operator=(Inbox &&other) noexcept {
    swap(other);
    return *this;
}

void Inbox::swap(Inbox &other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(doorbell_, other.doorbell_);
    std::swap(base_, other.base_);
    std::swap(ranks_, other.ranks_);
}

Inbox::~Inbox() {
    if (base_) munmap(base_, inbox_bytes(ranks_));
}

Inbox Inbox::create(int ranks) {
    Inbox made;
    made.memory_ = Descriptor(memfd_create("gimbal-inbox", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    made.doorbell_ = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!made.memory_ || !made.doorbell_) return Inbox();
    if (ftruncate(made.memory_.get(), static_cast<off_t>(inbox_bytes(ranks))) != 0) return Inbox();
    // Nobody can cut off what others have mapped.
    if (fcntl(made.memory_.get(), F_ADD_SEALS, SEALS) != 0) return Inbox();
    made.base_ = mapped(made.memory_, ranks);
    made.ranks_ = ranks;
    return made;  // the counts are zero, as fresh memory is
}

Inbox Inbox::open(Descriptor memory, Descriptor doorbell, int ranks) {
    Inbox opened;
    struct stat status{};
    if (!memory || !doorbell || fstat(memory.get(), &status) != 0) return opened;
    int seals = fcntl(memory.get(), F_GET_SEALS);
    bool sound = seals >= 0 && (seals & SEALS) == SEALS && status.st_size == static_cast<off_t>(inbox_bytes(ranks));
    if (!sound) return opened;
    opened.base_ = mapped(memory, ranks);
    opened.ranks_ = ranks;
    opened.memory_ = std::move(memory);
    opened.doorbell_ = std::move(doorbell);
    return opened;
}

Ring Inbox::ring_of(int writer) const {
    size_t index = static_cast<size_t>(writer);
    auto *counts = reinterpret_cast<Ring::Counts *>(base_ + 64) + index;
    size_t capacity = ring_bytes(ranks_);
    return Ring(counts, base_ + head_bytes(ranks_) + capacity * index, capacity);
}

// The owner says that it sleeps, then looks at the rings; others change a ring, then look whether it sleeps. The fences
// keep these in order, so that one of the two sees the other.
void Inbox::announce_sleep() {
    head(base_).sleeping.store(1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);
}

void Inbox::end_sleep() {
    head(base_).sleeping.store(0, std::memory_order_relaxed);
    uint64_t rings;
    while (::read(doorbell_.get(), &rings, sizeof rings) < 0 && errno == EINTR) {
    }
}

void Inbox::changed() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    std::atomic<uint32_t> &sleeping = head(base_).sleeping;
    if (sleeping.load(std::memory_order_relaxed) && sleeping.exchange(0)) ring_doorbell();
}

void Inbox::ring_doorbell() noexcept {
    uint64_t once = 1;
    while (::write(doorbell_.get(), &once, sizeof once) < 0 && errno == EINTR) {
    }
}

void send_inbox(const Descriptor &to, const Inbox *inbox, const std::atomic<bool> &stop) {
    char byte = inbox ? 1 : 0;
    iovec piece{&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (inbox) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(2 * sizeof(int));
        int descriptors[2] = {inbox->memory().get(), inbox->doorbell().get()};
        std::memcpy(CMSG_DATA(header), descriptors, sizeof descriptors);
    }
    for (;;) {
        wait_for(to.get(), POLLOUT, NEVER, stop);
        if (sendmsg(to.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) == 1) return;
        if (errno != EAGAIN && errno != EINTR) throw ConnectionEnded(last_system_error());
    }
}

Inbox receive_inbox(const Descriptor &from, int ranks, const std::atomic<bool> &stop) {
    char byte = 0;
    iovec piece{&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    for (;;) {
        wait_for(from.get(), POLLIN, NEVER, stop);
        ssize_t received = recvmsg(from.get(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
        if (received == 1) break;
        if (received == 0) throw ConnectionEnded("it has closed the connection");
        if (errno != EAGAIN && errno != EINTR) throw ConnectionEnded(last_system_error());
    }
    Descriptor received[2];
    int count = 0;
    for (cmsghdr *one = CMSG_FIRSTHDR(&message); one; one = CMSG_NXTHDR(&message, one)) {
        if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_RIGHTS) continue;
        size_t held = (one->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < held; i++) {
            int number;
            std::memcpy(&number, CMSG_DATA(one) + i * sizeof number, sizeof number);
            Descriptor owned(number);
            if (count < 2) received[count++] = std::move(owned);
        }
    }
    return Inbox::open(std::move(received[0]), std::move(received[1]), ranks);
}

}  // namespace softcuda
