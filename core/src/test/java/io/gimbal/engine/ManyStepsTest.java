package io.gimbal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.Counters;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.Precision;
import io.gimbal.device.ResourcesInUse;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A training that goes on and on, its records polled. */
@Tag("device")
class ManyStepsTest {
    private static final int WARM_UP = 300;
    private static final int STEPS = 2000;
    /** Fewer than the ring of records holds: the host may be far faster than the device. */
    private static final int MOST_AHEAD = 128;
    /** Records are read back after so many steps or so long a time. */
    private static final int STRETCH = 32;
    private static final long PATIENCE_NANOSECONDS = 500_000_000;
    private static final Duration LONGEST = Duration.ofMinutes(2);
    /** A kibibyte a step. What Java itself keeps meanwhile, of what it compiles, was some 50 KB. */
    private static final long ALLOWED_HEAP_BYTES = 2 << 20;

    /** Submits steps and polls until all are read; never lets the host wait for the device. */
    private static void run(Rig rig, int steps) {
        long deadline = System.nanoTime() + LONGEST.toNanos();
        long first = rig.step.submitted();
        long read = 0;
        while (read < steps) {
            if (rig.step.submitted() - first < Math.min(steps, read + MOST_AHEAD)) {
                rig.submitInTurn(1);
            } else {
                Thread.onSpinWait();
            }
            for (StepRecord record : rig.step.pollRecords()) {
                assertEquals(first + read, record.step());
                assertTrue(record.accepted(), record::toString);
                read++;
            }
            assertTrue(System.nanoTime() < deadline, "after " + read + " steps no record comes");
        }
    }

    private static long usedHeap() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            least = Math.min(least, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }
        return least;
    }

    @ParameterizedTest
    @EnumSource
    void twoThousandStepsTakeNoMoreMemoryAndNeverWait(Precision precision) {
        try (Device device = DeviceUnderTest.open(); Rig rig = new Rig(device, precision)) {
            run(rig, WARM_UP);
            ResourcesInUse inUse = ResourcesInUse.of(device);
            long heap = usedHeap();
            Counters before = device.counters();
            long start = System.nanoTime();
            run(rig, STEPS);
            long halfSeconds = (System.nanoTime() - start) / PATIENCE_NANOSECONDS;
            Counters counted = device.counters().minus(before);
            long grown = usedHeap() - heap;
            inUse.assertNoMoreIsInUseNow();
            assertTrue(grown <= ALLOWED_HEAP_BYTES, () -> "Java's heap has grown by " + grown + " bytes");
            long readings = counted.deviceToHost();
            assertTrue(readings <= STEPS / STRETCH + halfSeconds + 1, () -> readings + " copies to the host");
            assertEquals(new Counters(STEPS, readings, 0, 0, 0, 0, STEPS), counted,
                    "a batch's upload and a graph launch a step, and the readings, are all there is");
            assertEquals(List.of(), rig.step.drainRecords());
        }
    }
}
