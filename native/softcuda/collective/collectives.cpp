// A reduction is computed by shares: each rank gets its share of the elements from all others, reduces it in the order
// of the ranks, and sends the result to all. So nothing depends on how the data travel, or in which order they come.
#include "collective/collectives.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "collective/elements.h"
#include "collective/exchange.h"

namespace softcuda {

namespace {

// What of another's share is here at once, of each rank: two blocks that stay in a core's cache.
constexpr size_t BLOCK_BYTES = 128 * 1024;
constexpr size_t BLOCKS = 2;

// Ahead of the data from one rank to another, so that two that call different collectives do not take each other's data
// for their own.
struct Head {
    uint32_t kind;
    uint32_t type;
    uint32_t reduction;
    int32_t root;
    uint64_t count;
};

Head head_of(const CollectiveCall &call) {
    return {static_cast<uint32_t>(call.kind), static_cast<uint32_t>(call.type),
            static_cast<uint32_t>(call.kind == CollectiveKind::all_reduce ? call.reduction : 0), call.root,
            call.count};
}

std::string text_of(const Head &head) {
    const char *kinds[] = {"an unknown collective", "ncclAllReduce", "ncclBroadcast", "ncclAllGather"};
    std::string text = kinds[head.kind < 4 ? head.kind : 0];
    return text + " of " + std::to_string(head.count) + " elements of type " + std::to_string(head.type) +
           ", reduction " + std::to_string(head.reduction) + ", root " + std::to_string(head.root);
}

// The elements that one rank reduces.
struct Share {
    size_t start;
    size_t count;
};

Share share_of(int rank, int ranks, size_t count) {
    size_t each = count / static_cast<size_t>(ranks), more = count % static_cast<size_t>(ranks);
    size_t index = static_cast<size_t>(rank);
    return {index * each + std::min(index, more), each + (index < more ? 1 : 0)};
}

class Collective {
public:
    Collective(const CollectiveCall &call, Mesh &mesh, const std::atomic<bool> &over)
        : call_(call), mesh_(mesh), exchange_(mesh, over), own_head_(head_of(call)),
          heads_(static_cast<size_t>(mesh.ranks())), element_(element_bytes(call.type)) {}

    void run() {
        switch (call_.kind) {
            case CollectiveKind::all_reduce: return all_reduce();
            case CollectiveKind::broadcast: return broadcast();
            case CollectiveKind::all_gather: return all_gather();
        }
    }

private:
    const char *source() const { return static_cast<const char *>(call_.send); }
    char *target() const { return static_cast<char *>(call_.receive); }

    template <class Body>
    void for_others(Body body) {
        for (int other = 0; other < mesh_.ranks(); other++) {
            if (other != mesh_.rank()) body(other);
        }
    }

    void send_head(int other) { exchange_.send(other, &own_head_, sizeof own_head_); }
    void receive_head(int other) { exchange_.receive(other, &heads_[static_cast<size_t>(other)], sizeof(Head)); }

    // Of a rank whose head has come.
    void require_same(int other) const {
        const Head &said = heads_[static_cast<size_t>(other)];
        if (std::memcmp(&said, &own_head_, sizeof said) == 0) return;
        throw CollectiveFailure(ncclInvalidUsage, name_of(mesh_.link(other)->member()) + " calls " + text_of(said) +
                                                      ", while rank " + std::to_string(mesh_.rank()) + " calls " +
                                                      text_of(own_head_) +
                                                      ": all ranks must call the same collectives in the same order");
    }

    void copy_own(char *to, const char *from, size_t bytes) {
        if (to != from && bytes > 0) std::memmove(to, from, bytes);
    }

    void finish() {
        std::vector<bool> checked(heads_.size());
        while (!exchange_.done()) {
            exchange_.go_on();
            for_others([&](int other) {
                size_t index = static_cast<size_t>(other);
                if (checked[index] || exchange_.received(other) == 0) return;
                require_same(other);
                checked[index] = true;
            });
        }
    }

