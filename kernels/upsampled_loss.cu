// Task losses of logits that are upsampled bilinearly by s first, with the gradient of the small logits, in one pass: what loss.cu
// does to the outputs of upsample.cu, and that file's backward. Neither the upsampled logits nor their gradients are ever in memory.
//
// Logits and their gradients [N][H][W][pitch], of which the task has the first C channels, and those up to `written` become 0 in the
// gradient. Targets are of full resolution: cross_entropy int [N][sH][sW], others float [N][sH][sW][C]. Losses, weight, count and
// markers are as in loss.cu. 2 <= s <= 16, C <= 256 (Prediction.java); a block has whole tiles of places (upsampled.cuh), and what
// they are does not depend on the grid.
// Bytes an output element, with e (4 or 2) bytes a logit: 2e/s^2 and the target (4/C for classes, else 4), which is the fewest; what
// tiles read twice of the places and targets about them comes from the cache. Apart, the three kernels move 4e + 2e/s^2 and the target.
// Operations an output element: about 9 for upsampling, both ways, and the loss's own.
//
// On a GPU instructions are the limit: outputs are s^2 times the logits, and bytes those of the logits and the target. An output
// element of cross_entropy needs 12 by its nature: 1 for its mixture and 2 for its gradient's way back, the largest and the sum (2), the
// difference to the largest and its power of two (2), its share (1), and the label (4: compared, for the loss and for the gradient).
// The 13 classes by s = 4 of `bench kernels` come to 444 warp instructions a KB (bf16 655), were all else free. What comes on top: 16
// channels for 13, the lane's part in groups of lanes, the label, the loss and the loop (some 40 an output): with these, half of all.
// The other half is done once a row of places: the mixing along columns, and their meeting; or once a block.
// A regression of 3 channels has 10 to 30 an element (cosine 12, normalized_l1 20, binary cross entropy 40),
// and 7 to read and check the target.
// float32 logits of 3 channels by 8 are half sectors (loss.cu), for which loads are 1.15 times the sectors that would hold them.
#include "loss.cuh"
#include "upsampled.cuh"

#if FAST
// ------------------------------------------------------------------------------------------------------------------ the fast way

struct CrossEntropy {
    const int* target;
    int C, ignore;
    float scale;
    LongSum sum = 0, product = 1;  // of the outputs' sums: one logarithm for many of them

    MEMBER LongSum total() const { return sum + log(product); }

    MEMBER void differentiate(const Outputs& outputs) {
        float* x = outputs.x;
        Mask labels = outputs.labels(target, ignore), labelled = labels != ignore, counted = labelled & outputs.are_counted();
        Pack largest = load_pack(x), picked = pack(not_a_number()), sums = pack(0);
        for (int c = 1; c < C; c++) largest = select(load_pack(x + c * WIDTH) > largest, load_pack(x + c * WIDTH), largest);
        for (int k = 0; k < WIDTH; k++) if (labels[k] >= 0 && labels[k] < C) picked[k] = x[labels[k] * WIDTH + k];
        for (int c = 0; c < C; c++) {
            Pack e = exponential(load_pack(x + c * WIDTH) - largest);
            store(x + c * WIDTH, e);
            sums += e;
        }
        Pack over = scale / sums;
        for (int c = 0; c < C; c++) store(x + c * WIDTH, select(labelled, load_pack(x + c * WIDTH) * over, pack(0)));
        for (int k = 0; k < WIDTH; k++) {
            if (labels[k] != ignore && labels[k] >= 0 && labels[k] < C) x[labels[k] * WIDTH + k] -= scale;
        }
        sum += sum_of_lanes(select(counted, largest - picked, pack(0)));
        product *= product_of_lanes(select(counted, sums, pack(1)));
        if (product > 1e200) {
            sum += log(product);
            product = 1;
        }
    }
};

// What stands in a float target.
struct FloatTarget {
    const float* values;
    int C;
    float ignore;
    int has_ignore;

    // Leaves the channels [C][WIDTH] in t; which of the outputs have a label.
    MEMBER Mask read(const Outputs& outputs, float* t) const {
        Mask labelled = LANE_NUMBERS * 0 - (has_ignore ? 0 : 1);
        for (int c = 0; c < C; c++) {
            Pack value = outputs.values(values, C, c);
            store(t + c * WIDTH, value);
            labelled |= value != ignore;
        }
        return labelled;
    }
};

