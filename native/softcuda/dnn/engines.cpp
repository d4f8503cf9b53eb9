#include "dnn/engines.h"

#include "dnn/direct.h"
#include "dnn/onednn.h"
#include "dnn/outer.h"
#include "dnn/parts.h"
#include "dnn/pointwise.h"

namespace softcuda::dnn {

namespace {

enum Number { ONEDNN_IN_PLACE, ONEDNN_BLOCKED, OUTER_PRODUCTS, POINTWISE, DIRECT, ONEDNN_GROUPS };

constexpr Engine TABLE[ENGINES] = {
    {"onednn_in_place", onednn_in_place_refusal, onednn_in_place},
    {"onednn_blocked", onednn_blocked_refusal, onednn_blocked},
    {"outer_products", outer_products_refusal, outer_products},
    {"pointwise", pointwise_refusal, pointwise},
    {"direct", direct_refusal, direct},
    {"onednn_groups", onednn_groups_refusal, onednn_groups, true},
};

constexpr int64_t NARROW = 16;  // channels

// Groups so narrow that they are faster at once than one by one.
bool in_narrow_groups(const Convolution &convolution) {
    int64_t groups = convolution.groups();
    return groups > 1 && convolution.channels() / groups < NARROW && convolution.filters() / groups < NARROW;
}

int64_t parts(int index, const Convolution &convolution) {
    return engine(index).at_once ? 1 : convolution.groups();
}

}  // namespace

const Engine &engine(int index) { return TABLE[index]; }

std::string refusal(int index, const Convolution &convolution) {
    return engine(index).refusal(part_of(convolution, parts(index, convolution)));
}

std::unique_ptr<Computation> prepare(int index, const Convolution &convolution) {
    int64_t count = parts(index, convolution);
    std::unique_ptr<Computation> computation = engine(index).prepare(part_of(convolution, count));
    return is_whole(convolution, count) ? std::move(computation)
                                        : in_parts(convolution, count, std::move(computation));
}

// Measured on AVX2: filter gradients by outer products run at 1.5 to 3 times oneDNN's speed on adjacent channels,
// forward passes of narrow heads by `pointwise` at 1.1 to 1.7 times; everything else is fastest by oneDNN without
// reorders. Of several groups depthwise ones run at some 20 times the speed at once, groups of 8 channels at 1 to 3
// times, of 32 at the same (4 x 64 x 32 x 32 in 64 groups, 2 x 256 x 20 x 20 in 32, 4 x 128 x 32 x 32 in 4; AVX-512).
Ranking rank(const Convolution &convolution) {
    bool narrow = convolution.filters() / convolution.groups() < NARROW;
    bool at_once = in_narrow_groups(convolution);
    Ranking ranking;
    auto offer = [&](int index) {
        if (refusal(index, convolution).empty()) ranking.indices[ranking.count++] = index;
    };
    if (at_once) offer(ONEDNN_GROUPS);
    offer(OUTER_PRODUCTS);
    if (narrow) offer(POINTWISE);
    offer(ONEDNN_IN_PLACE);
    offer(ONEDNN_BLOCKED);
    if (!narrow) offer(POINTWISE);
    offer(DIRECT);
    if (!at_once) offer(ONEDNN_GROUPS);
    return ranking;
}

}  // namespace softcuda::dnn
