package io.gimbal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.balance.CaGrad;
import io.gimbal.balance.FixedWeights;
import io.gimbal.balance.GradNorm;
import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.Event;
import io.gimbal.device.PinnedMemory;
import io.gimbal.device.Precision;
import io.gimbal.engine.Balancing.Measured;
import io.gimbal.graph.Graph;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Parameter;
import io.gimbal.graph.Shape;
import io.gimbal.graph.Value;
import io.gimbal.graph.operation.ActivationKind;
import io.gimbal.loss.Loss;
import io.gimbal.optimizer.Schedule;
import io.gimbal.optimizer.Sgd;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random graphs whose heads read each other and join any values of the trunk, against finite differences of their
 * losses: the gradients of those that are trained, and the norms on W; and against a step for each task by itself.
 */
@Tag("device")
class RandomGraphsTest {
    /** Of the values of graphs with even seeds; of the others rows of a stack do not lie at multiples of 16 bytes. */
    private static final Shape ALIGNED = Shape.image(2, 8, 4, 4);
    private static final Shape UNALIGNED = Shape.image(1, 5, 3, 3);
    /**
     * Differences of float32 losses of order 1 over steps of 4e-3 and 2e-2 are good to some 1e-3; their curvature adds
     * less than 1 %.
     */
    private static final double ABSOLUTE = 3e-3;
    private static final double RELATIVE = 0.02;

    /** Of float32 sums in other orders, and of parameters of order 1 before and after a step. */
    private static final double ROUNDING = 2e-5;

    private final List<Block> blocks = new ArrayList<>();
    private int named;
    private int channels;

    private record Block(String name, int kind, boolean bias, int groups) {
        Value operation(GraphBuilder graph, Value x, String in) {
            int channels = x.shape().channels();
            String operation = in + ".0";
            return switch (kind) {
                case 0 -> graph.convolution(operation, x, channels, 1, 1, 0, 1, bias);
                case 1 -> graph.convolution(operation, x, channels, 3, 1, 1, 1, bias);
                case 2 -> graph.activation(operation, x, ActivationKind.TANH);
                case 3 -> graph.convolution(operation, x, channels, 3, 1, 1, 1, groups, bias);
                default -> graph.batchNorm(operation, x, 1e-2f, 0.1f);
            };
        }
    }

    private Value operation(GraphBuilder graph, Random random, Value x) {
        String name = "block" + named++;
        return switch (random.nextInt(10)) {
            case 2 -> activation(graph, random, name, x);
            case 4 -> resized(graph, random, x, name);
            case 5 -> exchanged(graph, random, name, x);
            case 6 -> shuffled(graph, name, x);
            default -> layer(graph, random, x, name);
        };
    }

    /** A layer, which may have the parameters of another. */
    private Value layer(GraphBuilder graph, Random random, Value x, String name) {
        if (!blocks.isEmpty() && random.nextInt(4) == 0) {
            Block other = blocks.get(random.nextInt(blocks.size()));
            return graph.tied(name, other.name(), () -> other.operation(graph, x, name));
        }
        Block block = new Block(name, random.nextInt(5), random.nextBoolean(), groups(random));
        blocks.add(block);
        return graph.block(name, () -> block.operation(graph, x, name));
    }

    /** 2, 4 or a group a channel. */
    private int groups(Random random) {
        return channels % 8 == 0 ? 2 << random.nextInt(3) : channels;
    }

    /**
     * Pooled or brought to another size and back, and added: alone it may be the same everywhere, which norms blow up.
     */
    private static Value resized(GraphBuilder graph, Random random, Value x, String name) {
        Shape shape = x.shape();
        Value other = switch (random.nextInt(4)) {
            case 0 -> graph.averagePool(name + ".0", x, 3, 1 + random.nextInt(2), 1);
            case 1 -> graph.averagePool(name + ".0", x, 2, 2 + random.nextInt(2), random.nextInt(2));
            case 2 -> graph.globalAverage(name + ".0", x, true);
            default -> graph.resize(name + ".0", x, 1 + random.nextInt(7), 1 + random.nextInt(7), random.nextBoolean());
        };
        Value back = graph.resize(name + ".1", other, shape.height(), shape.width(), random.nextBoolean());
        return graph.sum(name + ".2", List.of(x, back));
    }

