// A convolution's filter gradient as sums of outer products, for tensors with adjacent channels:
//
//     dw[k,r,s,c] = sum over n,p,q of dy[n,p,q,k] * x[n, p*stride - padding + r*dilation, q*stride - padding +
//     s*dilation, c]
//
// Tiles of some k and some c stay in registers while the places of a few rows go by; dy and x are first copied into
// panels as narrow as a tile (with the image's padding written out as zeros), so that all reading is of adjacent
// memory. An x of few channels is gathered into panels of (r,s,c) instead, so that no lanes are wasted on channels that
// are not there; a filter of one point reads both where they lie.
//
// The rows of the batch are dealt to at most PARTS; each part sums on its own, and the parts are added in their order:
// the bits of the result do not depend on how many threads there are, nor on which was faster.
#include "dnn/outer.h"

#include <algorithm>
#include <cstring>

#include "core/parallel.h"
#include "dnn/panels.h"

namespace softcuda::dnn {

namespace {

constexpr int64_t PARTS = 4;
constexpr int64_t PART_PLACES = 1024;        // of one part at least: fewer do not pay for sums of their own
constexpr int64_t PANEL_FLOATS = 48 * 1024;  // of x, for one work item: well inside a core's second-level cache
constexpr int64_t RUN = 256;                 // places between two visits to a tile in memory: hides the visit's cost

constexpr int64_t FEW_BLOCKS = 4;

int64_t round_up(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }

class Outer final : public Computation {
public:
    explicit Outer(const Convolution &convolution) : f(convolution), cut(f.filters()) {
        in_place = f.pointwise() && f.channels() % TILE_COLUMNS == 0;
        gathered = !in_place && gathers();
        if (in_place) {
            lay_out_places();
        } else {
            lay_out_rows();
        }
        column_blocks = round_up(columns, TILE_COLUMNS) / TILE_COLUMNS;
        dy_in_place = in_place || (gathered && column_blocks <= FEW_BLOCKS);
        part_floats = taps_high * taps_wide * f.filters() * column_blocks * TILE_COLUMNS;
        choose_chunks();
        items_across = std::min<int64_t>(cut.tiles, (softcuda::threads() + parts - 1) / parts);
    }

    size_t workspace_bytes() const override {
        return (parts * part_floats + parts * items_across * (a_floats + b_floats)) * sizeof(float);
    }

    std::string describe() const override {
        std::string how = in_place ? "both tensors in place" : gathered ? "filter taps gathered" : "panels";
        return "outer products, " + how + ", tiles of " + std::to_string(TILE_ROWS) + " x " +
               std::to_string(TILE_COLUMNS);
    }

    void run(float *x, float *dw, float *dy, char *workspace) override {
        float *sums = reinterpret_cast<float *>(workspace);
        float *panels = sums + parts * part_floats;
        softcuda::parallel_for(parts * items_across, [&](long item) {
            add_part(x, dy, sums, item / items_across, item % items_across, panels + item * (a_floats + b_floats));
        });
        softcuda::parallel_for(cut.tiles, [&](long tile) { finish(sums, dw, tile); });
    }

private:
    Convolution f;
    Cut cut;
    bool in_place = false, gathered = false, dy_in_place = false;
    // What is summed over: `rows` rows of `places` in each of `images` images. What is multiplied: `columns` values of
    // x for each of the taps left to visit.
    int64_t images = 0, rows = 0, places = 0, columns = 0, taps_high = 0, taps_wide = 0;
    int64_t column_blocks = 0, part_floats = 0;
    int64_t chunk_rows = 0, chunks_an_image = 0, parts = 0, items_across = 0, run_rows = 0;
    int64_t panel_width = 0, a_floats = 0, b_floats = 0;

    bool gathers() const {
        int64_t taps = f.filter_height() * f.filter_width();
        int64_t separate = taps * round_up(f.channels(), TILE_COLUMNS),
                together = round_up(taps * f.channels(), TILE_COLUMNS);
        return separate * 20 > together * 23;
    }

    void lay_out_places() {
        int64_t total = f.batch() * f.output_height() * f.output_width();
        images = 1;
        places = std::min(total, RUN);
        rows = (total + places - 1) / places;
        columns = f.channels();
        taps_high = taps_wide = 1;
    }

    void lay_out_rows() {
        images = f.batch();
        rows = f.output_height();
        places = f.output_width();
        taps_high = gathered ? 1 : f.filter_height();
        taps_wide = gathered ? 1 : f.filter_width();
        columns = gathered ? f.filter_height() * f.filter_width() * f.channels() : f.channels();
        panel_width = gathered ? places : (places - 1) * f.stride[1] + (taps_wide - 1) * f.dilation[1] + 1;
    }

