package io.gimbal.dnn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.Counters;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.Precision;
import io.gimbal.device.SoftDevice;
import io.gimbal.device.Stream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Engines for convolutions, chosen and kept. The software device offers all that it has, as a GPU does. */
@Tag("device")
class TimedPlannerTest {
    private static final ConvolutionGeometry GEOMETRY = new ConvolutionGeometry(2, 12, 12, 8, 8, 3, 1, 1, 1);
    private static final String TEXT = TimedPlanner.describe(Precision.FLOAT32, ConvolutionDirection.FORWARD, GEOMETRY);

    @TempDir
    private Path folder;
    private Device device;
    private Stream stream;

    @BeforeEach
    void openDevice() {
        device = DeviceUnderTest.open();
        stream = device.newStream();
        device.softDevice().ifPresent(soft -> soft.allEngines(true));
    }

    @AfterEach
    void closeDevice() {
        device.softDevice().ifPresent(soft -> soft.allEngines(false));
        device.close();
    }

    private KeptEngines kept() {
        return new KeptEngines(folder, device.name(), device.architecture(), device.dnn().version());
    }

    private TimedPlanner convolutions(Precision precision) {
        return new TimedPlanner(device, stream, precision, kept());
    }

    private List<EngineChoice> candidates() {
        try (EngineCandidates candidates = new EngineCandidates(device.dnn(), Precision.FLOAT32,
                PlanningTarget.atHand(stream.dnnHandle()), ConvolutionDirection.FORWARD, GEOMETRY)) {
            return candidates.choices();
        }
    }

    private EngineChoice chosen() {
        try (TimedPlanner convolutions = convolutions(Precision.FLOAT32)) {
            return convolutions.plan(ConvolutionDirection.FORWARD, GEOMETRY).engine();
        }
    }

    @Test
    void everyCandidateIsOfferedOnce() {
        List<EngineChoice> candidates = candidates();
        assertTrue(candidates.size() > 1, candidates::toString);
        assertEquals(candidates.size(), candidates.stream().distinct().count());
    }

    @Test
    void aConvolutionHasOnePlan() {
        try (TimedPlanner convolutions = convolutions(Precision.FLOAT32)) {
            ConvolutionPlan plan = convolutions.plan(ConvolutionDirection.FORWARD, GEOMETRY);
            assertSame(plan, convolutions.plan(ConvolutionDirection.FORWARD, GEOMETRY.withBatch(2)));
            assertTrue(candidates().contains(plan.engine()));
        }
    }

    @Test
    void theFastestEngineIsKept() {
        EngineChoice chosen = chosen();
        KeptEngines.Chosen answer = (KeptEngines.Chosen) kept().find(TEXT).orElseThrow();
        assertEquals(chosen, answer.engine());
        assertTrue(answer.microseconds() > 0);
    }

    @Test
    void aKeptEngineIsTakenWithoutTimingIt() {
        for (EngineChoice candidate : candidates()) {
            kept().keep(TEXT, new KeptEngines.Chosen(candidate, -1));
            Counters before = device.counters();
            assertEquals(candidate, chosen());
            assertEquals(before, device.counters(), "timing copies and waits");
            assertEquals(Optional.of(new KeptEngines.Chosen(candidate, -1)), kept().find(TEXT));
        }
    }

    @Test
    void whereThereIsOneEngineNothingIsTimedAndNothingKept() {
        DeviceUnderTest.switches(device).allEngines(false);
        assertEquals(1, candidates().size());
        Counters before = device.counters();
        assertEquals(candidates().getFirst(), chosen());
        assertEquals(before, device.counters(), "timing copies and waits");
        assertEquals(Optional.empty(), kept().find(TEXT));
    }

    @Test
    void aKeptEngineThatIsNotOfferedIsReplaced() {
        kept().keep(TEXT, new KeptEngines.Chosen(new EngineChoice(4711, Map.of(2, 1L)), -1));
        EngineChoice chosen = chosen();
        assertTrue(candidates().contains(chosen));
        assertEquals(chosen, ((KeptEngines.Chosen) kept().find(TEXT).orElseThrow()).engine());
    }

    private static void tellsOfTheMemory(RuntimeException failure) {
        assertTrue(failure.getMessage().contains(TEXT + " could not be planned"), failure.getMessage());
        assertTrue(failure.getMessage().contains("HOST_ALLOCATION_FAILED"), failure.getMessage());
        assertTrue(failure.getMessage().contains("the host is out of memory"), failure.getMessage());
    }

    @Test
    void aMomentWithoutMemoryIsToldAndNothingIsKept() {
        SoftDevice soft = DeviceUnderTest.switches(device);
        soft.allEngines(false);
        soft.failPlan(1);
        tellsOfTheMemory(assertThrows(IllegalStateException.class, this::chosen));
        assertEquals(Optional.empty(), kept().find(TEXT));
        assertEquals(candidates().getFirst(), chosen());
    }

    @Test
    void anEngineThatHadNoMemoryIsLeftOutThisOnceAndNothingIsKept() {
        SoftDevice soft = DeviceUnderTest.switches(device);
        List<EngineChoice> candidates = candidates();
        for (int nth = 1; nth <= candidates.size(); nth++) {
            soft.failPlan(nth);
            assertNotEquals(candidates.get(nth - 1), chosen());
            assertEquals(Optional.empty(), kept().find(TEXT));
        }
        chosen();
        assertTrue(kept().find(TEXT).isPresent());
    }

