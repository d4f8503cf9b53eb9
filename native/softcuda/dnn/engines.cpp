#include "dnn/engines.h"

#include "dnn/direct.h"
#include "dnn/onednn.h"
#include "dnn/outer.h"
#include "dnn/parts.h"
#include "dnn/pointwise.h"

namespace softcuda::dnn {

namespace {

enum Number { ONEDNN_IN_PLACE, ONEDNN_BLOCKED, OUTER_PRODUCTS, POINTWISE, DIRECT };

constexpr Engine TABLE[ENGINES] = {
    {"onednn_in_place", onednn_in_place_refusal, onednn_in_place},
    {"onednn_blocked", onednn_blocked_refusal, onednn_blocked},
    {"outer_products", outer_products_refusal, outer_products},
    {"pointwise", pointwise_refusal, pointwise},
    {"direct", direct_refusal, direct},
};

constexpr int64_t NARROW = 16;  // outputs

}  // namespace

const Engine &engine(int index) { return TABLE[index]; }

std::string refusal(int index, const Convolution &convolution) {
    return engine(index).refusal(in_parts(convolution) ? part_of(convolution) : convolution);
}

std::unique_ptr<Computation> prepare(int index, const Convolution &convolution) {
    if (!in_parts(convolution)) return engine(index).prepare(convolution);
    return in_parts(convolution, engine(index).prepare(part_of(convolution)));
}

// Measured on AVX2: filter gradients by outer products run at 1.5 to 3 times oneDNN's speed on adjacent channels,
// forward passes of narrow heads by `pointwise` at 1.1 to 1.7 times; everything else is fastest by oneDNN without
// reorders.
Ranking rank(const Convolution &convolution) {
    bool narrow = convolution.filters() / convolution.groups() < NARROW;
    const int order[ENGINES] = {OUTER_PRODUCTS, narrow ? POINTWISE : ONEDNN_IN_PLACE,
                                narrow ? ONEDNN_IN_PLACE : ONEDNN_BLOCKED, narrow ? ONEDNN_BLOCKED : POINTWISE, DIRECT};
    Ranking ranking;
    for (int index : order) {
        if (refusal(index, convolution).empty()) ranking.indices[ranking.count++] = index;
    }
    return ranking;
}

}  // namespace softcuda::dnn
