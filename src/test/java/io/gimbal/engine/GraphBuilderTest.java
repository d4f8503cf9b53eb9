package io.gimbal.engine;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.balance.FixedWeights;
import io.gimbal.balance.GradNorm;
import io.gimbal.config.UserException;
import io.gimbal.device.Precision;
import io.gimbal.loss.Loss;
import io.gimbal.train.Schedule;
import io.gimbal.train.Sgd;
import java.util.Collections;
import java.util.List;
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
        graph.endHead(convolution("out." + task, graph.beginHead(task)));
    }

    private static void refused(Runnable call, String... parts) {
        UserException refused = assertThrows(UserException.class, call::run);
        for (String part : parts) {
            assertTrue(refused.getMessage().contains(part), refused::getMessage);
        }
    }

    private StepPlan plan(Balancing balancing, boolean measure) {
        NetworkGraph built = graph.build(null);
        return new StepPlan(built, Collections.nCopies(built.tasks().size(), Loss.l2()), balancing,
                new Sgd(0.1, 0, 0), Schedule.constant(0.1), Precision.FLOAT32, measure);
    }

    /** Two heads, the second of which adds that to what it starts from. */
    private void secondHeadReads(Value value) {
        graph.endTrunk(trunk);
        head("a");
        Value b = graph.beginHead("b");
        graph.endHead(convolution("out.b", graph.add("skip", b, value)));
    }

    @Test
    void aHeadMayReadAnother() {
        graph.endTrunk(trunk);
        Value a = convolution("inner", graph.beginHead("a"));
        graph.endHead(convolution("out.a", a));
        Value b = graph.beginHead("b");
        graph.endHead(convolution("out.b", graph.add("exchange", b, a)));
        assertDoesNotThrow(() -> plan(GradNorm.withAlpha(1), true));
    }

    @Test
    void aHeadMayReadWhatLiesBehindTheSharedWeight() {
        secondHeadReads(behind);
        assertDoesNotThrow(() -> plan(GradNorm.withAlpha(1), true));
    }

    @Test
    void aTaskThatDoesNotDependOnTheSharedWeightIsTrainedButItsNormIsRefused() {
        graph.endTrunk(before);
        head("a");
        Value b = graph.beginHead("b");
        graph.endHead(convolution("out.b", graph.add("skip", b, trunk)));
        assertDoesNotThrow(() -> plan(FixedWeights.equal(), false));
        refused(() -> plan(GradNorm.withAlpha(1), false), "task 'a' does not depend on one.weight", "fixed weights");
        refused(() -> plan(FixedWeights.equal(), true), "task 'a' does not depend on one.weight", "model.shared");
    }

    @Test
    void aHeadMayReadWhatLiesBeforeTheSharedWeight() {
        secondHeadReads(before);
        assertDoesNotThrow(() -> plan(GradNorm.withAlpha(1), true));
    }

    @Test
    void aHeadMayPredictTheTrunksOutput() {
        graph.endTrunk(trunk);
        graph.beginHead("a");
        graph.endHead(trunk);
        head("b");
        assertDoesNotThrow(() -> plan(GradNorm.withAlpha(1), true));
    }

    @Test
    void theTrunkEndsOnceAndBeforeTheHeads() {
        refused(() -> graph.beginHead("a"), "beginHead('a') comes before endTrunk");
        refused(() -> graph.endHead(trunk), "call beginHead first");
        graph.endTrunk(trunk);
        refused(() -> graph.endTrunk(before), "endTrunk was called already, with what last leaves");
        refused(() -> convolution("late", trunk), "late stands behind the trunk's end");
    }

    @Test
    void aTrunkWithoutAWeightIsRefused() {
        GraphBuilder empty = new GraphBuilder(Shape.features(2, 3));
        refused(() -> empty.endTrunk(empty.input()), "model.trunk has no conv2d");
    }

    @Test
    void headsComeOneBehindTheOther() {
        graph.endTrunk(trunk);
        Value start = graph.beginHead("a");
        refused(() -> graph.beginHead("b"), "before the head of task 'a' has ended");
        refused(() -> graph.build(null), "the head of task 'a' has not ended");
        graph.endHead(convolution("out", start));
        refused(() -> graph.endHead(start), "call beginHead first");
        refused(() -> convolution("late", start), "late stands behind the end of the head of task 'a'");
        refused(() -> graph.beginHead("a"), "task 'a' has a head already");
    }

    @Test
    void aHeadPredictsAValueOfItsOwn() {
        graph.endTrunk(trunk);
        Value a = convolution("inner", graph.beginHead("a"));
        graph.endHead(a);
        graph.beginHead("b");
        for (Value foreign : List.of(a, before, graph.input())) {
            refused(() -> graph.endHead(foreign), "the head of task 'b' ends with " + foreign.describe());
        }
    }

    @Test
    void aHeadReadsTheTrunksOutputItself() {
        graph.endTrunk(trunk);
        Value a = convolution("inner", graph.beginHead("a"));
        graph.endHead(a);
        graph.beginHead("b");
        for (Value other : List.of(a, before)) {
            Value out = convolution("out." + other.describe(), other);
            refused(() -> graph.endHead(out), "the head of task 'b' does not read the trunk's output");
        }
    }

    @Test
    void whatNobodyReadsIsRefused() {
        Value dangling = convolution("dangling", before);
        graph.endTrunk(trunk);
        head("a");
        refused(() -> graph.build(null), "dangling leaves what no operation reads");
        assertEquals(CHANNELS, dangling.shape().channels());
    }

    @Test
    void aTrunkThatReadsNothingOfItsWeightIsRefused() {
        graph.endTrunk(graph.input());
        head("a");
        refused(() -> graph.build(null), "last leaves what no operation reads");
    }

    @Test
    void anOperationsNameIsItsOwn() {
        refused(() -> convolution("one", before), "two layers are named 'one'");
    }

    @Test
    void valuesOfAnotherBuilderAreRefused() {
        Value foreign = new GraphBuilder(Shape.image(2, CHANNELS, 6, 6)).input();
        List<Consumer<Value>> takers = List.of(value -> convolution("c", value), value -> graph.add("sum", trunk,
                value), graph::endTrunk);
        takers.forEach(taker -> refused(() -> taker.accept(foreign), "the network's input, which another builder"));
        graph.endTrunk(trunk);
        graph.beginHead("a");
        refused(() -> graph.endHead(foreign), "which another builder made");
    }

    @Test
    void thirtyThreeTasksAreOneTooMany() {
        graph.endTrunk(trunk);
        for (int task = 0; task < NetworkGraph.MOST_TASKS; task++) {
            head("t" + task);
        }
        refused(() -> graph.beginHead("more"), "task 'more' is one too many", "at most 32");
        assertEquals(32, graph.build(null).tasks().size());
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
        GraphBuilder line = new GraphBuilder(Shape.image(1, 1, (1 << 22) + 1, 1));
        refused(() -> line.upsample("long", line.input(), 2, true), "long (upsample)", "8388608");
    }

    @Test
    void moreParametersThanOneBufferCarriesAreRefused() {
        GraphBuilder deep = new GraphBuilder(Shape.features(2, 16384));
        Value hidden = deep.linear("one", deep.input(), 16384, false);
        Value last = deep.linear("two", hidden, 16384, false);
        deep.endTrunk(last);
        deep.endHead(deep.linear("out", deep.beginHead("a"), 1, false));
        NetworkGraph built = deep.build(null);
        refused(() -> new ModelLayout(built, Precision.FLOAT32), "parameters are 536887296 values", "at most 536870911");
    }

    @Test
    void aSecondThreadIsRefused() {
        ExecutionException refused = assertThrows(ExecutionException.class, () -> CompletableFuture.runAsync(() ->
                convolution("late", trunk)).get());
        assertTrue(refused.getCause().getMessage().contains("the graph builder is for one thread"));
    }
}
