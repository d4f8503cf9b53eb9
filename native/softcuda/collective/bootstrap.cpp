#include "collective/bootstrap.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>

namespace softcuda {

namespace {

// How long a host may take to answer at all; a program there that is slow does not count.
constexpr auto CONNECTING = std::chrono::seconds(30);

// What the root answers to a rank; behind it, where the status is a success, the members in the order of their ranks.
struct Answer {
    ncclResult_t status;
    char text[508];
};

const std::atomic<bool> &never_stopped() {
    static const std::atomic<bool> stop{false};
    return stop;
}

// Set by GIMBAL_SOFT_TRANSPORT: tcp keeps ranks of one machine from sharing memory.
bool memory_may_be_shared() {
    const char *setting = std::getenv("GIMBAL_SOFT_TRANSPORT");
    std::string transport = setting && *setting ? setting : "auto";
    if (transport != "auto" && transport != "tcp") {
        throw CollectiveFailure(ncclInvalidUsage, "the environment variable GIMBAL_SOFT_TRANSPORT is '" + transport +
                                                      "': it may be auto (shared memory between ranks of one machine) "
                                                      "or tcp");
    }
    return transport == "auto";
}

void copy_text(const std::string &text, char *to, size_t bytes) {
    size_t length = std::min(text.size(), bytes - 1);
    std::memcpy(to, text.data(), length);
    to[length] = 0;
}

// ---- The root

class Root {
public:
    Root(Descriptor listener, const UniqueId &id)
        : id_(id), listener_(std::move(listener)), reception_(id, {&listener_}) {}

    void run() {
        try {
            while (members_.empty() || members_.size() < static_cast<size_t>(members_[0].hello.member.ranks)) {
                for (Reception::Arrival &arrival : reception_.arrivals(LOOK_MILLISECONDS)) take(arrival);
                require_all_there();
            }
            tell_members();
        } catch (const CollectiveFailure &failure) {
            tell_failure(failure);
        }
    }

private:
    void take(Reception::Arrival &arrival) {
        if (arrival.hello.purpose != Purpose::membership) return;
        notice_vanished_host(arrival.connection);
        members_.push_back(std::move(arrival));  // also one that does not fit: it is told why
        const Member &come = members_.back().hello.member;
        for (size_t i = 0; i + 1 < members_.size(); i++) require_fit(members_[i].hello.member, come);
    }

    static void require_fit(const Member &there, const Member &come) {
        if (come.ranks != there.ranks) {
            throw CollectiveFailure(ncclInvalidArgument,
                                    name_of(come) + " says that the communicator has " + std::to_string(come.ranks) +
                                        " ranks, and " + name_of(there) + " says " + std::to_string(there.ranks) +
                                        ": all must say the same");
        }
        if (come.rank == there.rank) {
            throw CollectiveFailure(ncclInvalidArgument, "rank " + std::to_string(come.rank) +
                                                             " was given twice, to pid " +
                                                             std::to_string(there.process) + " on host " + there.host +
                                                             " and pid " + std::to_string(come.process) + " on host " +
                                                             come.host + ": each rank is one process");
        }
        if (std::memcmp(come.identity, there.identity, sizeof come.identity) == 0) {
            throw CollectiveFailure(ncclInvalidUsage,
                                    "ranks " + std::to_string(std::min(come.rank, there.rank)) + " and " +
                                        std::to_string(std::max(come.rank, there.rank)) +
                                        " of one communicator are in one process (pid " +
                                        std::to_string(come.process) + " on host " + come.host +
                                        "), whose one software device would wait for itself: start a process for each "
                                        "rank");
        }
    }

