#include "core/allocations.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/contexts.h"
#include "core/switches.h"

namespace softcuda {

namespace {

constexpr size_t alignment = 256;
constexpr size_t huge_page = size_t{2} << 20;
constexpr size_t zone = 4096;  // one red zone
constexpr unsigned char zone_byte = 0xa5;

struct Allocation {
    char* base;     // what was taken from the system
    size_t taken;
    size_t bytes;   // what was asked for
    bool guarded;
    bool host;
    CUcontext context;
};

constexpr size_t share_unasked = 64;

std::mutex mutex;
// Bytes that may be taken before the system is asked again what is free, which opens four files: a small share of it.
std::atomic<size_t> granted{0};
std::map<uintptr_t, Allocation>& allocations() {
    static auto* all = new std::map<uintptr_t, Allocation>;
    return *all;
}

// Small blocks that were given back, by their size: to take one anew costs less than to ask the system.
constexpr size_t largest_kept = size_t{1} << 20;
constexpr size_t most_kept = size_t{32} << 20;
struct Kept {
    std::unordered_map<size_t, std::vector<char*>> blocks;
    size_t bytes = 0;
};
Kept& kept() {
    static auto* all = new Kept;
    return *all;
}

size_t round_up(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

// The figure behind a word at the start of a line, such as "MemAvailable:  123 kB"; 0 if there is none.
size_t figure(const char* path, const std::string& word) {
    std::ifstream file(path);
    std::string name, rest;
    size_t value;
    while (file >> name >> value) {
        std::getline(file, rest);
        if (name == word) return value;
    }
    return 0;
}

// What a file of the control group says; 0 if it has no limit, or is none.
size_t control_group(const char* path) {
    std::ifstream file(path);
    size_t value = 0;
    return file >> value ? value : 0;
}

// What a container may still take: the files that it has read can be forgotten, so they do not count as used.
size_t left_in_control_group(size_t limit) {
    const size_t taken = control_group("/sys/fs/cgroup/memory.current");
    const size_t files = figure("/sys/fs/cgroup/memory.stat", "file");
    return limit - std::min(limit, taken - std::min(taken, files));
}

long long live_bytes() {
    long long bytes = 0;
    for (auto& [address, allocation] : allocations()) bytes += static_cast<long long>(allocation.bytes);
    return bytes;
}

// What the allocation's red zones were hit by, or nothing.
std::string damage(uintptr_t address, const Allocation& allocation) {
    if (!allocation.guarded) return "";
    const char* user = reinterpret_cast<const char*>(address);
    const char* end = allocation.base + allocation.taken;
    auto written = [](char byte) { return static_cast<unsigned char>(byte) != zone_byte; };
    const char* before = std::find_if(static_cast<const char*>(allocation.base), user, written);
    const char* after = std::find_if(user + allocation.bytes, end, written);
    std::string what = "the allocation of " + std::to_string(allocation.bytes) + " bytes was written to ";
    if (before != user) return what + std::to_string(user - before) + " bytes before its start";
    if (after != end) return what + std::to_string(after - (user + allocation.bytes)) + " bytes behind its end";
    return "";
}

// Null if the system has none.
char* obtain(size_t taken) {
    const auto found = kept().blocks.find(taken);
    if (found != kept().blocks.end() && !found->second.empty()) {
        char* block = found->second.back();
        found->second.pop_back();
        kept().bytes -= taken;
        return block;
    }
    const size_t slack = taken >= huge_page ? huge_page : 0;  // room to begin on a huge page
    constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void* mapped = mmap(nullptr, taken + slack, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (mapped == MAP_FAILED) return nullptr;
    char* base = static_cast<char*>(mapped);
    if (slack) {
        char* aligned = reinterpret_cast<char*>(round_up(reinterpret_cast<uintptr_t>(base), huge_page));
        if (aligned > base) munmap(base, static_cast<size_t>(aligned - base));
        const size_t rest = static_cast<size_t>(base + slack - aligned);
        if (rest) munmap(aligned + taken, rest);
        base = aligned;
        madvise(base, taken, MADV_HUGEPAGE);
    }
    return base;
}

void give_back(const Allocation& allocation) {
    if (allocation.taken > largest_kept || kept().bytes + allocation.taken > most_kept) {
        munmap(allocation.base, allocation.taken);
        return;
    }
    if (switches().poison) fill_words(allocation.base, allocation.taken, poison_word);
    kept().blocks[allocation.taken].push_back(allocation.base);
    kept().bytes += allocation.taken;
}

// Null if the system has none.
char* take(size_t bytes, bool host) {
    const bool guarded = switches().guard && !host;
    const size_t taken = round_up(bytes, zone) + (guarded ? 2 * zone : 0);
    char* base = obtain(taken);
    if (!base) return nullptr;
    char* user = guarded ? base + zone : base;
    if (guarded) {
        std::memset(base, zone_byte, zone);
        std::memset(user + bytes, zone_byte, static_cast<size_t>(base + taken - (user + bytes)));
    }
    if (switches().poison) fill_words(user, bytes, poison_word);
    allocations().emplace(reinterpret_cast<uintptr_t>(user),
                          Allocation{base, taken, bytes, guarded, host, current_context()});
    return user;
}

// The live allocation that the byte lies in, or none; the mutex is held.
std::map<uintptr_t, Allocation>::const_iterator holding(uintptr_t address) {
    auto after = allocations().upper_bound(address);
    if (after == allocations().begin()) return allocations().end();
    auto before = std::prev(after);
    return address - before->first < before->second.bytes ? before : allocations().end();
}

// Takes them out of what is granted, if it has so many.
bool without_asking(size_t bytes) {
    size_t left = granted;
    while (bytes <= left)
        if (granted.compare_exchange_weak(left, left - bytes)) return true;
    return false;
}

}  // namespace

CUresult allocate(size_t bytes, bool host, char** pointer) {
    if (bytes == 0) return CUDA_ERROR_INVALID_VALUE;
    if (!without_asking(bytes)) {
        const MemoryInfo info = memory_info();
        if (bytes > info.free) {
            set_message("an allocation of " + std::to_string(bytes) + " bytes: " + std::to_string(info.free) + " of " +
                        std::to_string(info.total) + " bytes are free");
            return CUDA_ERROR_OUT_OF_MEMORY;
        }
        granted = (info.free - bytes) / share_unasked;
    }
    std::lock_guard<std::mutex> hold(mutex);
    *pointer = take(bytes, host);
    return *pointer ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult release(uintptr_t address, bool host) {
    std::lock_guard<std::mutex> hold(mutex);
    auto found = allocations().find(address);
    if (found == allocations().end() || found->second.host != host) {
        set_message("a release of something that is not (or no longer) the start of an allocation");
        return CUDA_ERROR_INVALID_VALUE;
    }
    const std::string hit = damage(address, found->second);
    give_back(found->second);
    allocations().erase(found);
    if (hit.empty()) return CUDA_SUCCESS;
    set_sticky(CUDA_ERROR_ILLEGAL_ADDRESS, hit);
    return CUDA_ERROR_ILLEGAL_ADDRESS;
}

LiveMemory live_memory() {
    std::lock_guard<std::mutex> hold(mutex);
    LiveMemory live;
    for (auto& [start, allocation] : allocations()) {
        (allocation.host ? live.host_allocations : live.allocations)++;
        (allocation.host ? live.host_bytes : live.bytes) += static_cast<long long>(allocation.bytes);
    }
    return live;
}

MemoryInfo memory_info() {
    MemoryInfo info;
    info.total = figure("/proc/meminfo", "MemTotal:") * 1024;
    size_t available = figure("/proc/meminfo", "MemAvailable:") * 1024;
    if (const size_t limit = control_group("/sys/fs/cgroup/memory.max"); limit && limit < info.total) {
        info.total = limit;
        available = std::min(available, left_in_control_group(limit));
    }
    std::lock_guard<std::mutex> hold(mutex);
    // Memory that was given out but not written to yet does not show in what the system calls available.
    const size_t live = static_cast<size_t>(live_bytes());
    info.free = std::min(available, info.total - std::min(info.total, live));
    return info;
}

void check_guards() {
    std::lock_guard<std::mutex> hold(mutex);
    for (auto& [start, allocation] : allocations()) {
        const std::string hit = damage(start, allocation);
        if (!hit.empty()) set_sticky(CUDA_ERROR_ILLEGAL_ADDRESS, hit);
    }
}

void free_memory(CUcontext context) {
    std::lock_guard<std::mutex> hold(mutex);
    for (auto one = allocations().begin(); one != allocations().end();) {
        const Allocation& allocation = one->second;
        if (allocation.context != context) {
            ++one;
            continue;
        }
        give_back(allocation);
        one = allocations().erase(one);
    }
}

bool known(const void* address, size_t bytes) {
    std::lock_guard<std::mutex> hold(mutex);
    const uintptr_t wanted = reinterpret_cast<uintptr_t>(address);
    auto found = holding(wanted);
    return found != allocations().end() && bytes <= found->second.bytes - (wanted - found->first);
}

MemoryRange device_allocation(uintptr_t address) {
    std::lock_guard<std::mutex> hold(mutex);
    auto found = holding(address);
    if (found == allocations().end() || found->second.host) return {};
    return {found->first, found->second.bytes};
}

MemoryRange allocation_before(uintptr_t address) {
    std::lock_guard<std::mutex> hold(mutex);
    auto behind = allocations().upper_bound(address);
    if (behind == allocations().begin()) return {};
    const auto& [start, allocation] = *std::prev(behind);
    return {start, allocation.bytes};
}

void fill_words(char* target, size_t bytes, unsigned word) {
    size_t i = 0;
    for (; i + sizeof word <= bytes; i += sizeof word) std::memcpy(target + i, &word, sizeof word);
    std::memcpy(target + i, &word, bytes - i);
}

}  // namespace softcuda
