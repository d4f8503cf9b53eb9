#pragma once
// CUDA's dim3: the extent of a grid and of a block, or a place in one.

struct dim3 {
    unsigned x = 1, y = 1, z = 1;
};
