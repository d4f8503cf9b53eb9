#include "ptx/watch.h"

#include <algorithm>

#include "core/allocations.h"
#include "core/failure.h"

namespace softcuda::ptx {

namespace {

// Beside the moment of the last reader: whether other blocks, or other threads since the last barrier, have read as
// well. Beside that of the last writer: whether it was an atomic operation, the last of one thread's, of several threads'
// since the last barrier, or of several blocks'; and whether that block wrote otherwise before its last barrier.
constexpr uint32_t by_blocks = 1u << 31, by_threads = 1u << 30;
constexpr uint32_t updated = 1u << 29, updated_by_threads = 2u << 29, updated_by_blocks = 3u << 29,
                   updates = updated_by_blocks, written_before = 1u << 31;
constexpr uint32_t moment_bits = updated - 1;

constexpr uintptr_t page_bytes = 4096;
constexpr int word = 4, sector = 32;

std::string bytes_text(unsigned long long count) { return std::to_string(count) + (count == 1 ? " byte" : " bytes"); }

const char* verb(const Instruction& one) {
    return one.kind == Kind::store ? "writes" : one.kind == Kind::atomic ? "updates" : "reads";
}

std::string moves(const Instruction& one) {
    return std::string(verb(one)) + " " + bytes_text(static_cast<unsigned>(one.bytes()));
}

bool has_small_access_to_shared(const Function& kernel) {
    return std::any_of(kernel.code.begin(), kernel.code.end(), [](const Instruction& one) {
        // Atomic operations are of words and double words.
        const bool accesses = one.kind == Kind::load || one.kind == Kind::store;
        return accesses && one.space == Space::shared && one.bytes() < word;
    });
}

}  // namespace

void Timeline::begin_block(unsigned block) {
    if (!blocks_.empty()) pass_barrier();
    block_ = block;
    block_start_ = now_;
    blocks_.push_back({now_, block});
}

void Timeline::pass_barrier() {
    now_ += threads_;
    if (now_ > moment_bits - 2 * threads_)
        throw Failure(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, "the launch passes too many barriers to be watched");
}

std::string Timeline::who(uint32_t moment) const {
    auto behind =
        std::upper_bound(blocks_.begin(), blocks_.end(), moment,
                         [](uint32_t one, const std::pair<uint32_t, unsigned>& block) { return one < block.first; });
    const auto& [start, block] = *(behind - 1);
    const std::string thread = "thread " + std::to_string((moment - start) % threads_);
    return block == block_ ? thread : "block " + std::to_string(block) + ", " + thread;
}

// Watched by words until something smaller is touched.
struct Watch::Page {
    std::vector<Unit> units = std::vector<Unit>(page_bytes / word);

