// The device, and statuses as text.
#include <cstdio>
#include <map>

#include "core/allocations.h"
#include "core/contexts.h"
#include "core/parallel.h"

using namespace softcuda;

namespace {

// Attributes by their number in cuda.h; those that depend on the machine are below.
const std::map<int, int>& constant_attributes() {
    static const std::map<int, int> all = {
        {1, 1024},         // threads a block
        {2, 1024},         // block x
        {3, 1024},         // block y
        {4, 64},           // block z
        {5, 0x7fffffff},   // grid x
        {6, 65535},        // grid y
        {7, 65535},        // grid z
        {8, 49152},        // shared memory a block
        {9, 65536},        // constant memory
        {10, 32},          // warp size
        {11, 0x7fffffff},  // pitch
        {12, 65536},       // registers a block
        {13, 1000000},     // clock, kHz
        {14, 512},         // texture alignment
        {15, 1},           // copies overlap kernels
        {17, 0},           // no time limit
        {18, 1},           // integrated: it is the host's memory
        {19, 1},           // maps host memory
        {20, 0},           // compute mode: default
        {31, 1},           // concurrent kernels
        {32, 0},           // ECC
        {33, 0},           // PCI bus
        {34, 0},           // PCI device
        {35, 0},           // TCC driver
        {36, 1000000},     // memory clock, kHz
        {37, 128},         // memory bus, bits
        {38, 1 << 20},     // L2 cache
        {39, 2048},        // threads a multiprocessor
        {40, 1},           // copy engines
        {41, 1},           // unified addresses
        {50, 0},           // PCI domain
        {75, 9},           // compute capability, major
        {76, 0},           // and minor
        {78, 0},           // stream priorities
        {79, 1},           // L1 caches globals
        {80, 1},           // L1 caches locals
        {81, 233472},      // shared memory a multiprocessor
        {82, 65536},       // registers a multiprocessor
        {83, 0},           // managed memory
        {84, 0},           // several GPUs on one board
        {85, 0},           // board group
        {86, 0},           // host atomics
        {87, 2},           // single to double performance
        {88, 0},           // pageable memory access
        {89, 0},           // concurrent managed access
        {90, 0},           // compute preemption
        {91, 1},           // host pointers for registered memory
        {95, 0},           // cooperative launch
        {97, 49152},       // shared memory a block, opted in
        {106, 32},         // blocks a multiprocessor
        {111, 0},          // reserved shared memory
        {115, 0},          // memory pools
        {120, 0},          // cluster launch
    };
    return all;
}

}  // namespace

CUresult cuInit(unsigned int flags) {
    return guarded([&] {
        if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
        initialize();
        return CUDA_SUCCESS;
    });
}

CUresult cuDriverGetVersion(int* version) {
    return guarded([&] {
        if (!version) return CUDA_ERROR_INVALID_VALUE;
        *version = 13000;
        return CUDA_SUCCESS;
    });
}

CUresult cuDeviceGetCount(int* count) {
    return initialized([&] {
        if (!count) return CUDA_ERROR_INVALID_VALUE;
        *count = 1;
        return CUDA_SUCCESS;
    });
}

CUresult cuDeviceGet(CUdevice* device, int ordinal) {
    return initialized([&] {
        if (!device) return CUDA_ERROR_INVALID_VALUE;
        if (ordinal != 0) return CUDA_ERROR_INVALID_DEVICE;
        *device = 0;
        return CUDA_SUCCESS;
    });
}

CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
    return initialized([&] {
        if (!name || length < 1) return CUDA_ERROR_INVALID_VALUE;
        if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
        std::snprintf(name, static_cast<size_t>(length), "Gimbal software device (%d thread%s)", threads(),
                      threads() == 1 ? "" : "s");
        return CUDA_SUCCESS;
    });
}

CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice device) {
    return initialized([&] {
        constexpr int multiprocessors = 16;
        if (!value) return CUDA_ERROR_INVALID_VALUE;
        if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
        if (attribute == multiprocessors) {
            *value = threads();
            return CUDA_SUCCESS;
        }
        auto found = constant_attributes().find(attribute);
        if (found == constant_attributes().end()) return CUDA_ERROR_INVALID_VALUE;
        *value = found->second;
        return CUDA_SUCCESS;
    });
}

CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice device) {
    return initialized([&] {
        if (!bytes) return CUDA_ERROR_INVALID_VALUE;
        if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
        *bytes = memory_info().total;
        return CUDA_SUCCESS;
    });
}

CUresult cuGetErrorName(CUresult status, const char** text) {
    if (!text) return CUDA_ERROR_INVALID_VALUE;
    switch (status) {
#define SOFTCUDA_NAME(name, value, sentence) \
    case name: *text = #name; return CUDA_SUCCESS;
        SOFTCUDA_STATUSES(SOFTCUDA_NAME)
#undef SOFTCUDA_NAME
    }
    *text = nullptr;
    return CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGetErrorString(CUresult status, const char** text) {
    if (!text) return CUDA_ERROR_INVALID_VALUE;
    switch (status) {
#define SOFTCUDA_SENTENCE(name, value, sentence) \
    case name: *text = sentence; return CUDA_SUCCESS;
        SOFTCUDA_STATUSES(SOFTCUDA_SENTENCE)
#undef SOFTCUDA_SENTENCE
    }
    *text = nullptr;
    return CUDA_ERROR_INVALID_VALUE;
}
