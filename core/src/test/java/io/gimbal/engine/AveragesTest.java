package io.gimbal.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.balance.FixedWeights;
import io.gimbal.balance.GradNorm;
import io.gimbal.config.UserException;
import io.gimbal.device.BindingKind;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.Precision;
import io.gimbal.loss.Loss;
import io.gimbal.model.Network;
import io.gimbal.nn.Layers;
import io.gimbal.optimizer.Adam;
import io.gimbal.optimizer.Schedule;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The exponential moving average of parameters and running statistics. */
@Tag("device")
class AveragesTest {
    /** (1 + t) / (10 + t) passes it behind five accepted steps. */
    private static final double MOST = 0.4;
    private static final int STEPS = 12;
    /** Each step rounds an average two or three times, and leaves less than the half of what was rounded before. */
    private static final double TOLERANCE = 6 * 0x1p-24;

    private Device device;

    @BeforeEach
    void open() {
        device = DeviceUnderTest.open(by());
    }

    /** By what the device calls CUDA. */
    BindingKind by() {
        return BindingKind.PANAMA;
    }

    @AfterEach
    void close() {
        device.close();
    }

    private static StepPlan plan(Precision precision, Balancing rule, OptionalDouble average) {
        return new StepPlan(Rig.graph(), Rig.CRITERIA, rule, Adam.withRate(1e-2), Schedule.constant(1e-2), precision,
                false, false, StepPlan.DEFAULT_SEED, 0, average);
    }

    private Rig rig(Precision precision, double average) {
        return new Rig(device, plan(precision, GradNorm.withAlpha(1.5), OptionalDouble.of(average)));
    }

    /** With a rule that measures in every third step alone, two programs take turns. */
    @ParameterizedTest
    @CsvSource({"FLOAT32, 1", "BF16, 1", "FLOAT32, 3"})
    void theyFollowTheRecursionStepByStep(Precision precision, int measuredEvery) {
        Balancing rule = GradNorm.withAlpha(1.5).timed(new GradNorm.Timing(measuredEvery, 0, 0));
        try (Rig rig = new Rig(device, plan(precision, rule, OptionalDouble.of(MOST)))) {
            Map<String, double[]> expected = doubles(rig.step.state().tensors());
            for (int step = 0; step < STEPS; step++) {
                boolean broken = step == 3;
                if (broken) {
                    rig.spoilInput(step % Rig.BATCHES, Float.NaN);
                }
                rig.submitInTurn(1);
                assertEquals(!broken, rig.step.drainRecords().getFirst().accepted());
                if (broken) {
                    rig.fill(step % Rig.BATCHES);
                } else {
                    int before = step < 3 ? step : step - 1;
                    move(expected, rig.step.state().tensors(), Math.min(MOST, (1.0 + before) / (10 + before)));
                }
                assertNear(expected, rig.step.state().averages().orElseThrow(), step);
            }
        }
    }

    private static Map<String, double[]> doubles(Map<String, float[]> tensors) {
        Map<String, double[]> doubles = new LinkedHashMap<>();
        tensors.forEach((name, values) -> {
            double[] wide = new double[values.length];
            Arrays.setAll(wide, i -> values[i]);
            doubles.put(name, wide);
        });
        return doubles;
    }

    private static void move(Map<String, double[]> averages, Map<String, float[]> tensors, double left) {
        averages.forEach((name, average) -> Arrays.setAll(average, i -> left * average[i]
                + (1 - left) * tensors.get(name)[i]));
    }

