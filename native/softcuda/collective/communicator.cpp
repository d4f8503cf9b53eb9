#include "collective/communicator.h"

#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <new>
#include <vector>

#include "collective/bootstrap.h"

namespace softcuda {

Communicator::~Communicator() { end(); }

void Communicator::start(const UniqueId &id) {
    std::lock_guard<std::mutex> hold(thread_mutex_);
    thread_ = std::thread([this, id] { run_joining(id); });
}

void Communicator::run_joining(const UniqueId &id) noexcept {
    try {
        mesh_ = join(id, ranks_, rank_, stop_);
        phase_ = Phase::ready;
    } catch (...) {
        fail();
    }
}

ncclResult_t Communicator::state() noexcept {
    if (phase_ == Phase::ready && failure_ == ncclSuccess) {
        std::unique_lock<std::mutex> working(working_, std::try_to_lock);  // who holds it listens itself
        if (working && !stop_) {
            try {
                for (auto &link : mesh_->links()) {
                    if (link) link->listen();
                }
            } catch (...) {
                fail();
            }
        }
    }
    if (failure_ != ncclSuccess) return static_cast<ncclResult_t>(failure_.load());
    Phase phase = phase_;
    return phase == Phase::joining || phase == Phase::finalizing ? ncclInProgress : ncclSuccess;
}

std::string Communicator::message() {
    std::lock_guard<std::mutex> hold(message_mutex_);
    return message_;
}

void Communicator::wait() {
    std::lock_guard<std::mutex> hold(thread_mutex_);
    if (thread_.joinable()) thread_.join();
}

void Communicator::perform(const CollectiveCall &call) noexcept {
    std::lock_guard<std::mutex> working(working_);
    Phase phase = phase_;
    if (stop_ || phase == Phase::joining || phase == Phase::finalized) return;
    try {
        softcuda::perform(call, *mesh_, stop_);
    } catch (...) {
        fail();
    }
}

void Communicator::finalize(std::function<void()> flush) {
    wait();
    std::lock_guard<std::mutex> hold(thread_mutex_);
    phase_ = Phase::finalizing;
    // It keeps this alive: what it flushes may wait for other communicators, for which an abort does not wait.
    thread_ = std::thread([self = shared_from_this(), flush = std::move(flush)] { self->run_finalizing(flush); });
}

void Communicator::run_finalizing(const std::function<void()> &flush) noexcept {
    try {
        flush();
        {
            std::lock_guard<std::mutex> working(working_);
            require_not_ended();
            for (auto &link : mesh_->links()) {
                if (link) link->say_goodbye();
            }
        }
        while (!hear_goodbyes()) sleep_until_heard();
        phase_ = Phase::finalized;
    } catch (...) {
        std::lock_guard<std::mutex> working(working_);
        fail();
    }
}

// The mesh is gone once it has ended.
void Communicator::require_not_ended() const {
    if (stop_) throw CollectiveFailure(ncclInvalidUsage, "the communicator was aborted");
}

bool Communicator::hear_goodbyes() {
    std::lock_guard<std::mutex> working(working_);
    require_not_ended();
    bool all = true;
    for (auto &link : mesh_->links()) {
        if (!link) continue;
        link->listen();
        all = all && link->said_goodbye();
    }
    return all;
}

void Communicator::sleep_until_heard() {
    // Should an abort close one meanwhile, the poll ends at its time or sees another file: it is looked again anyway.
    std::vector<pollfd> waited;
    {
        std::lock_guard<std::mutex> working(working_);
        require_not_ended();
        for (auto &link : mesh_->links()) {
            if (link && !link->said_goodbye()) waited.push_back({link->control().get(), POLLIN, 0});
        }
    }
    poll(waited.data(), waited.size(), LOOK_MILLISECONDS);
}

void Communicator::fail() noexcept {
    auto tell = [this](ncclResult_t status, const char *message) {
        std::lock_guard<std::mutex> hold(message_mutex_);
        if (failure_ != ncclSuccess) return;  // the first stays
        try {
            message_ = message;
        } catch (const std::bad_alloc &) {
            message_.clear();
        }
        failure_ = status;
        stop_ = true;
        if (!mesh_ || ending_) return;
        for (auto &link : mesh_->links()) {
            if (link) link->say_failed(message_.c_str());
        }
    };
    try {
        throw;
    } catch (const CollectiveFailure &failure) {
        tell(failure.status, failure.what());
    } catch (const std::bad_alloc &) {
        tell(ncclSystemError, "the host is out of memory");
    } catch (const std::exception &failure) {
        tell(ncclInternalError, failure.what());
    } catch (...) {
        tell(ncclInternalError, "an unknown exception");
    }
}

void Communicator::leave_thread() {
    std::lock_guard<std::mutex> hold(thread_mutex_);
    if (!thread_.joinable()) return;
    if (phase_ >= Phase::finalizing) thread_.detach();
    else thread_.join();
}

void Communicator::end() noexcept {
    bool healthy = failure_ == ncclSuccess;
    ending_ = true;
    stop_ = true;
    // A collective that sleeps is woken; without shared memory it looks by itself, a tenth of a second later at most.
    if (phase_ != Phase::joining && mesh_ && mesh_->inbox()) mesh_->inbox().ring_doorbell();
    leave_thread();
    std::lock_guard<std::mutex> working(working_);
    if (mesh_ && phase_ != Phase::finalized && healthy) {
        char host[64] = "", self[252];
        gethostname(host, sizeof host - 1);
        std::snprintf(self, sizeof self, "rank %d (pid %d, host %s) has aborted the communicator", rank_,
                      static_cast<int>(getpid()), host);
        for (auto &link : mesh_->links()) {
            if (link) link->say_failed(self);
        }
    }
    mesh_.reset();
}

}  // namespace softcuda
