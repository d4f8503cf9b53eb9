// Copies and fills.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>

#include "core/allocations.h"
#include "core/contexts.h"
#include "core/parallel.h"
#include "core/scheduler.h"
#include "core/streams.h"
#include "core/switches.h"

using namespace softcuda;

namespace {

// body(offset, length) for pieces of so many bytes, over the cores.
template <class F>
void by_pieces(size_t bytes, F body) {
    constexpr size_t piece = size_t{1} << 20;
    parallel_for(static_cast<long>((bytes + piece - 1) / piece), [=](long i) {
        const size_t offset = static_cast<size_t>(i) * piece;
        body(offset, std::min(piece, bytes - offset));
    });
}

void copy(void* target, const void* source, size_t bytes) {
    statistics().copied_bytes += static_cast<long long>(bytes);
    by_pieces(bytes, [=](size_t offset, size_t length) {
        std::memcpy(static_cast<char*>(target) + offset, static_cast<const char*>(source) + offset, length);
    });
}

// So few that one thread copies them sooner than another wakes up.
bool brief(size_t bytes) { return bytes <= size_t{64} << 10; }

// A program's own memory is not page-locked: the driver has read it, or written it, when the call returns. A captured
// copy reads and writes it when the graph runs.
bool capturing(CUstream handle) {
    Scheduler& scheduler = Scheduler::get();
    std::lock_guard<std::mutex> hold(scheduler.mutex);
    std::shared_ptr<Stream> stream = scheduler.stream(handle);
    return stream && stream->capture;
}

void* address(CUdeviceptr pointer) { return reinterpret_cast<void*>(static_cast<uintptr_t>(pointer)); }

}  // namespace

// Copies without a stream go through the legacy stream; those from and to the host return when they are done, the one
// on the device returns at once.
CUresult cuMemcpyHtoD_v2(CUdeviceptr destination, const void* source, size_t bytes) {
    return in_healthy_context([&] {
        if (bytes == 0) return CUDA_SUCCESS;
        void* target = address(destination);
        if (!source || !known(target, bytes)) return CUDA_ERROR_INVALID_VALUE;
        CUresult status = enqueue(nullptr, "cuMemcpyHtoD", [=] { copy(target, source, bytes); }, brief(bytes));
        return status == CUDA_SUCCESS ? synchronize(nullptr) : status;
    });
}

CUresult cuMemcpyDtoH_v2(void* destination, CUdeviceptr source, size_t bytes) {
    return in_healthy_context([&] {
        if (bytes == 0) return CUDA_SUCCESS;
        const void* from = address(source);
        if (!destination || !known(from, bytes)) return CUDA_ERROR_INVALID_VALUE;
        CUresult status = enqueue(nullptr, "cuMemcpyDtoH", [=] { copy(destination, from, bytes); }, brief(bytes));
        return status == CUDA_SUCCESS ? synchronize(nullptr) : status;
    });
}

CUresult cuMemcpyDtoD_v2(CUdeviceptr destination, CUdeviceptr source, size_t bytes) {
    return cuMemcpyDtoDAsync_v2(destination, source, bytes, nullptr);
}

CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr destination, const void* source, size_t bytes, CUstream stream) {
    return in_healthy_context([&] {
        if (bytes == 0) return CUDA_SUCCESS;
        void* target = address(destination);
        if (!source || !known(target, bytes)) return CUDA_ERROR_INVALID_VALUE;
        if (known(source, bytes) || capturing(stream))
            return enqueue(stream, "cuMemcpyHtoDAsync", [=] { copy(target, source, bytes); }, brief(bytes));
        std::shared_ptr<char[]> staged(new char[bytes]);
        std::memcpy(staged.get(), source, bytes);
        return enqueue(stream, "cuMemcpyHtoDAsync", [=] { copy(target, staged.get(), bytes); }, brief(bytes));
    });
}

CUresult cuMemcpyDtoHAsync_v2(void* destination, CUdeviceptr source, size_t bytes, CUstream stream) {
    return in_healthy_context([&] {
        if (bytes == 0) return CUDA_SUCCESS;
        const void* from = address(source);
        if (!destination || !known(from, bytes)) return CUDA_ERROR_INVALID_VALUE;
        CUresult status = enqueue(stream, "cuMemcpyDtoHAsync", [=] { copy(destination, from, bytes); }, brief(bytes));
        if (status != CUDA_SUCCESS || known(destination, bytes) || capturing(stream)) return status;
        return synchronize(stream);
    });
}

CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr destination, CUdeviceptr source, size_t bytes, CUstream stream) {
    return in_healthy_context([&] {
        if (bytes == 0) return CUDA_SUCCESS;
        void* target = address(destination);
        const void* from = address(source);
        if (!known(target, bytes) || !known(from, bytes)) return CUDA_ERROR_INVALID_VALUE;
        return enqueue(stream, "cuMemcpyDtoDAsync", [=] { copy(target, from, bytes); }, brief(bytes));
    });
}

CUresult cuMemsetD8Async(CUdeviceptr destination, unsigned char value, size_t count, CUstream stream) {
    return in_healthy_context([&] {
        if (count == 0) return CUDA_SUCCESS;
        void* target = address(destination);
        if (!known(target, count)) return CUDA_ERROR_INVALID_VALUE;
        return enqueue(stream, "cuMemsetD8Async", [=] {
            char* start = static_cast<char*>(target);
            by_pieces(count, [=](size_t offset, size_t bytes) { std::memset(start + offset, value, bytes); });
        }, brief(count));
    });
}

CUresult cuMemsetD32Async(CUdeviceptr destination, unsigned int value, size_t count, CUstream stream) {
    return in_healthy_context([&] {
        if (count == 0) return CUDA_SUCCESS;
        char* target = static_cast<char*>(address(destination));
        if (destination % 4 || count > SIZE_MAX / 4 || !known(target, count * 4)) return CUDA_ERROR_INVALID_VALUE;
        return enqueue(stream, "cuMemsetD32Async", [=] {
            by_pieces(count * 4, [=](size_t offset, size_t bytes) { fill_words(target + offset, bytes, value); });
        }, brief(count * 4));
    });
}