    private static void assertNear(Map<String, double[]> expected, Map<String, float[]> actual, int step) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((name, values) -> {
            double largest = Arrays.stream(values).map(Math::abs).max().orElseThrow();
            for (int i = 0; i < values.length; i++) {
                assertEquals(values[i], actual.get(name)[i], TOLERANCE * Math.max(largest, 1e-3), name + " " + i
                        + " behind step " + step);
            }
        });
    }

    private static float[] images(int batch) {
        SplittableRandom random = new SplittableRandom(99);
        float[] images = new float[batch * 9 * 7 * 2];
        for (int i = 0; i < images.length; i++) {
            images[i] = (float) random.nextGaussian();
        }
        return images;
    }

    private float[][] infer(ModelMemory model, NetworkGraph graph) {
        try (InferenceStep inference = new InferenceStep(device, model, graph)) {
            inference.input().put(images(graph.input().batch()));
            inference.run();
            return new float[][] {take(inference.prediction(0)), take(inference.prediction(1))};
        }
    }

    private static float[] take(FloatBuffer buffer) {
        float[] values = new float[buffer.remaining()];
        buffer.get(values);
        return values;
    }

    /** To the bit, in each precision, and in a batch of another size. */
    @ParameterizedTest
    @EnumSource(Precision.class)
    void inferenceIsThatOfANetworkSetToThem(Precision precision) {
        try (Rig rig = rig(precision, 0.9)) {
            rig.submitInTurn(STEPS);
            StepState state = rig.step.state();
            for (NetworkGraph graph : List.of(Rig.graph(), Rig.graph(5))) {
                float[][] predictions = infer(rig.step.model(), graph);
                assertArrayEquals(inferLoaded(graph, precision, state.averages().orElseThrow()), predictions);
                assertFalse(Arrays.deepEquals(inferLoaded(graph, precision, state.tensors()), predictions),
                        "averages and parameters are alike");
            }
        }
    }

    private float[][] inferLoaded(NetworkGraph graph, Precision precision, Map<String, float[]> values) {
        try (LoadedModel loaded = new LoadedModel(device, graph, precision, values)) {
            return infer(loaded.memory(), graph);
        }
    }

    @Test
    void anAverageThatLeavesNothingIsTheParameters() {
        try (Rig rig = rig(Precision.FLOAT32, 0)) {
            rig.submitInTurn(STEPS);
            StepState state = rig.step.state();
            States.assertSame(new StepState(state.tensors(), List.of(), new double[0], new long[4]),
                    new StepState(state.averages().orElseThrow(), List.of(), new double[0], new long[4]));
        }
    }

    @Test
    void theTrainingItselfDoesNotSeeThem() {
        try (Rig with = rig(Precision.BF16, 0.9); Rig without = new Rig(device, Precision.BF16)) {
            with.submitInTurn(STEPS);
            without.submitInTurn(STEPS);
            StepState state = with.step.state();
            States.assertSame(without.step.state(), new StepState(state.tensors(), state.moments(), state.balance(),
                    state.counters()));
        }
    }

    @Test
    void aRejectedStepIsAsIfItHadNotBeen() {
        try (Rig rig = rig(Precision.FLOAT32, 0.9); Rig other = rig(Precision.FLOAT32, 0.9)) {
            rig.submit(0);
            rig.spoilInput(1, Float.NaN);
            rig.submit(1);
            rig.submit(2);
            other.submit(0);
            other.submit(2);
            States.assertSameButCounters(other.step.state(), rig.step.state());
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void aStateThatIsSetGoesOnBitForBit(Precision precision) {
        try (Rig rig = rig(precision, 0.9); Rig other = rig(precision, 0.9)) {
            rig.submitInTurn(5);
            StepState state = rig.step.state();
            rig.submitInTurn(7);
            other.step.set(state);
            States.assertSame(state, other.step.state());
            float[][] before = infer(other.step.model(), Rig.graph());
            assertArrayEquals(inferLoaded(Rig.graph(), precision, state.averages().orElseThrow()), before);
            other.submitInTurn(7);
            States.assertSame(rig.step.state(), other.step.state());
        }
    }

    @Test
    void aStateWithoutThemOrWithThemWhereThereAreNoneIsRefused() {
        try (Rig with = rig(Precision.FLOAT32, 0.9); Rig without = new Rig(device)) {
            StepState state = without.step.state();
            assertTrue(assertThrows(IllegalArgumentException.class, () -> with.step.set(state)).getMessage()
                    .contains("has no averages of the parameters, and this training keeps them"));
            assertTrue(assertThrows(IllegalArgumentException.class, () -> without.step.set(with.step.state()))
                    .getMessage().contains("has averages of the parameters, and this training keeps none"));
        }
    }

    @Test
    void averagesThatNoStepLeavesAreRefused() {
        try (Rig rig = rig(Precision.FLOAT32, 0.9)) {
            StepState state = rig.step.state();
            Map<String, float[]> averages = new LinkedHashMap<>(state.averages().orElseThrow());
            averages.put("trunk.1.running_var", new float[] {1, 1, -1, 1, 1, 1});
            StepState broken = new StepState(state.tensors(), state.moments(), state.balance(), state.counters(),
                    java.util.Optional.of(averages));
            assertTrue(assertThrows(IllegalArgumentException.class, () -> rig.step.set(broken)).getMessage()
                    .contains("'average.trunk.1.running_var': value 2"));
            States.assertSame(state, rig.step.state());
        }
    }

    @Test
    void whoeverSetsTheModelSetsThem() {
        try (Rig rig = rig(Precision.FLOAT32, 0.9)) {
            rig.submitInTurn(3);
            rig.step.model().initialize(11);
            StepState state = rig.step.state();
            assertArrayEquals(state.tensors().get("trunk.0.weight"), state.averages().orElseThrow().get(
                    "trunk.0.weight"));
            assertArrayEquals(state.tensors().get("trunk.1.running_var"), state.averages().orElseThrow().get(
                    "trunk.1.running_var"));
        }
    }

    /** Two launches more, and nothing else; no memory and no launch where none is kept. */
    @ParameterizedTest
    @EnumSource(value = Precision.class, names = {"FLOAT32", "BF16"})
    void aStepWithThemIsTheStepWithoutAndTwoLaunches(Precision precision) {
        StepPlan without = plan(precision, FixedWeights.equal(), OptionalDouble.empty());
        StepPlan with = plan(precision, FixedWeights.equal(), OptionalDouble.of(0.999));
        String listing = ProgramListing.ofStep(with);
        assertEquals(2, listing.lines().filter(line -> line.contains("optimizer/average")).count(), listing);
        assertEquals(ProgramListing.ofStep(without), listing.lines().filter(line -> !line.contains(
                "optimizer/average")).collect(Collectors.joining("\n", "", "\n")));
        ModelLayout model = ModelLayout.of(without);
        long bytes = Float.BYTES * (model.parameterWords() + model.statisticWords())
                + (precision.low() ? 2 * model.factorWords() : 0);
        // Each of three buffers is rounded up.
        assertEquals(bytes, ModelLayout.of(with).bytes() - model.bytes(), 3 * 256);
    }

    @Test
    void aBlockThatIsCalledAsAnAverageIsInACheckpointIsRefused() {
        NetworkGraph graph = Network.ofFeatures(3).block("a", Network.INPUT, Layers.linear(2))
                .block("average.a", "a", Layers.linear(2)).output("task", "average.a").graph(2);
        assertEquals("the network's 'average.a.0.weight' is called what a checkpoint calls the average of its "
                + "'a.0.weight'; name the block otherwise, or keep no average.",
                assertThrows(UserException.class, () -> new StepPlan(graph, List.of(Loss.l2()), FixedWeights.equal(),
                Adam.withRate(1), Schedule.constant(1), Precision.FLOAT32, false, false, 1, 1,
                OptionalDouble.of(0.9))).getMessage());
    }
}
