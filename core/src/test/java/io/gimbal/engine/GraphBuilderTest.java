package io.gimbal.engine;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.balance.FixedWeights;
import io.gimbal.balance.GradNorm;
import io.gimbal.config.UserException;
import io.gimbal.device.Precision;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Parameter;
import io.gimbal.graph.Shape;
import io.gimbal.graph.Value;
import io.gimbal.graph.operation.ActivationKind;
import io.gimbal.loss.Loss;
import io.gimbal.optimizer.Schedule;
import io.gimbal.optimizer.Sgd;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the builder does not take, and which graphs' norms are not measured; each is refused in one sentence. */
class GraphBuilderTest {
    private static final int CHANNELS = 4;

    private GraphBuilder graph;
    private Value before;
    private Value behind;
    private Value trunk;

    /** A trunk of a value before W, W's, and one behind that is no output. */
    @BeforeEach
    void begin() {
        graph = new GraphBuilder(Shape.image(2, CHANNELS, 6, 6));
        before = graph.activation("first", convolution("zero", graph.input()), ActivationKind.TANH);
        behind = convolution("one", before);
        trunk = graph.activation("last", behind, ActivationKind.TANH);
    }

    private Value convolution(String name, Value x) {
        return graph.convolution(name, x, CHANNELS, 1, 1, 0, 1, true);
    }

    private void head(String task) {
        graph.output(task, convolution("out." + task, trunk));
    }

    private static void refused(Runnable call, String... parts) {
        UserException refused = assertThrows(UserException.class, call::run);
        for (String part : parts) {
            assertTrue(refused.getMessage().contains(part), refused::getMessage);
        }
    }

    private StepPlan plan(Balancing balancing, boolean measure) {
        NetworkGraph built = graph.build(List.of());
        return new StepPlan(built, Collections.nCopies(built.tasks().size(), Loss.l2()), balancing,
                new Sgd(0.1, 0, 0), Schedule.constant(0.1), Precision.FLOAT32, measure);
    }

    /** Two heads, the second of which adds that to what it starts from. */
    private void secondHeadReads(Value value) {
        head("a");
        graph.output("b", convolution("out.b", graph.residual("skip", trunk, value)));
    }

    @Test
    void aHeadMayReadAnother() {
        Value a = convolution("inner", trunk);
        graph.output("a", convolution("out.a", a));
        graph.output("b", convolution("out.b", graph.residual("exchange", trunk, a)));
        assertDoesNotThrow(() -> plan(GradNorm.withAlpha(1), true));
    }

    @Test
    void joinsWhoseValuesDoNotFitAreRefused() {
        Value wide = graph.convolution("wide", trunk, 6, 1, 1, 0, 1, true);
        Value place = graph.convolution("place", trunk, 1, 1, 1, 0, 1, true);
        Value channel = graph.globalAverage("channel", trunk, true);
        Value features = graph.globalAverage("features", trunk, false);
        List<Value> two = List.of(trunk, before);
        refused(() -> graph.sum("j", two, List.of(1.0)), "j (add)", "1 coefficients for 2 values");
        refused(() -> graph.sum("j", two, List.of(1.0, Double.NaN)), "j (add)", "NaN");
        refused(() -> graph.sum("j", two, List.of(1.0, 1e39)), "j (add)", "float32");
        refused(() -> graph.product("j", List.of(trunk)), "j (multiply)", "it joins two or more");
        refused(() -> graph.product("j", List.of(trunk, wide)), "j (multiply)", "6 x 6 x 6", "4 x 6 x 6", "6 x 1 x 1",
                "1 x 6 x 6");
        refused(() -> graph.product("j", List.of(channel, place)), "j (multiply)", "1 x 6 x 6", "4 x 1 x 1");
        refused(() -> graph.product("j", List.of(trunk, features)), "j (multiply)", "4 features", "4 x 6 x 6");
        refused(() -> graph.mix("j", List.of(trunk), true, List.of(), false), "j (mix)", "it joins two or more");
        refused(() -> graph.mix("j", List.of(trunk, channel), true, List.of(), false), "j (mix)", "4 x 1 x 1", "alike");
        refused(() -> graph.mix("j", two, true, List.of(1.0, 2.0, 3.0), false), "j (mix)", "start has 3 numbers");
        refused(() -> graph.mix("j", two, true, List.of(1.0, Double.POSITIVE_INFINITY), false), "j (mix)", "finite");
    }

