package io.gimbal.export;

import static io.gimbal.nn.Layers.add;
import static io.gimbal.nn.Layers.attention;
import static io.gimbal.nn.Layers.averagePool;
import static io.gimbal.nn.Layers.batchNorm;
import static io.gimbal.nn.Layers.concat;
import static io.gimbal.nn.Layers.conv2d;
import static io.gimbal.nn.Layers.dropout;
import static io.gimbal.nn.Layers.elu;
import static io.gimbal.nn.Layers.flatten;
import static io.gimbal.nn.Layers.gelu;
import static io.gimbal.nn.Layers.globalAveragePool;
import static io.gimbal.nn.Layers.leakyRelu;
import static io.gimbal.nn.Layers.linear;
import static io.gimbal.nn.Layers.maxPool;
import static io.gimbal.nn.Layers.maxUnpool;
import static io.gimbal.nn.Layers.mix;
import static io.gimbal.nn.Layers.multiply;
import static io.gimbal.nn.Layers.pixelShuffle;
import static io.gimbal.nn.Layers.relu;
import static io.gimbal.nn.Layers.residual;
import static io.gimbal.nn.Layers.resizeBilinear;
import static io.gimbal.nn.Layers.resizeNearest;
import static io.gimbal.nn.Layers.sigmoid;
import static io.gimbal.nn.Layers.silu;
import static io.gimbal.nn.Layers.slice;
import static io.gimbal.nn.Layers.softmax;
import static io.gimbal.nn.Layers.softmaxOfAdjacent;
import static io.gimbal.nn.Layers.softmaxOverGroups;
import static io.gimbal.nn.Layers.softplus;
import static io.gimbal.nn.Layers.tanh;
import static io.gimbal.nn.Layers.transposedConv2d;
import static io.gimbal.nn.Layers.upsampleBilinear;
import static io.gimbal.nn.Layers.upsampleNearest;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.gimbal.config.Config;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.graph.Operation;
import io.gimbal.graph.operation.SideBySide;
import io.gimbal.model.Network;
import io.gimbal.model.NetworkReader;
import io.gimbal.nn.Join;
import io.gimbal.nn.Layer;
import io.gimbal.replay.CaseFolders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What ONNX Runtime predicts by an exported file is what Gimbal does. */
class OnnxTest {
    private static final Network IMAGES = Network.ofImages(4, 5, 7);
    private static Device device;

    @TempDir
    private Path folder;

    @BeforeAll
    static void openTheDevice() {
        device = Device.open(DeviceKind.SOFT);
    }

    @AfterAll
    static void closeTheDevice() {
        device.close();
    }

    /** Behind a convolution, since a training step needs a parameter. */
    private static Network of(Layer... layers) {
        return IMAGES.trunk(conv2d(12, 3).padding(1)).head("task", layers);
    }

    private static Network joined(Join join, Layer... layers) {
        return IMAGES.block("a", Network.INPUT, conv2d(12, 3).padding(1)).block("b", Network.INPUT, conv2d(12, 1))
                .block("c", Network.INPUT, conv2d(12, 3).padding(1), tanh()).block("joined", join, layers)
                .output("task", "joined");
    }

    private static Network seen(int height, int width, int window) {
        return Network.ofImages(3, height, width).block("q", Network.INPUT, conv2d(6, 1))
                .block("k", Network.INPUT, conv2d(6, 1)).block("v", Network.INPUT, conv2d(10, 1))
                .block("seen", attention("q", "k", "v").heads(2).window(window)).output("task", "seen");
    }

    private static Network ofFeatures(Layer... layers) {
        return Network.ofFeatures(6).trunk(linear(12)).head("task", layers);
    }

    private static Network joinedFeatures(Join join) {
        return Network.ofFeatures(6).block("a", Network.INPUT, linear(5)).block("b", Network.INPUT, linear(5), tanh())
                .block("c", Network.INPUT, linear(5)).block("joined", join).output("task", "joined");
    }

    private static Network unpooled(Layer.MaxPool pool) {
        return IMAGES.trunk(conv2d(6, 3).padding(1), relu(), pool, conv2d(6, 1))
                .head("task", maxUnpool("trunk.2"), conv2d(3, 3).padding(1));
    }

