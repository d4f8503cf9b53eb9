// The engines by number, and the order in which the heuristics offer them.
#include "dnn_engines.h"

namespace softcuda::dnn {

namespace {

enum Number { ONEDNN_IN_PLACE, ONEDNN_BLOCKED, OUTER_PRODUCTS, DIRECT };

constexpr Engine TABLE[ENGINES] = {
    {"onednn_in_place", onednn_in_place_refusal, onednn_in_place},
    {"onednn_blocked", onednn_blocked_refusal, onednn_blocked},
    {"outer_products", outer_products_refusal, outer_products},
    {"direct", direct_refusal, direct},
};

}  // namespace

const Engine &engine(int index) { return TABLE[index]; }

Ranking rank(const Convolution &convolution) {
    const int order[ENGINES] = {OUTER_PRODUCTS, ONEDNN_IN_PLACE, ONEDNN_BLOCKED, DIRECT};
    Ranking ranking;
    for (int index : order) {
        if (engine(index).refusal(convolution).empty()) ranking.indices[ranking.count++] = index;
    }
    return ranking;
}

}  // namespace softcuda::dnn