    @Test
    void channelsThatAreNotThereAreRefused() {
        refused(() -> graph.slice("s", trunk, 2, 3), "s (slice)", "4 x 6 x 6", "takes 3 channels from number 2 on",
                "there are 2");
        refused(() -> graph.slice("s", trunk, Integer.MAX_VALUE, Integer.MAX_VALUE), "s (slice)", "there are 0");
        refused(() -> graph.slice("s", trunk, -1, 2), "s (slice): start", "-1");
        refused(() -> graph.slice("s", trunk, 0, 0), "s (slice): count", "0");
        refused(() -> graph.slice("s", graph.globalAverage("g", trunk, false), 4, 1),
                "takes 1 features from number 4 on");
        refused(() -> graph.pixelShuffle("p", trunk, 3), "p (pixel_shuffle)", "4 x 6 x 6", "a multiple of 9 channels");
        refused(() -> graph.pixelShuffle("p", trunk, Integer.MAX_VALUE), "p (pixel_shuffle)", "multiple of");
        refused(() -> graph.pixelShuffle("p", graph.globalAverage("h", trunk, false), 2), "p (pixel_shuffle)",
                "images");
    }

    @Test
    void aHeadMayReadWhatLiesBehindTheSharedWeight() {
        secondHeadReads(behind);
        assertDoesNotThrow(() -> plan(GradNorm.withAlpha(1), true));
    }

    @Test
    void aTaskThatDoesNotDependOnTheSharedWeightIsTrainedButItsNormIsRefused() {
        graph.output("a", convolution("out.a", before));
        graph.output("b", convolution("out.b", graph.residual("skip", before, trunk)));
        String one = "one.weight";
        assertDoesNotThrow(() -> plan(FixedWeights.equal(), false));
        assertEquals("zero.weight", graph.build(List.of()).shared().getFirst().name());
        NetworkGraph named = graph.build(List.of(one));
        List<Criterion> losses = Collections.nCopies(2, Loss.l2());
        refused(() -> new StepPlan(named, losses, GradNorm.withAlpha(1), new Sgd(0.1, 0, 0), Schedule.constant(0.1),
                Precision.FLOAT32, false), "task 'a' does not depend on one.weight", "fixed weights", "model.shared");
    }

    @Test
    void tasksThatShareNoWeightAreTrainedButNotMeasured() {
        GraphBuilder apart = new GraphBuilder(Shape.features(2, 3));
        apart.output("a", apart.linear("left", apart.input(), 1, true));
        apart.output("b", apart.linear("right", apart.input(), 1, true));
        NetworkGraph built = apart.build(List.of());
        assertTrue(built.shared().isEmpty());
        List<Criterion> losses = Collections.nCopies(2, Loss.l2());
        assertDoesNotThrow(() -> new StepPlan(built, losses, FixedWeights.equal(), new Sgd(0.1, 0, 0),
                Schedule.constant(0.1), Precision.FLOAT32, false));
        refused(() -> new StepPlan(built, losses, GradNorm.withAlpha(1), new Sgd(0.1, 0, 0), Schedule.constant(0.1),
                Precision.FLOAT32, false), "the losses of all tasks depend", "fixed weights");
    }

    @Test
    void aHeadMayReadWhatLiesBeforeTheSharedWeight() {
        secondHeadReads(before);
        assertDoesNotThrow(() -> plan(GradNorm.withAlpha(1), true));
    }

