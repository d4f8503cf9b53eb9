package io.gimbal.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.balance.FixedWeights;
import io.gimbal.balance.GradNorm;
import io.gimbal.cuda.Counters;
import io.gimbal.device.BindingKind;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.Precision;
import io.gimbal.optimizer.Adam;
import io.gimbal.optimizer.Schedule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("device")
class TrainingStepTest {
    /**
     * Of 200 steps. Not quite 0: reading the figure makes an object, and the counters may grow a cell. An object a step
     * would be 3200 bytes at the least.
     */
    private static final long ALLOWED_BYTES = 2000;
    /** By when the steps are surely compiled, also where other work wants the processors. */
    private static final long COMPILED_NANOSECONDS = 30_000_000_000L;

    private Device device;
    private Rig rig;

    @BeforeEach
    void open() {
        device = DeviceUnderTest.open(by());
        rig = new Rig(device);
    }

    /** By what the device calls CUDA. */
    BindingKind by() {
        return BindingKind.PANAMA;
    }

    @AfterEach
    void close() {
        rig.close();
        device.close();
    }

    private static long[] numbers(List<StepRecord> records) {
        return records.stream().mapToLong(StepRecord::step).toArray();
    }

    @ParameterizedTest
    @EnumSource
    void aHundredSteadyStepsAreAHundredGraphLaunchesAndNothingElse(Precision precision) {
        try (Rig own = new Rig(device, precision)) {
            own.submitInTurn(3);
            own.step.drainRecords();
            Counters before = device.counters();
            own.submitInTurn(100);
            Counters steady = device.counters().minus(before);
            assertEquals(new Counters(100, 0, 0, 0, 0, 0, 100), steady,
                    "100 uploads of the batch and 100 graph launches are all there is");
            assertEquals(100, own.step.drainRecords().size());
        }
    }

