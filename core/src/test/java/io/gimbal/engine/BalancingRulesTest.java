package io.gimbal.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.balance.BalancingReader;
import io.gimbal.balance.CaGrad;
import io.gimbal.balance.DynamicAverage;
import io.gimbal.balance.FixedWeights;
import io.gimbal.balance.GradNorm;
import io.gimbal.balance.PcGrad;
import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.cuda.Counters;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.Event;
import io.gimbal.device.PinnedMemory;
import io.gimbal.device.Precision;
import io.gimbal.engine.Balancing.Measured;
import io.gimbal.loss.Loss;
import io.gimbal.model.Network;
import io.gimbal.nn.Layers;
import io.gimbal.optimizer.Adam;
import io.gimbal.optimizer.Schedule;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for a captured step by whatever rule; the figures are the reference's cases' to prove. */
@Tag("device")
class BalancingRulesTest {
    private static final List<String> TASKS = List.of("classes", "values");
    private static final int EPOCH = 3;
    private static final List<String> COMBINING = List.of("mgda", "pcgrad", "gradvac", "cagrad", "imtl_g", "nash",
            "fairgrad", "aligned", "upgrad", "dualproj", "config");

    /** A configuration's {@code balance}. */
    record Rule(String json) {
        Balancing balancing() {
            return BalancingReader.read(Config.parse(json, "rule.json"), TASKS);
        }

        @Override
        public String toString() {
            return json;
        }
    }

    static Stream<Rule> rules() {
        Stream<Rule> plain = BalancingReader.methods().stream().map(method -> new Rule("{\"method\": \"" + method
                + "\"}"));
        Stream<Rule> ofParameters = COMBINING.stream().map(method -> new Rule("{\"method\": \"" + method
                + "\", \"measure\": \"parameters\"}"));
        Stream<Rule> more = Stream.of(new Rule("{\"method\": \"stch\", \"warm_up\": 4}"),
                new Rule("{\"method\": \"gradnorm\", \"measure\": \"parameters\"}"),
                new Rule("{\"method\": \"gradnorm\", \"update_every\": 3, \"warm_up\": 2, \"freeze_after\": 40,"
                        + " \"positive\": \"exp\", \"max_weight\": 1.2, \"priority\": {\"values\": 2}}"));
        return Stream.of(plain, ofParameters, more).flatMap(rule -> rule);
    }

    private static StepPlan plan(NetworkGraph graph, Balancing rule) {
        return new StepPlan(graph, Rig.CRITERIA, rule, Adam.withRate(1e-2), Schedule.constant(1e-2),
                Precision.FLOAT32, false, StepPlan.DEFAULT_SEED, EPOCH);
    }

    private static Rig rig(Device device, Balancing rule) {
        return new Rig(device, plan(Rig.graph(), rule));
    }

    private static void assertSame(StepRecord expected, StepRecord actual) {
        assertArrayEquals(expected.loss(), actual.loss());
        assertArrayEquals(expected.weight(), actual.weight());
        assertArrayEquals(expected.gradientNorm(), actual.gradientNorm());
        assertEquals(expected.fellBack(), actual.fellBack());
    }

    @ParameterizedTest
    @MethodSource("rules")
    void aHundredSteadyStepsAreAGraphLaunchEachAndNothingElse(Rule rule) {
        try (Device device = DeviceUnderTest.open(); Rig rig = rig(device, rule.balancing())) {
            rig.submitInTurn(4);
            rig.step.drainRecords().forEach(record -> assertTrue(record.accepted()));
            Counters before = device.counters();
            rig.submitInTurn(100);
            Counters steady = device.counters().minus(before);
            assertEquals(new Counters(100, 0, 0, 0, 0, 0, 100), steady, "a batch's upload and a graph launch each");
            rig.step.drainRecords().forEach(record -> assertTrue(record.accepted()));
        }
    }

