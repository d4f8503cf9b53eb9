// Kernels as they are written everywhere, in plain CUDA C++.
#include <cuda_fp16.h>

// The sum of n numbers, added to *sum.
extern "C" __global__ void reduction(const float* __restrict__ x, float* sum, int n) {
    __shared__ float partial[32];
    float own = 0.0f;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) own += x[i];
    for (int offset = 16; offset > 0; offset /= 2) own += __shfl_down_sync(0xffffffffu, own, offset);
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    if (lane == 0) partial[warp] = own;
    __syncthreads();
    if (warp == 0) {
        own = lane < (blockDim.x + 31) / 32 ? partial[lane] : 0.0f;
        for (int offset = 16; offset > 0; offset /= 2) own += __shfl_down_sync(0xffffffffu, own, offset);
        if (lane == 0) atomicAdd(sum, own);
    }
}

// A matrix of rows x columns, transposed by tiles; blocks of 32 x 8 threads.
extern "C" __global__ void transpose(float* y, const float* x, int rows, int columns) {
    __shared__ float tile[32][33];
    const int column = blockIdx.x * 32 + threadIdx.x, row = blockIdx.y * 32 + threadIdx.y;
    for (int k = 0; k < 32; k += 8)
        if (row + k < rows && column < columns) tile[threadIdx.y + k][threadIdx.x] = x[(row + k) * columns + column];
    __syncthreads();
    const int to_column = blockIdx.y * 32 + threadIdx.x, to_row = blockIdx.x * 32 + threadIdx.y;
    for (int k = 0; k < 32; k += 8)
        if (to_row + k < columns && to_column < rows)
            y[(to_row + k) * rows + to_column] = tile[threadIdx.x][threadIdx.y + k];
}

// How often each of 256 values occurs, added to `bins`; `bins_of_block`, of 256, are sized by the launch.
extern "C" __global__ void histogram(const unsigned char* values, unsigned* bins, size_t n) {
    extern __shared__ unsigned bins_of_block[];
    for (int bin = threadIdx.x; bin < 256; bin += blockDim.x) bins_of_block[bin] = 0;
    __syncthreads();
    for (size_t i = blockIdx.x * size_t(blockDim.x) + threadIdx.x; i < n; i += size_t(gridDim.x) * blockDim.x)
        atomicAdd(&bins_of_block[values[i]], 1u);
    __syncthreads();
    for (int bin = threadIdx.x; bin < 256; bin += blockDim.x) atomicAdd(&bins[bin], bins_of_block[bin]);
}

// Each row less its mean, over its deviation, times a weight, and a bias; a block a row, of half precision.
extern "C" __global__ void layer_norm(__half* y, const __half* x, const float* weight, const float* bias, int columns,
                                      float epsilon) {
    __shared__ float sums[2][32];
    float sum = 0.0f, squares = 0.0f;
    for (int i = threadIdx.x; i < columns; i += blockDim.x) {
        const float value = __half2float(x[blockIdx.x * columns + i]);
        sum += value;
        squares += value * value;
    }
    for (int mask = 16; mask > 0; mask /= 2) {
        sum += __shfl_xor_sync(0xffffffffu, sum, mask);
        squares += __shfl_xor_sync(0xffffffffu, squares, mask);
    }
    if (threadIdx.x % 32 == 0) {
        sums[0][threadIdx.x / 32] = sum;
        sums[1][threadIdx.x / 32] = squares;
    }
    __syncthreads();
    sum = squares = 0.0f;
    for (int warp = 0; warp < blockDim.x / 32; warp++) {
        sum += sums[0][warp];
        squares += sums[1][warp];
    }
    const float mean = sum / columns, inverse = rsqrtf(squares / columns - mean * mean + epsilon);
    for (int i = threadIdx.x; i < columns; i += blockDim.x) {
        const float value = __half2float(x[blockIdx.x * columns + i]);
        y[blockIdx.x * columns + i] = __float2half((value - mean) * inverse * weight[i] + bias[i]);
    }
}

// The weighted sum of each number and its neighbours up to 3 away; what lies beyond the ends is 0.
__constant__ float stencil_weights[4] = {0.4f, 0.2f, 0.075f, 0.025f};
extern "C" __global__ void stencil(double* y, const double* x, int n) {
    const int radius = 3;
    __shared__ double tile[256 + 2 * radius];
    const int i = blockIdx.x * blockDim.x + threadIdx.x, at = threadIdx.x + radius;
    tile[at] = i < n ? x[i] : 0.0;
    if (threadIdx.x < radius) {
        tile[at - radius] = i >= radius ? x[i - radius] : 0.0;
        tile[at + blockDim.x] = i + blockDim.x < n ? x[i + blockDim.x] : 0.0;
    }
    __syncthreads();
    if (i >= n) return;
    double sum = stencil_weights[0] * tile[at];
    for (int k = 1; k <= radius; k++) sum += stencil_weights[k] * (tile[at - k] + tile[at + k]);
    y[i] = sum;
}
