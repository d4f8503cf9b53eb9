#include "collective/sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

namespace softcuda {

namespace {

// How soon a thread that waits notices that it is to stop.
constexpr int STOP_CHECK_MILLISECONDS = 50;

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t bytes = 0;
    const sockaddr *get() const { return reinterpret_cast<const sockaddr *>(&storage); }
};

SocketAddress to_system(const Address &address) {
    SocketAddress result;
    if (address.family == 6) {
        auto *six = reinterpret_cast<sockaddr_in6 *>(&result.storage);
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(static_cast<uint16_t>(address.port));
        std::memcpy(&six->sin6_addr, address.bytes, 16);
        result.bytes = sizeof *six;
    } else {
        auto *four = reinterpret_cast<sockaddr_in *>(&result.storage);
        four->sin_family = AF_INET;
        four->sin_port = htons(static_cast<uint16_t>(address.port));
        std::memcpy(&four->sin_addr, address.bytes, 4);
        result.bytes = sizeof *four;
    }
    return result;
}

Address from_system(const sockaddr *address) {
    Address result;
    if (address->sa_family == AF_INET) {
        auto *four = reinterpret_cast<const sockaddr_in *>(address);
        result.family = 4;
        result.port = ntohs(four->sin_port);
        std::memcpy(result.bytes, &four->sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        auto *six = reinterpret_cast<const sockaddr_in6 *>(address);
        result.family = 6;
        result.port = ntohs(six->sin6_port);
        std::memcpy(result.bytes, &six->sin6_addr, 16);
    }
    return result;
}

[[noreturn]] void system_failure(const std::string &what) {
    throw CollectiveFailure(ncclSystemError, what + ": " + last_system_error());
}

void set_option(const Descriptor &socket, int level, int option, int value) {
    // None of these is needed for a right result.
    (void)setsockopt(socket.get(), level, option, &value, sizeof value);
}

Descriptor new_socket(int family) {
    Descriptor made(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!made) system_failure("no socket can be made");
    if (family != AF_UNIX) send_at_once(made);
    return made;
}

// A name that is in no folder: it goes with the socket.
SocketAddress abstract_address(const std::string &name) {
    SocketAddress result;
    auto *local = reinterpret_cast<sockaddr_un *>(&result.storage);
    local->sun_family = AF_UNIX;
    size_t length = std::min(name.size(), sizeof local->sun_path - 1);
    std::memcpy(local->sun_path + 1, name.data(), length);
    result.bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length);
    return result;
}

std::vector<std::string> split(const std::string &list) {
    std::vector<std::string> parts;
    size_t start = 0;
    while (start <= list.size()) {
        size_t end = std::min(list.find(',', start), list.size());
        if (end > start) parts.push_back(list.substr(start, end - start));
        start = end + 1;
    }
    return parts;
}

// NCCL_SOCKET_IFNAME: beginnings of names; "=" before the list: whole names; "^": all but these.
class Interfaces {
public:
    Interfaces() {
        const char *setting = std::getenv("NCCL_SOCKET_IFNAME");
        std::string list = setting ? setting : "";
        given_ = !list.empty();
        if (!list.empty() && list[0] == '^') {
            excluded_ = true;
            list.erase(0, 1);
        }
        if (!list.empty() && list[0] == '=') {
            whole_ = true;
            list.erase(0, 1);
        }
        names_ = split(list);
    }
    bool given() const { return given_; }
    bool allow(const std::string &name) const {
        bool listed = std::any_of(names_.begin(), names_.end(), [&](const std::string &one) {
            return whole_ ? name == one : name.compare(0, one.size(), one) == 0;
        });
        return !given_ || listed != excluded_;
    }

private:
    bool given_ = false, excluded_ = false, whole_ = false;
    std::vector<std::string> names_;
};

bool link_local(const Address &address) {
    return address.family == 6 && address.bytes[0] == 0xfe && (address.bytes[1] & 0xc0) == 0x80;
}

// The lower the better: of docker's and the loopback's last.
int rank_of(const Address &address, const std::string &interface, unsigned flags) {
    int rank = address.family == 6 ? 1 : 0;
    if (interface.compare(0, 6, "docker") == 0) rank += 2;
    return flags & IFF_LOOPBACK ? rank + 4 : rank;
}

}  // namespace