    int64_t panel_rows(int64_t output_rows) const {
        return gathered ? output_rows : (output_rows - 1) * f.stride[0] + (taps_high - 1) * f.dilation[0] + 1;
    }

    void choose_chunks() {
        int64_t padded = column_blocks * TILE_COLUMNS;
        chunk_rows = rows;
        if (in_place) {
            chunk_rows = std::max<int64_t>(1, PANEL_FLOATS / (places * columns));
        } else {
            while (chunk_rows > 1 && panel_rows(chunk_rows) * panel_width * padded > PANEL_FLOATS) chunk_rows--;
            a_floats = dy_in_place ? 0 : round_up(chunk_rows * places * f.filters() + cut.tiles * LANES, 16);
            b_floats = panel_rows(chunk_rows) * panel_width * padded;
        }
        chunks_an_image = (rows + chunk_rows - 1) / chunk_rows;
        run_rows = std::max<int64_t>(1, RUN / places);
        parts = std::clamp<int64_t>(images * rows * places / PART_PLACES, 1, std::min(PARTS, images * chunks_an_image));
    }

    // One part's chunks for the tiles of one share of the filters.
    void add_part(const float *x, const float *dy, float *sums, int64_t part, int64_t share, float *panels) const {
        int64_t chunks = images * chunks_an_image;
        int64_t first = cut.tiles * share / items_across, last = cut.tiles * (share + 1) / items_across;
        float *part_sums = sums + part * part_floats;
        std::fill(tile_at(part_sums, first), tile_at(part_sums, last), 0.0f);
        for (int64_t chunk = chunks * part / parts; chunk < chunks * (part + 1) / parts; chunk++) {
            int64_t image = chunk / chunks_an_image, row = chunk % chunks_an_image * chunk_rows;
            int64_t count = std::min(chunk_rows, rows - row);
            if (in_place) {
                add_places(x, dy, part_sums, row, count, first, last);
            } else {
                if (!dy_in_place) pack_dy(dy, image, row, count, first, last, panels);
                if (gathered) {
                    gather_x(x, image, row, count, panels + a_floats);
                } else {
                    pack_x(x, image, row, count, panels + a_floats);
                }
                const float *a = dy_in_place ? dy + (image * rows + row) * places * f.filters() : panels;
                add_rows(a, panels + a_floats, part_sums, row, count, first, last);
            }
        }
    }

    float *tile_at(float *part_sums, int64_t tile) const {
        return part_sums + cut.start(tile) * column_blocks * TILE_COLUMNS * taps_high * taps_wide;
    }

    void add_places(const float *x, const float *dy, float *part_sums, int64_t row, int64_t count, int64_t first,
                    int64_t last) const {
        int64_t total = f.batch() * f.output_height() * f.output_width();
        for (int64_t begin = row * places; begin < std::min(total, (row + count) * places); begin += RUN) {
            int64_t length = std::min(RUN, total - begin);
            for (int64_t tile = first; tile < last; tile++) {
                for (int64_t block = 0; block < column_blocks; block++) {
                    float *out = tile_at(part_sums, tile) + block * cut.rows(tile) * TILE_COLUMNS;
                    tile_of(cut.rows(tile))({dy + begin * f.filters() + cut.start(tile),
                                             x + begin * columns + block * TILE_COLUMNS, out, f.filters(), columns,
                                             length, 1, 0, 0});
                }
            }
        }
    }

    // Panels [tile][row][place][k of the tile].
    void pack_dy(const float *dy, int64_t image, int64_t row, int64_t count, int64_t first, int64_t last,
                 float *a) const {
        int64_t filters = f.filters();
        const float *end = dy + f.batch() * rows * places * filters;
        for (int64_t p = 0; p < count; p++) {
            const float *from = dy + (image * rows + row + p) * places * filters;
            for (int64_t tile = first; tile < last; tile++) {
                float *to = a + panel_of_dy(tile) + p * places * cut.rows(tile);
                copy_narrow(from + cut.start(tile), filters, to, cut.rows(tile), places, end);
            }
        }
    }

    // With room behind each panel for what copy_narrow writes too much.
    int64_t panel_of_dy(int64_t tile) const { return cut.start(tile) * chunk_rows * places + tile * LANES; }

    // `count` groups of `width` <= LANES floats, `step` apart, put side by side. Whole vectors are copied where the
    // source has them: what is too much is overwritten by the next group, or lies in room that nobody reads.
    static void copy_narrow(const float *from, int64_t step, float *to, int64_t width, int64_t count,
                            const float *end) {
        int64_t whole = std::clamp<int64_t>((end - from - LANES) / step + 1, 0, count);
        if (end - from < LANES) whole = 0;
        for (int64_t i = 0; i < whole; i++) {
            *reinterpret_cast<Lanes *>(to + i * width) = *reinterpret_cast<const Lanes *>(from + i * step);
        }
        for (int64_t i = whole; i < count; i++) std::copy_n(from + i * step, width, to + i * width);
    }