    /** The channels from any on before those before it; both halves are slices, of which one may be written over. */
    private Value exchanged(GraphBuilder graph, Random random, String name, Value x) {
        int start = 1 + random.nextInt(channels - 1);
        Value behind = graph.slice(name + ".behind", x, start, channels - start);
        if (random.nextBoolean()) {
            behind = graph.activation(name + ".tanh", behind, ActivationKind.TANH);
        }
        return graph.concatenation(name, List.of(behind, graph.slice(name + ".before", x, 0, start)));
    }

    private Value shuffled(GraphBuilder graph, String name, Value x) {
        Value wide = graph.convolution(name + ".wide", x, 4 * channels, 1, 1, 0, 1, true);
        Value large = graph.pixelShuffle(name + ".large", wide, 2);
        return graph.convolution(name, large, channels, 2, 2, 0, 1, false);
    }

    /** One that has a second derivative, as differences ask; the backward reads some's output, and others' input. */
    private static Value activation(GraphBuilder graph, Random random, String name, Value x) {
        return switch (random.nextInt(6)) {
            case 0 -> graph.activation(name, x, ActivationKind.TANH);
            case 4 -> graph.softmax(name, x);
            case 5 -> x.shape().channels() % 2 == 0 ? graph.softmaxOverGroups(name, x, 2) : graph.softmax(name, x);
            case 1 -> graph.activation(name, x, ActivationKind.GELU);
            case 2 -> graph.activation(name, x, ActivationKind.SILU);
            default -> graph.activation(name, x, ActivationKind.SOFTPLUS);
        };
    }

    /** Two or three values in one. */
    private Value joined(GraphBuilder graph, Random random, Value x, List<Value> readable) {
        String name = "join" + named++;
        List<Value> values = random.nextBoolean() ? List.of(x, one(readable, random))
                : List.of(one(readable, random), x, one(readable, random));
        return switch (random.nextInt(8)) {
            case 0 -> graph.sum(name, values);
            case 1 -> graph.sum(name, values, values.stream().map(value -> random.nextInt(5) / 4.0).toList());
            case 2 -> graph.convolution(name + ".1", graph.concatenation(name + ".0", values), channels, 1, 1, 0, 1,
                    true);
            case 3 -> graph.mix(name, values, random.nextBoolean(), List.of(), random.nextBoolean());
            case 4 -> graph.product(name, values);
            case 5 -> attention(graph, random, name, values);
            case 6 -> branches(graph, random, name, x, values.getLast());
            default -> gated(graph, random, name, x, values.getLast());
        };
    }

    /** Of two or three values: one stands for two of q, k and v. */
    private static Value attention(GraphBuilder graph, Random random, String name, List<Value> values) {
        List<Value> three = new ArrayList<>(values);
        if (three.size() == 2) {
            three.add(random.nextInt(3), one(values, random));
        }
        int heads = random.nextBoolean() && values.stream().allMatch(value -> value.shape().channels() % 2 == 0) ? 2
                : 1;
        OptionalInt window = random.nextBoolean() ? OptionalInt.empty() : OptionalInt.of(1 + 2 * random.nextInt(3));
        return graph.attention(name, three, heads, window, OptionalDouble.empty());
    }

