#include "collective/exchange.h"

#include <poll.h>

#include <cerrno>

namespace softcuda {

namespace {

// Some 20 microseconds: another rank that computes on another core is often as fast; a sleep takes as long again.
constexpr int SPINS = 200;
// The doorbell and the sockets wake a rank; this is for what neither tells.
constexpr int SLEEP_MILLISECONDS = 100;

void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

}  // namespace

Exchange::Exchange(Mesh &mesh, const std::atomic<bool> &over)
    : mesh_(mesh), over_(over), lanes_(static_cast<size_t>(mesh.ranks())) {
    for (int rank = 0; rank < mesh.ranks(); rank++) lanes_[static_cast<size_t>(rank)].link = mesh.link(rank);
}

void Exchange::send(int rank, const void *data, size_t bytes) {
    if (bytes == 0) return;
    lanes_[static_cast<size_t>(rank)].outgoing.push_back({static_cast<const char *>(data), bytes});
    transfers_++;
}

void Exchange::receive(int rank, void *data, size_t bytes) {
    if (bytes == 0) return;
    lanes_[static_cast<size_t>(rank)].incoming.push_back({static_cast<char *>(data), bytes});
    transfers_++;
}

bool Exchange::send_next(Lane &lane) {
    Outgoing &next = lane.outgoing.front();
    size_t sent = lane.link->send(next.at, next.left);
    next.at += sent;
    next.left -= sent;
    if (next.left == 0) {
        lane.outgoing.pop_front();
        transfers_--;
    }
    return sent > 0;
}

bool Exchange::receive_next(Lane &lane) {
    Incoming &next = lane.incoming.front();
    size_t received = lane.link->receive(next.at, next.left);
    next.at += received;
    next.left -= received;
    if (next.left == 0) {
        lane.incoming.pop_front();
        lane.received++;
        transfers_--;
    }
    return received > 0;
}

bool Exchange::move() {
    bool moved = false;
    for (Lane &lane : lanes_) {
        if (!lane.link) continue;
        try {
            if (!lane.incoming.empty()) moved |= receive_next(lane);
            if (!lane.outgoing.empty()) moved |= send_next(lane);
        } catch (const ConnectionEnded &end) {
            lane.link->listen();  // what it said before
            require_nobody_gone();
            throw CollectiveFailure(ncclRemoteError, name_of(lane.link->member()) + " has ended: " + end.what());
        }
    }
    return moved;
}

void Exchange::go_on() {
    for (;;) {
        for (int spin = 0; spin < SPINS; spin++) {
            if (over_) throw CollectiveFailure(ncclInvalidUsage, "the communicator was aborted");
            if (move()) return;
            pause();
        }
        if (mesh_.inbox()) mesh_.inbox().announce_sleep();
        bool moved = move();
        if (!moved) sleep();
        if (mesh_.inbox()) mesh_.inbox().end_sleep();
        if (moved) return;
        for (Lane &lane : lanes_) {
            if (lane.link) lane.link->listen();
        }
        if (move()) return;
        require_nobody_gone();
    }
}

void Exchange::sleep() {
    if (over_) return;
    std::vector<pollfd> waited;
    if (mesh_.inbox()) waited.push_back({mesh_.inbox().doorbell().get(), POLLIN, 0});
    for (Lane &lane : lanes_) {
        if (!lane.link) continue;
        if (!lane.link->said_goodbye()) waited.push_back({lane.link->control().get(), POLLIN, 0});
        if (lane.link->shared()) continue;
        short events = 0;
        if (!lane.incoming.empty()) events |= POLLIN;
        if (!lane.outgoing.empty()) events |= POLLOUT;
        if (events) waited.push_back({lane.link->data().get(), events, 0});
    }
    poll(waited.data(), waited.size(), SLEEP_MILLISECONDS);
}

// Of shared memory only, into which all was written before the goodbye; on a socket the end comes behind the data.
void Exchange::require_nobody_gone() const {
    for (const Lane &lane : lanes_) {
        bool wanted = !lane.incoming.empty() || !lane.outgoing.empty();
        if (!lane.link || !wanted || !lane.link->said_goodbye() || !lane.link->shared()) continue;
        throw CollectiveFailure(ncclInvalidUsage,
                                name_of(lane.link->member()) +
                                    " has finalized the communicator, while a collective of this rank waits for it: "
                                    "all ranks must call the same collectives");
    }
}

}  // namespace softcuda
