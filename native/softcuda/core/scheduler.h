#pragma once
// Streams, events, captures and graphs as data. All of it is guarded by one mutex; work runs outside of it.
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/runtime.h"

namespace softcuda {

struct Stream;

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

struct Node {
    const char* name;
    std::function<void()> work;
    std::vector<int> waits;  // indices of earlier nodes
};

struct Graph {
    CUcontext context = nullptr;  // in which the capture began
    std::vector<Node> nodes;  // in the order captured, which is a topological one
};

struct Executable {
    CUcontext context = nullptr;
    std::shared_ptr<const Graph> graph;
    std::vector<int> late_order;  // the topological order furthest from the captured one: it shows a missing edge
};

struct Capture {
    std::shared_ptr<Graph> graph = std::make_shared<Graph>();
    CUstreamCaptureMode mode;
    std::thread::id thread;
    bool invalidated = false;
    bool ended = false;
    std::vector<Stream*> members;  // the first is the one it began on; null once destroyed
};

struct Stream {
    CUcontext context = nullptr;  // null: the legacy or a per-thread stream, which belongs to what is current
    bool blocking = true;  // ordered against the legacy stream
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
    std::unordered_map<CUgraph, std::shared_ptr<Graph>> graphs;
    std::unordered_map<CUgraphExec, std::shared_ptr<Executable>> executables;
    std::vector<std::shared_ptr<Capture>> captures;  // those not ended

    // All below are called with the mutex held.
    void start();  // the device thread, once, before any context can have work; throws where there are no threads
    std::shared_ptr<Stream> stream(CUstream handle);  // null if there is none
    void submit(const std::shared_ptr<Stream>& stream, const char* name, std::function<void()> work,
                std::vector<Point> waits = {});
    void demand(const std::shared_ptr<Stream>& stream, long ticket);
    void wait(std::unique_lock<std::mutex>& lock, const Point& point);
    void wait_for_all(std::unique_lock<std::mutex>& lock);
    void demand_all();
    void forget(CUcontext context);  // all that was made in it, once no work of it is left
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

// The capture rules that several calls share; the mutex is held.
void invalidate(Capture& capture);
void end_captures(Scheduler& scheduler, CUcontext context);  // all that streams of the context take part in
CUresult legacy_is_free(Scheduler& scheduler, const std::shared_ptr<Stream>& stream);
CUresult allowed_while_capturing(Scheduler& scheduler);

}  // namespace softcuda
