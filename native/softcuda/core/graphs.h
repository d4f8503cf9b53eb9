#pragma once
// Graphs and what is made of them to be launched. The scheduler's mutex guards them: whoever calls here holds it, but
// for `perform`.
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "softcuda.h"

namespace softcuda {

struct Node {
    const char* name;
    std::function<void()> work;
    std::vector<int> waits;  // indices of earlier nodes
};

struct Graph {
    CUcontext context = nullptr;  // in which the capture began
    std::vector<Node> nodes;      // in the order captured, which is a topological one
};
std::unordered_map<CUgraph, std::shared_ptr<Graph>>& graphs();

struct Executable {
    CUcontext context = nullptr;
    std::shared_ptr<const Graph> graph;
    std::vector<int> late_order;  // the topological order furthest from the captured one: it shows a missing edge
};
std::unordered_map<CUgraphExec, std::shared_ptr<Executable>>& executables();

std::vector<int> latest_order(const Graph& graph);

// On the device thread.
void perform(const Executable& executable);

// Graphs and executables go with the context that they were made in.
void forget_graphs(CUcontext context);

}  // namespace softcuda
