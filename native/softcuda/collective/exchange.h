#pragma once
// The transfers of one collective over a mesh: what is to be sent and received, in order for each other rank, and how
// far it has come.
#include <atomic>
#include <cstdint>
#include <deque>
#include <vector>

#include "collective/mesh.h"

namespace softcuda {

class Exchange {
public:
    // Waiting ends with a CollectiveFailure soon after `over` is set and the inbox's doorbell was rung.
    Exchange(Mesh &mesh, const std::atomic<bool> &over);

    // Behind all that was asked for before. The bytes are read, or written, until the transfer is done.
    void send(int rank, const void *data, size_t bytes);
    void receive(int rank, void *data, size_t bytes);

    // How many of the receives from that rank are done.
    size_t received(int rank) const { return lanes_[static_cast<size_t>(rank)].received; }
    bool done() const { return transfers_ == 0; }

    // Moves what can be moved; waits, without taking a core for long, until something can.
    void go_on();

private:
    struct Outgoing {
        const char *at;
        size_t left;
    };
    struct Incoming {
        char *at;
        size_t left;
    };
    struct Lane {
        Link *link = nullptr;
        std::deque<Outgoing> outgoing;
        std::deque<Incoming> incoming;
        size_t received = 0;
    };

    bool move();  // whether anything moved
    bool send_next(Lane &lane);
    bool receive_next(Lane &lane);
    void sleep();
    void require_nobody_gone() const;

    Mesh &mesh_;
    const std::atomic<bool> &over_;
    std::vector<Lane> lanes_;
    size_t transfers_ = 0;
};

}  // namespace softcuda
