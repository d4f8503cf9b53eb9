package io.gimbal.cuda.checked;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.checked.MemoryRange.Kind;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is known of each address, as ranges come, go and come again over each other. */
class MemoryRangesTest {
    private final MemoryRanges ranges = new MemoryRanges();

    private static MemoryRange range(long address, long bytes) {
        return new MemoryRange(Kind.DEVICE, address, bytes, true);
    }

    private MemoryRange live(long address, long bytes) {
        MemoryRange range = range(address, bytes);
        ranges.add(range);
        return range;
    }

    private MemoryRange freed(long address, long bytes) {
        MemoryRange range = live(address, bytes);
        assertTrue(ranges.free(range));
        return range;
    }

    @Test
    void aRangeHoldsItsFirstAndLastByteAndNoOther() {
        MemoryRange range = live(100, 10);
        assertEquals(Optional.empty(), ranges.liveAt(99));
        assertEquals(Optional.of(range), ranges.liveAt(100));
        assertEquals(Optional.of(range), ranges.liveAt(109));
        assertEquals(Optional.empty(), ranges.liveAt(110));
    }

    @Test
    void whatWasFreedIsFreedAndNoLongerLive() {
        MemoryRange range = freed(100, 10);
        assertEquals(Optional.empty(), ranges.liveAt(105));
        assertEquals(Optional.of(range), ranges.freedAt(109));
        assertEquals(Optional.empty(), ranges.freedAt(110));
        assertFalse(ranges.free(range), "freed twice");
    }

    @Test
    void anAllocationTakesItsPartOutOfWhatWasFreed() {
        freed(100, 50);
        freed(150, 10);
        live(120, 35);
        assertEquals(Optional.of(range(100, 20)), ranges.freedAt(119));
        assertEquals(Optional.empty(), ranges.freedAt(120));
        assertEquals(Optional.empty(), ranges.freedAt(154));
        assertEquals(Optional.of(range(155, 5)), ranges.freedAt(155));
    }

    @Test
    void anAllocationInTheMiddleLeavesBothEndsFreed() {
        freed(100, 50);
        live(110, 5);
        assertEquals(Optional.of(range(100, 10)), ranges.freedAt(109));
        assertEquals(Optional.of(range(115, 35)), ranges.freedAt(149));
    }

    @Test
    void anAllocationOverALiveRangeTellsThatItsFreeWasMissed() {
        ranges.add(new MemoryRange(Kind.DEVICE, 100, 50, false));
        MemoryRange allocated = live(140, 20);
        assertEquals(Optional.empty(), ranges.liveAt(110));
        assertEquals(Optional.of(allocated), ranges.liveAt(140));
    }

    @Test
    void whatIsToldOfALiveRangeAddsNothing() {
        MemoryRange whole = live(100, 50);
        ranges.addUnknown(new MemoryRange(Kind.DEVICE, 110, 40, false));
        assertEquals(Optional.of(whole), ranges.liveAt(110));
        MemoryRange larger = new MemoryRange(Kind.DEVICE, 100, 51, false);
        ranges.addUnknown(larger);
        assertEquals(Optional.of(larger), ranges.liveAt(110));
    }

    @Test
    void aFailedFreeMakesTheRangeLiveAgainUnlessItsPlaceWasTaken() {
        MemoryRange range = freed(100, 10);
        ranges.unfree(range);
        assertEquals(Optional.of(range), ranges.liveAt(100));
        assertEquals(Optional.empty(), ranges.freedAt(100));
        ranges.free(range);
        MemoryRange taken = live(105, 1);
        ranges.unfree(range);
        assertEquals(Optional.empty(), ranges.liveAt(100));
        assertEquals(Optional.of(taken), ranges.liveAt(105));
    }

    @Test
    void theNearestIsByTheGapToItsCloserEnd() {
        assertEquals(Optional.empty(), ranges.nearest(5));
        MemoryRange lower = live(100, 50);
        assertEquals(Optional.of(lower), ranges.nearest(5));
        assertEquals(Optional.of(lower), ranges.nearest(500));
        MemoryRange upper = live(170, 5);
        assertEquals(Optional.of(lower), ranges.nearest(155));
        assertEquals(Optional.of(upper), ranges.nearest(165));
    }

    @Test
    void anEndIsThatOfALiveRange() {
        live(100, 10);
        freed(110, 10);
        assertTrue(ranges.endsAt(110));
        assertFalse(ranges.endsAt(109));
        assertFalse(ranges.endsAt(120));
    }

    @Test
    void addressesAreUnsigned() {
        MemoryRange low = live(Long.MAX_VALUE - 15, 16);
        MemoryRange high = live(Long.MIN_VALUE, 16);
        assertEquals(Optional.of(low), ranges.liveAt(Long.MAX_VALUE));
        assertEquals(Optional.of(high), ranges.liveAt(Long.MIN_VALUE + 15));
        assertEquals(Optional.of(high), ranges.nearest(-1));
    }
}