    /** Two or three that nothing but their join reads, so that it may hand its cotangent on to them. */
    private Value branches(GraphBuilder graph, Random random, String name, Value x, Value other) {
        List<Value> branches = new ArrayList<>();
        for (Value from : random.nextBoolean() ? List.of(other, x) : List.of(x, other, x)) {
            String branch = name + ".branch" + branches.size();
            branches.add(random.nextBoolean() ? graph.batchNorm(branch, from, 1e-2f, 0.1f)
                    : graph.activation(branch, from, ActivationKind.TANH));
        }
        return random.nextBoolean() ? graph.sum(name, branches)
                : graph.convolution(name, graph.concatenation(name + ".0", branches), channels, 1, 1, 0, 1, true);
    }

    /** A value times a gate from another: of its shape, or one for each channel or place. */
    private Value gated(GraphBuilder graph, Random random, String name, Value x, Value from) {
        Value gate = switch (random.nextInt(3)) {
            case 0 -> graph.convolution(name + ".gate", from, channels, from.shape().height(), 1, 0, 1, true);
            case 1 -> graph.convolution(name + ".gate", from, 1, 1, 1, 0, 1, true);
            default -> graph.convolution(name + ".gate", from, channels, 1, 1, 0, 1, true);
        };
        Value open = graph.activation(name + ".open", gate, ActivationKind.SIGMOID);
        return graph.product(name, random.nextBoolean() ? List.of(open, x) : List.of(x, open));
    }

    private static Value one(List<Value> values, Random random) {
        return values.get(random.nextInt(values.size()));
    }

    private GraphBuilder builder(Random random, Shape shape) {
        channels = shape.channels();
        blocks.clear();
        GraphBuilder graph = new GraphBuilder(shape);
        Value x = graph.convolution("first", graph.input(), channels, 1, 1, 0, 1, true);
        List<Value> readable = new ArrayList<>(List.of(graph.input(), x));
        for (int i = 2 + random.nextInt(4); i > 0; i--) {
            x = operation(graph, random, x);
            if (random.nextInt(4) == 0) {
                x = joined(graph, random, x, readable);
            }
            readable.add(x);
        }
        Value trunk = random.nextInt(4) == 0 ? one(readable, random) : x;
        int tasks = 1 + random.nextInt(3);
        for (int task = 0; task < tasks; task++) {
            Value y = random.nextInt(6) == 0 ? one(readable, random) : trunk;
            List<Value> own = new ArrayList<>();
            for (int i = random.nextInt(3); i > 0; i--) {
                y = operation(graph, random, y);
                if (random.nextInt(3) == 0) {
                    y = joined(graph, random, y, readable);
                }
                own.add(y);
            }
            Value out = graph.convolution("out" + task, y, random.nextBoolean() ? channels : (channels + 1) / 2, 1, 1,
                    0, 1, true);
            graph.output("task" + task, predictions(random, out, own, readable));
            readable.addAll(own);
            if (out.shape().channels() == channels) {
                readable.add(out);
            }
        }
        return graph;
    }

    /** What a task's loss reads: one value, or several of one shape, of which one may stand twice. */
    private static List<Value> predictions(Random random, Value out, List<Value> own, List<Value> readable) {
        List<Value> predictions = new ArrayList<>(List.of(out));
        if (random.nextInt(3) == 0) {
            List<Value> others = new ArrayList<>(own);
            others.add(out);
            others.add(one(readable, random));
            others.removeIf(other -> !other.shape().equals(out.shape()));
            for (int i = 1 + random.nextInt(2); i > 0; i--) {
                predictions.add(one(others, random));
            }
        }
        return predictions;
    }

    /** A step that always starts from the same state but for the parameters. */
    private static final class Trial implements AutoCloseable {
        private final TrainingStep step;
        private final PinnedMemory batch;
        private final Event uploaded;
        private final StepState state;

