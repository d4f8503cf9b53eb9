package io.gimbal.model;

import static io.gimbal.nn.Layers.add;
import static io.gimbal.nn.Layers.batchNorm;
import static io.gimbal.nn.Layers.concat;
import static io.gimbal.nn.Layers.conv2d;
import static io.gimbal.nn.Layers.linear;
import static io.gimbal.nn.Layers.mix;
import static io.gimbal.nn.Layers.multiply;
import static io.gimbal.nn.Layers.relu;
import static io.gimbal.nn.Layers.sigmoid;
import static io.gimbal.nn.Layers.slice;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.nn.Layer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Networks as graphs of blocks, in Java and in a configuration. */
class BlocksTest {
    private static final Network JOINED = Network.ofImages(3, 8, 6)
            .block("stem", Network.INPUT, conv2d(4, 3).padding(1), relu())
            .block("left", "stem", conv2d(4, 3).padding(1))
            .block("both", concat("left", "stem", "input"), conv2d(4, 1))
            .block("sum", add("both", "left"))
            .output("a", "sum").output("b", "both");

    private static NetworkGraph read(String model) {
        return NetworkReader.read(Config.parse(model.replace('\'', '"'), "case.json")).graph(2);
    }

    @Test
    void joiningIsABlocksLayer0() {
        NetworkGraph graph = JOINED.graph(2);
        assertEquals(List.of("a", "b"), graph.tasks());
        assertEquals(List.of("stem.0.weight", "stem.0.bias", "left.0.weight", "left.0.bias", "both.1.weight",
                "both.1.bias"), List.copyOf(graph.shapes().keySet()));
        assertArrayEquals(new long[] {4, 11, 1, 1}, graph.shapes().get("both.1.weight"));
        assertEquals("4 x 8 x 6", graph.prediction(0).describe());
    }

    @Test
    void theLastWeightOnWhichAllTasksDependIsShared() {
        assertEquals("both.1.weight", JOINED.graph(2).shared().getFirst().name());
        assertEquals("left.0.weight", JOINED.shared("left.0.weight").graph(2).shared().getFirst().name());
    }

    @Test
    void aConfigurationSaysTheSame() {
        NetworkGraph graph = read("{'input': [3, 8, 6], 'blocks': {'stem': {'layers': [{'layer': 'conv2d', 'out': 4, "
                + "'kernel': 3, 'padding': 1}, {'layer': 'relu'}]}, 'left': {'layers': [{'layer': 'conv2d', 'out': 4, "
                + "'kernel': 3, 'padding': 1}]}, 'both': {'from': ['left', 'stem', 'input'], 'layers': [{'layer': "
                + "'concat'}, {'layer': 'conv2d', 'out': 4, 'kernel': 1}]}, 'sum': {'from': ['both', 'left'],"
                + " 'layers': [{'layer': 'add'}]}}, 'outputs': {'a': ['sum'], 'b': ['both']}}");
        assertEquals(List.copyOf(JOINED.graph(2).shapes().keySet()), List.copyOf(graph.shapes().keySet()));
        assertEquals("both.1.weight", graph.shared().getFirst().name());
    }

    @Test
    void joinsAreSentencesAndAConfigurationSaysTheSame() {
        Network network = Network.ofImages(3, 8, 6).block("value", Network.INPUT, conv2d(4, 1))
                .block("gate", "value", conv2d(4, 1), sigmoid())
                .block("distilled", multiply("gate", "value"))
                .block("mixed", mix("value", "distilled").start(0.9, 0.1), conv2d(4, 1))
                .block("even", mix("mixed", "value", "gate").perTensor().softmaxed())
                .block("a", add("even", "mixed").coefficients(2, -1), slice(1, 2))
                .output("a", "a");
        NetworkGraph graph = read("{'input': [3, 8, 6], 'blocks': {'value': {'layers': [{'layer': 'conv2d', 'out': 4, "
                + "'kernel': 1}]}, 'gate': {'layers': [{'layer': 'conv2d', 'out': 4, 'kernel': 1}, {'layer': "
                + "'sigmoid'}]}, 'distilled': {'from': ['gate', 'value'], 'layers': [{'layer': 'multiply'}]}, "
                + "'mixed': {'from': ['value', 'distilled'], 'layers': [{'layer': 'mix', 'per': 'channel', 'start': "
                + "[0.9, 0.1], 'normalize': false}, {'layer': 'conv2d', 'out': 4, 'kernel': 1}]}, 'even': {'from': "
                + "['mixed', 'value', 'gate'], 'layers': [{'layer': 'mix', 'per': 'tensor', 'normalize': "
                + "'softmax'}]}, 'a': {'from': ['even', 'mixed'], 'layers': [{'layer': 'add', 'coefficients': [2, "
                + "-1]}, {'layer': 'slice', 'start': 1, 'count': 2}]}}, "
                + "'outputs': {'a': ['a']}}");
        assertEquals(List.copyOf(network.graph(2).shapes().keySet()), List.copyOf(graph.shapes().keySet()));
        assertArrayEquals(new long[] {2, 4}, graph.shapes().get("mixed.0.weight"));
        assertArrayEquals(new long[] {3}, graph.shapes().get("even.0.weight"));
        assertEquals("2 x 8 x 6", graph.prediction(0).describe());
    }