    @Test
    void aTaskMayPredictWhatOthersRead() {
        graph.output("a", trunk);
        head("b");
        assertDoesNotThrow(() -> plan(GradNorm.withAlpha(1), true));
    }

    @Test
    void whatOnlyLossesReadIsNoPartOfInference() {
        Value early = convolution("early", trunk);
        Value result = convolution("result", trunk);
        graph.output("a", List.of(result, early));
        head("b");
        NetworkGraph built = graph.build(List.of());
        assertEquals(result, built.output(0));
        List<String> names = built.parameters().stream().map(Parameter::name).toList();
        assertTrue(names.contains("early.weight"), names::toString);
        assertEquals(List.of("zero", "first", "one", "last", "result", "out.b"), built.forInference().operations()
                .stream()
                .map(Operation::name).toList());
    }

    @Test
    void allThatPredictsForATaskHasOneShape() {
        refused(() -> graph.output("a", List.of(trunk, graph.maxPool("pool", trunk, 2, 2, 0))), "task 'a'",
                "what last leaves is", "what pool leaves is", "one target");
        refused(() -> graph.output("a", List.of()), "task 'a' predicts nothing");
    }

    @Test
    void convolutionsStartAtZeroOrAsWeightedBlocks() {
        Value both = graph.concatenation("both", List.of(trunk, before));
        Value mixed = graph.convolution("mixed", both, CHANNELS, 3, 1, 1, 1, 1, true, 
                Optional.of(new Initial.Blocks(List.of(0.9, 0.1))));
        graph.output("a", graph.convolution("silent", mixed, 2, 1, 1, 0, 1, 1, true,
                Optional.of(new Initial.Zero())));
        Map<String, Parameter> parameters = new HashMap<>();
        graph.build(List.of()).parameters().forEach(parameter -> parameters.put(parameter.name(), parameter));
        float[] blocks = parameters.get("mixed.weight").initialValues(7);
        for (int out = 0; out < CHANNELS; out++) {
            for (int in = 0; in < 2 * CHANNELS; in++) {
                for (int spot = 0; spot < 9; spot++) {
                    float expected = spot != 4 ? 0 : in == out ? 0.9f : in == out + CHANNELS ? 0.1f : 0;
                    assertEquals(expected, blocks[(out * 2 * CHANNELS + in) * 9 + spot]);
                }
            }
        }
        for (String zero : List.of("mixed.bias", "silent.weight", "silent.bias")) {
            for (float value : parameters.get(zero).initialValues(7)) {
                assertEquals(0, value, zero);
            }
        }
        refused(() -> graph.convolution("odd", both, CHANNELS, 1, 1, 0, 1, 1, true,
                Optional.of(new Initial.Blocks(List.of(1.0)))),
                "odd (conv2d): initial has 1 numbers", "4 channels");
    }

    /** Of n numbers of a normal distribution the mean is off by deviation / sqrt(n), the deviation by half of it. */
    @Test
    void filtersStartNormallyDistributedByTheSeedAndTheirNameAlone() {
        double deviation = 0.01;
        Optional<Initial> normal = Optional.of(new Initial.Normal(deviation));
        Value wide = graph.convolution("wide", trunk, 400, 3, 1, 1, 1, 1, true, normal);
        graph.output("a", graph.convolution("other", wide, 4, 3, 1, 1, 1, 1, true, normal));
        Map<String, Parameter> parameters = new HashMap<>();
        graph.build(List.of()).parameters().forEach(parameter -> parameters.put(parameter.name(), parameter));
        float[] weight = parameters.get("wide.weight").initialValues(7);
        double sum = 0;
        double squares = 0;
        double within = 0;
        for (float value : weight) {
            sum += value;
            squares += (double) value * value;
            within += Math.abs(value) < deviation ? 1 : 0;
        }
        int n = weight.length;
        assertEquals(400 * CHANNELS * 9, n);
        assertEquals(0, sum / n, 4 * deviation / Math.sqrt(n));
        assertEquals(deviation, Math.sqrt(squares / n), 4 * deviation / Math.sqrt(2 * n));
        assertEquals(0.6827, within / n, 4 * 0.5 / Math.sqrt(n), "a normal distribution's part within a deviation");
        assertArrayEquals(new float[400], parameters.get("wide.bias").initialValues(7));
        assertArrayEquals(weight, Parameter.normal("wide.weight", deviation, 400, CHANNELS, 3, 3).initialValues(7),
                "whatever else is in the network");
        float[] other = parameters.get("other.weight").initialValues(7);
        double product = 0;
        for (int i = 0; i < n; i++) {
            product += weight[i] * (double) other[i] / n;
        }
        assertEquals(0, product / (deviation * deviation), 4 / Math.sqrt(n), "how far two parameters are correlated");
        assertNotEquals(weight[0], parameters.get("wide.weight").initialValues(8)[0], "of another seed");
    }