    @ParameterizedTest
    @MethodSource("rules")
    void aTrainingThatGoesOnIsTheSameToTheBit(Rule rule) {
        try (Device device = DeviceUnderTest.open(); Rig whole = rig(device, rule.balancing());
                Rig resumed = rig(device, rule.balancing())) {
            whole.submitInTurn(7);
            StepState middle = whole.step.state();
            whole.step.drainRecords();
            resumed.step.set(middle);
            whole.submitInTurn(7);
            resumed.submitInTurn(7);
            List<StepRecord> expected = whole.step.drainRecords();
            List<StepRecord> actual = resumed.step.drainRecords();
            for (int k = 0; k < 7; k++) {
                assertSame(expected.get(k), actual.get(k));
            }
            States.assertSame(whole.step.state(), resumed.step.state());
            assertTrue(whole.step.state().fault(whole.step.balanceRows()).isEmpty());
        }
    }

    @ParameterizedTest
    @MethodSource("rules")
    void aRejectedStepChangesNothingOfWhatARuleKeeps(Rule rule) {
        try (Device device = DeviceUnderTest.open(); Rig rig = rig(device, rule.balancing())) {
            rig.submitInTurn(5);
            StepState before = rig.step.state();
            rig.step.drainRecords();
            rig.spoilTarget(2, Float.NaN);
            rig.submit(2);
            assertFalse(rig.step.drainRecords().getFirst().accepted());
            States.assertSameButCounters(before, rig.step.state());
        }
    }

    @ParameterizedTest
    @MethodSource("rules")
    void inBf16TheStepsAreAcceptedToo(Rule rule) {
        StepPlan plan = new StepPlan(Rig.graph(), Rig.CRITERIA, rule.balancing(), Adam.withRate(1e-2),
                Schedule.constant(1e-2), Precision.BF16, false, StepPlan.DEFAULT_SEED, EPOCH);
        try (Device device = DeviceUnderTest.open(); Rig rig = new Rig(device, plan)) {
            rig.submitInTurn(8);
            rig.step.drainRecords().forEach(record -> assertTrue(record.accepted()));
        }
    }

    /** 32 tasks on one representation, of values of one loss each. */
    private static StepPlan manyTasks(int tasks, Balancing rule) {
        Network network = Network.ofFeatures(6).trunk(Layers.linear(12), Layers.relu());
        for (int task = 0; task < tasks; task++) {
            network = network.head("t" + task, Layers.linear(2));
        }
        return new StepPlan(network.graph(4), Collections.nCopies(tasks, Loss.l2()), rule, Adam.withRate(1e-2),
                Schedule.constant(1e-2), Precision.FLOAT32, false, StepPlan.DEFAULT_SEED, EPOCH);
    }

    private static List<StepRecord> randomSteps(Device device, TrainingStep step, int count) {
        step.model().initialize(3);
        SplittableRandom random = new SplittableRandom(5);
        try (PinnedMemory batch = device.allocatePinned(step.layout().bytes()); Event uploaded = device.newEvent()) {
            for (int k = 0; k < count; k++) {
                FloatBuffer values = batch.buffer().order(ByteOrder.nativeOrder()).asFloatBuffer();
                while (values.hasRemaining()) {
                    values.put((float) random.nextGaussian());
                }
                step.submit(batch, 0, uploaded);
                step.synchronize();
            }
            return step.drainRecords();
        }
    }

    @ParameterizedTest
    @MethodSource("rules")
    void everyNumberOfTasksUpToThirtyTwoIsBalanced(Rule rule) {
        if (rule.json().contains("priority")) {
            return;
        }
        try (Device device = DeviceUnderTest.open()) {
            for (int tasks : new int[] {1, 9, 32}) {
                try (TrainingStep step = new TrainingStep(device, manyTasks(tasks, rule.balancing()))) {
                    List<StepRecord> records = randomSteps(device, step, 4);
                    assertEquals(4, records.size());
                    records.forEach(record -> assertTrue(record.accepted(), tasks + " tasks"));
                }
            }
        }
    }

