#include "collective/reception.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

namespace softcuda {

namespace {

// Of what ranks say to each other: raised with every change of it, so that two versions refuse each other.
constexpr char MAGIC[8] = {'g', 'i', 'm', 'b', 'a', 'l', '0', '1'};
constexpr auto PATIENCE = std::chrono::seconds(5);  // with a stranger
constexpr size_t MOST_GUESTS = 256;

// Takes as long wherever they differ.
bool equal(const uint8_t *a, const uint8_t *b, size_t bytes) {
    volatile uint8_t different = 0;
    for (size_t i = 0; i < bytes; i++) different = static_cast<uint8_t>(different | (a[i] ^ b[i]));
    return different == 0;
}

bool terminated(const char *text, size_t bytes) { return std::memchr(text, 0, bytes) != nullptr; }

bool valid(const Member &member) {
    return member.ranks > 0 && member.rank >= 0 && member.rank < member.ranks && member.address.port <= 0xffff &&
           terminated(member.local_name, sizeof member.local_name) && terminated(member.host, sizeof member.host);
}

}  // namespace

UniqueId new_unique_id(const Address &address) {
    UniqueId id{};
    std::memcpy(id.magic, MAGIC, sizeof MAGIC);
    id.address = address;
    fill_random(id.key, sizeof id.key);
    fill_random(id.welcome, sizeof id.welcome);
    return id;
}

ncclUniqueId packed(const UniqueId &id) {
    ncclUniqueId result{};
    std::memcpy(result.internal, &id, sizeof id);
    return result;
}

UniqueId unpacked(const ncclUniqueId &id) {
    UniqueId result;
    std::memcpy(&result, id.internal, sizeof result);
    bool known = std::memcmp(result.magic, MAGIC, sizeof MAGIC) == 0 &&
                 (result.address.family == 4 || result.address.family == 6) && result.address.port <= 0xffff;
    if (!known) {
        throw CollectiveFailure(ncclInvalidArgument,
                                "the unique id is not one of this version of the software device: it must be the 128 "
                                "bytes that ncclGetUniqueId gave, from a rank that runs the same version");
    }
    return result;
}

std::string name_of(const Member &member) {
    return "rank " + std::to_string(member.rank) + " (pid " + std::to_string(member.process) + ", host " +
           member.host + ")";
}

void say_hello(const Descriptor &to, const UniqueId &id, Purpose purpose, const Member &member,
               const std::atomic<bool> &stop) {
    Hello hello{};
    std::memcpy(hello.magic, MAGIC, sizeof MAGIC);
    std::memcpy(hello.key, id.key, sizeof id.key);
    hello.purpose = purpose;
    hello.member = member;
    send_whole(to, &hello, sizeof hello, NEVER, stop);
}

void welcome(const Descriptor &to, const UniqueId &id, const std::atomic<bool> &stop) {
    send_whole(to, id.welcome, sizeof id.welcome, NEVER, stop);
}

void require_welcome(const Descriptor &from, const UniqueId &id, const std::atomic<bool> &stop) {
    uint8_t said[sizeof id.welcome];
    receive_whole(from, said, sizeof said, NEVER, stop);
    if (!equal(said, id.welcome, sizeof said)) throw ConnectionEnded("it does not have this unique id");
}

Reception::Reception(const UniqueId &id, std::vector<const Descriptor *> listeners)
    : id_(id), listeners_(std::move(listeners)) {}

std::vector<Reception::Arrival> Reception::arrivals(int milliseconds) {
    std::vector<pollfd> waited;
    for (const Descriptor *listener : listeners_) waited.push_back({listener->get(), POLLIN, 0});
    for (const Guest &guest : guests_) waited.push_back({guest.connection.get(), POLLIN, 0});
    std::vector<Arrival> arrived;
    if (poll(waited.data(), waited.size(), milliseconds) < 0) return arrived;  // a signal
    for (size_t i = 0; i < listeners_.size(); i++) {
        if (waited[i].revents) admit(*listeners_[i]);
    }
    std::vector<Guest> staying;
    for (Guest &guest : guests_) {
        if (hear(guest, arrived)) staying.push_back(std::move(guest));
    }
    guests_ = std::move(staying);
    return arrived;
}

void Reception::admit(const Descriptor &listener) {
    for (;;) {
        int number = accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (number < 0) {
            bool more = errno == EINTR || errno == ECONNABORTED;
            bool none = errno == EAGAIN || errno == EWOULDBLOCK;
            if (more) continue;
            // Out of descriptors: some come back.
            if (!none) std::this_thread::sleep_for(std::chrono::milliseconds(50));
            return;
        }
        if (guests_.size() >= MOST_GUESTS) guests_.erase(guests_.begin());
        Guest guest;
        guest.connection = Descriptor(number);
        send_at_once(guest.connection);
        guest.deadline = Clock::now() + PATIENCE;
        guests_.push_back(std::move(guest));
    }
}

bool Reception::hear(Guest &guest, std::vector<Arrival> &arrived) const {
    try {
        auto *hello = reinterpret_cast<char *>(&guest.hello);
        guest.said += receive_some(guest.connection, hello + guest.said, sizeof guest.hello - guest.said);
    } catch (const ConnectionEnded &) {
        return false;
    }
    if (guest.said < sizeof guest.hello) return Clock::now() < guest.deadline;
    bool known = std::memcmp(guest.hello.magic, MAGIC, sizeof MAGIC) == 0 &&
                 equal(guest.hello.key, id_.key, sizeof id_.key) && valid(guest.hello.member);
    if (known) arrived.push_back({guest.hello, std::move(guest.connection)});
    return false;
}

}  // namespace softcuda
