package io.gimbal.cuda.checked;

import io.gimbal.cuda.checked.MemoryRange.Kind;
import java.util.function.LongConsumer;

/**
 * What may be done with an address, by the ranges that are known: each check throws an {@link
 * IllegalArgumentException} that names the C function, the operand, the address, what is known of it, and what may be.
 * Thread-safe; a range that another thread frees after the check is that thread's fault and not seen.
 */
final class MemoryChecks {
    private final MemoryRanges ranges = new MemoryRanges();

    /** A range was allocated through the checked driver. */
    void allocated(Kind kind, long address, long bytes) {
        ranges.add(new MemoryRange(kind, address, bytes, true));
    }

    /** A range of device memory was made elsewhere; it may lie in one that is known. */
    void madeElsewhere(long address, long bytes) {
        ranges.addUnknown(new MemoryRange(Kind.DEVICE, address, bytes, false));
    }

    /** Frees what begins at the address by {@code call}. */
    void free(String function, Kind kind, long address, LongConsumer call) {
        MemoryRange range = live(function, "the pointer", kind, address);
        if (range.address() != address) {
            throw refusal(function, "the pointer", address, "lies inside " + range
                    + ": only the address that it begins at may be freed");
        }
        if (!range.own()) {
            throw refusal(function, "the pointer", address, "is of " + range + ": it must be freed there");
        }
        // Before the call: as soon as it is done, another thread may be given the same memory.
        if (!ranges.free(range)) {
            throw refusal(function, "the pointer", address, "is being freed by another thread: free it once");
        }
        try {
            call.accept(address);
        } catch (RuntimeException | Error failed) {
            ranges.unfree(range);
            throw failed;
        }
    }

    /**
     * That {@code bytes} from the address on lie in one live range of the kind. Of an empty range nothing is touched,
     * so that only {@link #requireNotFreed} is asked of it.
     */
    void requireInside(String function, String role, Kind kind, long address, long bytes) {
        if (bytes == 0) {
            requireNotFreed(function, role, address);
            return;
        }
        MemoryRange range = live(function, role, kind, address);
        long most = range.end() - address;
        if (bytes < 0 || bytes > most) {
            throw refusal(function, role, address, "lies in " + range + ", in which 1 to " + most
                    + " bytes may be used from there on, not " + bytes);
        }
    }

    private MemoryRange live(String function, String role, Kind kind, long address) {
        MemoryRange range = ranges.liveAt(address).orElseThrow(
                () -> refusal(function, role, address, whyNotLive(kind, address)));
        if (range.kind() != kind) {
            throw refusal(function, role, address, "lies in " + range + ", but must lie in " + kind);
        }
        return range;
    }

    private String whyNotLive(Kind kind, long address) {
        String may = "only live " + kind + " of this driver may be given";
        return ranges.freedAt(address).map(range -> "lies in " + range + ", which was freed: " + may)
                .or(() -> ranges.nearest(address).map(range -> "lies in nothing that is allocated; the nearest is "
                        + range + ", which " + beside(range, address) + ": " + may))
                .orElse("is foreign, since nothing is allocated: " + may);
    }

    private static String beside(MemoryRange range, long address) {
        String bytes = Long.toUnsignedString(range.distance(address)) + " bytes ";
        return Long.compareUnsigned(range.address(), address) > 0 ? "begins " + bytes + "behind it"
                : "ends " + bytes + "before it";
    }

    /**
     * That the value, which need not be a pointer, does not point into memory that was freed and has not been allocated
     * again. What is also the end of a live range is taken for that end: an empty slice of an arena may point there.
     */
    void requireNotFreed(String function, String role, long value) {
        ranges.freedAt(value).filter(range -> !ranges.endsAt(value)).ifPresent(range -> {
            throw refusal(function, role, value, whyNotLive(range.kind(), value));
        });
    }

    /** That the address is a multiple of {@code alignment} bytes. */
    static void requireAligned(String function, String role, long address, long alignment) {
        if (Long.remainderUnsigned(address, alignment) != 0) {
            throw refusal(function, role, address, "must be a multiple of " + alignment + ", and is "
                    + Long.remainderUnsigned(address, alignment) + " bytes beyond one");
        }
    }

    private static IllegalArgumentException refusal(String function, String role, long address, String why) {
        return new IllegalArgumentException(function + ": " + role + " 0x" + Long.toHexString(address) + " " + why);
    }
}
