// Outputs of bilinear upsampling by an integer scale s, as they lie between the places that they are mixed from.
//
// Output p looks at source (p + 1/2)/s - 1/2, kept inside [0, H - 1], as in torch with align_corners=False (see upsample.cu). So the
// H s outputs of an axis lie in H + 1 gaps: gap g, between the places g and g + 1, has the s outputs s g + s/2 + j, each with the
// share (j + 1/2)/s of place g + 1 (j/s where s is odd). Of the gaps -1 and H - 1, at the image's edges, about half of the outputs
// exist; both of their places are the one that there is.
//
// A tile of places needs the outputs of the gaps within it and around it. A gap that two tiles need is worked out by both, and its
// loss counted by the tile that has the gap's first place.
#pragma once
#include "common.cuh"

struct Axis {
    int places, scale, ahead;  // ahead: the outputs of a gap that are nearer to its first place

    MEMBER Axis(int places, int scale) : places(places), scale(scale), ahead(scale - scale / 2) {}
    MEMBER int outputs() const { return places * scale; }
    MEMBER int output(int gap, int j) const { return gap * scale + scale / 2 + j; }
    MEMBER float share(int j) const { return (j + (scale % 2 == 0 ? 0.5f : 0.0f)) / scale; }
    MEMBER int begin(int gap) const { return gap < 0 ? ahead : 0; }
    MEMBER int end(int gap) const { return gap == places - 1 ? ahead : scale; }
    MEMBER int inside(int place) const { return smaller(larger(place, 0), places - 1); }
};

// Places [begin, end) of an axis.
struct Span {
    int begin, end;

    MEMBER int length() const { return end - begin; }
    MEMBER bool counts(int gap) const { return gap >= begin || gap < 0; }
};

// An axis cut into spans of nearly one length, each at most `most` places.
struct Cut {
    int places, spans, length;

    MEMBER Cut(int places, int most) : places(places) {
        spans = (places + most - 1) / most;
        length = (places + spans - 1) / spans;
        spans = (places + length - 1) / length;
    }
    MEMBER void lengthen(int to) {
        length = to;
        spans = (places + length - 1) / length;
    }
    MEMBER Span span(int i) const { return Span{i * length, smaller(places, (i + 1) * length)}; }
};

// Calls body(image, rows, columns) for the tiles of this block; whether it has any.
template <class Body> DEVICE bool each_tile(int N, const Cut& down, const Cut& across, Body body) {
    long long tiles = (long long)N * down.spans * across.spans, begin, end;
    if (FAST) {  // few and large ones: spread over all blocks, since neighbouring blocks run on the same core
        begin = tiles * blockIdx.x / gridDim.x;
        end = tiles * (blockIdx.x + 1) / gridDim.x;
    } else {
        block_range(tiles, 1, begin, end);
    }
    for (long long tile = begin; tile < end; tile++) {
        Place at(tile, down.spans, across.spans);
        body(at.image, down.span(at.row), across.span(at.column));
    }
    return begin < end;
}

#if FAST
#include "upsampled_strips.cuh"
#else
#include "upsampled_tiles.cuh"
#endif
