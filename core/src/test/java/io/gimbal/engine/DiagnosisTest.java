package io.gimbal.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.balance.FixedWeights;
import io.gimbal.balance.GradDrop;
import io.gimbal.balance.GradNorm;
import io.gimbal.balance.Mgda;
import io.gimbal.balance.ScaleInvariant;
import io.gimbal.balance.UpGrad;
import io.gimbal.config.UserException;
import io.gimbal.cuda.Counters;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.Precision;
import io.gimbal.loss.Loss;
import io.gimbal.model.Network;
import io.gimbal.nn.Layers;
import io.gimbal.optimizer.Adam;
import io.gimbal.optimizer.Schedule;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Diagnosed steps beside steps that are not. */
@Tag("device")
class DiagnosisTest {
    private static final int STEPS = 7;

    private static Device device;

    @BeforeAll
    static void open() {
        device = DeviceUnderTest.open();
    }

    @AfterAll
    static void close() {
        device.close();
    }

    private static StepPlan plan(Balancing rule, boolean measure, boolean diagnose) {
        return new StepPlan(Rig.graph(), Rig.CRITERIA, rule, Adam.withRate(1e-2), Schedule.constant(1e-2),
                Precision.FLOAT32, measure, diagnose, StepPlan.DEFAULT_SEED, 3, OptionalDouble.empty());
    }

    private static List<StepRecord> records(StepPlan plan) {
        try (Rig rig = new Rig(device, plan)) {
            rig.submitInTurn(STEPS);
            return rig.step.drainRecords();
        }
    }

    /** Rules of every place where gradients are measured. */
    static Stream<Balancing> rules() {
        return Stream.of(FixedWeights.equal(), GradNorm.withAlpha(1.5),
                GradNorm.withAlpha(1.5).timed(new GradNorm.Timing(3, 2, 0)),
                GradNorm.withAlpha(1.5).measuring(Balancing.Measured.PARAMETERS), new ScaleInvariant(),
                new Mgda(Mgda.Normalization.NONE, Balancing.Measured.REPRESENTATION),
                new UpGrad(1e-4, Balancing.Measured.UPSTREAM), new GradDrop(Map.of()));
    }

    @ParameterizedTest
    @MethodSource("rules")
    void aDiagnosedStepDoesWhatItWouldAnywayAndTellsOfItsGradients(Balancing rule) {
        List<StepRecord> plain = records(plan(rule, true, false));
        List<StepRecord> diagnosed = records(plan(rule, false, true));
        assertEquals(STEPS, diagnosed.size());
        for (int step = 0; step < STEPS; step++) {
            StepRecord record = diagnosed.get(step);
            assertEquals(step, record.step());
            assertTrue(plain.get(step).diagnosis().isEmpty());
            assertArrayEquals(plain.get(step).loss(), record.loss());
            assertArrayEquals(plain.get(step).weight(), record.weight());
            assertArrayEquals(plain.get(step).gradientNorm(), record.gradientNorm());
            Diagnosis diagnosis = record.diagnosis().orElseThrow();
            double cosine = diagnosis.cosine(1, 0);
            assertTrue(cosine != 0 && Math.abs(cosine) < 1, () -> "cosine " + cosine);
            double expected = (1 + Math.abs(cosine)) / (1 - Math.abs(cosine));
            // Jacobi's method and the formula differ by rounding, 1e-16 beside the least eigenvalue.
            assertEquals(expected, diagnosis.condition(), 1e-14 * expected * expected);
        }
    }

    @Test
    void theCosineDoesNotDependOnPositiveWeights() {
        double plain = records(plan(FixedWeights.equal(), false, true)).getFirst().diagnosis().orElseThrow().cosine(0,
                1);
        double weighted = records(plan(new FixedWeights(Map.of("classes", 0.125, "values", 64.0)), false, true))
                .getFirst().diagnosis().orElseThrow().cosine(0, 1);
        // Gradients are float32 sums, whose rounding is the same where weights are powers of two.
        assertEquals(plain, weighted, 1e-12);
    }

    @Test
    void aTaskOfWeightZeroHasNoDirection() {
        Diagnosis diagnosis = records(plan(new FixedWeights(Map.of("classes", 0.0, "values", 1.0)), false, true))
                .getFirst().diagnosis().orElseThrow();
        assertEquals(0, diagnosis.cosine(0, 1));
        assertEquals(1, diagnosis.condition());
    }

    @Test
    void theRingOfDiagnosesGoesRoundWithThatOfRecords() {
        try (Rig rig = new Rig(device, plan(FixedWeights.equal(), false, true))) {
            for (int round = 0; round < 3; round++) {
                rig.submitInTurn(200);
                List<StepRecord> records = rig.step.drainRecords();
                assertEquals(200, records.size());
                for (StepRecord record : records) {
                    double cosine = record.diagnosis().orElseThrow().cosine(0, 1);
                    assertTrue(cosine != 0 && Math.abs(cosine) < 1, () -> "step " + record.step() + ": " + cosine);
                }
            }
        }
    }

    @Test
    void aHundredSteadyDiagnosedStepsAreAHundredGraphLaunchesAndNothingElse() {
        try (Rig rig = new Rig(device, plan(FixedWeights.equal(), false, true))) {
            rig.submitInTurn(3);
            rig.step.drainRecords();
            Counters before = device.counters();
            rig.submitInTurn(100);
            assertEquals(new Counters(100, 0, 0, 0, 0, 0, 100), device.counters().minus(before),
                    "100 uploads of the batch and 100 graph launches are all there is");
            assertEquals(100, rig.step.drainRecords().size());
        }
    }

    @Test
    void aRejectedStepHasADiagnosisWithoutACondition() {
        try (Rig rig = new Rig(device, plan(FixedWeights.equal(), false, true))) {
            rig.spoilInput(0, Float.NaN);
            rig.submit(0);
            StepRecord record = rig.step.drainRecords().getFirst();
            assertTrue(!record.accepted() && Double.isNaN(record.diagnosis().orElseThrow().condition()));
        }
    }

    @Test
    void whereNothingCanBeMeasuredADiagnosisIsRefusedByItsName() {
        NetworkGraph apart = Network.ofFeatures(4).trunk(Layers.relu()).head("a", Layers.linear(1))
                .head("b", Layers.linear(1)).graph(2);
        String message = assertThrows(UserException.class, () -> new StepPlan(apart, List.of(Loss.l1(), Loss.l1()),
                FixedWeights.equal(), Adam.withRate(1), Schedule.constant(1), Precision.FLOAT32, false, true, 1, 1,
                OptionalDouble.empty()))
                .getMessage();
        assertTrue(message.contains("which balance.diagnose asks for, cannot be measured"), message);
        assertTrue(message.endsWith("or leave balance.diagnose out"), message);
    }

    @Test
    void cosinesAreFoundByEitherOrderAndOnlyThoseThatAre() {
        Diagnosis diagnosis = new Diagnosis(new double[] {1, 2, 3, 4, 5, 6}, 7);
        assertEquals(4, diagnosis.tasks());
        int next = 1;
        for (int i = 0; i < 4; i++) {
            for (int j = i + 1; j < 4; j++) {
                assertEquals(next, diagnosis.cosine(i, j));
                assertEquals(next++, diagnosis.cosine(j, i));
            }
        }
        assertEquals(1, new Diagnosis(new double[0], 1).tasks());
        for (int[] pair : new int[][] {{0, 0}, {-1, 2}, {1, 4}}) {
            assertThrows(IllegalArgumentException.class, () -> diagnosis.cosine(pair[0], pair[1]));
        }
    }
}
