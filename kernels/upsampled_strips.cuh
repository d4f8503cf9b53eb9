// The fast way of upsampled.cuh: a tile is a strip of rows, worked through output row by output row. Rows are kept apart by channel,
// [C][stride], so that a pack is WIDTH neighbouring places; an output row is done in s passes, each over the outputs that have the
// same share in their gaps. Both sums, of the logits and of the gradients, are separable: along columns here, along rows there.
#pragma once

constexpr int STRIP_ROWS = 16;
constexpr int STRIP_FLOATS = 4096;   // of a row
constexpr int MOST_CHANNELS = 256;
constexpr Mask LANE_NUMBERS{0, 1, 2, 3, 4, 5, 6, 7};

// WIDTH outputs, the first of them the image's output `first` and the others `step` further each: `count` of them exist, and those
// from `counted` on are this tile's. x [C][WIDTH] are the logits, to be replaced by the gradients.
struct Outputs {
    float* x;
    long long first;
    int step, count, counted;

    // Channel c of a target that has C; 0 behind the outputs that exist.
    MEMBER Pack values(const float* target, int C, int c) const {
        Pack t = pack(0);
        const float* from = target + first * C + c;
        if (count == WIDTH) for (int k = 0; k < WIDTH; k++) t[k] = from[(long long)k * step * C];
        else for (int k = 0; k < count; k++) t[k] = from[(long long)k * step * C];
        return t;
    }
    // A target of classes; `none` behind the outputs that exist.
    MEMBER Mask labels(const int* target, int none) const {
        Mask t = LANE_NUMBERS * 0 + none;
        if (count == WIDTH) for (int k = 0; k < WIDTH; k++) t[k] = target[first + (long long)k * step];
        else for (int k = 0; k < count; k++) t[k] = target[first + (long long)k * step];
        return t;
    }
    MEMBER Mask are_counted() const { return (LANE_NUMBERS >= counted) & (LANE_NUMBERS < count); }
};

// Rows of C channels; each may be written up to a pack behind its last place.
struct Strip {
    int C, stride;
    float upper[STRIP_FLOATS], lower[STRIP_FLOATS], line[STRIP_FLOATS];               // two rows of logits, and their mixture
    float before[STRIP_FLOATS], behind[STRIP_FLOATS];                                 // a line's gradients by gap, for its two places
    float first[STRIP_FLOATS], second[STRIP_FLOATS];                                  // the gradients of two rows
    float x[MOST_CHANNELS * WIDTH];

    template <class Body> MEMBER void each_channel_pack(int begin, int end, Body body) const {
        for (int c = 0; c < C; c++) for (int i = begin; i < end; i += WIDTH) body(c * stride + i);
    }
    MEMBER void clear(float* row) const { for (int i = 0; i < C * stride; i += WIDTH) store(row + i, pack(0)); }
    MEMBER void add(float* row, const float* other) const {
        for (int i = 0; i < C * stride; i += WIDTH) store(row + i, load_pack(row + i) + load_pack(other + i));
    }

    template <class S> MEMBER void fetch(float* row, const S* from, int pitch, const Span& columns, const Axis& axis) const {
        for (int i = 0; i < columns.length() + 2; i++) {
            const S* place = from + (long long)axis.inside(columns.begin - 1 + i) * pitch;
            for (int c = 0; c < C; c++) row[c * stride + i] = load<float>(place + c);
        }
    }
    template <class S> MEMBER void write(const float* row, S* to, int pitch, int written, const Span& columns) const {
        for (int i = 0; i < columns.length(); i++) {
            S* place = to + (long long)(columns.begin + i) * pitch;
            for (int c = 0; c < C; c++) store(place + c, row[c * stride + 1 + i]);
            for (int c = C; c < written; c++) store(place + c, 0.0f);
        }
    }
};