Descriptor::~Descriptor() {
    if (number_ >= 0) close(number_);
}

std::string last_system_error() {
    char text[256] = "";
    return strerror_r(errno, text, sizeof text);
}

std::string text_of(const Address &address) {
    char text[INET6_ADDRSTRLEN] = "";
    inet_ntop(address.family == 6 ? AF_INET6 : AF_INET, address.bytes, text, sizeof text);
    std::string host = address.family == 6 ? "[" + std::string(text) + "]" : text;
    return host + ":" + std::to_string(address.port);
}

Address given_address() {
    const char *setting = std::getenv("GIMBAL_SOFT_ADDRESS");
    Address address;
    if (!setting || !*setting) return address;
    if (inet_pton(AF_INET, setting, address.bytes) == 1) address.family = 4;
    else if (inet_pton(AF_INET6, setting, address.bytes) == 1) address.family = 6;
    else
        throw CollectiveFailure(ncclInvalidUsage, "the environment variable GIMBAL_SOFT_ADDRESS is '" +
                                                      std::string(setting) +
                                                      "': it must be an address of this machine, such as 10.0.0.7");
    return address;
}

Address own_address() {
    Address best = given_address();
    if (best.family != 0) return best;
    ifaddrs *list = nullptr;
    if (getifaddrs(&list) != 0) system_failure("the network interfaces cannot be listed");
    std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owned(list, freeifaddrs);
    Interfaces interfaces;
    int best_rank = 0;
    for (const ifaddrs *one = list; one; one = one->ifa_next) {
        if (!one->ifa_addr || !(one->ifa_flags & IFF_UP) || !interfaces.allow(one->ifa_name)) continue;
        Address address = from_system(one->ifa_addr);
        if (address.family == 0 || link_local(address)) continue;
        int rank = rank_of(address, one->ifa_name, one->ifa_flags);
        if (best.family == 0 || rank < best_rank) {
            best = address;
            best_rank = rank;
        }
    }
    best.port = 0;
    if (best.family == 0) {
        throw CollectiveFailure(ncclSystemError,
                                std::string("no network interface has an address") +
                                    (interfaces.given() ? " and is one that NCCL_SOCKET_IFNAME allows: correct it, or "
                                                        : ": ") +
                                    "set GIMBAL_SOFT_ADDRESS to an address of this machine");
    }
    return best;
}

Descriptor listen_at(Address &address) {
    Descriptor listener = new_socket(address.family == 6 ? AF_INET6 : AF_INET);
    address.port = 0;
    SocketAddress at = to_system(address);
    if (bind(listener.get(), at.get(), at.bytes) != 0 || listen(listener.get(), SOMAXCONN) != 0) {
        system_failure("cannot listen at " + text_of(address) +
                       ", which GIMBAL_SOFT_ADDRESS or NCCL_SOCKET_IFNAME can change");
    }
    address = local_address(listener);
    return listener;
}

Descriptor listen_at(const std::string &abstract_name) {
    Descriptor listener = new_socket(AF_UNIX);
    SocketAddress at = abstract_address(abstract_name);
    if (bind(listener.get(), at.get(), at.bytes) != 0 || listen(listener.get(), SOMAXCONN) != 0) {
        system_failure("cannot listen on a local socket");
    }
    return listener;
}

Address local_address(const Descriptor &socket) {
    sockaddr_storage storage{};
    socklen_t bytes = sizeof storage;
    if (getsockname(socket.get(), reinterpret_cast<sockaddr *>(&storage), &bytes) != 0) {
        system_failure("a socket does not tell its address");
    }
    return from_system(reinterpret_cast<sockaddr *>(&storage));
}

