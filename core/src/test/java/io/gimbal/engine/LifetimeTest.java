package io.gimbal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.CudaException;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.SoftDevice;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is made is given back, also where making it fails half-way. */
@Tag("device")
class LifetimeTest {
    private static final String[] LIVE = {"live_allocations", "live_bytes", "live_host_allocations", "live_streams",
            "live_events",
            "live_graphs", "live_executables"};

    private Device device;

    @BeforeEach
    void open() {
        device = DeviceUnderTest.open();
        try (Rig rig = new Rig(device)) {
            rig.submitInTurn(1);
            rig.step.drainRecords();
        }
    }

    @AfterEach
    void close() {
        Optional<SoftDevice> switches = device.softDevice();
        switches.ifPresent(soft -> soft.failAllocation(0));
        device.close();
        switches.ifPresent(soft -> assertEquals(0, soft.get("live_allocations")));
    }

    private Map<String, Long> live() {
        SoftDevice soft = DeviceUnderTest.switches(device);
        Map<String, Long> figures = new LinkedHashMap<>();
        for (String what : LIVE) {
            figures.put(what, soft.get(what));
        }
        return figures;
    }

    @Test
    void closingGivesEverythingBack() {
        Map<String, Long> before = live();
        try (Rig rig = new Rig(device)) {
            rig.submitInTurn(5);
            try (InferenceStep inference = new InferenceStep(device, rig.step.model(), Rig.graph())) {
                inference.run();
            }
        }
        assertEquals(before, live());
    }

    @Test
    void closingDoesNotWaitForItsCallerToDrain() {
        Map<String, Long> before = live();
        Rig rig = new Rig(device);
        DeviceUnderTest.lateStreams(device, true);
        rig.submitInTurn(3);
        rig.close();
        DeviceUnderTest.lateStreams(device, false);
        assertEquals(before, live());
    }

    @Test
    void aTrainingStepThatFindsNoMemoryLeavesNoneBehind() {
        assertEveryFailureIsClean(() -> Rig.newStep(device, Rig.graph()));
        try (Rig rig = new Rig(device)) {
            rig.submitInTurn(3);
            assertEquals(3, rig.step.drainRecords().size());
        }
    }

    @Test
    void anInferenceStepThatFindsNoMemoryLeavesNoneBehind() {
        try (Rig rig = new Rig(device)) {
            assertEveryFailureIsClean(() -> new InferenceStep(device, rig.step.model(), Rig.graph()));
            rig.submitInTurn(3);
            assertEquals(3, rig.step.drainRecords().size());
        }
    }

    /** Lets the first, the second, ... allocation fail until there are no more. */
    private void assertEveryFailureIsClean(Supplier<? extends AutoCloseable> made) {
        SoftDevice soft = DeviceUnderTest.switches(device);
        Map<String, Long> before = live();
        int failures = 0;
        for (boolean built = false; !built; ) {
            soft.failAllocation(failures + 1);
            try (AutoCloseable resource = made.get()) {
                assertTrue(resource != null);
                built = true;
            } catch (CudaException e) {
                assertTrue(e.getMessage().contains("OUT_OF_MEMORY"), e.getMessage());
                failures++;
            } catch (Exception e) {
                throw new AssertionError(e);
            }
            soft.failAllocation(0);
            assertEquals(before, live(), "after allocation " + failures + " failed");
        }
        assertTrue(failures >= 2, "only " + failures + " allocations could fail");
    }

    @Test
    void aStepThatIsClosedCannotBeUsed() {
        Rig rig = new Rig(device);
        rig.close();
        assertThrows(RuntimeException.class, () -> rig.submitInTurn(1));
    }
}