    private static Map<String, Network> elementwise() {
        Map<String, Network> all = new TreeMap<>();
        all.put("relu", of(relu()));
        all.put("sigmoid", of(sigmoid()));
        all.put("tanh", of(tanh()));
        all.put("leaky relu", of(leakyRelu(0.3)));
        all.put("leaky relu that falls and rises", of(leakyRelu(-0.2)));
        all.put("elu", of(elu(1.5)));
        all.put("elu that falls and rises", of(elu(-0.5)));
        all.put("gelu", of(gelu()));
        all.put("silu", of(silu()));
        all.put("softplus", of(softplus()));
        all.put("dropout", of(tanh(), dropout(0.5)));
        all.put("softmax", of(softmax()));
        all.put("softmax of adjacent channels", of(softmaxOfAdjacent(3)));
        all.put("softmax over groups", of(softmaxOverGroups(4)));
        all.put("softmax of features", ofFeatures(softmax()));
        all.put("softmax of adjacent features", ofFeatures(softmaxOfAdjacent(4)));
        all.put("softmax over groups of features", ofFeatures(softmaxOverGroups(3)));
        all.put("batch norm", of(batchNorm(), relu()));
        all.put("batch norm of another eps", of(new Layer.BatchNorm(0.5, 0.1)));
        return all;
    }

    private static Map<String, Network> windows() {
        Map<String, Network> all = new TreeMap<>();
        all.put("convolution with everything", of(conv2d(9, 3).stride(2).padding(2).dilation(2).groups(3)));
        all.put("depthwise convolution without bias", of(conv2d(12, 3).groups(12).withoutBias()));
        all.put("even kernel", of(conv2d(5, 2).padding(1)));
        all.put("transposed convolution", of(transposedConv2d(5, 4).stride(3).padding(2)));
        all.put("transposed convolution without bias", of(transposedConv2d(5, 2).stride(2).withoutBias()));
        all.put("transposed convolution with gaps", of(transposedConv2d(5, 1).stride(3)));
        all.put("average pool", of(averagePool(2)));
        all.put("average pool with padding", of(new Layer.AveragePool(3, 2, 1)));
        all.put("max pool", of(maxPool(2)));
        all.put("max pool with overlap", of(new Layer.MaxPool(3, 2, 1)));
        all.put("unpool", unpooled(maxPool(2)));
        all.put("unpool with padding", unpooled(new Layer.MaxPool(3, 3, 1)));
        all.put("unpool with gaps", unpooled(new Layer.MaxPool(2, 3, 1)));
        all.put("unpool of one line", IMAGES.trunk(conv2d(6, 1), relu(), maxPool(5)).head("task",
                maxUnpool("trunk.2"), conv2d(3, 5)));
        all.put("global average", of(globalAveragePool()));
        all.put("global average kept", of(globalAveragePool().asImages(), conv2d(3, 1)));
        return all;
    }

    private static Map<String, Network> places() {
        Map<String, Network> all = new TreeMap<>();
        all.put("pixel shuffle", of(pixelShuffle(2)));
        all.put("slice", of(slice(3, 7)));
        all.put("slice of all", of(slice(0, 12)));
        all.put("slice of features", ofFeatures(slice(11, 1)));
        all.put("flatten", of(flatten(12 * 5 * 7)));
        all.put("flatten of features", ofFeatures(flatten(12)));
        all.put("linear", of(flatten(12 * 5 * 7), linear(3)));
        all.put("linear without bias", ofFeatures(linear(3).withoutBias()));
        all.put("upsample bilinear", of(upsampleBilinear(3)));
        all.put("upsample bilinear by an even factor", of(upsampleBilinear(2)));
        all.put("upsample nearest", of(upsampleNearest(3)));
        all.put("upsample by one", of(upsampleBilinear(1), upsampleNearest(1)));
        all.put("resize bilinear, larger", of(resizeBilinear(13, 8)));
        all.put("resize bilinear, smaller", of(resizeBilinear(3, 2)));
        all.put("resize bilinear to one place", of(resizeBilinear(1, 1)));
        all.put("resize bilinear from one place", of(globalAveragePool().asImages(), resizeBilinear(4, 3)));
        all.put("resize nearest, larger", of(resizeNearest(13, 8)));
        all.put("resize nearest, smaller", of(resizeNearest(3, 2)));
        all.put("resize nearest by a factor that float32 rounds", Network.ofImages(1, 60, 100)
                .trunk(conv2d(1, 1)).head("task", resizeNearest(36, 60)));
        all.put("residual", of(residual(conv2d(12, 3).padding(1), relu())));
        return all;
    }