    @Test
    @Tag("optimised")
    void aSteadyStepMakesNoObjectInJava() {
        com.sun.management.ThreadMXBean threads =
                (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        long fewest = Long.MAX_VALUE;
        // Steady once everything is compiled: calls of method handles make objects before.
        for (long end = System.nanoTime() + COMPILED_NANOSECONDS; fewest >= ALLOWED_BYTES && System.nanoTime() < end;) {
            long before = threads.getCurrentThreadAllocatedBytes();
            rig.submitInTurn(200);
            fewest = Math.min(fewest, threads.getCurrentThreadAllocatedBytes() - before);
            assertEquals(200, rig.step.drainRecords().size());
        }
        assertTrue(fewest < ALLOWED_BYTES, fewest + " bytes in 200 steps");
    }

    @Test
    void pollingReadsRecordsWithoutWaiting() {
        List<StepRecord> all = new ArrayList<>();
        Counters before = device.counters();
        for (int i = 0; i < 100; i++) {
            rig.submitInTurn(1);
            all.addAll(rig.step.pollRecords());
        }
        Counters polled = device.counters().minus(before);
        assertEquals(0, polled.synchronizations());
        assertEquals(0, polled.allocations());
        assertTrue(polled.deviceToHost() <= 4, () -> polled.deviceToHost() + " copies to the host in 100 steps");
        all.addAll(rig.step.drainRecords());
        assertArrayEquals(LongStream.range(0, 100).toArray(), numbers(all));
    }

    @Test
    void aBatchMayChangeOnceItsUploadIsDone() {
        rig.submitInTurn(1);
        rig.step.synchronize();
        double first = rig.step.drainRecords().getFirst().loss()[0];
        rig.spoilInput(0, 100);
        rig.submit(0);
        double second = rig.step.drainRecords().getFirst().loss()[0];
        assertNotEquals(first, second);
    }

    @Test
    void asManyStepsAsTheRingHoldsAreTakenAndOneMoreIsRefused() {
        rig.submitInTurn(255);
        StepState before = rig.step.state();
        IllegalStateException refused = assertThrows(IllegalStateException.class, () -> rig.submitInTurn(1));
        assertTrue(refused.getMessage().contains("pollRecords or drainRecords"), refused.getMessage());
        assertTrue(refused.getMessage().contains("255"), refused.getMessage());
        States.assertSame(before, rig.step.state());
        assertArrayEquals(LongStream.range(0, 255).toArray(), numbers(rig.step.drainRecords()));
        rig.submitInTurn(2);
        assertArrayEquals(new long[] {255, 256}, numbers(rig.step.drainRecords()));
        assertEquals(List.of(), rig.step.drainRecords());
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void aStepOnBrokenInputChangesNothingAndIsCounted(float broken) {
        rig.submitInTurn(4);
        StepState before = rig.step.state();
        rig.step.drainRecords();
        rig.spoilInput(1, broken);
        rig.submit(1);
        rig.submit(1);
        List<StepRecord> rejected = rig.step.drainRecords();
        rejected.forEach(record -> assertFalse(record.accepted()));
        StepState after = rig.step.state();
        States.assertSameButCounters(before, after);
        assertArrayEquals(new long[] {6, 4, 2, 2}, after.counters());

        rig.fill(1);
        rig.submit(1);
        StepRecord good = rig.step.drainRecords().getFirst();
        assertTrue(good.accepted());
        for (int task = 0; task < 2; task++) {
            assertTrue(Double.isFinite(good.loss()[task]) && Double.isFinite(good.gradientNorm()[task]));
        }
        assertArrayEquals(new long[] {7, 5, 2, 0}, rig.step.state().counters());
    }

    /** What is infinite in bf16 need not be so in the batch, which holds float32. */
    @ParameterizedTest
    @CsvSource({"FLOAT32, Infinity", "FLOAT32, -Infinity", "TF32, Infinity", "BF16, Infinity", "BF16, -3.4e38"})
    void aStepWhoseInputIsInfiniteChangesNothingWhereLossAndNormsAreFiniteToo(Precision precision, float broken) {
        for (Balancing balancing : new Balancing[] {GradNorm.withAlpha(1.5), FixedWeights.equal()}) {
            StepPlan plan = new StepPlan(Rig.graphBehindASigmoid(), Rig.CRITERIA, balancing, Adam.withRate(1e-2),
                    Schedule.constant(1e-2), precision, false);
            try (Rig own = new Rig(device, plan)) {
                own.submitInTurn(2);
                StepState before = own.step.state();
                own.step.drainRecords();
                own.spoilInput(2, broken);
                own.submit(2);
                StepRecord rejected = own.step.drainRecords().getFirst();
                assertTrue(Double.isFinite(rejected.total()), "the loss hides it");
                assertFalse(rejected.accepted());
                assertEquals(new InvalidValues(1, 0, broken), rejected.invalidInputs());
                States.assertSameButCounters(before, own.step.state());
                assertArrayEquals(new long[] {3, 2, 1, 1}, own.step.state().counters());
                own.submitInTurn(2);
                own.step.drainRecords().forEach(record -> assertTrue(record.accepted()));
            }
        }
    }

    /** The largest number that is not rounded to infinity. */
    @ParameterizedTest
    @CsvSource({"FLOAT32, 3.4028235e38", "BF16, 3.3961774e38"})
    void anEnormousInputIsNoInfiniteOne(Precision precision, float enormous) {
        try (Rig own = new Rig(device, Rig.plan(Rig.graphBehindASigmoid(), precision))) {
            own.spoilInput(0, enormous);
            own.submit(0);
            assertTrue(own.step.drainRecords().getFirst().accepted());
        }
    }

    @Test
    void aBrokenFirstStepLeavesTheInitialLossesOpen() {
        rig.spoilTarget(0, Float.NaN);
        rig.submit(0);
        StepState after = rig.step.state();
        assertTrue(Double.isNaN(after.balance()[2]) && Double.isNaN(after.balance()[3]),
                "L(0) is taken from a step that counts");
        rig.submit(1);
        StepRecord counted = rig.step.drainRecords().getLast();
        assertArrayEquals(counted.loss(), new double[] {rig.step.state().balance()[2], rig.step.state().balance()[3]});
    }

    @Test
    void aRejectedStepIsAsIfItHadNotBeen() {
        rig.submit(0);
        rig.spoilInput(1, Float.NaN);
        rig.submit(1);
        rig.submit(2);
        StepState with = rig.step.state();
        try (Rig other = new Rig(device)) {
            other.submit(0);
            other.submit(2);
            States.assertSameButCounters(other.step.state(), with);
        }
    }

    @Test
    void aStateThatIsSetGoesOnBitForBit() {
        rig.submitInTurn(5);
        StepState state = rig.step.state();
        rig.submitInTurn(7);
        rig.step.drainRecords();
        try (Rig other = new Rig(device)) {
            other.submitInTurn(3);
            other.step.set(state);
            States.assertSame(state, other.step.state());
            assertEquals(5, other.step.submitted());
            other.submitInTurn(7);
            assertArrayEquals(LongStream.range(5, 12).toArray(), numbers(other.step.drainRecords()));
            States.assertSame(rig.step.state(), other.step.state());
        }
    }

    @Test
    void aStateOfAnotherTrainingIsRefused() {
        StepState state = rig.step.state();
        StepState fewer = new StepState(state.tensors(), List.of(), state.balance(), state.counters());
        assertTrue(assertThrows(IllegalArgumentException.class,
                () -> rig.step.set(fewer)).getMessage().contains("another training"));
        StepState lacking = new StepState(Map.of(), state.moments(), state.balance(), state.counters());
        assertTrue(assertThrows(IllegalArgumentException.class,
                () -> rig.step.set(lacking)).getMessage().contains("trunk.0.weight"));
        States.assertSame(state, rig.step.state());
    }

    @Test
    void aStateThatNoStepLeavesIsRefusedAndNothingIsSet() {
        StepState state = rig.step.state();
        double[] balance = state.balance().clone();
        balance[0] = -1;
        StepState negative = new StepState(state.tensors(), state.moments(), balance, state.counters());
        assertTrue(assertThrows(IllegalArgumentException.class, () -> rig.step.set(negative)).getMessage()
                .contains("the weight of task 0 is -1.0"));
        Map<String, float[]> tensors = new java.util.LinkedHashMap<>(state.tensors());
        float[] values = tensors.get("trunk.0.weight").clone();
        values[1] = Float.NaN;
        tensors.put("trunk.0.weight", values);
        StepState broken = new StepState(tensors, state.moments(), state.balance(), state.counters());
        assertTrue(assertThrows(IllegalArgumentException.class, () -> rig.step.set(broken)).getMessage()
                .contains("'trunk.0.weight': value 1"));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> rig.step.model().write(tensors)).getMessage()
                .contains("'trunk.0.weight': value 1"));
        StepState late = new StepState(state.tensors(), state.moments(), state.balance(), new long[] {3, 4, 0, 0});
        assertTrue(assertThrows(IllegalArgumentException.class, () -> rig.step.set(late)).getMessage()
                .contains("counters [3, 4, 0, 0]"));
        States.assertSame(state, rig.step.state());
    }
}