Descriptor connect_to(const Address &address, Deadline deadline, const std::atomic<bool> &stop) {
    Descriptor connection = new_socket(address.family == 6 ? AF_INET6 : AF_INET);
    SocketAddress to = to_system(address);
    if (connect(connection.get(), to.get(), to.bytes) == 0) return connection;
    if (errno == EINPROGRESS || errno == EINTR) {
        if (!wait_for(connection.get(), POLLOUT, deadline, stop)) {
            throw ConnectionEnded(text_of(address) + " does not answer");
        }
        int error = 0;
        socklen_t bytes = sizeof error;
        getsockopt(connection.get(), SOL_SOCKET, SO_ERROR, &error, &bytes);
        if (error == 0) return connection;
        errno = error;
    }
    throw ConnectionEnded("no connection to " + text_of(address) + ": " + last_system_error());
}

Descriptor connect_to(const std::string &abstract_name) {
    Descriptor connection = new_socket(AF_UNIX);
    SocketAddress to = abstract_address(abstract_name);
    // A local connection is made at once, or the other's queue is full: then it is made otherwise.
    return connect(connection.get(), to.get(), to.bytes) == 0 ? std::move(connection) : Descriptor();
}

bool wait_for(int descriptor, short events, Deadline deadline, const std::atomic<bool> &stop) {
    for (;;) {
        if (stop) throw CollectiveFailure(ncclInvalidUsage, "the communicator was aborted");
        auto now = Clock::now();
        if (now >= deadline) return false;
        auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - now).count() + 1;
        pollfd one{descriptor, events, 0};
        int ready = poll(&one, 1, static_cast<int>(std::min<long long>(left, STOP_CHECK_MILLISECONDS)));
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) system_failure("cannot wait for a connection");
    }
}

size_t send_some(const Descriptor &to, const void *data, size_t bytes) {
    for (;;) {
        ssize_t sent = send(to.get(), data, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) return static_cast<size_t>(sent);
        if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
        if (errno != EINTR) throw ConnectionEnded(last_system_error());
    }
}

size_t receive_some(const Descriptor &from, void *data, size_t bytes) {
    for (;;) {
        ssize_t received = recv(from.get(), data, bytes, MSG_DONTWAIT);
        if (received > 0) return static_cast<size_t>(received);
        if (received == 0) throw ConnectionEnded("it has closed the connection");
        if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
        if (errno != EINTR) throw ConnectionEnded(last_system_error());
    }
}

void send_whole(const Descriptor &to, const void *data, size_t bytes, Deadline deadline,
                const std::atomic<bool> &stop) {
    auto *at = static_cast<const char *>(data);
    while (bytes > 0) {
        if (!wait_for(to.get(), POLLOUT, deadline, stop)) throw ConnectionEnded("it takes nothing");
        size_t sent = send_some(to, at, bytes);
        at += sent;
        bytes -= sent;
    }
}

void receive_whole(const Descriptor &from, void *data, size_t bytes, Deadline deadline,
                   const std::atomic<bool> &stop) {
    auto *at = static_cast<char *>(data);
    while (bytes > 0) {
        if (!wait_for(from.get(), POLLIN, deadline, stop)) throw ConnectionEnded("it says nothing");
        size_t received = receive_some(from, at, bytes);
        at += received;
        bytes -= received;
    }
}

void send_at_once(const Descriptor &connection) { set_option(connection, IPPROTO_TCP, TCP_NODELAY, 1); }

void notice_vanished_host(const Descriptor &connection) {
    set_option(connection, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(connection, IPPROTO_TCP, TCP_KEEPIDLE, 5);
    set_option(connection, IPPROTO_TCP, TCP_KEEPINTVL, 5);
    set_option(connection, IPPROTO_TCP, TCP_KEEPCNT, 3);
    set_option(connection, IPPROTO_TCP, TCP_USER_TIMEOUT, 20000);
}

void fill_random(void *data, size_t bytes) {
    auto *at = static_cast<char *>(data);
    while (bytes > 0) {
        ssize_t got = getrandom(at, bytes, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) system_failure("the system gives no random numbers");
        at += got;
        bytes -= static_cast<size_t>(got);
    }
}

}  // namespace softcuda