    private static Map<String, Network> joins() {
        Map<String, Network> all = new TreeMap<>();
        all.put("add", joined(add("a", "b", "c")));
        all.put("add twice", joined(add("a", "b", "c", "a")));
        all.put("add with coefficients", joined(add("a", "b", "c").coefficients(2, -0.5, 1)));
        all.put("add features", joinedFeatures(add("a", "b", "c").coefficients(2, -0.5, 1)));
        all.put("concat", joined(concat("a", "b", "c", "b")));
        all.put("concat features", joinedFeatures(concat("c", "a", "b")));
        all.put("multiply", joined(multiply("a", "b", "c")));
        all.put("multiply features", joinedFeatures(multiply("a", "b", "c")));
        all.put("gate", IMAGES.block("a", Network.INPUT, conv2d(6, 1), sigmoid()).block("b", Network.INPUT,
                conv2d(6, 1)).block("c", multiply("a", "b")).output("task", "c"));
        all.put("multiply by channel and place", IMAGES.block("a", Network.INPUT, conv2d(6, 1))
                .block("b", "a", globalAveragePool().asImages()).block("c", "a", slice(2, 1))
                .block("d", multiply("b", "a", "c")).output("task", "d"));
        all.put("mix", joined(mix("a", "b", "c")));
        all.put("mix by softmax", joined(mix("a", "b", "c").softmaxed()));
        all.put("mix of tensors", joined(mix("a", "b", "c").perTensor()));
        all.put("mix of tensors by softmax", joined(mix("a", "b", "c").perTensor().softmaxed()));
        all.put("mix of features", joinedFeatures(mix("a", "b", "c")));
        all.put("attention", joined(attention("a", "b", "c")));
        all.put("attention of heads", joined(attention("a", "b", "c").heads(3).scale(0.4)));
        all.put("attention of another width", IMAGES.block("q", Network.INPUT, conv2d(6, 1))
                .block("v", Network.INPUT, conv2d(10, 1)).block("seen", attention("q", "q", "v").heads(2).window(3))
                .output("task", "seen"));
        all.put("attention of a small window", seen(11, 9, 3));
        all.put("attention of a small window of 5", seen(13, 20, 5));
        all.put("attention of a window", joined(attention("a", "b", "c").heads(2).window(3)));
        all.put("attention of a window of 1", joined(attention("a", "b", "c").window(1)));
        all.put("attention of a window of 5", joined(attention("a", "b", "c").heads(2).window(5)));
        all.put("attention of a window wider than high", joined(attention("a", "b", "c").window(9)));
        all.put("attention of a window that sees all", joined(attention("a", "b", "c").window(13)));
        return all;
    }

    private static Map<String, Network> single() {
        Map<String, Network> all = new TreeMap<>();
        List.of(elementwise(), windows(), places(), joins()).forEach(all::putAll);
        return all;
    }

    static Set<String> singleNames() {
        return single().keySet();
    }

    @ParameterizedTest
    @MethodSource("singleNames")
    void anOperationByItself(String name) throws Exception {
        Predictions.assertSame(device, name, single().get(name), folder.resolve("model.onnx"));
    }

    /** Convolutions side by side are of rewritten graphs alone. */
    @Test
    void everyOperationIsAmongThem() {
        Set<String> tried = single().values().stream().flatMap(network -> network.graph(2).forInferenceAsWritten()
                .operations().stream()).map(operation -> operation.getClass().getName()).collect(Collectors.toSet());
        Set<String> all = new ClassFileImporter().importPackages("io.gimbal.graph.operation").stream()
                .filter(type -> type.isAssignableTo(Operation.class) && !type.getModifiers().contains(
                JavaModifier.ABSTRACT)).map(JavaClass::getName).collect(Collectors.toCollection(TreeSet::new));
        assertTrue(all.remove(SideBySide.class.getName()));
        all.removeAll(tried);
        assertEquals(Set.of(), all);
    }

    static List<Path> cases() {
        return CaseFolders.all();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aNetworkOfTheReference(Path folderOfCase) throws Exception {
        Network network = NetworkReader.read(Config.read(folderOfCase.resolve("case.json")).object("model"));
        Predictions.assertSame(device, folderOfCase.getFileName().toString(), network, folder.resolve("model.onnx"));
    }

    static List<Path> architectures() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("core/src/test/resources/networks"))) {
            return files.sorted().toList();
        }
    }

    /** Some hundred layers of random values, one behind the other, amplify what each rounds otherwise. */
    @ParameterizedTest
    @MethodSource("architectures")
    void aNamedArchitecture(Path file) throws Exception {
        Config config = Config.read(file);
        Predictions.assertSame(device, file.getFileName().toString(), NetworkReader.read(config.object("model"),
                config.find("tasks")), folder.resolve("model.onnx"), 5 * Predictions.TOLERANCE);
    }

    /** Of a size that a test can do; it is a multiple of 32, as the named networks want it. */
    @ParameterizedTest
    @ValueSource(strings = {"rooms", "nyuv2", "unet", "segnet"})
    void aNetworkOfTheExamples(String name) throws Exception {
        Config whole = Config.read(Path.of("examples", name + ".json")).with("model.input=[3, 64, 32]");
        Config config = name.equals("segnet") ? whole.with("model.width=0.25") : whole;
        Predictions.assertSame(device, name, NetworkReader.read(config.object("model")), folder.resolve("model.onnx"));
    }
}
