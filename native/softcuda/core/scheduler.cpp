// The device thread: runs the operations of all streams one at a time, in an order that streams and events allow. One
// thread, because the OpenMP team that kernels and oneDNN share belongs to the thread that opens it.
#include "core/scheduler.h"

#include <omp.h>

#include <algorithm>
#include <system_error>

#include "core/contexts.h"
#include "core/parallel.h"
#include "core/switches.h"

namespace softcuda {

namespace {

// What the legacy and the per-thread stream are called in the CUDA headers.
const CUstream legacy_handle = nullptr;
const CUstream legacy_alias = reinterpret_cast<CUstream>(1);
const CUstream per_thread_handle = reinterpret_cast<CUstream>(2);

bool done(const Point& point) { return point.stream->completed >= point.ticket; }

void perform(const Operation& operation) {
    if (!operation.work || sticky() != CUDA_SUCCESS) return;
    try {
        operation.work();
    } catch (...) {
        set_sticky(status_of_exception(operation.name));
    }
}

// Starts that many threads at once and ends them. An OpenMP team that cannot start its threads ends the process, so
// this is tried before there is one.
void try_threads(int count) {
    std::mutex gate;
    std::unique_lock<std::mutex> closed(gate);
    std::vector<std::thread> tried;
    auto end = [&] {
        closed.unlock();
        for (std::thread& thread : tried) thread.join();
    };
    try {
        tried.reserve(static_cast<size_t>(count));
        for (int i = 0; i < count; i++) tried.emplace_back([&gate] { std::lock_guard<std::mutex> pass(gate); });
    } catch (...) {
        end();
        throw;
    }
    end();
}

}  // namespace

Scheduler& Scheduler::get() {
    static Scheduler* scheduler = new Scheduler;  // never destroyed: its thread outlives static destructors
    return *scheduler;
}

Scheduler::Scheduler() : legacy_(std::make_shared<Stream>()) {}

std::shared_ptr<Stream> Scheduler::stream(CUstream handle) {
    if (handle == legacy_handle || handle == legacy_alias) return legacy_;
    if (handle == per_thread_handle) {
        std::shared_ptr<Stream>& own = per_thread_[std::this_thread::get_id()];
        if (!own) own = std::make_shared<Stream>();
        return own;
    }
    auto found = streams.find(handle);
    return found == streams.end() ? nullptr : found->second;
}

void Scheduler::submit(const std::shared_ptr<Stream>& stream, const char* name, std::function<void()> work,
                       std::vector<Point> waits, bool brief) {
    auto wait_for = [&](const std::shared_ptr<Stream>& other) {
        if (other != stream && other->completed < other->submitted) waits.push_back({other, other->submitted});
    };
    if (stream == legacy_) {
        for (auto& [handle, other] : streams)
            if (other->blocking) wait_for(other);
        for (auto& [thread, other] : per_thread_) wait_for(other);
    } else if (stream->blocking) {
        wait_for(legacy_);
    }
    if (brief && idle_ && active_.empty() && waits.empty() && !switches().late_streams) {
        stream->submitted++;
        perform({name, std::move(work), {}, ++sequence_});
        stream->completed++;
        return;
    }
    if (stream->queue.empty() && std::find(active_.begin(), active_.end(), stream) == active_.end())
        active_.push_back(stream);
    stream->queue.push_back({name, std::move(work), std::move(waits), ++sequence_});
    stream->submitted++;
    if (idle_ && !switches().late_streams) work_.notify_one();
}

void Scheduler::start() {
    if (started_) return;
    try {
        try_threads(threads());  // the device thread is one of its team
        std::thread([this] { run(); }).detach();
    } catch (const std::system_error& failure) {
        throw Failure(CUDA_ERROR_OPERATING_SYSTEM,
                      "the system does not let the software device start its " + std::to_string(threads()) +
                          " threads (" + failure.what() +
                          "): raise the limit of threads (ulimit -u, or the container's), free memory, or set "
                          "GIMBAL_SOFT_THREADS to fewer");
    }
    started_ = true;
}

void Scheduler::demand(const std::shared_ptr<Stream>& stream, long ticket) {
    if (stream->demanded >= ticket) return;
    stream->demanded = ticket;
    if (idle_) work_.notify_one();
}

void Scheduler::demand_all() {
    for (auto& stream : active_) demand(stream, stream->submitted);
    if (idle_ && !active_.empty()) work_.notify_one();
}

void Scheduler::wait(std::unique_lock<std::mutex>& lock, const Point& point) {
    demand(point.stream, point.ticket);
    waiters_++;
    finished_.wait(lock, [&] { return done(point); });
    waiters_--;
}

void Scheduler::wait_for_all(std::unique_lock<std::mutex>& lock) {
    demand_all();
    std::vector<std::shared_ptr<Stream>> waited = active_;
    for (auto& stream : waited) wait(lock, {stream, stream->submitted});
}

void Scheduler::forget(CUcontext context) {
    statistics().streams -= erase_made_in(context, streams);
    statistics().events -= erase_made_in(context, events);
}

void Scheduler::forget_shared_streams() {
    per_thread_.clear();
    legacy_ = std::make_shared<Stream>();
}

// The next stream whose first operation may run: in order of submission, but late streams in the opposite order, which
// no program may rely on not happening.
std::shared_ptr<Stream> Scheduler::next() {
    const bool late = switches().late_streams;
    std::shared_ptr<Stream> chosen;
    bool demanded_more = true;
    while (demanded_more && !chosen) {
        demanded_more = false;
        for (auto& stream : active_) {
            if (stream->queue.empty() || (late && stream->demanded <= stream->completed)) continue;
            bool ready = true;
            for (const Point& point : stream->queue.front().waits) {
                if (done(point)) continue;
                ready = false;
                if (late && point.stream->demanded < point.ticket) {
                    point.stream->demanded = point.ticket;
                    demanded_more = true;
                }
            }
            if (!ready) continue;
            if (!chosen || (stream->queue.front().sequence < chosen->queue.front().sequence) != late) chosen = stream;
        }
    }
    return chosen;
}

void Scheduler::run() {
    std::unique_lock<std::mutex> lock(mutex);
    for (;;) {
        std::shared_ptr<Stream> stream = next();
        if (!stream) {
            idle_ = true;
            work_.wait(lock);
            idle_ = false;
            continue;
        }
        Operation operation = std::move(stream->queue.front());
        stream->queue.pop_front();
        lock.unlock();
        if (omp_get_max_threads() != threads()) omp_set_num_threads(threads());
        perform(operation);
        operation.work = nullptr;  // what it captured is released outside the lock
        lock.lock();
        stream->completed++;
        if (stream->queue.empty()) active_.erase(std::find(active_.begin(), active_.end(), stream));
        if (waiters_ > 0) finished_.notify_all();
    }
}

}  // namespace softcuda