    void broadcast() {
        size_t bytes = call_.count * element_;
        if (call_.root == mesh_.rank()) {
            for_others([&](int other) {
                send_head(other);
                exchange_.send(other, source(), bytes);
            });
            copy_own(target(), source(), bytes);
        } else {
            receive_head(call_.root);
            exchange_.receive(call_.root, target(), bytes);
        }
        finish();
    }

    void all_gather() {
        size_t bytes = call_.count * element_;
        for_others([&](int other) {
            send_head(other);
            exchange_.send(other, source(), bytes);
            receive_head(other);
            exchange_.receive(other, target() + static_cast<size_t>(other) * bytes, bytes);
        });
        copy_own(target() + static_cast<size_t>(mesh_.rank()) * bytes, source(), bytes);
        finish();
    }

    // ---- all-reduce

    void all_reduce() {
        share_ = share_of(mesh_.rank(), mesh_.ranks(), call_.count);
        block_ = std::clamp<size_t>(share_.count, 1, BLOCK_BYTES / element_);
        blocks_ = (share_.count + block_ - 1) / block_;
        scratch_.reset(new char[static_cast<size_t>(mesh_.ranks() - 1) * BLOCKS * block_ * element_]);
        for_others([&](int other) {
            send_head(other);
            receive_head(other);
            Share theirs = share_of(other, mesh_.ranks(), call_.count);
            exchange_.send(other, source() + theirs.start * element_, theirs.count * element_);
        });
        for (size_t block = 0; block < BLOCKS; block++) ask_for(block);
        if (blocks_ == 0) ask_for_results();
        bool checked = false;
        size_t reduced = 0;
        for (;;) {
            if (!checked && arrived(1)) {
                for_others([&](int other) { require_same(other); });
                checked = true;
            }
            // Behind the head, the pieces that came from each are its blocks.
            while (reduced < blocks_ && arrived(reduced + 2)) reduce_block(reduced++);
            if (exchange_.done()) return;
            exchange_.go_on();
        }
    }

    bool arrived(size_t pieces) {
        bool all = true;
        for_others([&](int other) { all = all && exchange_.received(other) >= pieces; });
        return all;
    }

    size_t block_count(size_t block) const { return std::min(block_, share_.count - block * block_); }

    char *scratch(int other, size_t block) {
        size_t lane = static_cast<size_t>(other > mesh_.rank() ? other - 1 : other);
        return scratch_.get() + (lane * BLOCKS + block % BLOCKS) * block_ * element_;
    }

    void ask_for(size_t block) {
        if (block >= blocks_) return;
        for_others([&](int other) {
            exchange_.receive(other, scratch(other, block), block_count(block) * element_);
        });
        if (block + 1 == blocks_) ask_for_results();
    }

    // The others' shares, reduced, which come behind all that they contribute to this one's. In place, what was there
    // has been sent by then: a rank sends no result before it has got what it is made of.
    void ask_for_results() {
        for_others([&](int other) {
            Share theirs = share_of(other, mesh_.ranks(), call_.count);
            exchange_.receive(other, target() + theirs.start * element_, theirs.count * element_);
        });
    }

    void reduce_block(size_t block) {
        size_t offset = (share_.start + block * block_) * element_;
        std::vector<const void *> sources(static_cast<size_t>(mesh_.ranks()));
        for (int rank = 0; rank < mesh_.ranks(); rank++) {
            sources[static_cast<size_t>(rank)] = rank == mesh_.rank() ? source() + offset : scratch(rank, block);
        }
        reduce(call_.type, call_.reduction, sources.data(), mesh_.ranks(), target() + offset, block_count(block));
        for_others([&](int other) { exchange_.send(other, target() + offset, block_count(block) * element_); });
        ask_for(block + BLOCKS);
    }

    const CollectiveCall &call_;
    Mesh &mesh_;
    Exchange exchange_;
    Head own_head_;
    std::vector<Head> heads_;
    size_t element_;
    Share share_{};
    size_t block_ = 0, blocks_ = 0;
    std::unique_ptr<char[]> scratch_;
};

}  // namespace

void perform(const CollectiveCall &call, Mesh &mesh, const std::atomic<bool> &over) {
    if (call.count == 0) return;
    Collective(call, mesh, over).run();
}

}  // namespace softcuda
