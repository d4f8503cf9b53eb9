// Kernels with a fault each.

// The softmax of each row of `columns` numbers, by a block; a barrier is missing.
extern "C" __global__ void softmax(float* y, const float* x, int columns) {
    __shared__ float values[256];
    __shared__ float most, sum;
    const int t = threadIdx.x;
    values[t] = t < columns ? x[blockIdx.x * columns + t] : -1e30f;
    __syncthreads();
    if (t == 0) {
        float found = values[0];
        for (int i = 1; i < columns; i++) found = fmaxf(found, values[i]);
        most = found;  // [race]
    }
    values[t] = expf(values[t] - most);
    __syncthreads();
    if (t == 0) {
        float found = 0.0f;
        for (int i = 0; i < columns; i++) found += values[i];
        sum = found;
    }
    __syncthreads();
    if (t < columns) y[blockIdx.x * columns + t] = values[t] / sum;
}

extern "C" __global__ void beyond(float* y, const float* x, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    y[i] = 2.0f * x[i];  // [beyond]
}

extern "C" __global__ void misaligned(float4* y, const float* x) {
    y[threadIdx.x] = *reinterpret_cast<const float4*>(x + 1 + 4 * threadIdx.x);  // [misaligned]
}

// Keeps 96 numbers a thread, with registers for fewer.
extern "C" __global__ void __launch_bounds__(1024) hungry(float* y, const float* x, int n) {  // [spill]
    float kept[96];
    const int t = blockIdx.x * blockDim.x + threadIdx.x;
#pragma unroll
    for (int k = 0; k < 96; k++) kept[k] = x[(t + k) % n];
    __syncthreads();
#pragma unroll
    for (int k = 0; k < 96; k++)
#pragma unroll
        for (int j = 0; j < 3; j++) kept[k] = kept[k] * kept[(k * 7 + j + 1) % 96] + 1.0f;
    float sum = 0.0f;
#pragma unroll
    for (int k = 0; k < 96; k++) sum += kept[k];
    y[t] = sum;
}

// Goes down a column a thread.
extern "C" __global__ void uncoalesced(float* y, const float* x, int rows, int columns) {
    const int row = blockIdx.x * blockDim.x + threadIdx.x;
    float sum = 0.0f;
    if (row >= rows) return;
    for (int column = 0; column < columns; column++) sum += x[row * columns + column];  // [uncoalesced]
    y[row] = sum;
}

extern "C" __global__ void conflicting(float* y, const float* x) {
    __shared__ float tile[32][32];
    tile[threadIdx.y][threadIdx.x] = x[threadIdx.y * 32 + threadIdx.x];
    __syncthreads();
    y[threadIdx.y * 32 + threadIdx.x] = tile[threadIdx.x][threadIdx.y];  // [conflict]
}

extern "C" __global__ void endless(volatile int* y) {
    while (y[0] == 0) y[1] = y[1] + 1;  // [endless]
}

// One block sets the sum to 0, which orders it for no other block.
extern "C" __global__ void early_sum(float* sum, const float* x) {
    if (blockIdx.x == 0 && threadIdx.x == 0) *sum = 0.0f;
    __syncthreads();
    atomicAdd(sum, x[blockIdx.x * blockDim.x + threadIdx.x]);  // [early]
}

// Reads a counter that others still update.
extern "C" __global__ void early_count(int* y) {
    __shared__ int count;
    if (threadIdx.x == 0) count = 0;
    __syncthreads();
    atomicAdd(&count, 1);
    y[threadIdx.x] = count;  // [count]
}

extern "C" __global__ void dots(int* y, const int* x) {
    asm("dp4a.s32.s32 %0, %1, %2, %3;" : "=r"(y[0]) : "r"(x[0]), "r"(x[1]), "r"(x[2]));  // [unknown]
}

__global__ void mangled(float* y) { y[0] = 1.0f; }

template <class T> __global__ void never_made(T* y) { y[0] = 1; }