    bool by_bytes() const { return units.size() == page_bytes; }
    void split() {
        std::vector<Unit> bytes(page_bytes);
        for (size_t i = 0; i < bytes.size(); i++) bytes[i] = units[i / word];
        units = std::move(bytes);
    }
};

Watch::Watch(const Program& program, const Function& kernel, unsigned threads, int shared_at_launch)
    : program_(program), timeline_(threads), ranges_(kernel.code.size(), Range{1, 0}),
      shared_unit_(has_small_access_to_shared(kernel) ? 1 : word),
      shared_(static_cast<size_t>(kernel.shared_size(shared_at_launch)) / shared_unit_ + 1),
      valid_(static_cast<size_t>(kernel.shared_size(shared_at_launch))) {
    for (const Array& array : kernel.shared) std::fill_n(valid_.begin() + array.offset, array.bytes, 1);
    if (kernel.shared_at_launch) std::fill(valid_.begin() + launch_shared_at, valid_.end(), 1);
}

Watch::~Watch() = default;

void Watch::begin_block(unsigned block) {
    timeline_.begin_block(block);
    valued_.assign(valid_.size(), 0);
}

void Watch::fail(CUresult status, const std::string& what, const Instruction& instruction, unsigned thread,
                 const std::string& does) const {
    std::string text =
        what + " at " + program_.place(instruction.site) + ": block " + std::to_string(timeline_.block());
    text += ", thread " + std::to_string(thread) + " (lane " + std::to_string(thread % warp_lanes) + " of warp ";
    text += std::to_string(thread / warp_lanes) + ") " + does + " [" + instruction.text + "]";
    throw Failure(status, text);
}

void Watch::race(const Request& request, uint32_t other, unsigned thread, const char* done) const {
    const Instruction& one = request.instruction;
    fail(CUDA_ERROR_LAUNCH_FAILED,
         std::string("a race in ") + (one.space == Space::shared ? "shared" : "global") + " memory", one, thread,
         verb(one) + (" what " + timeline_.who(other)) + done + ", with nothing that orders the two");
}

Watch::Page& Watch::page(uintptr_t address) {
    const uintptr_t number = address / page_bytes;
    Recent& recent = recent_[number % recent_.size()];
    if (recent.number != number) {
        std::unique_ptr<Page>& known = pages_[number];
        if (!known) known = std::make_unique<Page>();
        recent = {number, known.get()};
    }
    return *recent.page;
}

// That it is aligned and within one allocation.
void Watch::check(const Request& request, int lane) {
    const Instruction& one = request.instruction;
    const auto begin = static_cast<uintptr_t>(request.addresses[lane]),
               end = begin + static_cast<uintptr_t>(one.bytes());
    const unsigned thread = request.first_thread + static_cast<unsigned>(lane);
    const uintptr_t off = begin & (end - begin - 1);  // sizes are powers of two
    if (off != 0)
        fail(CUDA_ERROR_MISALIGNED_ADDRESS, "a misaligned access", one, thread,
             moves(one) + " at an address that is " + bytes_text(off) + " off");
    Range& last = ranges_[static_cast<size_t>(one.number) % ranges_.size()];
    if (last.holds(begin, end)) return;
    for (const Range& variable : program_.variables) {
        if (variable.holds(begin, end)) {
            last = variable;
            return;
        }
    }
    const MemoryRange near = allocation_before(begin);
    const uintptr_t behind = near.start + near.bytes;
    if (near.bytes && end <= behind) {
        last = {near.start, behind};
        return;
    }
    std::string where = " where nothing is allocated";
    if (near.bytes && begin < behind)
        where = " at byte " + std::to_string(begin - near.start) + " of an allocation of " + bytes_text(near.bytes);
    else if (near.bytes && begin - behind < page_bytes)
        where = std::string(" ") + bytes_text(begin - behind) + " behind the end of an allocation of " +
                bytes_text(near.bytes);
    fail(CUDA_ERROR_ILLEGAL_ADDRESS, "an access outside of memory", one, thread, moves(one) + where);
}

void Watch::global(const Request& request) {
    const Instruction& one = request.instruction;
    const auto bytes = static_cast<uintptr_t>(one.bytes());
    for (unsigned left = request.lanes; left; left &= left - 1) {
        const int lane = __builtin_ctz(left);
        check(request, lane);
        const auto address = static_cast<uintptr_t>(request.addresses[lane]);
        const unsigned thread = request.first_thread + static_cast<unsigned>(lane);
        Page& watched = page(address);  // of all its bytes, since it is aligned
        if (bytes % word != 0 && !watched.by_bytes()) watched.split();
        const uintptr_t unit = watched.by_bytes() ? 1 : word;
        Unit* units = &watched.units[address % page_bytes / unit];
        for (uintptr_t i = 0; i < bytes / unit; i++) {
            if (one.kind == Kind::atomic) update_global(request, units[i], thread);
            else touch_global(request, units[i], thread);
        }
    }
}

void Watch::touch_global(const Request& request, Unit& unit, unsigned thread) {
    const uint32_t own = timeline_.moment(thread);
    const uint32_t writer = unit.written & moment_bits, reader = unit.read & moment_bits;
    const uint32_t kind = unit.written & updates;
    const bool several =
        kind == updated_by_blocks || (kind == updated_by_threads && timeline_.since_barrier(writer));
    if (writer && (several || unordered(writer, own)))
        race(request, writer, thread,
             several ? " and others have updated" : kind ? " has updated" : " has written");
    if (request.instruction.kind == Kind::store) {
        require_no_readers(request, unit, thread);
        unit.written = own;
        return;
    }
    if (writer) {
        if (request.instruction.non_coherent)
            fail(CUDA_ERROR_LAUNCH_FAILED, "a load through the read-only cache", request.instruction, thread,
                 "reads what " + timeline_.who(writer) + " has written in the same launch");
    }
    uint32_t flags = unit.read & (by_blocks | by_threads);
    if (reader && reader != own) {
        if (timeline_.in_another_block(reader)) flags |= by_blocks;
        else if (timeline_.since_barrier(reader)) flags |= by_threads;
        else flags &= ~by_threads;
    }
    unit.read = own | flags;
}

void Watch::require_no_readers(const Request& request, const Unit& unit, unsigned thread) const {
    const uint32_t reader = unit.read & moment_bits;
    const bool blocks = unit.read & by_blocks;
    const bool threads = (unit.read & by_threads) && timeline_.since_barrier(reader);
    if (reader && (blocks || threads || unordered(reader, timeline_.moment(thread))))
        race(request, reader, thread,
             blocks    ? " and other blocks have read"
             : threads ? " and other threads have read"
                       : " has read");
}

// Atomic operations need no order between them. What a thread wrote otherwise, and nothing orders yet, stays so.
void Watch::update_global(const Request& request, Unit& unit, unsigned thread) {
    const uint32_t own = timeline_.moment(thread), writer = unit.written & moment_bits;
    const uint32_t before = unit.written & written_before;
    uint32_t kind = unit.written & updates;
    require_no_readers(request, unit, thread);
    if (!writer) {
        unit.written = own | updated;
    } else if (kind == 0) {
        if (unordered(writer, own)) race(request, writer, thread, " has written");
        unit.written = timeline_.since_barrier(writer) ? own : own | updated | written_before;
    } else {
        if (timeline_.in_another_block(writer)) {
            if (before) race(request, writer, thread, "'s block has written");
            kind = updated_by_blocks;
        } else if (kind != updated_by_blocks) {
            const bool threads = timeline_.since_barrier(writer) && (writer != own || kind == updated_by_threads);
            kind = threads ? updated_by_threads : updated;
        }
        unit.written = own | kind | before;
    }
}

void Watch::touch_shared(const Request& request, Unit& unit, unsigned thread) {
    const Instruction& one = request.instruction;
    const uint32_t own = timeline_.moment(thread);
    const uint32_t writer = unit.written & moment_bits, reader = unit.read & moment_bits;
    const bool written = timeline_.since_barrier(writer), read = timeline_.since_barrier(reader);
    const uint32_t kind = written ? unit.written & updates : 0;
    const bool atomic = one.kind == Kind::atomic, several = kind == updated_by_threads;
    if (written && (writer != own || several) && !(atomic && kind))
        race(request, writer, thread,
             several ? " and others have updated" : kind ? " has updated" : " has written");
    const bool others = read && (reader != own || (unit.read & by_threads));
    if (one.kind == Kind::load) {
        unit.read = own | (others ? by_threads : 0);
        return;
    }
    if (others) race(request, reader, thread, reader == own ? " and others have read" : " has read");
    if (!atomic || (written && !kind)) unit.written = own;
    else unit.written = own | (written && (writer != own || several) ? updated_by_threads : updated);
}

void Watch::shared(const Request& request) {
    const Instruction& one = request.instruction;
    for (unsigned left = request.lanes; left; left &= left - 1) {
        const int lane = __builtin_ctz(left);
        const unsigned thread = request.first_thread + static_cast<unsigned>(lane);
        const unsigned long long begin = request.addresses[lane],
                                 end = begin + static_cast<unsigned long long>(one.bytes());
        if (begin & (end - begin - 1))
            fail(CUDA_ERROR_MISALIGNED_ADDRESS, "a misaligned access to shared memory", one, thread,
                 moves(one) + " at byte " + std::to_string(begin));
        if (end > valid_.size() || !valid_[begin] || !valid_[end - 1])
            fail(CUDA_ERROR_ILLEGAL_ADDRESS, "an access outside of shared memory", one, thread,
                 moves(one) + " where no array is");
        for (unsigned long long at = begin / shared_unit_; at <= (end - 1) / shared_unit_; at++)
            touch_shared(request, shared_[at], thread);
    }
}

bool Watch::has_value(unsigned long long address, int bytes) const {
    for (int i = 0; i < bytes; i++)
        if (!valued_[address + static_cast<unsigned long long>(i)]) return false;
    return true;
}

void Watch::set_value(unsigned long long address, int bytes, bool has) {
    std::fill_n(valued_.begin() + static_cast<long>(address), bytes, has ? 1 : 0);
}

Watch::Touched Watch::touched() const {
    Touched sum;
    for (const auto& [number, page] : pages_) {
        const size_t unit = page_bytes / page->units.size();
        const size_t in_sector = sector / unit;
        for (size_t i = 0; i < page->units.size(); i += in_sector) {
            bool any = false;
            for (size_t k = i; k < i + in_sector; k++) {
                sum.bytes_loaded += page->units[k].read ? unit : 0;
                sum.bytes_stored += page->units[k].written ? unit : 0;
                any |= page->units[k].read || page->units[k].written;
            }
            sum.sectors += any;
        }
    }
    return sum;
}

}  // namespace softcuda::ptx