    @Test
    void aKeptEngineThatHadNoMemoryIsToldAndStaysKept() {
        KeptEngines.Chosen choice = new KeptEngines.Chosen(candidates().getLast(), -1);
        kept().keep(TEXT, choice);
        DeviceUnderTest.switches(device).failPlan(1);
        IllegalStateException failure = assertThrows(IllegalStateException.class, this::chosen);
        tellsOfTheMemory(failure);
        assertTrue(failure.getMessage().contains(kept().place()), failure.getMessage());
        assertEquals(Optional.of(choice), kept().find(TEXT));
        assertEquals(choice.engine(), chosen());
    }

    @Test
    void withoutMemoryToTimeInNothingIsKept() {
        SoftDevice soft = DeviceUnderTest.switches(device);
        soft.failAllocation(1);
        String message = assertThrows(IllegalStateException.class, this::chosen).getMessage();
        assertTrue(message.contains(TEXT + " could not be planned") && message.contains("CUDA_ERROR_OUT_OF_MEMORY"),
                message);
        assertEquals(Optional.empty(), kept().find(TEXT));
        assertTrue(candidates().contains(chosen()));
    }

    @Test
    void aFolderThatCannotBeWrittenIsNoFailure() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        KeptEngines nowhere = new KeptEngines(file, device.name(), "sm_90", 1);
        try (TimedPlanner convolutions = new TimedPlanner(device, stream, Precision.FLOAT32, nowhere)) {
            assertTrue(candidates().contains(convolutions.plan(ConvolutionDirection.FORWARD, GEOMETRY).engine()));
        }
        assertEquals(0, Files.size(file));
    }

    @Test
    void anEngineWithALargerWorkspaceThanAllowedIsLeftOut() {
        try (EngineCandidates candidates = new EngineCandidates(device.dnn(), Precision.FLOAT32,
                PlanningTarget.atHand(stream.dnnHandle()), ConvolutionDirection.FORWARD, GEOMETRY)) {
            List<ConvolutionPlan> all = candidates.plans(Long.MAX_VALUE).toList();
            List<ConvolutionPlan> frugal = candidates.plans(0).toList();
            assertTrue(frugal.size() < all.size());
            assertTrue(frugal.stream().allMatch(plan -> plan.workspaceBytes() == 0));
            assertTrue(candidates.refusals().contains("wants a workspace of"), candidates.refusals());
            all.forEach(plan -> device.dnn().destroyDescriptor(plan.descriptor()));
            frugal.forEach(plan -> device.dnn().destroyDescriptor(plan.descriptor()));
        }
    }

    @Test
    void timingLeavesNothingBehind() {
        SoftDevice soft = DeviceUnderTest.switches(device);
        long bytes = soft.get("live_bytes");
        long streams = soft.get("live_streams");
        // The staging for uploads is the device's own and stays.
        chosen();
        assertEquals(bytes, soft.get("live_bytes"));
        assertTrue(soft.get("live_streams") <= streams + 1);
    }

    @ParameterizedTest
    @CsvSource({"1 1 1, 0", "5 3 3.05, 1", "5 3.05 3, 1", "5 4 3 3.01, 2", "1, 0"})
    void ofTimesWithinTheNoiseTheFirstCounts(String times, int first) {
        double[] values = java.util.Arrays.stream(times.split(" ")).mapToDouble(Double::parseDouble).toArray();
        assertEquals(first, EngineTimer.firstOfFastest(values));
    }

    @Test
    void inFloat32NoEngineMayRoundItsInputsDown() {
        for (NumericalNote note : List.of(NumericalNote.TENSOR_CORE, NumericalNote.DOWN_CONVERT_INPUTS)) {
            assertFalse(NumericalNote.allowed(Precision.FLOAT32, List.of(note)));
            assertTrue(NumericalNote.allowed(Precision.TF32, List.of(note)));
            assertTrue(NumericalNote.allowed(Precision.BF16, List.of(note)));
        }
    }

    @Test
    void noPrecisionTakesEnginesThatSumInAChangingOrderOrInLessThanFloat32() {
        for (Precision precision : Precision.values()) {
            assertTrue(NumericalNote.allowed(precision, List.of()));
            assertTrue(NumericalNote.allowed(precision, List.of(NumericalNote.STRICT_NAN_PROPAGATION)));
            assertFalse(NumericalNote.allowed(precision, List.of(NumericalNote.NONDETERMINISTIC)));
            assertFalse(NumericalNote.allowed(precision, List.of(NumericalNote.REDUCED_PRECISION_REDUCTION)));
        }
        assertEquals(Optional.empty(), NumericalNote.of(10));
        assertEquals(Optional.empty(), NumericalNote.of(-1));
        assertEquals(Optional.of(NumericalNote.STRICT_NAN_PROPAGATION), NumericalNote.of(9));
    }

    @Test
    void channelsThatDoNotFallIntoGroupsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new ConvolutionGeometry(1, 4, 4, 6, 8, 3, 1, 1, 1, 4));
        ConvolutionGeometry grouped = new ConvolutionGeometry(2, 4, 4, 6, 9, 3, 1, 1, 1, 3);
        assertEquals(9 * 9 * 2, grouped.filterElements());
        assertEquals(2.0 * 2 * 16 * 9 * 9 * 2, grouped.operations());
        assertTrue(grouped.describe().endsWith("groups 3"));
    }
}
