package io.gimbal.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.device.BindingKind;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.Precision;
import io.gimbal.engine.StepRecord;
import io.gimbal.engine.StepState;
import io.gimbal.optimizer.Adam;
import io.gimbal.optimizer.OptimizerReader;
import io.gimbal.optimizer.Schedule;
import io.gimbal.optimizer.Sgd;
import io.gimbal.optimizer.TrainingOptimizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Trainings by each optimiser with groups of parameters and clipping, held by step against the formulas in float64. */
@Tag("device")
class OptimizersTest {
    private static final int STEPS = 12;
    private static final double RATE = 0.02;
    private static final double DECAY = 0.05;
    private static final double CLIP = 1;

    private Device device;

    @BeforeEach
    void open() {
        device = DeviceUnderTest.open(by());
    }

    @AfterEach
    void close() {
        device.close();
    }

    /** By what the device calls CUDA. */
    BindingKind by() {
        return BindingKind.PANAMA;
    }

    /** An optimiser with groups, and what it does to one parameter. */
    record Method(String name, TrainingOptimizer optimizer, Twin twin) {
        @Override
        public String toString() {
            return name;
        }
    }

    /** What an optimiser does with an element, whose state it keeps in {@code kept}. */
    interface Twin {
        double moved(double p, double g, double rate, double decay, double[] kept, int step);
    }

    private static double sgd(double p, double g, double rate, double decay, double[] kept, int step) {
        kept[0] = 0.9 * kept[0] + g + decay * p;
        return p - rate * kept[0];
    }

    private static double adam(double p, double g, double rate, double decay, double[] kept, int step) {
        double pulled = g + decay * p;
        kept[0] = 0.9 * kept[0] + 0.1 * pulled;
        kept[1] = 0.999 * kept[1] + 0.001 * pulled * pulled;
        return p - rate * kept[0] / (1 - Math.pow(0.9, step)) / (Math.sqrt(kept[1] / (1 - Math.pow(0.999, step)))
                + 1e-8);
    }

    private static double adamW(double p, double g, double rate, double decay, double[] kept, int step) {
        return adam(p, g, rate, 0, kept, step) - rate * decay * p;
    }

    private static TrainingOptimizer grouped(TrainingOptimizer optimizer) {
        return optimizer.group("heads.*", 4, 1).group("*.bias", 1, 0).group("heads.side.*.weight", 0.25, 3);
    }

    /** Each as it is, and clipped at about the middle of the norms that the toy has. */
    static Stream<Method> methods() {
        return plain().flatMap(method -> Stream.of(method, new Method(method.name + " clipped",
                method.optimizer.clipped(CLIP), method.twin)));
    }

    private static Stream<Method> plain() {
        return Stream.of(new Method("sgd", grouped(new Sgd(RATE, 0.9, DECAY)), OptimizersTest::sgd),
                new Method("adam", grouped(new Adam(RATE, 0.9, 0.999, 1e-8, DECAY, false)), OptimizersTest::adam),
                new Method("adamw", grouped(new Adam(RATE, 0.9, 0.999, 1e-8, DECAY, true)), OptimizersTest::adamW));
    }

    private static double rateOf(String name) {
        return RATE * switch (name) {
            case "heads.line.0.weight", "heads.line.0.bias", "heads.side.0.bias" -> 4;
            default -> 1;
        };
    }

    private static double decayOf(String name) {
        return name.endsWith("bias") ? 0 : name.equals("heads.side.0.weight") ? 3 * DECAY : DECAY;
    }

    @ParameterizedTest
    @MethodSource("methods")
    void eachStepIsThatOfTheFormulas(Method method) {
        try (Trainer trainer = ToyProblem.trainer(device).optimizer(method.optimizer).build()) {
            ToyTwin twin = new ToyTwin(trainer.state().tensors());
            Map<String, double[][]> kept = new LinkedHashMap<>();
            twin.parameters.forEach((name, values) -> kept.put(name, new double[values.length][2]));
            ToyProblem batches = new ToyProblem(5, STEPS);
            int clipped = 0;
            for (int step = 1; step <= STEPS; step++) {
                Examples batch = batches.next();
                trainer.train(List.of(batch).iterator(), 1, _ -> { });
                Map<String, double[]> gradients = twin.gradients(batch);
                double norm = Math.sqrt(gradients.values().stream().flatMapToDouble(Arrays::stream).map(g -> g * g)
                        .sum());
                double scale = Math.min(1, method.optimizer.clipNorm().orElse(Double.POSITIVE_INFINITY)
                        / (norm + 1e-6));
                clipped += scale < 1 ? 1 : 0;
                for (Map.Entry<String, double[]> parameter : twin.parameters.entrySet()) {
                    String name = parameter.getKey();
                    double[] values = parameter.getValue();
                    for (int i = 0; i < values.length; i++) {
                        values[i] = method.twin.moved(values[i], scale * gradients.get(name)[i], rateOf(name),
                                decayOf(name), kept.get(name)[i], step);
                    }
                    float[] actual = trainer.state().tensors().get(name);
                    for (int i = 0; i < values.length; i++) {
                        // Numbers near 1 whose roundings, 6e-8, add up over the steps and by what they do to gradients.
                        assertEquals(values[i], actual[i], 1e-5, name + "[" + i + "] after step " + step);
                    }
                }
            }
            assertEquals(method.optimizer.clipNorm().isPresent(), clipped > 0 && clipped < STEPS, clipped + " steps");
        }
    }