    // Panels [block of channels][row][column, padding included][channel of the block]. Rows outside the image are left
    // as they are: no tap visits them.
    void pack_x(const float *x, int64_t image, int64_t row, int64_t count, float *b) const {
        int64_t top = row * f.stride[0] - f.padding_before[0], height = panel_rows(count);
        int64_t block_floats = panel_rows(chunk_rows) * panel_width * TILE_COLUMNS;
        int64_t left = std::clamp<int64_t>(f.padding_before[1], 0, panel_width);
        int64_t right = std::clamp<int64_t>(f.padding_before[1] + f.width(), left, panel_width);
        for (int64_t h = std::max<int64_t>(0, -top); h < std::min(height, f.height() - top); h++) {
            const float *from = x + (image * f.height() + top + h) * f.width() * columns;
            for (int64_t block = 0; block < column_blocks; block++) {
                float *to = b + block * block_floats + h * panel_width * TILE_COLUMNS;
                int64_t width = std::min<int64_t>(TILE_COLUMNS, columns - block * TILE_COLUMNS);
                std::fill(to, to + left * TILE_COLUMNS, 0.0f);
                copy_block(from + block * TILE_COLUMNS, to + left * TILE_COLUMNS, right - left, width);
                std::fill(to + right * TILE_COLUMNS, to + panel_width * TILE_COLUMNS, 0.0f);
            }
        }
    }

    void copy_block(const float *from, float *to, int64_t count, int64_t width) const {
        if (width == TILE_COLUMNS) {
            for (int64_t i = 0; i < count; i++) {
                std::memcpy(to + i * TILE_COLUMNS, from + i * columns, TILE_COLUMNS * sizeof(float));
            }
            return;
        }
        for (int64_t i = 0; i < count; i++) {
            for (int64_t j = 0; j < width; j++) to[i * TILE_COLUMNS + j] = from[i * columns + j];
            for (int64_t j = width; j < TILE_COLUMNS; j++) to[i * TILE_COLUMNS + j] = 0;
        }
    }

    // One panel [row][place][(r,s,c), rounded up to whole tiles]. What the rounding adds is never read back.
    void gather_x(const float *x, int64_t image, int64_t row, int64_t count, float *b) const {
        for (int64_t p = 0; p < count; p++) {
            float *to = b + p * places * column_blocks * TILE_COLUMNS;
            int64_t top = (row + p) * f.stride[0] - f.padding_before[0];
            for (int64_t r = 0; r < f.filter_height(); r++, to += f.filter_width() * f.channels()) {
                gather_tap_row(x, image, top + r * f.dilation[0], to);
            }
        }
    }

    // The taps of one row of the filter, for all places of an output row: input row h.
    void gather_tap_row(const float *x, int64_t image, int64_t h, float *to) const {
        const int64_t width = column_blocks * TILE_COLUMNS, channels = f.channels(), run = f.filter_width() * channels;
        if (h < 0 || h >= f.height()) {
            for (int64_t q = 0; q < places; q++) std::fill(to + q * width, to + q * width + run, 0.0f);
            return;
        }
        const float *from = x + (image * f.height() + h) * f.width() * channels;
        int64_t first = places, last = 0;  // the places whose taps are all inside and adjacent
        if (f.dilation[1] == 1 && f.width() >= f.filter_width()) {
            first = std::min(places, (f.padding_before[1] + f.stride[1] - 1) / f.stride[1]);
            last = std::min(places, (f.width() - f.filter_width() + f.padding_before[1]) / f.stride[1] + 1);
        }
        for (int64_t q = 0; q < places; q++) {
            int64_t left = q * f.stride[1] - f.padding_before[1];
            if (q < first || q >= last) {
                gather_row(from, left, to + q * width);
            } else {
                copy_run(from + left * channels, to + q * width, run);
            }
        }
    }

    // By whole vectors, the last of which repeats some of the one before.
    static void copy_run(const float *from, float *to, int64_t count) {
        if (count < LANES) {
            for (int64_t i = 0; i < count; i++) to[i] = from[i];
            return;
        }
        for (int64_t i = 0; i < count - LANES; i += LANES) {
            *reinterpret_cast<Lanes *>(to + i) = *reinterpret_cast<const Lanes *>(from + i);
        }
        *reinterpret_cast<Lanes *>(to + count - LANES) = *reinterpret_cast<const Lanes *>(from + count - LANES);
    }