    @Test
    void theExampleOfAUNetJoinsItsHeadsBehindTheLastWeightOfAll() {
        NetworkGraph graph = NetworkReader.read(Config.read(Path.of("examples/unet.json")).object("model")).graph(2);
        assertEquals(List.of("segmentation", "depth", "normals"), graph.tasks());
        assertEquals("13 x 96 x 128", graph.prediction(0).describe());
        assertEquals("shared.1.weight", graph.shared().getFirst().name());
    }

    @Test
    void trunkAndHeadsAreBlocksToo() {
        Network network = Network.ofImages(3, 8, 6).trunk(conv2d(4, 3)).head("a", conv2d(1, 1))
                .block("beside", concat("trunk", "heads.a"), conv2d(2, 1)).output("b", "beside");
        assertEquals("trunk.0.weight", network.graph(2).shared().getFirst().name());
        assertEquals("2 x 6 x 4", network.graph(2).prediction(1).describe());
    }

    @Test
    void tiedBlocksHaveOneSetOfParametersAndStatistics() {
        List<Layer> eye = List.of(conv2d(3, 3).padding(1), batchNorm(), relu());
        Network network = Network.ofImages(3, 8, 6).block("left", Network.INPUT, eye).block("right", "left", eye)
                .tied("right", "left").block("again", "right", eye).tied("again", "right").output("a", "again");
        NetworkGraph graph = network.graph(2);
        assertEquals(List.of("left.0.weight", "left.0.bias", "left.1.weight", "left.1.bias", "left.1.running_mean",
                "left.1.running_var"), List.copyOf(graph.shapes().keySet()));
        assertEquals(Map.of("left.1", 3), graph.batchNormUses());
    }

    @Test
    void frozenBatchNormsMoveNothingAndTakeABatchOfOnePixel() {
        List<Layer> eye = List.of(conv2d(3, 1), batchNorm(), relu());
        Network network = Network.ofImages(3, 1, 1).block("left", Network.INPUT, eye).block("right", "left", eye)
                .tied("right", "left").frozenBatchNorm().output("a", "right");
        assertEquals(Map.of("left.1", 0), network.graph(1).batchNormUses());
        assertEquals(4 + 2, network.graph(1).shapes().size(), "parameters and statistics");
    }

    @Test
    void aConfigurationFreezesBatchNormsInEveryFormOfNetwork() {
        String layers = "[{'layer': 'conv2d', 'out': 3, 'kernel': 1}, {'layer': 'batch_norm'}]";
        List<String> forms = List.of("'input': [3, 4, 4], 'trunk': " + layers + ", 'heads': {'a': []}",
                "'input': [3, 4, 4], 'blocks': {'one': {'layers': " + layers + "}}, 'outputs': {'a': ['one']}",
                "'input': [3, 32, 32], 'network': 'segnet_vgg16', 'heads': {'a': []}",
                "'input': [3, 32, 32], 'network': 'resnet50_fcn', 'heads': {'a': []}");
        for (String form : forms) {
            assertTrue(uses(form + ", 'batch_norm': 'frozen'").stream().allMatch(uses -> uses == 0), form);
            assertTrue(uses(form + ", 'batch_norm': 'batch'").stream().allMatch(uses -> uses == 1), form);
            assertTrue(uses(form).stream().allMatch(uses -> uses == 1), form);
        }
    }

    @Test
    void whatIsWrittenOfANetworkSaysHowItStartsAndThatItIsFrozen() {
        Network network = Network.ofImages(3, 4, 4).block("one", Network.INPUT, conv2d(3, 1).startingNormal(0.01),
                conv2d(3, 1).startingAtZero(), conv2d(3, 1).startingAt(0.5), batchNorm()).output("a", "one")
                .frozenBatchNorm();
        String written = NetworkWriter.write(network).toString();
        assertEquals(written, NetworkWriter.write(NetworkReader.read(Config.parse(written, "written"))).toString());
        for (String part : List.of("{\"normal\":0.01}", "\"zero\"", "[0.5]", "\"batch_norm\":\"frozen\"")) {
            assertTrue(written.contains(part), written);
        }
    }

