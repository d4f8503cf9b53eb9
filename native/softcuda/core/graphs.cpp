#include "core/graphs.h"

#include <queue>

#include "core/contexts.h"
#include "core/failure.h"
#include "core/switches.h"

namespace softcuda {

namespace {

void perform(const Node& node) {
    try {
        node.work();
    } catch (const Failure& failure) {
        throw Failure(failure.status, std::string(node.name) + ": " + failure.what());
    } catch (const std::exception& failure) {
        throw Failure(CUDA_ERROR_LAUNCH_FAILED, std::string(node.name) + ": " + failure.what());
    }
}

}  // namespace

std::unordered_map<CUgraph, std::shared_ptr<Graph>>& graphs() {
    static auto* all = new std::unordered_map<CUgraph, std::shared_ptr<Graph>>;
    return *all;
}

std::unordered_map<CUgraphExec, std::shared_ptr<Executable>>& executables() {
    static auto* all = new std::unordered_map<CUgraphExec, std::shared_ptr<Executable>>;
    return *all;
}

std::vector<int> latest_order(const Graph& graph) {
    const int count = static_cast<int>(graph.nodes.size());
    std::vector<int> missing(count);
    std::vector<std::vector<int>> followers(count);
    std::priority_queue<int> ready;
    for (int node = 0; node < count; node++) {
        missing[node] = static_cast<int>(graph.nodes[node].waits.size());
        for (int earlier : graph.nodes[node].waits) followers[earlier].push_back(node);
        if (missing[node] == 0) ready.push(node);
    }
    std::vector<int> order;
    while (!ready.empty()) {
        const int node = ready.top();
        ready.pop();
        order.push_back(node);
        for (int follower : followers[node])
            if (--missing[follower] == 0) ready.push(follower);
    }
    return order;
}

void perform(const Executable& executable) {
    const std::vector<Node>& nodes = executable.graph->nodes;
    if (switches().late_streams)
        for (int node : executable.late_order) perform(nodes[node]);
    else
        for (const Node& node : nodes) perform(node);
    statistics().graph_nodes += static_cast<long long>(nodes.size());
}

void forget_graphs(CUcontext context) {
    statistics().graphs -= erase_made_in(context, graphs());
    statistics().executables -= erase_made_in(context, executables());
}

}  // namespace softcuda
