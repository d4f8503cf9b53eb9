#pragma once
// Sockets as ranks use them: addresses, and reading and writing that another thread can end.
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

#include "nccl_api.h"

namespace softcuda {

// A status of NCCL with its sentence.
struct CollectiveFailure : std::runtime_error {
    CollectiveFailure(ncclResult_t status, const std::string &message) : std::runtime_error(message), status(status) {}
    ncclResult_t status;
};

// The other side has closed the connection, or it has broken.
struct ConnectionEnded : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A file descriptor that is closed with its owner.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor &&other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor &operator=(Descriptor &&other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor();
    int get() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }

private:
    int number_ = -1;
};

// An address of the internet, version 4 or 6, with a port; as bytes it can be sent.
struct Address {
    uint32_t family = 0;  // 4 or 6
    uint32_t port = 0;
    uint8_t bytes[16] = {};
};

std::string text_of(const Address &address);

// Where this machine listens: GIMBAL_SOFT_ADDRESS, or an address of an interface that NCCL_SOCKET_IFNAME allows; of
// those not the loopback's, if there is another.
Address own_address();
// What GIMBAL_SOFT_ADDRESS says; of family 0 where it is not set.
Address given_address();

// Connections that nobody has accepted yet wait in the system.
Descriptor listen_at(Address &address);  // whose port it sets
Descriptor listen_at(const std::string &abstract_name);
// Of a connection, or of a listening socket.
Address local_address(const Descriptor &socket);

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;
constexpr Deadline NEVER = Deadline::max();

// All below throw a CollectiveFailure soon after `stop` is set.
Descriptor connect_to(const Address &address, Deadline deadline, const std::atomic<bool> &stop);
// Nothing where nobody of this machine listens there.
Descriptor connect_to(const std::string &abstract_name);
// Whether one of the events came before the deadline.
bool wait_for(int descriptor, short events, Deadline deadline, const std::atomic<bool> &stop);
// All of it. Throws ConnectionEnded, also at the deadline.
void send_whole(const Descriptor &to, const void *data, size_t bytes, Deadline deadline, const std::atomic<bool> &stop);
void receive_whole(const Descriptor &from, void *data, size_t bytes, Deadline deadline, const std::atomic<bool> &stop);

// As much as goes at once: 0 if nothing does. Throw ConnectionEnded.
size_t send_some(const Descriptor &to, const void *data, size_t bytes);
size_t receive_some(const Descriptor &from, void *data, size_t bytes);

// Small messages do not wait for more to be sent with them.
void send_at_once(const Descriptor &connection);
// Lets a connection fail within some 20 seconds of the other host's vanishing; not for data, which a peer that is
// merely slow may leave unread for as long as it likes.
void notice_vanished_host(const Descriptor &connection);

std::string last_system_error();
void fill_random(void *data, size_t bytes);

}  // namespace softcuda