template <class Kind> struct Regression {
    Kind kind;
    FloatTarget target;
    float scale;
    LongSum sum = 0;

    MEMBER LongSum total() const { return sum; }

    MEMBER void differentiate(const Outputs& outputs) {
        float t[MOST_CHANNELS * WIDTH];
        Mask labelled = target.read(outputs, t), counted = labelled & outputs.are_counted();
        Pack losses = pack(0);
        for (int c = 0; c < target.C; c++) {
            float* x = outputs.x + c * WIDTH;
            Term<Pack> term = kind.of(load_pack(x), load_pack(t + c * WIDTH));
            store(x, select(labelled, term.slope * scale, pack(0)));
            losses += select(counted, term.loss, pack(0));
        }
        sum += sum_of_lanes(losses);
    }
};

struct Cosine {
    FloatTarget target;
    float scale;
    LongSum sum = 0;

    MEMBER LongSum total() const { return sum; }

    MEMBER void differentiate(const Outputs& outputs) {
        float t[MOST_CHANNELS * WIDTH];
        Mask labelled = target.read(outputs, t), counted = labelled & outputs.are_counted();
        float* x = outputs.x;
        Pack square = pack(0), dot = pack(0);
        for (int c = 0; c < target.C; c++) {
            Pack v = load_pack(x + c * WIDTH);
            square += v * v;
            dot += v * load_pack(t + c * WIDTH);
        }
        Angle<Pack> angle(square, dot);
        for (int c = 0; c < target.C; c++) {
            Pack d = (angle.along * load_pack(x + c * WIDTH) - load_pack(t + c * WIDTH)) * angle.over * scale;
            store(x + c * WIDTH, select(labelled, d, pack(0)));
        }
        sum += sum_of_lanes(select(counted, 1.0f - dot * angle.over, pack(0)));
    }
};

struct NormalizedL1 {
    FloatTarget target;
    float scale;
    LongSum sum = 0;

    MEMBER LongSum total() const { return sum; }

    MEMBER void differentiate(const Outputs& outputs) {
        float t[MOST_CHANNELS * WIDTH];
        Mask labelled = target.read(outputs, t), counted = labelled & outputs.are_counted();
        float* x = outputs.x;
        Pack square = pack(0), losses = pack(0), dot = pack(0);
        for (int c = 0; c < target.C; c++) square += load_pack(x + c * WIDTH) * load_pack(x + c * WIDTH);
        Length<Pack> length(square);
        for (int c = 0; c < target.C; c++) {
            Pack u = load_pack(x + c * WIDTH) * length.over;
            Term<Pack> term = Absolute().of(u, load_pack(t + c * WIDTH));
            losses += term.loss;
            dot += term.slope * u;
            store(t + c * WIDTH, term.slope);
        }
        Pack along = length.along(dot), factor = length.over * scale;
        for (int c = 0; c < target.C; c++) {
            Pack d = (load_pack(t + c * WIDTH) - along * load_pack(x + c * WIDTH)) * factor;
            store(x + c * WIDTH, select(labelled, d, pack(0)));
        }
        sum += sum_of_lanes(select(counted, losses, pack(0)));
    }
};
#else
using CrossEntropy = CrossEntropyOf<true>;
#endif

// ------------------------------------------------------------------------------------------------------------------ kernels

template <class Loss, class S> DEVICE void upsampled_loss(Loss loss, const S* logits, S* dlogits, float* partials, int N, int H, int W,
                                                          int C, int scale, int pitch, int written) {
    LongSum sum = 0;
    if (each_upsampled(loss, logits, dlogits, N, H, W, C, scale, pitch, written)) sum = block_sum(loss.total());
    if (threadIdx.x == 0) partials[blockIdx.x] = (float)sum;
}

template <class S> DEVICE void cross_entropy_upsampled_of(const S* logits, const int* target, const float* weight, const int* count,
                                                          S* dlogits, float* partials, int N, int H, int W, int C, int scale, int pitch,
                                                          int written, int ignore) {
    CrossEntropy loss{target, C, ignore, scale_of(weight, count)};
    upsampled_loss(loss, logits, dlogits, partials, N, H, W, C, scale, pitch, written);
}
// counts: loads 1.05 (bf16 1.07), stores 1.00, conflicts 1.32, bytes 1.07 (bf16 1.06), instructions 1802 (bf16 2697), resident 2
RESIDENT_KERNELS(2, cross_entropy_upsampled, (const S* __restrict__ logits, const int* __restrict__ target, const float* __restrict__ weight,
                                  const int* __restrict__ count, S* __restrict__ dlogits, float* __restrict__ partials, int N, int H,
                                  int W, int C, int scale, int pitch, int written, int ignore),
        (logits, target, weight, count, dlogits, partials, N, H, W, C, scale, pitch, written, ignore))