    @Test
    void weightsMoveInTheStepsThatAreDueAndNothingIsMeasuredInTheOthers() {
        GradNorm rule = GradNorm.withAlpha(1.5).timed(new GradNorm.Timing(3, 2, 9));
        try (Device device = DeviceUnderTest.open(); Rig rig = rig(device, rule); Rig equal = rig(device,
                FixedWeights.equal()); Rig always = rig(device, GradNorm.withAlpha(1.5))) {
            rig.submitInTurn(14);
            List<StepRecord> records = rig.step.drainRecords();
            for (int k = 0; k < 14; k++) {
                boolean due = k == 2 || k == 5 || k == 8;
                assertEquals(!due, Double.isNaN(records.get(k).gradientNorm()[0]), "step " + k);
                if (k > 0) {
                    boolean moved = !Arrays.equals(records.get(k).weight(), records.get(k - 1).weight());
                    assertEquals(k == 3 || k == 6 || k == 9, moved, "weights of step " + k);
                }
            }
            equal.submitInTurn(3);
            List<StepRecord> plain = equal.step.drainRecords();
            for (int k = 0; k < 3; k++) {
                assertArrayEquals(plain.get(k).loss(), records.get(k).loss(), "until the first weights move");
            }
            assertEquals(records.getFirst().loss()[0], rig.step.state().balance()[2], "L(0) is that of the first step");
            // One arena serves both graphs.
            assertEquals(always.step.arenaBytes(), rig.step.arenaBytes());
        }
    }

    @Test
    void noWeightIsAboveTheCapAndTheyStillAddUpToTheNumberOfTasks() {
        GradNorm rule = new GradNorm(1.5, 0.5, true, 1e-4, false, Map.of()).atMost(1.25);
        try (Device device = DeviceUnderTest.open(); Rig rig = rig(device, rule)) {
            rig.submitInTurn(40);
            boolean reached = false;
            for (StepRecord record : rig.step.drainRecords()) {
                double most = Arrays.stream(record.weight()).max().orElseThrow();
                assertTrue(most <= 1.25, () -> "weight " + most);
                assertEquals(2, Arrays.stream(record.weight()).sum(), 1e-12);
                reached |= most == 1.25;
            }
            assertTrue(reached, "the rate is so high that the cap is reached");
        }
    }

    @Test
    void aPriorityRaisesItsTasksNorm() {
        try (Device device = DeviceUnderTest.open();
                Rig plain = rig(device, GradNorm.withAlpha(0)); Rig favoured = rig(device,
                GradNorm.withAlpha(0).favouring(Map.of("values", 4.0)))) {
            plain.submitInTurn(60);
            favoured.submitInTurn(60);
            double without = plain.step.drainRecords().getLast().weight()[1];
            double with = favoured.step.drainRecords().getLast().weight()[1];
            assertTrue(with > without, "weight " + with + " where it was " + without);
        }
    }

    @Test
    void logarithmsMoveAsTheReferenceRuleDoesAndStayAboveZero() {
        GradNorm rule = new GradNorm(1.5, 0.8, false, 0, false, Map.of()).byLogarithms();
        try (Device device = DeviceUnderTest.open(); Rig rig = rig(device, rule)) {
            rig.submitInTurn(2);
            List<StepRecord> two = rig.step.drainRecords();
            StepRecord first = two.getFirst();
            double[] norms = first.gradientNorm();
            double mean = (norms[0] + norms[1]) / 2;
            double[] weights = new double[2];
            for (int t = 0; t < 2; t++) {
                // The first step's rates are 1, its weights 1: w = exp(-rate * sign(G - mean) * G * w).
                weights[t] = Math.exp(-0.8 * Math.signum(norms[t] - mean) * norms[t]);
            }
            double sum = weights[0] + weights[1];
            for (int t = 0; t < 2; t++) {
                assertEquals(2 * weights[t] / sum, two.get(1).weight()[t], 1e-9);
            }
            rig.submitInTurn(100);
            rig.step.drainRecords().forEach(record -> assertTrue(Arrays.stream(record.weight()).allMatch(w -> w > 0)));
        }
    }

    @Test
    void gradientsOfOneTaskAreCombinedByItsCoefficientToo() {
        // Nash-MTL makes a gradient's length 1.
        try (Device device = DeviceUnderTest.open(); TrainingStep step = new TrainingStep(device, manyTasks(1,
                new Rule("{\"method\": \"nash\"}").balancing()))) {
            StepRecord record = randomSteps(device, step, 1).getFirst();
            assertEquals(1, record.weight()[0] * record.gradientNorm()[0], 1e-6);
        }
    }

