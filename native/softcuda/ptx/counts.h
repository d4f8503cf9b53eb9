#pragma once
// What launches by interpretation are counted to do: by kernel and by source line.
#include <map>
#include <string>

#include "ptx/warp.h"

namespace softcuda::ptx {

struct LineCounts {
    unsigned long long instructions = 0;  // of warps
    // 32-byte sectors of global memory that requests take, and the fewest that would hold what they ask for
    unsigned long long sectors_loaded = 0, fewest_loaded = 0, sectors_stored = 0, fewest_stored = 0;
    // passes over the banks of shared memory that requests take, and the fewest
    unsigned long long shared_passes = 0, fewest_passes = 0;

    void add(const LineCounts& other);
};

struct KernelCounts {
    unsigned long long launches = 0, blocks = 0, warp_instructions = 0, thread_instructions = 0, barriers = 0;
    unsigned long long bytes_loaded = 0, bytes_stored = 0, sectors = 0;  // of global memory, each counted once a launch
    std::map<std::pair<std::string, int>, LineCounts> lines;             // by file and line
};

// What a request takes, and the fewest that could do.
struct Taken {
    unsigned long long took = 0, fewest = 0;
};
// Of the 32-byte sectors of global memory: the fewest hold as many different bytes.
Taken sectors(const Request& request);
// Of passes over shared memory, which has 32 banks of 4 bytes. Accesses of 8 and 16 bytes are taken by halves and
// quarters of the warp; each of them passes as often as different words of one bank are asked for.
Taken passes(const Request& request);

bool counting();
// Forgets what was counted, and counts from now on or no longer.
void count(bool on);
void add_counts(const std::string& kernel, const KernelCounts& counts);
std::string counts_as_json();

}  // namespace softcuda::ptx
