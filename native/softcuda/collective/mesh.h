#pragma once
// The connections of one rank with all others of its communicator, and what is said over them.
#include <memory>
#include <string>
#include <vector>

#include "collective/inbox.h"
#include "collective/reception.h"

namespace softcuda {

// With one other rank. Data go through shared memory where both have it, else over a socket; a connection beside it
// carries what is said of the communicator, and its end tells that the other has ended.
class Link {
public:
    explicit Link(const Member &member) : member_(member) {}

    void set_control(Descriptor control) { control_ = std::move(control); }
    void set_data(Descriptor data) { data_ = std::move(data); }
    // `incoming` is of this rank's inbox; the other's inbox has the ring that this rank writes.
    void set_rings(Ring incoming, Inbox inbox_of_other, int own_rank);

    const Member &member() const { return member_; }
    bool has_control() const { return static_cast<bool>(control_); }
    bool has_data() const { return shared() || data_; }
    bool shared() const { return static_cast<bool>(inbox_of_other_); }

    // As much as goes at once. Throw ConnectionEnded.
    size_t send(const char *data, size_t bytes);
    size_t receive(char *data, size_t bytes);

    // Neither waits, nor fails where the other has ended.
    void say_goodbye() noexcept;
    void say_failed(const char *message) noexcept;

    // Takes what the other has said since. Throws a CollectiveFailure that names the rank which has failed or ended.
    void listen();
    bool said_goodbye() const { return goodbye_; }

    const Descriptor &control() const { return control_; }
    const Descriptor &data() const { return data_; }  // empty where memory is shared

private:
    enum class Kind : uint32_t { goodbye = 1, failed = 2 };
    struct Message {
        Kind kind;
        char text[252];
    };
    void say(Kind kind, const char *text) noexcept;
    void take(const Message &message);

    Member member_;
    Descriptor control_, data_;
    Ring incoming_, outgoing_;
    Inbox inbox_of_other_;
    Message heard_{};
    size_t heard_bytes_ = 0;
    bool goodbye_ = false;
    bool ended_ = false;
};

class Mesh {
public:
    // Without links yet.
    Mesh(int rank, int ranks) : rank_(rank), links_(static_cast<size_t>(ranks)) {}

    int rank() const { return rank_; }
    int ranks() const { return static_cast<int>(links_.size()); }
    Inbox &inbox() { return inbox_; }  // empty where there is no shared memory
    // Null for this rank itself.
    Link *link(int rank) { return links_[static_cast<size_t>(rank)].get(); }
    const std::vector<std::unique_ptr<Link>> &links() const { return links_; }
    void add(int rank, const Member &member) {
        links_[static_cast<size_t>(rank)] = std::make_unique<Link>(member);
    }

private:
    int rank_;
    Inbox inbox_;
    std::vector<std::unique_ptr<Link>> links_;
};

}  // namespace softcuda
