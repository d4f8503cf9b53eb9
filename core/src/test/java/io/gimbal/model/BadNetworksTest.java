package io.gimbal.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.balance.FixedWeights;
import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.device.Precision;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.engine.StepPlan;
import io.gimbal.loss.Loss;
import io.gimbal.nn.Layers;
import io.gimbal.optimizer.Schedule;
import io.gimbal.optimizer.Sgd;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Networks that cannot be: each message names the layer, what arrives, and what is needed. */
class BadNetworksTest {
    private static String refusal(String model, int batch) {
        Config config = Config.parse(model.replace('\'', '"'), "case.json");
        return assertThrows(UserException.class, () -> NetworkReader.read(config).graph(batch)).getMessage();
    }

    private static void assertContains(String message, String... parts) {
        for (String part : parts) {
            assertTrue(message.contains(part), () -> "'" + part + "' is not in: " + message);
        }
    }

    private static String images(String layers) {
        return "{'input': [3, 8, 6], 'trunk': [" + layers + "], 'heads': {'a': []}}";
    }

    private static final String CONV = "{'layer': 'conv2d', 'out': 4, 'kernel': 3}, ";

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "{'layer': 'conv2d', 'out': 4, 'kernel': 9}                                  | trunk.1 (conv2d)     | 4 x"
                    + " 6 x 4 | kernel of 9",
            "{'layer': 'conv2d', 'out': 4, 'kernel': 3, 'dilation': 3}                   | trunk.1 (conv2d)     | 4 x"
            + " 6 x 4 | kernel of 7",
            "{'layer': 'max_pool', 'kernel': 7}                                          | trunk.1 (max_pool)   | 4 x"
            + " 6 x 4 | kernel of 7",
            "{'layer': 'max_pool', 'kernel': 2, 'padding': 2}                            | trunk.1 (max_pool)   |"
            + " padding 2 | kernel 2",
            "{'layer': 'max_pool', 'kernel': 16, 'padding': 8}                           | trunk.1 (max_pool)   |"
            + " kernel 16 | at most 15",
            "{'layer': 'avg_pool', 'kernel': 7}                                          | trunk.1 (avg_pool)   | 4 x"
            + " 6 x 4 | kernel of 7",
            "{'layer': 'avg_pool', 'kernel': 3, 'padding': 2}                            | trunk.1 (avg_pool)   |"
            + " padding 2 | kernel 3",
            "{'layer': 'avg_pool', 'kernel': 50000, 'padding': 25000}                    | trunk.1 (avg_pool)   |"
            + " kernel 50000 | at most 46340",
            "{'layer': 'resize', 'size': [100000000, 4]}                                 | trunk.1 (resize)     | 4 x"
            + " 6 x 4 | at most 536870912",
            "{'layer': 'resize', 'size': [50000, 50000]}                                 | trunk.1              |"
            + " 2500000000 | at most 2147483647",
            "{'layer': 'resize', 'size': [4]}                                            | trunk[1].size        | has"
            + " 1 sizes | [height, width]",
            "{'layer': 'conv2d', 'out': 6, 'kernel': 1, 'groups': 4}                     | trunk.1 (conv2d)     | 4 x"
            + " 6 x 4, and 6 channels | 4 groups need a multiple of 4 channels on both sides",
            "{'layer': 'conv2d', 'out': 6, 'kernel': 1, 'groups': 3}                     | trunk.1 (conv2d)     | 4 x"
            + " 6 x 4, and 6 channels | 3 groups need",
            "{'layer': 'linear', 'out': 4}                                               | trunk.1 (linear)     | 4 x"
            + " 6 x 4 | flatten or global_avg_pool",
            "{'layer': 'flatten', 'features': 95}                                        | trunk.1 (flatten)    | 96"
            + " features | says 95",
            "{'layer': 'residual', 'body': [{'layer': 'conv2d', 'out': 5, 'kernel': 1}]} | trunk.1 (residual)   | 5 x"
            + " 6 x 4 | 4 x 6 x 4",
            "{'layer': 'residual', 'body': [{'layer': 'linear', 'out': 5}]}              | trunk.1.body.0 (linear) |"
            + " 4 x 6 x 4 | flatten",
            "{'layer': 'conv_transpose2d', 'out': 4, 'kernel': 1, 'padding': 2}          | trunk.1 (conv_transpose2d)"
            + " | 4 x 6 x 4 | kernel of 1",
            "{'layer': 'max_pool', 'kernel': 2}, {'layer': 'conv2d', 'out': 5, 'kernel': 1}, {'layer': 'max_unpool',"
            + " 'pool': 'trunk.1'} | trunk.3 (max_unpool) | arrives is 5 x 3 x 2 | 'trunk.1' leaves 4 x 3 x 2",
            "{'layer': 'max_pool', 'kernel': 2}, {'layer': 'max_pool', 'kernel': 2, 'padding': 1}, {'layer':"
            + " 'max_unpool', 'pool': 'trunk.1'} | trunk.3 (max_unpool) | arrives is 4 x 2 x 2 | 'trunk.1' leaves 4 x"
            + " 3 x 2", "{'layer': 'global_avg_pool'}, {'layer': 'conv_transpose2d', 'out': 2, 'kernel': 1} | trunk.2"
            + " (conv_transpose2d) | 4 features | images",
            "{'layer': 'global_avg_pool'}, {'layer': 'max_unpool', 'pool': 'trunk.0'}    | trunk.2 (max_unpool) | 4"
            + " features | images",
            "{'layer': 'global_avg_pool'}, {'layer': 'batch_norm'}                       | trunk.2 (batch_norm) | 4"
            + " features | images",
            "{'layer': 'softmax', 'groups': 3}                                            | trunk.1 (softmax)   | 4 x"
            + " 6 x 4 | must divide the 4 channels",
            "{'layer': 'softmax', 'adjacent': 8}                                          | trunk.1 (softmax)   |"
            + " \"adjacent\" is 8 | must divide the 4 channels",
            "{'layer': 'global_avg_pool'}, {'layer': 'upsample', 'scale': 2}             | trunk.2 (upsample)   | 4"
            + " features | images",
            "{'layer': 'global_avg_pool'}, {'layer': 'max_pool', 'kernel': 2}            | trunk.2 (max_pool)   | 4"
            + " features | images",
            "{'layer': 'global_avg_pool'}, {'layer': 'global_avg_pool'}                  | trunk.2 (global_avg_pool)"
            + " | 4 features | images",
            "{'layer': 'global_avg_pool'}, {'layer': 'avg_pool', 'kernel': 1}            | trunk.2 (avg_pool)   | 4"
            + " features | images",
            "{'layer': 'global_avg_pool', 'keep': true}, {'layer': 'linear', 'out': 4}   | trunk.2 (linear)     | 4 x"
            + " 1 x 1 | flatten",
            "{'layer': 'global_avg_pool'}, {'layer': 'resize', 'size': [2, 3]}           | trunk.2 (resize)     | 4"
            + " features | images",
            "{'layer': 'global_avg_pool'}, {'layer': 'conv2d', 'out': 2, 'kernel': 1}    | trunk.2 (conv2d)     | 4"
            + " features | images"})
    void whatDoesNotFitIsNamedWithWhatArrivesAndWhatIsNeeded(String layer, String name, String arrives, String needs) {
        assertContains(refusal(images(CONV + layer), 2), name, arrives, needs);
    }

    @Test
    void anUnpoolingNamesAPoolingThatItCanReach() {
        String pool = "{'layer': 'max_pool', 'kernel': 2}";
        String unpool = "{'layer': 'max_unpool', 'pool': 'NAME'}";
        assertContains(refusal(images(CONV + unpool.replace("NAME", "trunk.0")), 2), "trunk.1 (max_unpool)",
                "\"pool\" is 'trunk.0'", "no max_pool before this layer", "There is none");
        assertContains(refusal(images(CONV + pool + "," + unpool.replace("NAME", "trunk.l")), 2),
                "\"pool\" is 'trunk.l'", "Did you mean 'trunk.1'?", "There are trunk.1");
        assertContains(refusal(images(CONV + unpool.replace("NAME", "trunk.2") + "," + pool), 2),
                "no max_pool before this layer");
        String overlapping = "{'layer': 'max_pool', 'kernel': 3, 'stride': 2}";
        assertContains(refusal(images(CONV + overlapping + "," + unpool.replace("NAME", "trunk.1")), 2),
                "'trunk.1'", "windows overlap (kernel 3, stride 2)", "at least its kernel");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "{'network': 'segnet', 'input': [3, 64, 64], 'heads': {'a': []}}                  | network | segnet_vgg16",
            "{'network': 'segnet_vgg16', 'trunk': [], 'input': [3, 64, 64], 'heads': {'a': []}} | both 'network' and"
            + " 'trunk' | own trunk",
            "{'network': 'segnet_vgg16', 'input': [64], 'heads': {'a': []}}                   | input | segnet_vgg16"
            + " reads [channels, height, width]",
            "{'network': 'segnet_vgg16', 'input': [3, 320, 300], 'heads': {'a': []}}          | 3 x 320 x 300 | such"
            + " as 320 and 288",
            "{'network': 'resnet50_fcn', 'input': [3, 10, 320], 'heads': {'a': []}}           | 3 x 10 x 320 | such"
            + " as 32 and 320",
            "{'network': 'segnet_vgg16', 'input': [3, 64, 64], 'output': 'half', 'heads': {'a': []}} | output |"
            + " quarter",
            "{'network': 'resnet50_fcn', 'input': [3, 64, 64], 'output': 'full', 'heads': {'a': []}} | output |"
            + " segnet_vgg16 does",
            "{'network': 'segnet_vgg16', 'input': [3, 64, 64], 'heads': {}}                   | heads | at least one"
            + " task",
            "{'input': [3, 8, 6], 'output': 'full', 'trunk': [], 'heads': {'a': []}}          | output | unknown key"})
    void aNamedNetworkThatCannotBeIsRefused(String model, String place, String says) {
        assertContains(refusal(model, 2), place, says);
    }

    /** One image can be predicted, by running statistics, but nothing learned from it. */
    @Test
    void aTrainingByANormOfOnePixelIsRefusedForItsVariance() {
        String model = "{'input': [3, 3, 3], 'trunk': [" + CONV + "{'layer': 'batch_norm'}], 'heads': {'a': []}}";
        Network network = NetworkReader.read(Config.parse(model.replace('\'', '"'), "case.json"));
        assertContains(assertThrows(UserException.class, () -> step(network.graph(1))).getMessage(),
                "trunk.1 (batch_norm)", "one pixel", "larger batch");
        step(network.graph(2));
        step(network.frozenBatchNorm().graph(1));
    }

    private static StepPlan step(NetworkGraph graph) {
        return new StepPlan(graph, List.of(Loss.l1()), FixedWeights.equal(), new Sgd(1, 0, 0), Schedule.constant(1),
                Precision.FLOAT32, false);
    }

    @Test
    void headsNameTheirLayersToo() {
        String model = "{'input': [3, 8, 6], 'trunk': [" + CONV
                + "{'layer': 'relu'}], 'heads': {'a': [], 'b': [{'layer': 'linear', 'out': 2}]}}";
        assertContains(refusal(model, 2), "heads.b.0 (linear)", "4 x 6 x 4");
    }

    @Test
    void aNetworkWithoutTasksIsRefused() {
        assertContains(refusal("{'input': [3, 8, 6], 'trunk': [" + CONV + "{'layer': 'relu'}], 'heads': {}}", 2),
                "heads", "at least one task");
    }

    @Test
    void anUnknownSharedParameterGetsTheNearestName() {
        String model = images(CONV + "{'layer': 'relu'}").replace("'heads'", "'shared': 'trunk.0.weigth', 'heads'");
        assertContains(refusal(model, 2), "model.shared", "'trunk.0.weigth'", "Did you mean", "trunk.0.weight",
                "trunk.0.bias");
    }

    @Test
    void aSharedThatNamesNothingIsRefused() {
        String model = images(CONV + "{'layer': 'relu'}").replace("'heads'", "'shared': [], 'heads'");
        assertContains(refusal(model, 2), "case.json: shared", "names no parameter", "leave it out");
    }

    private static String blocks(String blocks, String outputs) {
        return "{'input': [3, 8, 6], 'blocks': {" + blocks + "}, 'outputs': {" + outputs + "}}";
    }

    private static final String LAYERS = "'layers': [{'layer': 'conv2d', 'out': 4, 'kernel': 3, 'padding': 1}]";
    private static final String STEM = "'stem': {" + LAYERS + "}, ";

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "'a': {'from': 'stam', L}                           | 'a': ['a'] | blocks.a: block 'a' reads 'stam' | Did"
                    + " you mean 'stem'?",
            "'a': {'from': 'b', L}, 'b': {'from': 'a', L}       | 'a': ['a'] | block 'a' reads 'b' | no such block"
            + " before it",
            "'a': {'from': 'a', L}                              | 'a': ['a'] | block 'a' reads 'a' | no such block"
            + " before it",
            "'a': {L}, 'b': {L}                                 | 'a': ['a'] | block 'b' is read by no block | take"
            + " it out",
            "'a': {L}                                           | 'a': ['b'] | task 'a' is predicted by 'b' | There"
            + " are input, stem, a",
            "'a': {'layers': [{'layer': 'max_pool', 'kernel': 2}]} | 'a': ['a', 'stem'] | task 'a': what a.0 leaves"
            + " is 4 x 4 x 3 | what stem.0 leaves is 4 x 8 x 6; all that predicts for a task is held against one"
            + " target",
            "'a': {L}                                           | 'a': [] | outputs | task 'a' is predicted by no"
            + " block", "'a': {L}                                           | 'step': ['a'] | step | metrics.jsonl",
            "'input': {L}                                       | 'a': ['stem'] | 'input' | the network's input",
            "'a b': {L}                                         | 'a': ['a b'] | 'a b' | letters, digits",
            "'a': {'from': ['stem', 'input'], L}                | 'a': ['a'] | blocks.a.layers[0].layer | add, concat",
            "'a': {'from': ['stem', 'input']}                   | 'a': ['a'] | reads 2 blocks and has no layers |"
            + " add, concat",
            "'a': {'from': ['stem', 'input'], 'layers': [{'layer': 'add'}]} | 'a': ['a'] | a.0 (add): what stem.0"
            + " leaves is 4 x 8 x 6 | the network's input is 3 x 8 x 6",
            "'a': {'from': ['stem', 'stem'], 'layers': [{'layer': 'concat', 'out': 4}]} | 'a': ['a'] |"
            + " blocks.a.layers[0].out | unknown key",
            "'a': {'from': ['stem', 'stem'], 'layers': [{'layer': 'add', 'coefficients': [1]}]} | 'a': ['a'] |"
            + " blocks.a.layers[0]: add: coefficients has 1 number | 2 blocks",
            "'a': {'from': ['stem', 'stem'], 'layers': [{'layer': 'add', 'coefficients': ['1', 2]}]} | 'a': ['a'] |"
            + " blocks.a.layers[0].coefficients[0] | a number",
            "'a': {'from': ['stem', 'stem'], 'layers': [{'layer': 'mix', 'start': [1, 2, 3]}]} | 'a': ['a'] |"
            + " blocks.a.layers[0]: mix: start has 3 numbers | 2 blocks",
            "'a': {'from': ['stem', 'stem'], 'layers': [{'layer': 'mix', 'per': 'pixel'}]} | 'a': ['a'] |"
            + " layers[0].per | channel, tensor",
            "'a': {'from': ['stem', 'stem'], 'layers': [{'layer': 'mix', 'normalize': true}]} | 'a': ['a'] |"
            + " layers[0].normalize is true | softmax",
            "'a': {'from': ['stem', 'stem'], 'layers': [{'layer': 'mix', 'normalize': 'sum'}]} | 'a': ['a'] |"
            + " layers[0].normalize | softmax",
            "'a': {'from': ['stem', 'stem'], 'layers': [{'layer': 'multiply', 'start': [1, 2]}]} | 'a': ['a'] |"
            + " layers[0].start | mix does",
            "'a': {'from': ['stem', 'input'], 'layers': [{'layer': 'multiply'}]} | 'a': ['a'] | a.0 (multiply): what"
            + " stem.0 leaves is 4 x 8 x 6 | the network's input is 3 x 8 x 6",
            "'a': {'from': ['stem', 'stem'], 'layers': [{'layer': 'attention'}]} | 'a': ['a'] | blocks.a.layers[0] |"
            + " three blocks, q, k and v",
            "'a': {'from': ['stem', 'stem', 'stem'], 'layers': [{'layer': 'attention', 'window': 4}]} | 'a': ['a'] |"
            + " blocks.a.layers[0] | must be odd",
            "'a': {'from': ['stem', 'stem', 'stem'], 'layers': [{'layer': 'attention', 'heads': 3}]} | 'a': ['a'] |"
            + " a.0 (attention): what arrives is 4 x 8 x 6 | divide 4",
            "'a': {'from': [], L}                               | 'a': ['a'] | blocks.a.from | names no block",
            "'a': {'from': 'stem', 'weight': 'stem'}            | 'a': ['a'] | weight | from",
            "'a': {'from': 'stem', 'weights': 'stam'}           | 'a': ['a'] | blocks.a.weights | Did you mean 'stem'?",
            "'a': {'from': 'stem', 'weights': 'b', L}, 'b': {L} | 'a': ['b'] | block 'a' has the weights of 'b' | no"
            + " such block before it",
            "'a': {'from': 'stem', 'weights': 'a', L}           | 'a': ['a'] | block 'a' has the weights of 'a' | no"
            + " such block before it",
            "'a': {'from': 'stem', 'weights': 'stem'}           | 'a': ['a'] | block 'a' has the weights of block"
            + " 'stem', but a.0.weight[4, 4, 3, 3] cannot be stem.0.weight[4, 3, 3, 3] | the same channels to read",
            "'a': {'from': 'input', 'weights': 'stem', 'layers': []} | 'a': ['a', 'stem'] | but has no layer for"
            + " stem.0.bias[4] | the same layers",
            "'a': {'from': 'input', 'weights': 'stem', 'layers': [{'layer': 'relu'}, {'layer': 'conv2d', 'out': 4,"
            + " 'kernel': 3, 'padding': 1}]} | 'a': ['a', 'stem'] | which has no stem.1.weight in place of"
            + " a.1.weight[4, 3, 3, 3] | the same layers",
            "'a': {'from': 'stem', 'layers': [{'layer': 'conv2d', 'out': 4, 'kernel': 1}]}, 'b': {'from': 'stem',"
            + " 'weights': 'a', 'layers': [{'layer': 'conv_transpose2d', 'out': 4, 'kernel': 1}]} | 'a': ['a', 'b'] |"
            + " b.0 would use a.0.weight | another kind of layer than a.0",
            "'a': {L}                                           | | model.heads, or model.outputs, is empty | at"
            + " least one task"})
    void aGraphOfBlocksThatCannotBeIsRefused(String more, String outputs, String place, String says) {
        assertContains(refusal(blocks(STEM + more.replace("L}", LAYERS + "}"), outputs == null ? "" : outputs), 2),
                place, says);
    }

    @Test
    void aRepresentationIsABlock() {
        String model = blocks(STEM + "'a': {" + LAYERS + "}", "'a': ['a']").replace("'blocks'",
                "'representation': 'stam', 'blocks'");
        assertContains(refusal(model, 2), "representation", "Did you mean 'stem'?");
    }

    @Test
    void batchNormsAreFrozenOrNot() {
        assertContains(refusal("{'input': [3, 8, 6], 'trunk': [], 'heads': {'a': []}, 'batch_norm': 'frosen'}", 2),
                "batch_norm", "frosen", "Did you mean 'frozen'?");
    }

    @Test
    void blocksAreAllOfANetwork() {
        String both = blocks(STEM + "'a': {" + LAYERS + "}", "'a': ['a']").replace("'blocks'", "'trunk': [], 'blocks'");
        assertContains(refusal(both, 2), "both 'blocks' and 'trunk'");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "{'layer': 'conv2', 'out': 4, 'kernel': 3}                  | trunk[0].layer  | conv2d",
            "{'layer': 'conv2d', 'out': 4, 'kernel': 1, 'initial': 'one'}   | trunk[0].initial  | zero",
            "{'layer': 'conv2d', 'out': 4, 'kernel': 1, 'initial': []}      | trunk[0].initial  | a number for each"
            + " block", "{'layer': 'conv2d', 'out': 4, 'kernel': 1, 'initial': {}}      | trunk[0].initial  | normal",
            "{'layer': 'conv2d', 'out': 4, 'kernel': 1, 'initial': {'std': 1}}  | trunk[0].initial  | std",
            "{'layer': 'conv2d', 'out': 4, 'kernel': 1, 'initial': {'normal': 0}}  | trunk[0].initial.normal  | 0",
            "{'layer': 'Relu'}                                          | trunk[0].layer  | relu",
            "{'layer': 'conv2d', 'out': 4, 'kernal': 3}                 | trunk[0]        | kernel",
            "{'layer': 'conv2d', 'out': 4}                              | trunk[0]        | kernel",
            "{'layer': 'conv2d', 'out': 'four', 'kernel': 3}            | trunk[0].out    | four",
            "{'layer': 'conv2d', 'out': 0, 'kernel': 3}                 | trunk[0].out    | 0",
            "{'layer': 'conv2d', 'out': 4, 'kernel': 3, 'stride': 0}    | trunk[0].stride | 0",
            "{'layer': 'conv2d', 'out': 4, 'kernel': 3, 'padding': -1}  | trunk[0].padding | -1",
            "{'layer': 'conv2d', 'out': 4, 'kernel': 3, 'bias': 1}      | trunk[0].bias   | 1",
            "{'layer': 'conv2d', 'out': 4.5, 'kernel': 3}               | trunk[0].out    | 4.5",
            "{'layer': 'conv_transpose2d', 'out': 4, 'kernel': 3, 'dilation': 2} | trunk[0] | dilation",
            "{'layer': 'max_unpool'}                                    | trunk[0]        | pool",
            "{'layer': 'upsample', 'scale': 2, 'mode': 'bicubic'}       | trunk[0].mode   | bilinear",
            "{'layer': 'batch_norm', 'eps': 0}                          | trunk[0].eps    | 0",
            "{'layer': 'batch_norm', 'momentum': 2}                     | trunk[0].momentum | 2",
            "{'layer': 'batch_norm', 'eps': 1e-50}                      | trunk[0].eps    | float32 makes 0",
            "{'layer': 'batch_norm', 'eps': 1e39}                       | trunk[0].eps    | float32 makes infinite",
            "{'layer': 'leaky_relu', 'slope': 'steep'}                  | trunk[0].slope  | steep",
            "{'layer': 'gelu', 'approximate': true}                     | trunk[0].approximate | unknown key",
            "{'layer': 'softmax', 'groups': 0}                          | trunk[0].groups | 0",
            "{'layer': 'softmax', 'groups': 2, 'adjacent': 2}           | trunk[0]        | both 'groups' and"
            + " 'adjacent'", "{'layer': 'dropout', 'p': 1}                               | trunk[0].p      | below 1",
            "{'layer': 'dropout', 'p': 0.999999999}                     | trunk[0].p      | float32 makes 1",
            "{'layer': 'relu', 'out': 4}                                | trunk[0].out    | 'relu' does not read",
            "{'layer': 'residual'}                                      | trunk[0]        | body",
            "{'layer': 'slice', 'start': -1, 'count': 2}                | trunk[0].start  | -1",
            "{'layer': 'slice', 'start': 1}                             | trunk[0]        | count",
            "{'layer': 'pixel_shuffle', 'scale': 0}                     | trunk[0].scale  | 0",
            "{'layer': 'concat'}                                        | trunk[0].layer  | joins several blocks",
            "{'out': 4}                                                 | trunk[0]        | layer",
            "7                                                          | trunk[0]        | 7"})
    void aLayerThatCannotBeReadIsNamedByItsPlace(String layer, String place, String says) {
        assertContains(refusal(images(layer), 2), "case.json", place, says);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {"[3, 8]|input", "[3, 0, 8]|input", "[]|input",
            "'wide'|input", "[3, 8, 6, 1]|input"})
    void anInputThatIsNoneIsRefused(String input, String place) {
        assertContains(refusal("{'input': " + input + ", 'trunk': [], 'heads': {'a': []}}", 2), place);
    }

    @Test
    void sizesBeyondWhatAKernelCountsAreRefusedBeforeAnythingIsAllocated() {
        String model = "{'input': [3, 5000, 5000], 'trunk': [{'layer': 'conv2d', 'out': 64, 'kernel': 1}], 'heads':"
                + " {'a': []}}";
        assertContains(refusal(model, 8), "trunk.0", "smaller batch");
    }

    @Test
    void sizesThatOverflowAnIntAreRefusedByTheLayersName() {
        assertContains(refusal(images(CONV + "{'layer': 'upsample', 'scale': 2000000000}"), 1), "trunk.1");
        assertContains(refusal(images("{'layer': 'conv2d', 'out': 2000000000, 'kernel': 3, 'padding': 1}"), 1),
                "trunk.0");
        assertContains(refusal("{'input': [1000000], 'trunk': [{'layer': 'linear', 'out': 1000000}], 'heads': {'a':"
                + " []}}", 1), "trunk.0.weight");
        assertContains(refusal(images("{'layer': 'conv2d', 'out': 4, 'kernel': 3, 'padding': 2000000000}"), 1),
                "trunk.0");
        assertContains(refusal(images("{'layer': 'conv_transpose2d', 'out': 4, 'kernel': 3, 'stride': 2000000000}"),
                1), "trunk.0");
        assertContains(refusal(images("{'layer': 'conv_transpose2d', 'out': 2000000000, 'kernel': 3}"), 1),
                "trunk.0");
        assertContains(refusal(images("{'layer': 'conv_transpose2d', 'out': 4, 'kernel': 2000000000}"), 1),
                "trunk.0");
        assertContains(refusal(images("{'layer': 'conv2d', 'out': 4, 'kernel': 3, 'dilation': 2000000000}"), 1),
                "trunk.0");
        assertContains(refusal(images("{'layer': 'conv2d', 'out': 4, 'kernel': 2000000000, 'padding': 1000000000}"), 1),
                "trunk.0");
    }

    @Test
    void aSecondHeadOfOneNameIsRefused() {
        Network network = Network.ofImages(3, 8, 8).trunk(Layers.conv2d(2, 3)).head("a");
        assertContains(assertThrows(UserException.class, () -> network.head("a")).getMessage(), "'a'", "already");
    }

    @Test
    void layersBuiltByHandAreCheckedToo() {
        assertEquals("kernel is 0, but must be at least 1.", assertThrows(UserException.class,
                () -> Layers.conv2d(3, 0)).getMessage());
        assertThrows(UserException.class, () -> Layers.conv2d(0, 3));
        assertThrows(UserException.class, () -> Layers.transposedConv2d(1, 0));
        assertThrows(UserException.class, () -> Layers.transposedConv2d(1, 2).stride(0));
        assertThrows(UserException.class, () -> Layers.linear(0));
        assertThrows(UserException.class, () -> Layers.upsampleNearest(0));
        assertThrows(UserException.class, () -> Layers.flatten(-1));
    }
}