    @Test
    void aTaskPredictsOnce() {
        head("a");
        refused(() -> graph.output("a", trunk), "task 'a' predicts already, what out.a leaves");
        refused(() -> new GraphBuilder(Shape.features(1, 1)).build(List.of()), "at least one task");
    }

    @Test
    void whatIsJoinedMustFit() {
        Value small = graph.convolution("small", before, 2, 3, 1, 0, 1, true);
        refused(() -> graph.sum("join", List.of(before, small)), "join (add): what first leaves is 4 x 6 x 6, and what "
                + "small leaves is 2 x 4 x 4", "alike");
        refused(() -> graph.concatenation("join", List.of(before, small)), "join (concat): what first leaves is 4 x 6 x"
                + " 6", "one height and width");
        refused(() -> graph.concatenation("join", List.of(before)), "join (concat): what arrives is 1 value", "two or");
        refused(() -> graph.sum("join", List.of()), "what arrives is 0 values");
        assertEquals(Shape.image(2, 2 * CHANNELS, 6, 6), graph.concatenation("join", List.of(before, trunk)).shape());
    }

    @Test
    void whatAttendsMustFit() {
        Value small = graph.convolution("small", before, 6, 3, 1, 0, 1, true);
        Value other = graph.convolution("other", before, 6, 1, 1, 0, 1, true);
        refused(() -> attention(List.of(before, trunk), 1, 3), "at (attention): what arrives is 2 values",
                "q, k and v");
        refused(() -> attention(List.of(before, before, small), 1, 3), "at (attention): what first leaves is 4 x 6 x 6",
                "what small leaves is 6 x 4 x 4", "one height and width");
        refused(() -> attention(List.of(before, other, before), 1, 3), "what other leaves is 6 x 6 x 6",
                "q and k have as many channels");
        refused(() -> attention(List.of(before, before, other), 4, 3), "what arrives is 6 x 6 x 6", "4 heads",
                "divide 6");
        refused(() -> attention(List.of(before, before, before), 0, 3), "at (attention): heads is 0", "at least 1");
        refused(() -> attention(List.of(before, before, before), 1, 4), "at (attention): window is 4", "odd");
        refused(() -> attention(List.of(before, before, before), 1, -3), "at (attention): window is -3", "at least 1");
        refused(() -> graph.attention("at", List.of(before, before, before), 1, OptionalInt.empty(),
                OptionalDouble.of(Double.NaN)), "at (attention): scale is NaN");
        assertEquals(Shape.image(2, 6, 6, 6), attention(List.of(before, trunk, other), 2, 3).shape());
    }

    private Value attention(List<Value> values, int heads, int window) {
        return graph.attention("at", values, heads, OptionalInt.of(window), OptionalDouble.empty());
    }

    @Test
    void whatNobodyReadsIsRefused() {
        Value dangling = convolution("dangling", before);
        head("a");
        refused(() -> graph.build(List.of()), "dangling leaves what no operation reads");
        assertEquals(CHANNELS, dangling.shape().channels());
    }

