package io.gimbal.measure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.Precision;
import io.gimbal.device.Stream;
import io.gimbal.dnn.DeviceLimits;
import io.gimbal.dnn.TimedPlanner;
import io.gimbal.engine.Rig;
import io.gimbal.engine.StepState;
import io.gimbal.program.Buffer;
import io.gimbal.program.Program;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("device")
class StepProfileTest {
    private static final DeviceLimits LIMITS = new DeviceLimits(4e12, 2e12, 1e12, 1e11, Optional.empty(),
            "made up");

    private static StepProfile profile(Device device, Rig rig) {
        return StepProfiler.profile(device, rig.step, LIMITS, rig.batches, () -> { });
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void everyInstructionOfTheStepIsInTheProfileExactlyOnce(Precision precision) {
        try (Device device = DeviceUnderTest.open(); Rig rig = new Rig(device, precision)) {
            rig.submitInTurn(2);
            StepProfile profile = profile(device, rig);
            List<Integer> places = profile.pieces().stream().flatMap(piece -> piece.instructions().stream()).sorted()
                    .toList();
            assertEquals(IntStream.range(0, (int) rig.step.graphNodes()).boxed().toList(), places);
            assertEquals(rig.step.layout().bytes(), profile.uploadBytes());
            for (StepProfile.Piece piece : profile.pieces()) {
                assertTrue(piece.alone() > 0 && piece.inOrder() > 0 && piece.cost().seconds() > 0, piece::toString);
                assertEquals(piece.kind().startsWith("convolution "), piece.convolution().isPresent(),
                        piece::toString);
            }
            assertTrue(profile.byKind().keySet().containsAll(Set.of("convolution forward", "convolution backward data",
                    "convolution backward filter", "adam", "judge_step")), () -> profile.byKind().toString());
        }
    }

    @Test
    void itsSumsAreThoseOfItsPieces() {
        try (Device device = DeviceUnderTest.open(); Rig rig = new Rig(device)) {
            rig.submitInTurn(2);
            StepProfile profile = profile(device, rig);
            double alone = profile.pieces().stream().mapToDouble(StepProfile.Piece::alone).sum();
            assertEquals(alone, profile.sum().alone(), 1e-9 * alone);
            assertEquals(alone, profile.byKind().values().stream().mapToDouble(StepProfile.Sum::alone).sum(),
                    1e-9 * alone);
            assertEquals(rig.step.graphNodes(), profile.byKind().values().stream().mapToInt(StepProfile.Sum::count)
                    .sum());
            try (StepPlanner planner = new StepPlanner(device, Precision.FLOAT32, () -> { })) {
                PlannedStep planned = planner.plan(Rig.plan(Rig.graph()));
                assertEquals(planned.cost().bytes(), profile.sum().cost().bytes());
                assertEquals(planned.cost().operations(), profile.sum().cost().operations());
            }
        }
    }

    @Test
    void aProfiledStepRefusesToGoOn() {
        try (Device device = DeviceUnderTest.open(); Rig rig = new Rig(device)) {
            rig.submitInTurn(2);
            StepState before = rig.step.state();
            profile(device, rig);
            for (Runnable use : List.<Runnable>of(() -> rig.submit(0), rig.step::state, () -> rig.step.set(before),
                    () -> profile(device, rig))) {
                IllegalStateException refusal = assertThrows(IllegalStateException.class, use::run);
                assertTrue(refusal.getMessage().contains("profiled"), refusal.getMessage());
            }
        }
    }

    @Test
    void aStepThatHasNotRunIsNotProfiledAndGoesOn() {
        try (Device device = DeviceUnderTest.open(); Rig rig = new Rig(device)) {
            rig.submitInTurn(1);
            IllegalStateException refusal = assertThrows(IllegalStateException.class, () -> profile(device, rig));
            assertTrue(refusal.getMessage().contains("has run 1 times"), refusal.getMessage());
            rig.submitInTurn(1);
            assertEquals(2, rig.step.drainRecords().size());
        }
    }

    @Test
    void whatIsRepeatedInPlaceIsUndone() {
        int count = 8;
        try (Device device = DeviceUnderTest.open(); Stream stream = device.newStream();
                DeviceMemory memory = device.allocate(2L * count * Float.BYTES);
                TimedPlanner convolutions = new TimedPlanner(device, stream, Precision.FLOAT32)) {
            ByteBuffer values = ByteBuffer.allocateDirect(2 * count * Float.BYTES).order(ByteOrder.nativeOrder());
            for (int i = 0; i < 2 * count; i++) {
                values.putFloat(i);
            }
            device.upload(memory, values.flip());
            Region sum = Buffer.fixed("sum", (long) count * Float.BYTES, memory.address()).region();
            Region part = Buffer.fixed("part", (long) count * Float.BYTES, memory.address()
                    + (long) count * Float.BYTES).region();
            ProgramBuilder builder = new ProgramBuilder(convolutions, Precision.FLOAT32);
            builder.launch("elementwise", "add", 1, sum, part, sum, (long) count);
            builder.launch("elementwise", "add", 1, sum, part, sum, (long) count);
            try (Program program = builder.build(device, stream);
                    StepProfiler profiler = new StepProfiler(device, stream, program)) {
                assertEquals(2, profiler.alone(() -> { }).size());
            }
            ByteBuffer read = ByteBuffer.allocateDirect(count * Float.BYTES).order(ByteOrder.nativeOrder());
            device.download(memory, read);
            float[] sums = new float[count];
            read.asFloatBuffer().get(sums);
            float[] expected = new float[count];
            for (int i = 0; i < count; i++) {
                expected[i] = i + 2 * (i + count);
            }
            assertArrayEquals(expected, sums);
        }
    }
}