// The outputs of one row in which the place behind the gap has the share of j.
template <class Loss> DEVICE void strip_pass(Loss& loss, Strip& strip, long long row, bool row_counts, int j, const Span& columns,
                                             const Axis& axis) {
    int gaps = columns.length() + 1, C = strip.C, stride = strip.stride;
    int begin = columns.begin == 0 && j < axis.ahead ? 1 : 0, end = columns.end == axis.places && j >= axis.ahead ? gaps - 1 : gaps;
    float share = axis.share(j), rest = 1 - share;
    for (int g = begin; g < end; g += WIDTH) {
        int gap = columns.begin - 1 + g;
        Outputs outputs{strip.x, row + axis.output(gap, j), axis.scale, smaller(WIDTH, end - g), 0};
        if (!columns.counts(gap)) outputs.counted = 1;
        if (!row_counts) outputs.counted = WIDTH;
        for (int c = 0; c < C; c++) {
            const float* x = strip.line + c * stride + g;
            store(strip.x + c * WIDTH, load_pack(x) * rest + load_pack(x + 1) * share);
        }
        loss.differentiate(outputs);
        Mask exist = LANE_NUMBERS < outputs.count;
        for (int c = 0; c < C; c++) {
            Pack d = select(exist, load_pack(strip.x + c * WIDTH), pack(0));
            float *before = strip.before + c * stride + g, *behind = strip.behind + c * stride + g;
            store(before, load_pack(before) + d * rest);
            store(behind, load_pack(behind) + d * share);
        }
    }
}

// All outputs of one row: `share` is that of the lower row.
template <class Loss> DEVICE void strip_line(Loss& loss, Strip& strip, long long row, bool row_counts, float share,
                                             const float* upper, const float* lower, float* first, float* second,
                                             const Span& columns, const Axis& axis) {
    float rest = 1 - share;
    int places = columns.length();
    strip.each_channel_pack(0, places + 2, [&](int i) {
        store(strip.line + i, load_pack(upper + i) * rest + load_pack(lower + i) * share);
    });
    strip.clear(strip.before);
    strip.clear(strip.behind);
    for (int j = 0; j < axis.scale; j++) strip_pass(loss, strip, row, row_counts, j, columns, axis);
    for (int c = 0; c < strip.C; c++) {  // beyond the edge there is the last place again
        float *before = strip.before + c * strip.stride, *behind = strip.behind + c * strip.stride;
        if (columns.begin == 0) before[1] += before[0];
        if (columns.end == axis.places) behind[places - 1] += behind[places];
    }
    strip.each_channel_pack(1, places + 1, [&](int i) {
        Pack d = load_pack(strip.before + i) + load_pack(strip.behind + i - 1);
        store(first + i, load_pack(first + i) + d * rest);
        store(second + i, load_pack(second + i) + d * share);
    });
}

// The loss of all outputs that are this block's, and the gradient of its places; whether it has any.
template <class Loss, class S> DEVICE bool each_upsampled(Loss& loss, const S* logits, S* dlogits, int N, int H, int W, int C,
                                                          int scale, int pitch, int written) {
    Strip strip;
    Axis down(H, scale), across(W, scale);
    int most = STRIP_FLOATS / C / WIDTH * WIDTH;
    Cut columns_cut(W, most - WIDTH - 1);
    strip.C = C;
    strip.stride = (columns_cut.length + WIDTH) / WIDTH * WIDTH + WIDTH;
    return each_tile(N, Cut(H, STRIP_ROWS), columns_cut, [&](int image, const Span& rows, const Span& columns) {
        float *upper = strip.upper, *lower = strip.lower, *first = strip.first, *second = strip.second;
        auto row_of = [&](int row) { return ((long long)image * H + down.inside(row)) * W * pitch; };
        strip.fetch(upper, logits + row_of(rows.begin - 1), pitch, columns, across);
        strip.clear(first);
        for (int gap = rows.begin - 1; gap < rows.end; gap++) {
            strip.fetch(lower, logits + row_of(gap + 1), pitch, columns, across);
            strip.clear(second);
            for (int j = down.begin(gap); j < down.end(gap); j++) {
                long long row = ((long long)image * down.outputs() + down.output(gap, j)) * across.outputs();
                strip_line(loss, strip, row, rows.counts(gap), down.share(j), upper, lower, first, second, columns, across);
            }
            if (gap < 0) strip.add(second, first);
            if (gap == H - 1) strip.add(first, second);
            if (gap >= rows.begin) strip.write(first, dlogits + row_of(gap), pitch, written, columns);
            float *above = upper, *done = first;
            upper = lower;
            lower = above;
            first = second;
            second = done;
        }
    });
}