// kind and parameter as in loss.cu.
template <class S> DEVICE void regression_upsampled_of(const S* logits, const float* target, const float* weight, const int* count,
                                                       S* dlogits, float* partials, int N, int H, int W, int C, int scale, int pitch,
                                                       int written, float ignore, int has_ignore, int kind, float parameter) {
    Regression<AnyKind> loss{{kind, parameter}, {target, C, ignore, has_ignore}, scale_of(weight, count)};
    upsampled_loss(loss, logits, dlogits, partials, N, H, W, C, scale, pitch, written);
}
// counts: loads 1.15 (bf16 1.00), stores 1.00, conflicts 1.21, bytes 1.00 (bf16 1.05), instructions 570 (bf16 649), resident 2
RESIDENT_KERNELS(2, regression_upsampled, (const S* __restrict__ logits, const float* __restrict__ target, const float* __restrict__ weight,
                               const int* __restrict__ count, S* __restrict__ dlogits, float* __restrict__ partials, int N, int H,
                               int W, int C, int scale, int pitch, int written, float ignore, int has_ignore, int kind,
                               float parameter),
        (logits, target, weight, count, dlogits, partials, N, H, W, C, scale, pitch, written, ignore, has_ignore, kind, parameter))

template <class S> DEVICE void balanced_cross_entropy_upsampled_of(const S* logits, const float* target, const float* weight,
                                                                   const int* count, S* dlogits, float* partials, int N, int H, int W,
                                                                   int C, int scale, int pitch, int written, float ignore,
                                                                   int has_ignore, const float* shares) {
    BinaryCrossEntropy kind{shares[0], shares[1]};
    Regression<BinaryCrossEntropy> loss{kind, {target, C, ignore, has_ignore}, scale_of(weight, count)};
    upsampled_loss(loss, logits, dlogits, partials, N, H, W, C, scale, pitch, written);
}
// counts: loads 1.15 (bf16 1.00), stores 1.00, conflicts 1.21, bytes 1.00 (bf16 1.05), instructions 929 (bf16 1044), resident 2
RESIDENT_KERNELS(2, balanced_cross_entropy_upsampled, (const S* __restrict__ logits, const float* __restrict__ target,
                               const float* __restrict__ weight, const int* __restrict__ count, S* __restrict__ dlogits,
                               float* __restrict__ partials, int N, int H, int W, int C, int scale, int pitch, int written,
                               float ignore, int has_ignore, const float* __restrict__ shares),
        (logits, target, weight, count, dlogits, partials, N, H, W, C, scale, pitch, written, ignore, has_ignore, shares))

template <class S> DEVICE void cosine_upsampled_of(const S* logits, const float* target, const float* weight, const int* count,
                                                   S* dlogits, float* partials, int N, int H, int W, int C, int scale, int pitch,
                                                   int written, float ignore, int has_ignore) {
    Cosine loss{{target, C, ignore, has_ignore}, scale_of(weight, count)};
    upsampled_loss(loss, logits, dlogits, partials, N, H, W, C, scale, pitch, written);
}
// counts: loads 1.15 (bf16 1.00), stores 1.00, conflicts 1.21, bytes 1.00 (bf16 1.05), instructions 561 (bf16 639), resident 2
RESIDENT_KERNELS(2, cosine_upsampled, (const S* __restrict__ logits, const float* __restrict__ target, const float* __restrict__ weight,
                           const int* __restrict__ count, S* __restrict__ dlogits, float* __restrict__ partials, int N, int H, int W,
                           int C, int scale, int pitch, int written, float ignore, int has_ignore),
        (logits, target, weight, count, dlogits, partials, N, H, W, C, scale, pitch, written, ignore, has_ignore))

template <class S> DEVICE void normalized_l1_upsampled_of(const S* logits, const float* target, const float* weight, const int* count,
                                                          S* dlogits, float* partials, int N, int H, int W, int C, int scale, int pitch,
                                                          int written, float ignore, int has_ignore) {
    NormalizedL1 loss{{target, C, ignore, has_ignore}, scale_of(weight, count)};
    upsampled_loss(loss, logits, dlogits, partials, N, H, W, C, scale, pitch, written);
}
// counts: loads 1.15 (bf16 1.00), stores 1.00, conflicts 1.21, bytes 1.00 (bf16 1.05), instructions 627 (bf16 712), resident 1
RESIDENT_KERNELS(1, normalized_l1_upsampled, (const S* __restrict__ logits, const float* __restrict__ target,
                           const float* __restrict__ weight, const int* __restrict__ count, S* __restrict__ dlogits,
                           float* __restrict__ partials, int N, int H, int W, int C, int scale, int pitch, int written, float ignore,
                           int has_ignore),
        (logits, target, weight, count, dlogits, partials, N, H, W, C, scale, pitch, written, ignore, has_ignore))
