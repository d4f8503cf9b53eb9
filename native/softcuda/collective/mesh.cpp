#include "collective/mesh.h"

#include <algorithm>
#include <cstring>

namespace softcuda {

namespace {

// A socket is given so much at once, so that the other links have their turn.
constexpr size_t SOCKET_PIECE = 256 * 1024;

}  // namespace

void Link::set_rings(Ring incoming, Inbox inbox_of_other, int own_rank) {
    incoming_ = incoming;
    inbox_of_other_ = std::move(inbox_of_other);
    outgoing_ = inbox_of_other_.ring_of(own_rank);
}

size_t Link::send(const char *data, size_t bytes) {
    if (!shared()) return send_some(data_, data, std::min(bytes, SOCKET_PIECE));
    size_t sent = outgoing_.write(data, bytes);
    if (sent > 0) inbox_of_other_.changed();
    return sent;
}

size_t Link::receive(char *data, size_t bytes) {
    if (!shared()) return receive_some(data_, data, std::min(bytes, SOCKET_PIECE));
    size_t received = incoming_.read(data, bytes);
    if (received > 0) inbox_of_other_.changed();  // there is room again
    return received;
}

void Link::say_goodbye() noexcept {
    // What has been sent arrives before the end does.
    if (data_) shutdown(data_.get(), SHUT_WR);
    say(Kind::goodbye, "");
}

void Link::say_failed(const char *message) noexcept { say(Kind::failed, message); }

void Link::say(Kind kind, const char *text) noexcept {
    if (!control_ || ended_) return;
    Message message{};
    message.kind = kind;
    std::memcpy(message.text, text, std::min(std::strlen(text), sizeof message.text - 1));
    try {
        // There is room for it: a rank says two things in the life of a communicator.
        send_some(control_, &message, sizeof message);
    } catch (const ConnectionEnded &) {
        // It has ended, which listening tells.
    }
}

void Link::listen() {
    if (ended_) return;
    try {
        for (;;) {
            auto *at = reinterpret_cast<char *>(&heard_) + heard_bytes_;
            size_t received = receive_some(control_, at, sizeof heard_ - heard_bytes_);
            if (received == 0) return;
            heard_bytes_ += received;
            if (heard_bytes_ < sizeof heard_) continue;
            heard_bytes_ = 0;
            take(heard_);
        }
    } catch (const ConnectionEnded &end) {
        ended_ = true;
        if (goodbye_) return;
        throw CollectiveFailure(ncclRemoteError, name_of(member_) + " has ended: " + end.what());
    }
}

void Link::take(const Message &message) {
    if (message.kind == Kind::goodbye) {
        goodbye_ = true;
        return;
    }
    std::string text(message.text, strnlen(message.text, sizeof message.text));
    throw CollectiveFailure(ncclRemoteError, text);
}

}  // namespace softcuda