    @Test
    void anOperationsNameIsItsOwn() {
        refused(() -> convolution("one", before), "two layers are named 'one'");
    }

    @Test
    void valuesOfAnotherBuilderAreRefused() {
        Value foreign = new GraphBuilder(Shape.image(2, CHANNELS, 6, 6)).input();
        List<Consumer<Value>> takers = List.of(value -> convolution("c", value), value -> graph.residual("sum", trunk,
                value), value -> graph.output("a", value));
        takers.forEach(taker -> refused(() -> taker.accept(foreign), "the network's input, which another builder"));
    }

    @Test
    void thirtyThreeTasksAreOneTooMany() {
        for (int task = 0; task < NetworkGraph.MOST_TASKS; task++) {
            head("t" + task);
        }
        refused(() -> graph.output("more", trunk), "task 'more' is one too many", "at most 32");
        assertEquals(32, graph.build(List.of()).tasks().size());
    }

    @Test
    void whatAKernelDoesNotCountIsRefusedByTheOperationsName() {
        refused(() -> new GraphBuilder(Shape.image(1, 1, 20000, 20000)), "the network's input: 1 x 20000 x 20000",
                "at most 2147483647");
        refused(() -> new GraphBuilder(Shape.features(1, 67108864)), "67108864 features", "at most 67108863");
        refused(() -> new GraphBuilder(Shape.features(67108864, 1)), "in batches of 67108864", "at most 67108863");
        refused(() -> graph.convolution("wide", before, 67108864, 1, 1, 0, 1, false), "wide", "at most 67108863");
        refused(() -> graph.convolution("heavy", before, 4096, 301, 1, 150, 1, false), "heavy.weight would have",
                "at most 2147483647");
        refused(() -> graph.transposedConvolution("large", before, 1, 3, 20000, 0, false), "large",
                "at most 2147483647");
        refused(() -> graph.upsample("sharp", before, 5000, false), "sharp", "at most 2147483647");
        refused(() -> graph.maxPool("pool", before, 16, 16, 8), "pool (max_pool)", "at most 15");
        refused(() -> graph.averagePool("mean", before, 46342, 1, 23171), "mean (avg_pool)", "at most 46340");
        assertDoesNotThrow(() -> graph.averagePool("mean", before, 46340, Integer.MAX_VALUE, 23170));
        refused(() -> graph.resize("size", before, 1, 89478486, true), "size (resize): what arrives is 4 x 6 x 6",
                "at most 536870912");
        refused(() -> graph.resize("size", before, 89478485, 25, false), "at most 2147483647");
        refused(() -> graph.convolution("cut", before, 6, 1, 1, 0, 1, 3, true),
                "cut (conv2d): what arrives is 4 x 6 x 6", "3 groups need a multiple of 3 channels on both sides");
        GraphBuilder line = new GraphBuilder(Shape.image(1, 1, (1 << 22) + 1, 1));
        refused(() -> line.upsample("long", line.input(), 2, true), "long (upsample)", "8388608");
    }

    @Test
    void moreParametersThanOneBufferCarriesAreRefused() {
        GraphBuilder deep = new GraphBuilder(Shape.features(2, 16384));
        Value hidden = deep.linear("one", deep.input(), 16384, false);
        Value last = deep.linear("two", hidden, 16384, false);
        deep.output("a", deep.linear("out", last, 1, false));
        NetworkGraph built = deep.build(List.of());
        refused(() -> new ModelLayout(built, Precision.FLOAT32), "parameters are 536887296 values",
                "at most 536870911");
    }

    @Test
    void aSecondThreadIsRefused() {
        ExecutionException refused = assertThrows(ExecutionException.class, () -> CompletableFuture.runAsync(() ->
                convolution("late", trunk)).get());
        assertTrue(refused.getCause().getMessage().contains("the graph builder is for one thread"));
    }
}