    private static void train(Trainer trainer, int from, int steps) {
        ToyProblem batches = new ToyProblem(5, from + steps);
        for (int i = 0; i < from; i++) {
            batches.next();
        }
        trainer.train(batches, steps, _ -> { });
    }

    private static void assertSame(StepState expected, StepState actual) {
        expected.tensors().forEach((name, values) -> assertArrayEquals(values, actual.tensors().get(name), name));
        for (int i = 0; i < expected.moments().size(); i++) {
            Map<String, float[]> moments = actual.moments().get(i);
            expected.moments().get(i).forEach((name, values) -> assertArrayEquals(values, moments.get(name), name));
        }
        assertArrayEquals(expected.counters(), actual.counters());
    }

    @ParameterizedTest
    @EnumSource
    void twoTrainingsAreAlikeToTheBitAndSoIsOneThatGoesOn(Precision precision) {
        for (Method method : methods().toList()) {
            Trainer.Builder builder = ToyProblem.trainer(device).optimizer(method.optimizer).precision(precision);
            try (Trainer one = builder.build(); Trainer other = builder.build(); Trainer third = builder.build()) {
                train(one, 0, STEPS);
                train(other, 0, STEPS / 2);
                third.step().set(other.state());
                train(other, STEPS / 2, STEPS - STEPS / 2);
                train(third, STEPS / 2, STEPS - STEPS / 2);
                assertSame(one.state(), other.state());
                assertSame(one.state(), third.state());
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void groupsWhoseFactorsAreOneChangeNoBit(Precision precision) {
        for (TrainingOptimizer plain : List.of(new Sgd(RATE, 0.9, DECAY), new Adam(RATE, 0.9, 0.999, 1e-8, DECAY,
                true))) {
            Trainer.Builder builder = ToyProblem.trainer(device).precision(precision);
            try (Trainer without = builder.optimizer(plain).build();
                    Trainer with = builder.optimizer(plain.group("*.bias", 1, 1).group("*", 1, 1)).build()) {
                train(without, 0, STEPS);
                train(with, 0, STEPS);
                assertSame(without.state(), with.state());
            }
        }
    }

    @Test
    void aRateFactorOfZeroHoldsAGroupWhereItIs() {
        try (Trainer trainer = ToyProblem.trainer(device).optimizer(Adam.withRate(RATE).group("trunk.*", 0, 1))
                .build()) {
            Map<String, float[]> start = trainer.state().tensors();
            train(trainer, 0, 3);
            trainer.state().tensors().forEach((name, values) ->
                    assertEquals(name.startsWith("trunk."), Arrays.equals(start.get(name), values), name));
        }
    }

    /** The loss is finite, and so is every gradient, but not the sum of their squares. */
    @ParameterizedTest
    @EnumSource
    void aStepWhoseNormIsNotFiniteChangesNothingAndIsBlamedOnIt(Precision precision) {
        Sgd optimizer = new Sgd(RATE, 0.9, DECAY).clipped(CLIP);
        try (Trainer trainer = ToyProblem.trainer(device).optimizer(optimizer).precision(precision).build()) {
            train(trainer, 0, 2);
            StepState before = trainer.state();
            Examples good = new ToyProblem(9, 1).next();
            float[] far = new float[ToyProblem.BATCH];
            Arrays.fill(far, -4e18f);
            float[] saturating = new float[good.inputs().length];
            Arrays.fill(saturating, 100);
            List<StepRecord> records = new ArrayList<>();
            trainer.train(List.of(new Examples(saturating, Map.of("line", far), good.classes())).iterator(), 1,
                    records::add);
            assertTrue(Double.isFinite(records.getFirst().total()), "the loss hides it");
            assertFalse(records.getFirst().accepted());
            StepState after = trainer.state();
            assertSame(new StepState(before.tensors(), before.moments(), before.balance(), after.counters()), after);
            assertArrayEquals(new long[] {3, 2, 1, 1}, after.counters());
            trainer.train(List.of(good).iterator(), 1, record -> assertTrue(record.accepted()));
            RejectedSteps rejected = new RejectedSteps(trainer.tasks(), _ -> false);
            records.forEach(rejected::count);
            assertTrue(rejected.describe().orElseThrow().endsWith("not finite in the norm of the gradients"),
                    rejected.describe().orElseThrow());
        }
    }

    @Test
    void aGroupOfNoParameterIsRefusedByTheTrainer() {
        Trainer.Builder builder = ToyProblem.trainer(device).optimizer(Adam.withRate(RATE).group("*.lien.*", 2, 1));
        assertEquals("the optimizer's group '*.lien.*': no parameter of the network has such a name. Did you mean "
                + "'line'? Their names begin with trunk, heads.",
                assertThrows(UserException.class, builder::build).getMessage());
    }

    @Test
    void aScheduleByEpochHoldsItsRateThroughoutEachAndGoesOnFromACheckpoint() {
        int epoch = 3;
        Schedule survey = Schedule.polynomial(RATE, 0.9, STEPS).byEpoch();
        Trainer.Builder builder = ToyProblem.trainer(device).optimizer(new Sgd(RATE, 0.9, DECAY)).schedule(survey)
                .epochSteps(epoch);
        List<Double> rates = new ArrayList<>();
        try (Trainer trainer = builder.build(); Trainer later = builder.build()) {
            trainer.train(new ToyProblem(5, STEPS / 2 - 1), STEPS, record -> rates.add(record.learningRate()));
            later.step().set(trainer.state());
            later.train(new ToyProblem(6, STEPS - STEPS / 2 + 1), STEPS, record -> rates.add(record.learningRate()));
        }
        assertEquals(STEPS, rates.size());
        for (int step = 0; step < STEPS; step++) {
            double expected = RATE * Math.pow(1 - step / epoch / (STEPS / (double) epoch), 0.9);
            assertEquals(expected, rates.get(step), expected * 1e-6, "step " + step);  // the power is float32's 0.9
        }
    }

    @Test
    void aScheduleByEpochAsksForTheEpochsSteps() {
        Trainer.Builder builder = ToyProblem.trainer(device).schedule(Schedule.cosine(RATE, 0, STEPS).byEpoch());
        assertEquals("the schedule goes by epochs, and how many steps an epoch has is not known: give the trainer's "
                + "epochSteps", assertThrows(UserException.class, builder::build).getMessage());
    }

    private static String refusal(String optimizer) {
        Config config = Config.parse(optimizer, "a.json");
        return assertThrows(UserException.class, () -> OptimizerReader.read(config, ToyProblem.network().graph(2)))
                .getMessage();
    }

    @ParameterizedTest
    @ValueSource(strings = {"adam", "adamw", "sgd"})
    void aConfigurationsFaultsAreNamedWithTheirPlace(String method) {
        String start = "{\"method\": \"" + method + "\", \"groups\": ";
        assertEquals("a.json: groups: the optimizer's group 'haeds.*': no parameter of the network has such a name. "
                + "Did you mean 'heads'? Their names begin with trunk, heads.", refusal(start + "{\"haeds.*\": {}}}"));
        assertEquals("a.json: groups[\"heads.*\"].lr_facter is an unknown key. Did you mean 'lr_factor'? Allowed here: "
                + "lr_factor, decay_factor.", refusal(start + "{\"heads.*\": {\"lr_facter\": 1}}}"));
        assertEquals("a.json: groups[\"heads.*\"].decay_factor is the number -1, but must be a number of at least 0.",
                refusal(start + "{\"heads.*\": {\"decay_factor\": -1}}}"));
        assertEquals("a.json: clip_norm is the number 0, but must be a number above 0.",
                refusal("{\"method\": \"" + method + "\", \"clip_norm\": 0}"));
        assertTrue(refusal(start + "[]}").contains("groups is a list of 0 elements, but must be an object"));
        assertTrue(refusal(start + "{\"*\": {\"lr_factor\": 1e30}, \"h*\": {\"lr_factor\": 1e30}}}")
                .contains("a.json: groups: the product of the groups' rateFactor for heads.line.0.weight is "));
        assertTrue(refusal(start + "{\"\": {}}}").startsWith("a.json: groups: a pattern of names is empty"));
    }

    @Test
    void aConfigurationGivesTheProgramsOptimizer() {
        String text = "{\"method\": \"sgd\", \"lr\": 0.02, \"momentum\": 0.9, \"weight_decay\": 0.05, \"groups\": "
                + "{\"heads.*\": {\"lr_factor\": 4}, \"*.bias\": {\"decay_factor\": 0}, \"heads.side.*.weight\": "
                + "{\"lr_factor\": 0.25, \"decay_factor\": 3}}}";
        assertEquals(methods().findFirst().orElseThrow().optimizer(), OptimizerReader.read(Config.parse(text, "a.json"),
                ToyProblem.network().graph(2)));
    }
}
