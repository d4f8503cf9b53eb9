#include "ptx/counts.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <sstream>

namespace softcuda::ptx {

namespace {

std::atomic<bool> on{false};
std::mutex mutex;
std::map<std::string, KernelCounts>& all() {
    static auto* counts = new std::map<std::string, KernelCounts>;
    return *counts;
}

// Members of a JSON object, with commas between.
class Members {
public:
    explicit Members(std::ostringstream& out) : out_(out) { out_ << '{'; }
    ~Members() { out_ << '}'; }
    std::ostringstream& name(const char* name) {
        out_ << (first_ ? "" : ",") << '"' << name << "\":";
        first_ = false;
        return out_;
    }
    void put(const char* name_of, unsigned long long value) { name(name_of) << value; }
    void put(const char* name_of, const std::string& text) {
        name(name_of) << '"';
        for (const char c : text) {
            if (c == '"' || c == '\\') out_ << '\\';
            if (static_cast<unsigned char>(c) >= ' ') out_ << c;
        }
        out_ << '"';
    }

private:
    std::ostringstream& out_;
    bool first_ = true;
};

void write(std::ostringstream& out, const std::string& file, int line, const LineCounts& counts) {
    Members members(out);
    members.put("file", file);
    members.put("line", static_cast<unsigned long long>(line));
    members.put("instructions", counts.instructions);
    members.put("sectors_loaded", counts.sectors_loaded);
    members.put("fewest_loaded", counts.fewest_loaded);
    members.put("sectors_stored", counts.sectors_stored);
    members.put("fewest_stored", counts.fewest_stored);
    members.put("shared_passes", counts.shared_passes);
    members.put("fewest_passes", counts.fewest_passes);
}

void write(std::ostringstream& out, const std::string& kernel, const KernelCounts& counts) {
    Members members(out);
    members.put("kernel", kernel);
    members.put("launches", counts.launches);
    members.put("blocks", counts.blocks);
    members.put("warp_instructions", counts.warp_instructions);
    members.put("thread_instructions", counts.thread_instructions);
    members.put("barriers", counts.barriers);
    members.put("bytes_loaded", counts.bytes_loaded);
    members.put("bytes_stored", counts.bytes_stored);
    members.put("sectors", counts.sectors);
    members.name("lines") << '[';
    bool first = true;
    for (const auto& [place, line] : counts.lines) {
        if (!first) out << ',';
        first = false;
        write(out, place.first, place.second, line);
    }
    out << ']';
}

}  // namespace

void LineCounts::add(const LineCounts& other) {
    instructions += other.instructions;
    sectors_loaded += other.sectors_loaded;
    fewest_loaded += other.fewest_loaded;
    sectors_stored += other.sectors_stored;
    fewest_stored += other.fewest_stored;
    shared_passes += other.shared_passes;
    fewest_passes += other.fewest_passes;
}

Taken sectors(const Request& request) {
    constexpr int sector_bits = 5;
    unsigned long long sorted[warp_lanes];
    int count = 0;
    each_lane(request.lanes, [&](int lane) { sorted[count++] = request.addresses[lane]; });
    if (!std::is_sorted(sorted, sorted + count)) std::sort(sorted, sorted + count);
    Taken taken;
    unsigned long long different = 0;
    for (int i = 0; i < count; i++) {
        different += i == 0 || sorted[i] != sorted[i - 1];
        taken.took += i == 0 || sorted[i] >> sector_bits != sorted[i - 1] >> sector_bits;
    }
    const auto bytes = different * static_cast<unsigned long long>(request.instruction.bytes());
    taken.fewest = (bytes + (1 << sector_bits) - 1) >> sector_bits;
    return taken;
}

Taken passes(const Request& request) {
    constexpr int banks = 32, word = 4;
    const int bytes = request.instruction.bytes();
    const int together = bytes <= word ? warp_lanes : warp_lanes * word / bytes;
    Taken taken;
    for (int first = 0; first < warp_lanes; first += together) {
        unsigned long long words[warp_lanes];
        int count = 0;
        for (int lane = first; lane < first + together; lane++) {
            if (!(request.lanes >> lane & 1)) continue;
            for (int k = 0; k < (bytes + word - 1) / word; k++)
                words[count++] = request.addresses[lane] / word + static_cast<unsigned>(k);
        }
        if (count == 0) continue;
        std::sort(words, words + count);
        // Atomic operations on one word take turns.
        if (request.instruction.kind != Kind::atomic)
            count = static_cast<int>(std::unique(words, words + count) - words);
        unsigned long long in_bank[banks] = {}, most = 0;
        for (int i = 0; i < count; i++) most = std::max(most, ++in_bank[words[i] % banks]);
        taken.took += most;
        taken.fewest++;
    }
    return taken;
}

bool counting() { return on.load(std::memory_order_relaxed); }

void count(bool wanted) {
    std::lock_guard<std::mutex> hold(mutex);
    all().clear();
    on = wanted;
}

void add_counts(const std::string& kernel, const KernelCounts& counts) {
    std::lock_guard<std::mutex> hold(mutex);
    KernelCounts& sum = all()[kernel];
    sum.launches += counts.launches;
    sum.blocks += counts.blocks;
    sum.warp_instructions += counts.warp_instructions;
    sum.thread_instructions += counts.thread_instructions;
    sum.barriers += counts.barriers;
    sum.bytes_loaded += counts.bytes_loaded;
    sum.bytes_stored += counts.bytes_stored;
    sum.sectors += counts.sectors;
    for (const auto& [place, line] : counts.lines) sum.lines[place].add(line);
}

std::string counts_as_json() {
    std::lock_guard<std::mutex> hold(mutex);
    std::ostringstream out;
    {
        Members members(out);
        members.name("kernels") << '[';
        bool first = true;
        for (const auto& [kernel, counts] : all()) {
            if (!first) out << ',';
            first = false;
            write(out, kernel, counts);
        }
        out << ']';
    }
    return out.str();
}

}  // namespace softcuda::ptx
