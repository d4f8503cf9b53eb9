package io.gimbal.cuda.checked;

import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which ranges of the one address space of host and device are allocated, and which were freed and have not been
 * allocated again. No two live ranges overlap, and no freed one overlaps a live one: what is known of memory only from
 * having been told (its free may have been missed) gives way to what is allocated there now. Addresses are unsigned.
 * Thread-safe.
 */
final class MemoryRanges {
    private final NavigableMap<Long, MemoryRange> live = new TreeMap<>(Long::compareUnsigned);
    private final NavigableMap<Long, MemoryRange> freed = new TreeMap<>(Long::compareUnsigned);

    /** It is allocated from now on. */
    synchronized void add(MemoryRange range) {
        for (MemoryRange old : overlapping(live, range)) {
            live.remove(old.address());
        }
        for (MemoryRange old : overlapping(freed, range)) {
            freed.remove(old.address());
            keepFreed(old, old.address(), range.address());
            keepFreed(old, range.end(), old.end());
        }
        live.put(range.address(), range);
    }

    private static List<MemoryRange> overlapping(NavigableMap<Long, MemoryRange> ranges, MemoryRange range) {
        Long before = ranges.floorKey(range.address());
        return ranges.tailMap(before == null ? range.address() : before, true).values().stream()
                .takeWhile(old -> Long.compareUnsigned(old.address(), range.end()) < 0)
                .filter(old -> old.contains(range.address()) || range.contains(old.address())).toList();
    }

    private void keepFreed(MemoryRange whole, long begin, long end) {
        if (Long.compareUnsigned(begin, end) < 0) {
            freed.put(begin, new MemoryRange(whole.kind(), begin, end - begin, whole.own()));
        }
    }

    /** The same, unless it lies in a live range already. */
    synchronized void addUnknown(MemoryRange range) {
        Optional<MemoryRange> known = liveAt(range.address());
        if (known.isEmpty() || Long.compareUnsigned(known.get().end(), range.end()) < 0) {
            add(range);
        }
    }

    /**
     * It is freed from now on.
     *
     * @return whether it was live until now
     */
    synchronized boolean free(MemoryRange range) {
        if (!live.remove(range.address(), range)) {
            return false;
        }
        freed.put(range.address(), range);
        return true;
    }

    /** Freeing it failed: it is live as before, unless something else was allocated there meanwhile. */
    synchronized void unfree(MemoryRange range) {
        if (freed.remove(range.address(), range)) {
            live.put(range.address(), range);
        }
    }

    /** The live range that an address lies in. */
    synchronized Optional<MemoryRange> liveAt(long address) {
        return at(live, address);
    }

    /** The freed range that an address lies in and that nothing was allocated in since. */
    synchronized Optional<MemoryRange> freedAt(long address) {
        return at(freed, address);
    }

    private static Optional<MemoryRange> at(NavigableMap<Long, MemoryRange> ranges, long address) {
        Map.Entry<Long, MemoryRange> entry = ranges.floorEntry(address);
        return Optional.ofNullable(entry).map(Map.Entry::getValue).filter(range -> range.contains(address));
    }

    /** Whether a live range ends right before an address. */
    synchronized boolean endsAt(long address) {
        Map.Entry<Long, MemoryRange> before = live.lowerEntry(address);
        return before != null && before.getValue().end() == address;
    }

    /** The live range that lies nearest to an address outside of all; empty if nothing is live. */
    synchronized Optional<MemoryRange> nearest(long address) {
        Map.Entry<Long, MemoryRange> below = live.floorEntry(address);
        Map.Entry<Long, MemoryRange> above = live.higherEntry(address);
        if (below == null || above == null) {
            return Optional.ofNullable(below == null ? above : below).map(Map.Entry::getValue);
        }
        long toBelow = below.getValue().distance(address);
        long toAbove = above.getValue().distance(address);
        return Optional.of((Long.compareUnsigned(toBelow, toAbove) <= 0 ? below : above).getValue());
    }
}
