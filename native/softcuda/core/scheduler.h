#pragma once
// The device thread, and the streams and events that it runs. One mutex guards all of it, and graphs and captures
// besides; work runs outside of it.
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/failure.h"

namespace softcuda {

struct Stream;
struct Capture;

// "Everything up to this ticket of that stream."
struct Point {
    std::shared_ptr<Stream> stream;
    long ticket = 0;
};

struct Operation {
    const char* name;
    std::function<void()> work;  // empty: only an order
    std::vector<Point> waits;
    long sequence = 0;
};

struct Stream {
    CUcontext context = nullptr;  // null: the legacy or a per-thread stream, which belongs to what is current
    bool blocking = true;         // ordered against the legacy stream
    std::deque<Operation> queue;
    long submitted = 0;
    long completed = 0;
    long demanded = 0;  // late streams run no further than this
    std::shared_ptr<Capture> capture;
    std::vector<int> tail;  // nodes that the next captured node waits for
};

struct Stamp {
    double seconds = 0;
};

struct Event {
    CUcontext context = nullptr;
    bool timing = true;
    bool recorded = false;
    Point point;
    std::shared_ptr<Stamp> stamp;
    std::shared_ptr<Capture> capture;  // set when last recorded in a capture
    std::vector<int> nodes;
};

// The one device thread and all that it reads.
class Scheduler {
public:
    static Scheduler& get();

    std::mutex mutex;
    std::unordered_map<CUstream, std::shared_ptr<Stream>> streams;
    std::unordered_map<CUevent, std::shared_ptr<Event>> events;

    // All below are called with the mutex held.
    void start();  // the device thread, once, before any context can have work; throws where there are no threads
    std::shared_ptr<Stream> stream(CUstream handle);  // null if there is none
    // Brief work is done at once where there is no other: a moment of the caller's costs less than to wake a thread.
    void submit(const std::shared_ptr<Stream>& stream, const char* name, std::function<void()> work,
                std::vector<Point> waits = {}, bool brief = false);
    void demand(const std::shared_ptr<Stream>& stream, long ticket);
    void wait(std::unique_lock<std::mutex>& lock, const Point& point);
    void wait_for_all(std::unique_lock<std::mutex>& lock);
    void demand_all();
    void forget(CUcontext context);  // its streams and events, once no work of it is left
    void forget_shared_streams();    // the legacy and the per-thread streams: when no context is left
    bool legacy(const std::shared_ptr<Stream>& stream) const { return stream == legacy_; }

private:
    Scheduler();
    void run();
    std::shared_ptr<Stream> next();
    std::vector<std::shared_ptr<Stream>> active_;  // streams with work in them
    std::shared_ptr<Stream> legacy_;
    std::unordered_map<std::thread::id, std::shared_ptr<Stream>> per_thread_;
    std::condition_variable work_;
    std::condition_variable finished_;
    long sequence_ = 0;
    int waiters_ = 0;
    bool started_ = false;
    bool idle_ = false;
};

}  // namespace softcuda