        Trial(Device device, NetworkGraph graph, Balancing balancing, long seed) {
            step = new TrainingStep(device, new StepPlan(graph, Collections.nCopies(graph.tasks().size(), Loss.l2()),
                    balancing, new Sgd(1, 0, 0), Schedule.constant(1), Precision.FLOAT32, false));
            step.model().initialize(seed);
            batch = step.keep(device.allocatePinned(step.layout().bytes()));
            uploaded = step.keep(device.newEvent());
            FloatBuffer values = batch.buffer().order(ByteOrder.nativeOrder()).asFloatBuffer();
            Random random = new Random(seed);
            while (values.hasRemaining()) {
                values.put((float) random.nextGaussian());
            }
            state = step.state();
        }

        Map<String, float[]> parameters() {
            Map<String, float[]> parameters = new LinkedHashMap<>(state.tensors());
            parameters.keySet().removeIf(name -> name.contains(".running_"));
            return parameters;
        }

        /** A step with one tensor moved that far. */
        StepRecord run(String name, float[] direction, double far) {
            Map<String, float[]> moved = new LinkedHashMap<>(state.tensors());
            float[] values = moved.get(name).clone();
            for (int i = 0; i < values.length; i++) {
                values[i] += (float) (far * direction[i]);
            }
            moved.put(name, values);
            step.set(new StepState(moved, state.moments(), state.balance(), state.counters()));
            step.submit(batch, 0, uploaded);
            return step.drainRecords().getFirst();
        }

        double[] slopes(String name, float[] direction, double far) {
            double[] up = run(name, direction, far).loss();
            double[] down = run(name, direction, -far).loss();
            double[] slopes = new double[up.length];
            Arrays.setAll(slopes, task -> (up[task] - down[task]) / (2 * far));
            return slopes;
        }

        @Override
        public void close() {
            step.close();
        }
    }

    private Optional<NetworkGraph> drawn(Random random, long seed) {
        Shape shape = seed % 2 == 0 ? ALIGNED : UNALIGNED;
        try {
            return Optional.of(builder(random, shape).build(List.of()));
        } catch (UserException refused) {
            return Optional.empty();
        }
    }

    @Test
    void whatIsTrainedWithFixedWeightsHasTheGradientsOfItsLosses() {
        int trained = 0;
        try (Device device = DeviceUnderTest.open()) {
            for (long seed = 0; seed < 60; seed++) {
                Random random = new Random(seed);
                Optional<NetworkGraph> graph = drawn(random, seed);
                if (graph.isPresent()) {
                    try (Trial trial = new Trial(device, graph.get(), FixedWeights.equal(), seed)) {
                        assertGradients(trial, random, seed);
                        trained++;
                    }
                }
            }
        }
        assertTrue(trained > 20, trained + " graphs");
    }

    /** A slice is where its value is, and one of all channels is that value: whoever reads it writes elsewhere. */
    @Test
    void aSliceOfAllChannelsIsNotWrittenOver() {
        GraphBuilder graph = new GraphBuilder(ALIGNED);
        Value x = graph.convolution("convolution", graph.input(), 8, 1, 1, 0, 1, true);
        Value same = graph.activation("tanh", graph.slice("all", x, 0, 8), ActivationKind.TANH);
        graph.output("a", graph.product("product", List.of(x, same)));
        try (Device device = DeviceUnderTest.open();
                Trial trial = new Trial(device, graph.build(List.of()), FixedWeights.equal(), 1)) {
            assertGradients(trial, new Random(1), 1);
        }
    }

