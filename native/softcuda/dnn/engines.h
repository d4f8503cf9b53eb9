// The engines by number, and the order in which the heuristics offer them.
#pragma once

#include "dnn/computation.h"

namespace softcuda::dnn {

// One way to compute convolutions. Its number is what `engine` takes and what ENGINE_GLOBAL_INDEX means.
struct Engine {
    const char *name;
    // Empty if it can; else why it cannot.
    std::string (*refusal)(const Convolution &);
    std::unique_ptr<Computation> (*prepare)(const Convolution &);
    // Whether it is given all groups at once, and not one by one.
    bool at_once = false;
};

constexpr int ENGINES = 6;
const Engine &engine(int index);
// What `engine(index)` says of the convolution, in float32, or of one group of it where it is given them one by one.
std::string refusal(int index, const Convolution &convolution);
std::unique_ptr<Computation> prepare(int index, const Convolution &convolution);

// Engines that can run it, the one expected to be fastest first. The order depends on the convolution and the
// processor's instruction set alone, never on a measurement.
struct Ranking {
    int count = 0;
    int indices[ENGINES] = {};
};
Ranking rank(const Convolution &convolution);

}  // namespace softcuda::dnn
