// A kernel to make mutants of: a launch of blocks of 256 threads, each over 1024 floats of its own. Names in brackets mark lines.
static __device__ __forceinline__ unsigned int pair_of(float low, float high) {
    unsigned int pair;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
    return pair;
}

static __device__ __forceinline__ float not_a_number() { return __int_as_float(0x7fc00000); }

static __device__ __forceinline__ unsigned long long joined(float low, float high) {
    unsigned long long both;
    asm("mov.b64 %0, {%1, %2};" : "=l"(both) : "f"(low), "f"(high));
    return both;
}

// Of the packs of 4 floats in x, one a thread:
// y      each pack times the sum of the pack of the thread opposite
// pairs  its first two floats in bf16
// roots  of its sum; not a number where that is negative
// means  of its first `channels` floats, 2 to 4
// sums   of a block's sums, twice each, by way of two exchanges
extern "C" __global__ void __launch_bounds__(256) mirror(const float* x, float* y, unsigned int* pairs, float* roots,
                                                         float* means, float* sums, int channels) {
    __shared__ float tile[256];
    __shared__ float warps[8];
    __shared__ float padded[256][4];
    __shared__ unsigned long long halves[256];
    const int t = threadIdx.x, at = blockIdx.x * 256 + t;

    float4 own = reinterpret_cast<const float4*>(x)[at];  // [load]
    float sum = own.x + own.y + own.z + own.w;
    pairs[at] = pair_of(own.x, own.y);
    roots[at] = sum < 0 ? not_a_number() : sqrtf(sum);

    tile[t] = sum;  // [write]
    __syncthreads();  // [written]
    float opposite = tile[255 - t];  // [opposite]
    __syncthreads();  // [read]
    tile[t] = 2 * opposite;  // [again]
    __syncthreads();  // [written again]
    float twice = tile[(t + 128) % 256];  // [twice]

    own.x *= opposite, own.y *= opposite, own.z *= opposite, own.w *= opposite;
    reinterpret_cast<float4*>(y)[at] = own;  // [store]

    float parts[4] = {own.x, own.y, own.z, own.w};
    for (int k = 0; k < channels; k++) padded[t][k] = parts[k] / channels;
    float4 pack = *reinterpret_cast<const float4*>(padded[t]);  // [pack]
    halves[t] = joined(pack.z, pack.w);  // with 3 channels the upper half has no value
    float third = __int_as_float((int)halves[t ^ channels >> 8]);
    means[at] = pack.x + pack.y + (channels > 2 ? third : 0) + (channels > 3 ? pack.w : 0);  // [means]

    for (int offset = 16; offset > 0; offset /= 2) twice += __shfl_down_sync(0xffffffffu, twice, offset);  // [shuffle]
    if (t % 32 == 0) warps[t / 32] = twice;  // [warp]
    __syncthreads();  // [warps written]
    float all = 0;
    for (int k = 0; k < 8; k++) all += warps[k];  // [all]
    if (t == 0) sums[blockIdx.x] = all;  // [sums]
}