    @Test
    void anArchitecturesBatchNormsAreFrozenToo() {
        String model = "{'architecture': 'baseline', 'backbone': 'resnet18', 'input': [3, 64, 64], "
                + "'batch_norm': 'frozen'}";
        String tasks = "{'a': {'loss': 'l1', 'normalize': true}}";
        NetworkGraph graph = NetworkReader.read(Config.parse(model.replace('\'', '"'), "case.json"),
                Optional.of(Config.parse(tasks.replace('\'', '"'), "case.json"))).graph(2);
        assertTrue(graph.batchNormUses().values().stream().allMatch(uses -> uses == 0));
        assertEquals(3, graph.prediction(0).channels(), "what directions have");
    }

    private static Collection<Integer> uses(String model) {
        Collection<Integer> uses = read("{" + model + "}").batchNormUses().values();
        assertFalse(uses.isEmpty(), model);
        return uses;
    }

    @Test
    void aBlockThatHasAnothersWeightsIsNotTheLastThatAllShare() {
        List<Layer> turn = List.of(conv2d(3, 1));
        Network network = Network.ofImages(3, 8, 6).block("one", Network.INPUT, turn)
                .block("two", "one", conv2d(3, 3).padding(1))
                .block("three", "two", turn).tied("three", "one").output("a", "three").output("b", "three");
        assertEquals("two.0.weight", network.graph(2).shared().getFirst().name());
    }

    @Test
    void aConfigurationTiesBlocksByWeights() {
        String eye = "'layers': [{'layer': 'conv2d', 'out': 3, 'kernel': 1}, {'layer': 'max_pool', 'kernel': 2}]";
        NetworkGraph graph = read("{'input': [3, 8, 6], 'blocks': {'left': {" + eye
                + "}, 'right': {'from': 'input', 'weights': "
                + "'left'}, 'third': {'from': 'left', 'weights': 'right', 'layers': [{'layer': 'conv2d', 'out': 3,"
                + " 'kernel': "
                + "1}]}, 'both': {'from': ['left', 'right', 'third'], 'layers': [{'layer': 'concat'}]}}, 'outputs':"
                + " {'a': ['both']}}");
        assertEquals(List.of("left.0.weight", "left.0.bias"), List.copyOf(graph.shapes().keySet()));
        assertEquals("9 x 4 x 3", graph.prediction(0).describe());
    }

    @Test
    void whatIsTiedToNothingIsRefused() {
        assertTrue(assertThrows(UserException.class, () -> JOINED.tied("stem", "left")).getMessage()
                .contains("block 'stem' has the weights of 'left', and there is no such block before it"));
        assertTrue(assertThrows(UserException.class, () -> JOINED.tied("stam", "left")).getMessage()
                .contains("'stam' is no block. Did you mean 'stem'?"));
    }

    @Test
    void aBlockThatIsCalledTrunkIsABlockLikeOthers() {
        Network network = Network.ofImages(3, 8, 6).block("trunk", Network.INPUT, conv2d(4, 3))
                .block("more", "trunk", conv2d(4, 1)).output("a", "more").output("b", "more");
        assertEquals("more.0.weight", network.graph(2).shared().getFirst().name());
    }

    @Test
    void aBlockWithoutLayersLeavesWhatItReads() {
        Network network = Network.ofImages(3, 8, 6).trunk(conv2d(4, 3)).block("same", "trunk").output("a", "same")
                .output("b", "trunk");
        assertEquals("4 x 6 x 4", network.graph(1).prediction(0).describe());
    }

    @Test
    void aHeadDoesNotTakeABlocksPlace() {
        Network network = Network.ofFeatures(3).trunk(linear(2)).block("heads.a", "trunk", linear(1));
        assertTrue(assertThrows(UserException.class, () -> network.head("a", linear(4))).getMessage()
                .contains("two blocks are named 'heads.a'"));
    }

    @Test
    void aBlockKeepsACopyOfItsLayers() {
        List<Layer> layers = new ArrayList<>(List.of(linear(2)));
        Network network = Network.ofFeatures(3).block("a", Network.INPUT, layers).output("a", "a");
        layers.add(linear(5));
        assertEquals("2 features", network.graph(1).prediction(0).describe());
        layers.set(0, null);
        assertTrue(assertThrows(NullPointerException.class, () -> network.block("b", "a", layers)).getMessage()
                .contains("block 'b' has null in place of layer 0"));
    }

    @Test
    void aHeadComesBehindTheTrunk() {
        String refused = assertThrows(UserException.class, () -> Network.ofFeatures(3).head("a")).getMessage();
        assertTrue(refused.contains("the head of task 'a' reads 'trunk', and there is none"), refused);
        assertTrue(assertThrows(UserException.class, () -> JOINED.block("stem", "input")).getMessage()
                .contains("two blocks are named 'stem'"));
    }
}