    void gather_row(const float *from, int64_t left, float *to) const {
        int64_t channels = f.channels();
        for (int64_t s = 0; s < f.filter_width(); s++) {
            int64_t v = left + s * f.dilation[1];
            bool inside = v >= 0 && v < f.width();
            for (int64_t c = 0; c < channels; c++) to[s * channels + c] = inside ? from[v * channels + c] : 0;
        }
    }

    void add_rows(const float *a, const float *b, float *part_sums, int64_t row, int64_t count, int64_t first,
                  int64_t last) const {
        for (int64_t tile = first; tile < last; tile++) {
            for (int64_t block = 0; block < column_blocks; block++) {
                for (int64_t begin = 0; begin < count; begin += run_rows) {
                    add_run(a, b, part_sums, row, begin, std::min(count, begin + run_rows), tile, block);
                }
            }
        }
    }

    // Rows `begin` to `end` of the chunk that starts at output row `row`, for all taps of one tile.
    void add_run(const float *a, const float *b, float *part_sums, int64_t row, int64_t begin, int64_t end,
                 int64_t tile, int64_t block) const {
        int tile_rows = cut.rows(tile);
        int64_t tile_floats = tile_rows * TILE_COLUMNS;
        const float *a_tile = a + (dy_in_place ? cut.start(tile) : panel_of_dy(tile));
        int64_t a_step = dy_in_place ? f.filters() : tile_rows;
        float *out = tile_at(part_sums, tile) + block * taps_high * taps_wide * tile_floats;
        int64_t b_step = gathered ? column_blocks * TILE_COLUMNS : f.stride[1] * TILE_COLUMNS;
        for (int64_t r = 0; r < taps_high; r++) {
            int64_t from = begin, to = end;
            if (!gathered) clip_rows(row, r, from, to);
            if (from >= to) continue;
            for (int64_t s = 0; s < taps_wide; s++) {
                const float *b_tile = gathered ? b + from * places * b_step + block * TILE_COLUMNS
                                               : b + panel_place(block, from, r, s) * TILE_COLUMNS;
                int64_t b_segment = gathered ? places * b_step : f.stride[0] * panel_width * TILE_COLUMNS;
                tile_of(tile_rows)({a_tile + from * places * a_step, b_tile, out + (r * taps_wide + s) * tile_floats,
                                    a_step, b_step, places, to - from, places * a_step, b_segment});
            }
        }
    }

    int64_t panel_place(int64_t block, int64_t p, int64_t r, int64_t s) const {
        return (block * panel_rows(chunk_rows) + p * f.stride[0] + r * f.dilation[0]) * panel_width + s * f.dilation[1];
    }

    // Keeps of the rows those whose input row for tap r lies inside the image.
    void clip_rows(int64_t row, int64_t r, int64_t &from, int64_t &to) const {
        int64_t shift = r * f.dilation[0] - f.padding_before[0];
        while (from < to && (row + from) * f.stride[0] + shift < 0) from++;
        while (from < to && (row + to - 1) * f.stride[0] + shift >= f.height()) to--;
    }

    // Adds the parts and writes [k][r][s][c].
    void finish(const float *sums, float *dw, int64_t tile) const {
        int tile_rows = cut.rows(tile);
        int64_t taps = taps_high * taps_wide;
        for (int64_t block = 0; block < column_blocks; block++) {
            int64_t width = std::min<int64_t>(TILE_COLUMNS, columns - block * TILE_COLUMNS);
            for (int64_t tap = 0; tap < taps; tap++) {
                int64_t at = cut.start(tile) * column_blocks * TILE_COLUMNS * taps +
                             (block * taps + tap) * tile_rows * TILE_COLUMNS;
                for (int64_t i = 0; i < tile_rows; i++) {
                    float *out = dw + ((cut.start(tile) + i) * taps + tap) * columns + block * TILE_COLUMNS;
                    const float *from = sums + at + i * TILE_COLUMNS;
                    for (int64_t j = 0; j < width; j++) {
                        float sum = from[j];
                        for (int64_t part = 1; part < parts; part++) sum += from[part * part_floats + j];
                        out[j] = sum;
                    }
                }
            }
        }
    }
};

}  // namespace

std::string outer_products_refusal(const Convolution &convolution) {
    if (convolution.pass != Pass::backward_filter) return "computes filter gradients alone";
    if (!convolution.all_channels_last()) return "needs tensors with adjacent channels (NHWC), packed";
    return "";
}

std::unique_ptr<Computation> outer_products(const Convolution &convolution) {
    return std::make_unique<Outer>(convolution);
}

}  // namespace softcuda::dnn
