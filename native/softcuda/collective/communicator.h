#pragma once
// A communicator: its life, and its collectives as work.
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "collective/collectives.h"
#include "collective/reception.h"

namespace softcuda {

// For any number of threads, but that `end` is called once. A communicator that has failed stays so: its collectives do
// nothing.
class Communicator : public std::enable_shared_from_this<Communicator> {
public:
    Communicator(int ranks, int rank, bool blocking) : ranks_(ranks), rank_(rank), blocking_(blocking) {}
    ~Communicator();

    int ranks() const { return ranks_; }
    int rank() const { return rank_; }
    bool blocking() const { return blocking_; }

    // Joins the others, on a thread of its own.
    void start(const UniqueId &id);

    // ncclInProgress while it joins or finalizes, else what it failed by, or success; looks whether others have ended.
    ncclResult_t state() noexcept;
    // Of a failure; empty without one.
    std::string message();
    // Waits while the state is ncclInProgress.
    void wait();

    // On the device thread. Ends at once where the communicator has failed, fails, or is ended.
    void perform(const CollectiveCall &call) noexcept;

    // Tells the others, behind all work that `flush` waits for, that no more comes from here, and waits until they have
    // told the same, on a thread of its own. Once.
    void finalize(std::function<void()> flush);
    bool finalizing_or_finalized() const { return phase_ >= Phase::finalizing; }

    // Ends all that is under way, waits for that, and lets the others know unless all have finalized.
    void end() noexcept;

private:
    enum class Phase { joining, ready, finalizing, finalized };

    void run_joining(const UniqueId &id) noexcept;
    void run_finalizing(const std::function<void()> &flush) noexcept;
    void require_not_ended() const;
    bool hear_goodbyes();  // whether all have said it
    void sleep_until_heard();
    // By the exception that is being handled; with `working_` held once there is a mesh.
    void fail() noexcept;
    void leave_thread();

    const int ranks_, rank_;
    const bool blocking_;
    std::atomic<Phase> phase_{Phase::joining};
    std::atomic<int> failure_{ncclSuccess};
    std::atomic<bool> stop_{false};    // what waits is to end: the communicator has failed, or is to end
    std::atomic<bool> ending_{false};

    std::mutex message_mutex_;
    std::string message_;
    std::mutex thread_mutex_;
    std::thread thread_;           // that joins, later that finalizes
    std::mutex working_;           // of who uses the mesh
    std::unique_ptr<Mesh> mesh_;   // set before the phase is `ready`
};

}  // namespace softcuda