    /** An activation writes its input's cotangent over its own, but not over one that its neighbours read, too. */
    @Test
    void aCotangentThatSeveralBranchesShareIsNotWrittenOver() {
        GraphBuilder graph = new GraphBuilder(ALIGNED);
        List<Value> branches = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Value x = graph.convolution("convolution" + i, graph.input(), 8, 1, 1, 0, 1, true);
            branches.add(graph.activation("tanh" + i, x, ActivationKind.TANH));
        }
        graph.output("a", graph.activation("last", graph.sum("sum", branches), ActivationKind.TANH));
        try (Device device = DeviceUnderTest.open();
                Trial trial = new Trial(device, graph.build(List.of()), FixedWeights.equal(), 1)) {
            assertGradients(trial, new Random(1), 1);
        }
    }

    private static void assertGradients(Trial trial, Random random, long seed) {
        Map<String, float[]> before = trial.parameters();
        String any = before.keySet().iterator().next();
        trial.run(any, before.get(any), 0);
        Map<String, float[]> after = trial.step.model().read();
        before.forEach((name, values) -> {
            float[] direction = new float[values.length];
            double along = 0;
            double squares = 0;
            for (int i = 0; i < values.length; i++) {
                direction[i] = (float) random.nextGaussian();
                double gradient = values[i] - after.get(name)[i];
                along += gradient * direction[i];
                squares += gradient * gradient;
            }
            double slope = Arrays.stream(trial.slopes(name, direction, 2e-3)).sum();
            assertEquals(slope, along, RELATIVE * Math.sqrt(squares * values.length) + ABSOLUTE, "graph " + seed + ", "
                    + name);
        });
    }

    @Test
    void normsThatAreMeasuredAreThoseOfTheLosses() {
        int measured = 0;
        try (Device device = DeviceUnderTest.open()) {
            for (long seed = 0; seed < 40; seed++) {
                Optional<NetworkGraph> graph = drawn(new Random(seed), seed);
                if (graph.isEmpty()) {
                    continue;
                }
                try (Trial trial = new Trial(device, graph.get(), GradNorm.withAlpha(1), seed)) {
                    assertNorms(trial, graph.get().shared().getFirst().name(), seed);
                    measured++;
                } catch (UserException notMeasurable) {
                    assertTrue(notMeasurable.getMessage().contains("cannot be measured"), notMeasurable::getMessage);
                }
            }
        }
        assertTrue(measured > 20, measured + " measured");
    }

    private static void assertNorms(Trial trial, String shared, long seed) {
        float[] values = trial.parameters().get(shared);
        double[] norms = trial.run(shared, values, 0).gradientNorm();
        double[] squares = new double[norms.length];
        for (int i = 0; i < values.length; i++) {
            float[] unit = new float[values.length];
            unit[i] = 1;
            double[] slopes = trial.slopes(shared, unit, 1e-2);
            for (int task = 0; task < squares.length; task++) {
                squares[task] += slopes[task] * slopes[task];
            }
        }
        for (int task = 0; task < norms.length; task++) {
            double norm = Math.sqrt(squares[task]);
            assertEquals(norm, norms[task], RELATIVE * norm + ABSOLUTE, "graph " + seed + ", task " + task);
        }
    }

    /** What a step took from the parameters: at a rate of 1 their gradients. */
    private static Map<String, float[]> gradients(Trial trial) {
        Map<String, float[]> before = trial.parameters();
        String any = before.keySet().iterator().next();
        trial.run(any, before.get(any), 0);
        Map<String, float[]> gradients = trial.step.model().read();
        gradients.keySet().retainAll(before.keySet());
        gradients.forEach((name, values) -> {
            for (int i = 0; i < values.length; i++) {
                values[i] = before.get(name)[i] - values[i];
            }
        });
        return gradients;
    }

    private static double norm(float[] values) {
        double squares = 0;
        for (float value : values) {
            squares += (double) value * value;
        }
        return Math.sqrt(squares);
    }

    /** One to three parameters on which all tasks depend; none where there is none. */
    private static List<String> shared(GraphBuilder builder, Random random) {
        List<String> names = new ArrayList<>(builder.build(List.of()).parameters().stream().map(Parameter::name)
                .filter(name -> isMeasurable(builder.build(List.of(name)))).toList());
        Collections.shuffle(names, random);
        return names.subList(0, Math.min(names.size(), 1 + random.nextInt(3)));
    }

    private static boolean isMeasurable(NetworkGraph graph) {
        try {
            graph.requireMeasurable("which the test asks for", "leave it");
            return true;
        } catch (UserException refused) {
            return false;
        }
    }

    @Test
    void aStepIsTheStepsOfItsTasksTogetherAndTheNormsAreTheirs() {
        int compared = 0;
        try (Device device = DeviceUnderTest.open()) {
            for (long seed = 0; seed < 100; seed++) {
                Random random = new Random(seed);
                Optional<NetworkGraph> graph = wherever(random, seed);
                if (graph.isPresent()) {
                    assertSumsOfSingleSteps(device, graph.get(), seed);
                    compared++;
                }
            }
        }
        assertTrue(compared > 60, compared + " graphs");
    }

    /** A graph whose W lies anywhere; empty where a draw is refused, or no parameter is all tasks'. */
    private Optional<NetworkGraph> wherever(Random random, long seed) {
        try {
            GraphBuilder builder = builder(random, seed % 2 == 0 ? ALIGNED : UNALIGNED);
            List<String> shared = shared(builder, random);
            return shared.isEmpty() ? Optional.empty() : Optional.of(builder.build(shared));
        } catch (UserException refused) {
            return Optional.empty();
        }
    }

    /** The gradients of each task's loss by itself. */
    private static List<Map<String, float[]>> alone(Device device, NetworkGraph graph, long seed) {
        List<Map<String, float[]>> alone = new ArrayList<>();
        for (String task : graph.tasks()) {
            Map<String, Double> weights = new LinkedHashMap<>();
            graph.tasks().forEach(other -> weights.put(other, other.equals(task) ? 1.0 : 0));
            try (Trial trial = new Trial(device, graph, new FixedWeights(weights), seed)) {
                alone.add(gradients(trial));
            }
        }
        return alone;
    }

    private static void assertSumsOfSingleSteps(Device device, NetworkGraph graph, long seed) {
        List<Map<String, float[]>> alone = alone(device, graph, seed);
        try (Trial trial = new Trial(device, graph, GradNorm.withAlpha(1), seed)) {
            gradients(trial).forEach((name, gradient) -> {
                double sizes = 0;
                for (Map<String, float[]> single : alone) {
                    sizes += norm(single.get(name));
                    for (int i = 0; i < gradient.length; i++) {
                        gradient[i] -= single.get(name)[i];
                    }
                }
                assertEquals(0, norm(gradient), ROUNDING * (1 + sizes), "graph " + seed + ", " + name);
            });
            String any = trial.parameters().keySet().iterator().next();
            double[] norms = trial.run(any, trial.parameters().get(any), 0).gradientNorm();
            for (int task = 0; task < norms.length; task++) {
                double squares = 0;
                for (Parameter shared : graph.shared()) {
                    squares += Math.pow(norm(alone.get(task).get(shared.name())), 2);
                }
                double expected = Math.sqrt(squares);
                assertEquals(expected, norms[task], ROUNDING * (1 + expected), "graph " + seed + ", task " + task
                        + " on " + graph.shared());
            }
        }
    }

    @Test
    void beforeTheRepresentationGradientsAreCombinedByTheRulesCoefficientsAndBehindItAddedUp() {
        int compared = 0;
        try (Device device = DeviceUnderTest.open()) {
            for (long seed = 0; seed < 120; seed++) {
                Random random = new Random(seed);
                Optional<NetworkGraph> graph = meeting(random, seed);
                if (graph.isPresent()) {
                    Measured measured = seed % 2 == 0 ? Measured.REPRESENTATION : Measured.UPSTREAM;
                    assertCombined(device, graph.get(), measured, seed);
                    compared++;
                }
            }
        }
        assertTrue(compared > 20, compared + " graphs");
    }

    @Test
    void wherePathsMeetNowhereTheGradientsOfWhatAllShareAreCombinedAndAllOthersAddedUp() {
        int compared = 0;
        int partly = 0;
        try (Device device = DeviceUnderTest.open()) {
            for (long seed = 0; seed < 200; seed++) {
                Optional<NetworkGraph> graph = wherever(new Random(seed), seed);
                if (graph.isPresent() && graph.get().tasks().size() > 1) {
                    partly += assertCombined(device, graph.get(), Measured.UPSTREAM, seed) > 0 ? 1 : 0;
                    compared++;
                }
            }
        }
        int all = compared;
        int some = partly;
        assertTrue(all > 20 && some > 3, () -> all + " graphs, " + some + " with what some tasks share");
    }

    @Test
    void whatAllPathsLeadThroughIsFoundAtOnceAsOneByOne() {
        int meeting = 0;
        for (long seed = 0; seed < 300; seed++) {
            Optional<NetworkGraph> drawn = wherever(new Random(seed), seed);
            if (drawn.isEmpty()) {
                continue;
            }
            Graph graph = drawn.get().forInferenceAsWritten();
            Set<Value> all = graph.operations().stream().flatMap(operation -> operation.outputs().stream())
                    .filter(value -> !graph.isOutput(value) && graph.allPathsLeadThrough(value))
                    .collect(Collectors.toSet());
            Set<Value> found = graph.meetings();
            found.removeIf(graph::isOutput);
            assertEquals(all, found, "graph " + seed);
            meeting += all.isEmpty() ? 0 : 1;
        }
        assertTrue(meeting > 30, meeting + " graphs");
    }

    /** A graph in which all paths meet somewhere, behind what learns. */
    private Optional<NetworkGraph> meeting(Random random, long seed) {
        try {
            GraphBuilder builder = builder(random, seed % 2 == 0 ? ALIGNED : UNALIGNED);
            List<Value> values = builder.build(List.of()).forInferenceAsWritten().operations().stream().map(
                    Operation::output).toList();
            Optional<Value> meeting = builder.meeting(values);
            if (meeting.isEmpty()) {
                return Optional.empty();
            }
            NetworkGraph graph = builder.build(List.of(), meeting);
            graph.requireRepresentation();
            return Optional.of(graph);
        } catch (UserException refused) {
            return Optional.empty();
        }
    }

    /** Gives how many parameters some of the tasks share, but not all. */
    private static long assertCombined(Device device, NetworkGraph graph, Measured measured, long seed) {
        List<Map<String, float[]>> alone = alone(device, graph, seed);
        Set<String> upstream = graph.upstream().stream().map(Parameter::name).collect(Collectors.toSet());
        CaGrad rule = new CaGrad(0.5, CaGrad.Rescale.BY_SQUARE, measured);
        try (Trial trial = new Trial(device, graph, rule, seed)) {
            Map<String, float[]> combined = gradients(trial);
            String any = trial.parameters().keySet().iterator().next();
            StepRecord record = trial.run(any, trial.parameters().get(any), 0);
            combined.forEach((name, gradient) -> {
                double sizes = 0;
                for (int task = 0; task < alone.size(); task++) {
                    float[] single = alone.get(task).get(name);
                    double coefficient = upstream.contains(name) ? record.weight()[task] : 1;
                    sizes += coefficient * norm(single);
                    for (int i = 0; i < gradient.length; i++) {
                        gradient[i] -= (float) (coefficient * single[i]);
                    }
                }
                assertEquals(0, norm(gradient), ROUNDING * (1 + sizes), "graph " + seed + ", " + name);
            });
            for (int task = 0; measured == Measured.UPSTREAM && task < alone.size(); task++) {
                double squares = 0;
                for (String name : upstream) {
                    squares += Math.pow(norm(alone.get(task).get(name)), 2);
                }
                double expected = Math.sqrt(squares);
                assertEquals(expected, record.gradientNorm()[task], ROUNDING * (1 + expected), "graph " + seed
                        + ", task " + task);
            }
        }
        return alone.getFirst().keySet().stream().mapToLong(name -> alone.stream().filter(single ->
                norm(single.get(name)) > 0).count()).filter(some -> some > 1 && some < alone.size()).count();
    }
}
