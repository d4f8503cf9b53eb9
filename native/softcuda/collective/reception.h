#pragma once
// Who connects to whom while a communicator is made, and by what they know each other: the key of its unique id.
#include <cstdint>
#include <string>
#include <vector>

#include "collective/sockets.h"

namespace softcuda {

// What is in a ncclUniqueId.
struct UniqueId {
    char magic[8];
    Address address;  // of who made it
    uint8_t key[32];      // by which a rank is known to who listens
    uint8_t welcome[32];  // by which who listens is known to a rank
};
static_assert(sizeof(UniqueId) <= NCCL_UNIQUE_ID_BYTES, "a unique id has 128 bytes");

UniqueId new_unique_id(const Address &address);
ncclUniqueId packed(const UniqueId &id);
// Throws a CollectiveFailure if it is not one that this library made.
UniqueId unpacked(const ncclUniqueId &id);

// A process of a communicator, as others are told of it. Sent as it lies in memory; texts end with a zero byte.
struct Member {
    int32_t rank;
    int32_t ranks;
    int64_t process;
    Address address;        // where it listens for other ranks
    uint8_t machine[16];    // of the system that runs; zero where it is not known
    uint8_t identity[16];   // of the process, unlike any other's
    char local_name[32];    // where it listens for ranks of its machine; empty where it does not
    char host[64];
};

// Such as "rank 2 (pid 123, host x)".
std::string name_of(const Member &member);

enum class Purpose : uint32_t { membership = 1, control = 2, data = 3 };

// The first that is sent over any connection.
struct Hello {
    char magic[8];
    uint8_t key[32];
    Purpose purpose;
    Member member;
};

void say_hello(const Descriptor &to, const UniqueId &id, Purpose purpose, const Member &member,
               const std::atomic<bool> &stop);
// The first that comes back: that who listens has the unique id, too.
void welcome(const Descriptor &to, const UniqueId &id, const std::atomic<bool> &stop);
void require_welcome(const Descriptor &from, const UniqueId &id, const std::atomic<bool> &stop);

// Takes connections from whoever comes, and hands on those that have the key. A stranger holds nobody up: it has five
// seconds to say who it is, while all others are heard.
class Reception {
public:
    Reception(const UniqueId &id, std::vector<const Descriptor *> listeners);

    struct Arrival {
        Hello hello;
        Descriptor connection;
    };
    // Those that have come; waits a while if there are none.
    std::vector<Arrival> arrivals(int milliseconds);

private:
    struct Guest {
        Descriptor connection;
        Deadline deadline;
        size_t said = 0;
        Hello hello{};
    };
    void admit(const Descriptor &listener);
    bool hear(Guest &guest, std::vector<Arrival> &arrived) const;  // whether it stays

    UniqueId id_;
    std::vector<const Descriptor *> listeners_;
    std::vector<Guest> guests_;
};

}  // namespace softcuda