    private static String refusal(Network network, Balancing rule, int epoch) {
        NetworkGraph graph = network.graph(2);
        return assertThrows(UserException.class, () -> new StepPlan(graph, Collections.nCopies(graph.tasks().size(),
                Loss.l2()), rule, Adam.withRate(1e-2), Schedule.constant(1e-2), Precision.FLOAT32, false, 1, epoch))
                .getMessage();
    }

    @Test
    void aNetworkInWhichNoPathsMeetIsRefusedByRulesThatCombine() {
        Network apart = Network.ofFeatures(4).block("a", Network.INPUT, Layers.linear(3)).block("b", Network.INPUT,
                Layers.linear(3)).block("both", "a", Layers.linear(2)).output("x", "both").output("y", "b");
        String refusal = refusal(apart, new PcGrad(Measured.REPRESENTATION), 1);
        assertTrue(refusal.contains("\"measure\": \"parameters\""), refusal);
    }

    @Test
    void whereNoPathsMeetAndNothingIsSharedThereIsNothingToCombine() {
        Network apart = Network.ofFeatures(4).block("a", Network.INPUT, Layers.linear(3)).block("b", Network.INPUT,
                Layers.linear(3)).output("x", "a").output("y", "b");
        String refusal = refusal(apart, new PcGrad(Measured.UPSTREAM), 1);
        assertTrue(refusal.startsWith("there is no parameter on which the losses of all tasks depend"), refusal);
    }

    @Test
    void aRepresentationThatPathsGoAroundIsRefusedByName() {
        Network around = Network.ofFeatures(4).block("a", Network.INPUT, Layers.linear(3)).block("b", "a",
                Layers.linear(3)).output("x", "a").output("y", "b").representation("b");
        String refusal = refusal(around, new PcGrad(Measured.REPRESENTATION), 1);
        assertTrue(refusal.startsWith("model.representation: not every path") && refusal.contains("what b.0 leaves"),
                refusal);
    }

    @Test
    void aRepresentationBeforeWhichNothingIsLearnedIsRefused() {
        Network bare = Network.ofFeatures(4).block("z", Network.INPUT, Layers.relu()).block("a", "z",
                Layers.linear(3)).block("b", "z", Layers.linear(3)).output("x", "a").output("y", "b");
        String refusal = refusal(bare, new PcGrad(Measured.UPSTREAM), 1);
        assertTrue(refusal.startsWith("nothing is learned before"), refusal);
    }

    @Test
    void aParameterOnBothSidesOfTheRepresentationIsRefusedByName() {
        Network tied = Network.ofFeatures(3).block("a", Network.INPUT, Layers.linear(3)).block("z", "a",
                Layers.relu()).block("b", "z", Layers.linear(3)).tied("b", "a").block("c", "z", Layers.linear(3))
                .output("x", "b").output("y", "c").representation("z");
        String refusal = refusal(tied, new CaGrad(0.5, CaGrad.Rescale.BY_SQUARE, Measured.REPRESENTATION), 1);
        assertTrue(refusal.startsWith("a.0.weight is used before and behind"), refusal);
    }

    @Test
    void aRuleThatGoesByEpochsWantsToKnowTheirLength() {
        Network network = Network.ofFeatures(4).trunk(Layers.linear(3)).head("x", Layers.linear(2));
        String refusal = refusal(network, DynamicAverage.plain(), 0);
        assertTrue(refusal.contains("epochSteps"), refusal);
    }

    @Test
    void theRepresentationIsTheLastBlockThroughWhichAllPathsLeadIfNoneIsNamed() {
        Network network = Network.ofFeatures(4).block("a", Network.INPUT, Layers.linear(3)).block("b", "a",
                Layers.linear(3)).block("x", "b", Layers.linear(2)).block("y", "b", Layers.linear(2))
                .output("x", "x").output("y", "y");
        NetworkGraph byDefault = network.graph(2);
        NetworkGraph named = network.representation("b").graph(2);
        assertEquals(named.representation().describe(), byDefault.representation().describe());
        assertNotEquals(network.representation("a").graph(2).representation().describe(),
                byDefault.representation().describe());
    }
}