    // A rank that gives up closes its connection, as one does whose process ends.
    void require_all_there() {
        for (Reception::Arrival &member : members_) {
            char byte;
            ssize_t peeked = recv(member.connection.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
            if (peeked == 0 || (peeked < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
                throw CollectiveFailure(ncclRemoteError,
                                        name_of(member.hello.member) + " has ended before all ranks had come");
            }
        }
    }

    void tell_members() {
        std::sort(members_.begin(), members_.end(), [](const Reception::Arrival &a, const Reception::Arrival &b) {
            return a.hello.member.rank < b.hello.member.rank;
        });
        std::vector<Member> table;
        for (const Reception::Arrival &member : members_) table.push_back(member.hello.member);
        Answer answer{};
        for (Reception::Arrival &member : members_) {
            try {
                tell(member, answer);
                send_whole(member.connection, table.data(), table.size() * sizeof(Member), NEVER, never_stopped());
            } catch (const ConnectionEnded &) {
                // It has ended: the others notice when they connect with it.
            }
        }
    }

    void tell_failure(const CollectiveFailure &failure) {
        Answer answer{};
        answer.status = failure.status;
        copy_text(failure.what(), answer.text, sizeof answer.text);
        for (Reception::Arrival &member : members_) {
            try {
                tell(member, answer);
            } catch (const ConnectionEnded &) {
                // The others are to hear it all the same.
            }
        }
    }

    void tell(Reception::Arrival &member, const Answer &answer) {
        welcome(member.connection, id_, never_stopped());
        send_whole(member.connection, &answer, sizeof answer, NEVER, never_stopped());
    }

    UniqueId id_;
    Descriptor listener_;
    Reception reception_;
    std::vector<Reception::Arrival> members_;
};

// ---- A rank

void read_machine(uint8_t (&machine)[16]) {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string text;
    size_t digits = 0;
    if (!std::getline(file, text)) return;
    for (char one : text) {
        int value = one >= '0' && one <= '9' ? one - '0' : one >= 'a' && one <= 'f' ? one - 'a' + 10 : -1;
        if (value < 0 || digits == 32) continue;
        machine[digits / 2] = static_cast<uint8_t>(machine[digits / 2] << 4 | value);
        digits++;
    }
}

struct Identity {
    uint8_t bytes[16];
};

// Of this process; a number can be another process's, too, on another host or in another container.
const Identity &identity() {
    static const Identity own = [] {
        Identity made;
        fill_random(made.bytes, sizeof made.bytes);
        return made;
    }();
    return own;
}

Member describe_self(int ranks, int rank) {
    Member self{};
    self.rank = rank;
    self.ranks = ranks;
    self.process = getpid();
    read_machine(self.machine);
    std::memcpy(self.identity, identity().bytes, sizeof self.identity);
    gethostname(self.host, sizeof self.host - 1);
    return self;
}

bool known(const uint8_t (&machine)[16]) {
    return std::any_of(machine, machine + sizeof machine, [](uint8_t byte) { return byte != 0; });
}

std::string random_name() {
    uint8_t bytes[8];
    fill_random(bytes, sizeof bytes);
    std::string name = "gimbal-";
    for (uint8_t byte : bytes) {
        name += "0123456789abcdef"[byte >> 4];
        name += "0123456789abcdef"[byte & 15];
    }
    return name;
}

class Joining {
public:
    Joining(const UniqueId &id, int ranks, int rank, const std::atomic<bool> &stop)
        : id_(id), stop_(stop), self_(describe_self(ranks, rank)), mesh_(std::make_unique<Mesh>(rank, ranks)) {}

    std::unique_ptr<Mesh> run() {
        ask_root();
        if (*self_.local_name) mesh_->inbox() = Inbox::create(mesh_->ranks());
        try {
            for (int other = 0; other < self_.rank; other++) connect_with(other);
            accept_higher();
        } catch (const CollectiveFailure &failure) {
            // So that they name the one that is at fault, and not this rank.
            for (auto &link : mesh_->links()) {
                if (link) link->say_failed(failure.what());
            }
            throw;
        }
        return std::move(mesh_);
    }

private:
    void ask_root() {
        Descriptor root = connect_to_root();
        // Where the root is reached from, others reach it, too.
        Address address = given_address();
        if (address.family == 0) address = local_address(root);
        listener_ = listen_at(address);
        self_.address = address;
        if (memory_may_be_shared() && known(self_.machine)) {
            std::string name = random_name();
            local_listener_ = listen_at(name);
            copy_text(name, self_.local_name, sizeof self_.local_name);
        }
        std::vector<Member> members(static_cast<size_t>(self_.ranks));
        Answer answer;
        try {
            notice_vanished_host(root);
            say_hello(root, id_, Purpose::membership, self_, stop_);
            require_welcome(root, id_, stop_);
            receive_whole(root, &answer, sizeof answer, NEVER, stop_);
            require_success(answer);
            receive_whole(root, members.data(), members.size() * sizeof(Member), NEVER, stop_);
        } catch (const ConnectionEnded &end) {
            throw CollectiveFailure(ncclRemoteError, "the process that made the unique id, at " + text_of(id_.address) +
                                                         ", has ended before all ranks had come: " + end.what());
        }
        for (int other = 0; other < self_.ranks; other++) {
            if (other != self_.rank) mesh_->add(other, members[static_cast<size_t>(other)]);
        }
    }

    Descriptor connect_to_root() {
        try {
            return connect_to(id_.address, Clock::now() + CONNECTING, stop_);
        } catch (const ConnectionEnded &end) {
            throw CollectiveFailure(ncclRemoteError,
                                    std::string(end.what()) +
                                        ": the process that made the unique id must be reachable there and still run, "
                                        "and an id makes one communicator");
        }
    }

    static void require_success(const Answer &answer) {
        if (answer.status == ncclSuccess) return;
        throw CollectiveFailure(answer.status, std::string(answer.text, strnlen(answer.text, sizeof answer.text)));
    }

    // With a rank below this one, which listens.
    void connect_with(int other) {
        Link &link = *mesh_->link(other);
        guarded(link, [&] {
            bool local = false;
            link.set_control(call(link.member(), Purpose::control, local));
            if (local) offer_memory(link);
            if (!link.has_data()) link.set_data(call(link.member(), Purpose::data, local));
        });
    }

    // A connection with a member that listens, who knows by then who calls.
    Descriptor call(const Member &member, Purpose purpose, bool &local) {
        Descriptor connection;
        bool same_machine =
            known(self_.machine) && std::memcmp(member.machine, self_.machine, sizeof member.machine) == 0;
        if (*self_.local_name && *member.local_name && same_machine) connection = connect_to(member.local_name);
        local = static_cast<bool>(connection);
        if (!local) connection = connect_to(member.address, Clock::now() + CONNECTING, stop_);
        if (purpose == Purpose::control) notice_vanished_host(connection);
        say_hello(connection, id_, purpose, self_, stop_);
        require_welcome(connection, id_, stop_);
        uint8_t locally = local ? 1 : 0;
        send_whole(connection, &locally, 1, NEVER, stop_);
        return connection;
    }

    // Each sends its inbox and says whether it could open the other's; memory is shared if both could.
    void offer_memory(Link &link) {
        const Descriptor &control = link.control();
        send_inbox(control, mesh_->inbox() ? &mesh_->inbox() : nullptr, stop_);
        Inbox other = receive_inbox(control, self_.ranks, stop_);
        uint8_t own_word = other && mesh_->inbox() ? 1 : 0, other_word = 0;
        send_whole(control, &own_word, 1, NEVER, stop_);
        receive_whole(control, &other_word, 1, NEVER, stop_);
        if (own_word && other_word) {
            link.set_rings(mesh_->inbox().ring_of(link.member().rank), std::move(other), self_.rank);
        }
    }

    void accept_higher() {
        std::vector<const Descriptor *> listeners{&listener_};
        if (local_listener_) listeners.push_back(&local_listener_);
        Reception reception(id_, listeners);
        while (!complete()) {
            if (stop_) throw CollectiveFailure(ncclInvalidUsage, "the communicator was aborted");
            for (Reception::Arrival &arrival : reception.arrivals(LOOK_MILLISECONDS)) take(arrival);
            for (auto &link : mesh_->links()) {
                if (link && link->has_control()) link->listen();
            }
        }
    }

    bool complete() const {
        return std::all_of(mesh_->links().begin(), mesh_->links().end(),
                           [](const std::unique_ptr<Link> &link) { return !link || link->has_data(); });
    }

    void take(Reception::Arrival &arrival) {
        const Member &member = arrival.hello.member;
        if (member.ranks != self_.ranks || member.rank <= self_.rank) return;
        Link &link = *mesh_->link(member.rank);
        if (std::memcmp(link.member().identity, member.identity, sizeof member.identity) != 0) return;
        guarded(link, [&] {
            welcome(arrival.connection, id_, stop_);
            uint8_t locally = 0;
            if (arrival.hello.purpose == Purpose::control) notice_vanished_host(arrival.connection);
            receive_whole(arrival.connection, &locally, 1, NEVER, stop_);
            if (arrival.hello.purpose == Purpose::control && !link.has_control()) {
                link.set_control(std::move(arrival.connection));
                if (locally) offer_memory(link);
            } else if (arrival.hello.purpose == Purpose::data && !link.has_data()) {
                link.set_data(std::move(arrival.connection));
            }
        });
    }

    template <class Body>
    static void guarded(const Link &link, Body body) {
        try {
            body();
        } catch (const ConnectionEnded &end) {
            throw CollectiveFailure(ncclRemoteError, name_of(link.member()) +
                                                         " has ended or cannot be reached: " + end.what());
        }
    }

    UniqueId id_;
    const std::atomic<bool> &stop_;
    Member self_;
    Descriptor listener_, local_listener_;
    std::unique_ptr<Mesh> mesh_;
};

}  // namespace

UniqueId start_root() {
    Address address = own_address();
    Descriptor listener = listen_at(address);
    UniqueId id = new_unique_id(address);
    auto root = std::make_shared<Root>(std::move(listener), id);
    std::thread([root] {
        try {
            root->run();
        } catch (const std::exception &) {
            // Without memory: its ranks notice the end of their connections.
        }
    }).detach();
    return id;
}

std::unique_ptr<Mesh> join(const UniqueId &id, int ranks, int rank, const std::atomic<bool> &stop) {
    return Joining(id, ranks, rank, stop).run();
}

}  // namespace softcuda
