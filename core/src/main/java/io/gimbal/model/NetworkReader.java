package io.gimbal.model;

import io.gimbal.config.Config;
import io.gimbal.config.Names;
import io.gimbal.config.Range;
import io.gimbal.engine.Initial;
import io.gimbal.graph.Shape;
import io.gimbal.nn.Join;
import io.gimbal.nn.Layer;
import io.gimbal.nn.Layers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.SequencedMap;

/** Reads a {@link Network} from a configuration's {@code model}. */
public final class NetworkReader {
    /** What each layer reads, in the order in which messages list them. */
    private static final SequencedMap<String, List<String>> KEYS = new LinkedHashMap<>();
    private static final Map<String, List<String>> NETWORKS = Map.of(
            "segnet_vgg16", List.of("network", "input", "output", "width", "heads", "shared",
                    "batch_norm"),
            "resnet50_fcn", List.of("network", "input", "heads", "shared", "batch_norm"));

    static {
        KEYS.put("conv2d", List.of("layer", "out", "kernel", "stride", "padding", "dilation", "groups", "bias",
                "initial"));
        KEYS.put("conv_transpose2d", List.of("layer", "out", "kernel", "stride", "padding", "bias"));
        KEYS.put("linear", List.of("layer", "out", "bias"));
        KEYS.put("batch_norm", List.of("layer", "eps", "momentum"));
        KEYS.put("relu", List.of("layer"));
        KEYS.put("sigmoid", List.of("layer"));
        KEYS.put("tanh", List.of("layer"));
        KEYS.put("leaky_relu", List.of("layer", "slope"));
        KEYS.put("elu", List.of("layer", "alpha"));
        KEYS.put("gelu", List.of("layer"));
        KEYS.put("silu", List.of("layer"));
        KEYS.put("softplus", List.of("layer"));
        KEYS.put("softmax", List.of("layer", "groups", "adjacent"));
        KEYS.put("dropout", List.of("layer", "p"));
        KEYS.put("max_pool", List.of("layer", "kernel", "stride", "padding"));
        KEYS.put("max_unpool", List.of("layer", "pool"));
        KEYS.put("avg_pool", List.of("layer", "kernel", "stride", "padding"));
        KEYS.put("slice", List.of("layer", "start", "count"));
        KEYS.put("pixel_shuffle", List.of("layer", "scale"));
        KEYS.put("upsample", List.of("layer", "scale", "mode"));
        KEYS.put("resize", List.of("layer", "size", "mode"));
        KEYS.put("global_avg_pool", List.of("layer", "keep"));
        KEYS.put("flatten", List.of("layer", "features"));
        KEYS.put("residual", List.of("layer", "body", "shortcut"));
    }

    /** What each layer reads that begins a block that reads several. */
    private static final SequencedMap<String, List<String>> JOINS = new LinkedHashMap<>();

    static {
        JOINS.put("add", List.of("layer", "coefficients"));
        JOINS.put("concat", List.of("layer"));
        JOINS.put("multiply", List.of("layer"));
        JOINS.put("mix", List.of("layer", "per", "start", "normalize"));
        JOINS.put("attention", List.of("layer", "scale", "heads", "window"));
    }

    private NetworkReader() {}

    /**
     * Reads {@code input}, {@code trunk} or {@code network}, and {@code heads}; or {@code input}, {@code blocks},
     * {@code outputs} and {@code representation}; or {@code architecture} and what that takes; and {@code shared} and
     * {@code batch_norm}.
     *
     * @param model the part of a configuration
     * @param tasks the configuration's, for which a named architecture makes heads
     * @return the network
     */
    public static Network read(Config model, Optional<Config> tasks) {
        Network read = model.has("architecture") ? architecture(model, tasks)
                : model.has("blocks") ? graph(model) : headed(model);
        boolean frozen = model.choice("batch_norm", List.of("batch", "frozen"), "batch").equals("frozen");
        Network network = frozen ? read.frozenBatchNorm() : read;
        return model.has("shared") ? network.shared(shared(model)) : network;
    }

    /**
     * The same for a network that is no named architecture.
     *
     * @param model the part of a configuration
     * @return the network
     */
    public static Network read(Config model) {
        return read(model, Optional.empty());
    }

    private static Network architecture(Config model, Optional<Config> tasks) {
        for (String other : List.of("trunk", "heads", "network", "blocks", "outputs")) {
            if (model.has(other)) {
                throw model.error("has both 'architecture' and '" + other + "'; an architecture is all of the network");
            }
        }
        return represented(ArchitectureReader.read(model, tasks), model);
    }

    private static String[] shared(Config model) {
        List<String> names = model.textOrTexts("shared");
        if (names.isEmpty()) {
            throw model.error("shared", "names no parameter; leave it out for the last weight on which all tasks"
                    + " depend");
        }
        return names.toArray(String[]::new);
    }

    private static Network headed(Config model) {
        Network network = model.has("network") ? named(model) : written(model);
        Config heads = model.object("heads");
        for (String task : heads.keys()) {
            Network before = network;
            List<Layer> layers = layers(heads.list(task));
            network = heads.placed(() -> before.head(task, layers));
        }
        return network;
    }

    private static Network graph(Config model) {
        for (String other : List.of("trunk", "heads", "network")) {
            if (model.has(other)) {
                throw model.error("has both 'blocks' and '" + other + "'; blocks are all of the network");
            }
        }
        model.allow("input", "blocks", "outputs", "representation", "shared", "batch_norm");
        Network network = input(model);
        Config blocks = model.object("blocks");
        String last = Network.INPUT;
        for (String name : blocks.keys()) {
            network = tied(block(network, name, blocks, last), name, blocks.object(name));
            last = name;
        }
        Config outputs = model.object("outputs");
        for (String task : outputs.keys()) {
            Network before = network;
            List<String> predicting = outputs.texts(task);
            network = outputs.placed(() -> before.output(task, predicting));
        }
        return represented(network, model);
    }

    private static Network represented(Network network, Config model) {
        return model.has("representation") ? network.representation(model.choice("representation", network.blocks()))
                : network;
    }

    /** @param last the block before */
    private static Network block(Network before, String name, Config blocks, String last) {
        Config block = blocks.object(name);
        block.allow("from", "layers", "weights");
        List<String> reads = !block.has("from") ? List.of(last) : block.textOrTexts("from");
        List<Config> layers = layersOf(blocks, name);
        if (reads.size() == 1) {
            List<Layer> all = layers(layers);
            return block.placed(() -> before.block(name, reads.getFirst(), all));
        }
        if (reads.isEmpty()) {
            throw block.error("from", "names no block; it may be \"" + Network.INPUT
                    + "\", a block before it, or a list of several");
        }
        if (layers.isEmpty()) {
            throw block.error("reads " + reads.size()
                    + " blocks and has no layers; its first layer must join them: one of "
                    + Names.list(JOINS.keySet()));
        }
        Join join = join(layers.getFirst(), reads);
        List<Layer> rest = layers(layers.subList(1, layers.size()));
        return block.placed(() -> before.block(name, join, rest));
    }

    private static Join join(Config spec, List<String> reads) {
        String kind = spec.choice("layer", List.copyOf(JOINS.keySet()));
        spec.allow(kind, JOINS);
        return spec.placed(() -> switch (kind) {
            case "add" -> new Join.Add(reads, numbers(spec, "coefficients"));
            case "concat" -> new Join.Concat(reads);
            case "multiply" -> new Join.Multiply(reads);
            case "attention" -> attention(spec, reads);
            default -> new Join.Mix(reads, spec.choice("per", List.of("channel", "tensor"), "channel")
                    .equals("channel"), numbers(spec, "start"), softmax(spec));
        });
    }

    private static Join attention(Config spec, List<String> reads) {
        OptionalDouble scale = spec.has("scale") ? OptionalDouble.of(spec.number("scale", Range.FINITE, 1))
                : OptionalDouble.empty();
        OptionalInt window = spec.has("window") ? OptionalInt.of(spec.positive("window")) : OptionalInt.empty();
        return new Join.Attention(reads, scale, spec.positive("heads", 1), window);
    }

    private static List<Double> numbers(Config spec, String key) {
        return spec.has(key) ? Arrays.stream(spec.numbers(key, Range.FINITE)).boxed().toList() : List.of();
    }

    /** {@code false}, or {@code "softmax"}. */
    private static boolean softmax(Config spec) {
        Optional<Config> normalize = spec.find("normalize");
        if (normalize.filter(Config::isFlag).isPresent()) {
            if (spec.flag("normalize")) {
                throw spec.error("normalize", "is true; it may be false, or \"softmax\"");
            }
            return false;
        }
        return normalize.map(value -> value.choice(List.of("softmax"))).isPresent();
    }

    /** What a block says, or where it says nothing and has another's weights, that other. */
    private static List<Config> layersOf(Config blocks, String name) {
        Config block = blocks.object(name);
        if (block.has("layers")) {
            return block.list("layers");
        }
        if (!block.has("weights")) {
            return List.of();
        }
        String owner = block.text("weights");
        List<String> all = List.copyOf(blocks.keys());
        List<String> before = all.subList(0, all.indexOf(name));
        if (!before.contains(owner)) {
            throw block.error("weights", "is " + Names.quote(owner) + ", and there is no such block before it."
                    + Names.hint(owner, before));
        }
        return layersOf(blocks, owner);
    }

    private static Network tied(Network network, String name, Config block) {
        return block.has("weights") ? block.placed(() -> network.tied(name, block.text("weights"))) : network;
    }

    private static Network written(Config model) {
        model.allow("input", "trunk", "network", "heads", "shared", "batch_norm");
        return input(model).trunk(layers(model.list("trunk")));
    }

    private static Network named(Config model) {
        if (model.has("trunk")) {
            throw model.error("has both 'network' and 'trunk'; a named network brings its own trunk");
        }
        String name = model.choice("network", NETWORKS.keySet().stream().sorted().toList());
        model.allow(name, NETWORKS);
        int[] sizes = model.positives("input");
        if (sizes.length != 3) {
            throw model.error("input", "has " + sizes.length + " sizes; " + name + " reads [channels, height, width]");
        }
        if (name.equals("resnet50_fcn")) {
            return Networks.resnet50Fcn(sizes[0], sizes[1], sizes[2]);
        }
        String output = model.choice("output", List.of("quarter", "full"), "quarter");
        return Networks.segnetVgg16(sizes[0], sizes[1], sizes[2],
                output.equals("full") ? Networks.Resolution.FULL : Networks.Resolution.QUARTER,
                model.number("width", Range.POSITIVE, 1));
    }

    /**
     * {@return what a network of that description takes, one example of it; nothing else of the description is read}
     *
     * @param model the part of a configuration
     */
    public static Shape inputShape(Config model) {
        int[] sizes = inputSizes(model);
        return sizes.length == 1 ? Shape.features(1, sizes[0]) : Shape.image(1, sizes[0], sizes[1], sizes[2]);
    }

    private static Network input(Config model) {
        int[] sizes = inputSizes(model);
        return sizes.length == 1 ? Network.ofFeatures(sizes[0]) : Network.ofImages(sizes[0], sizes[1], sizes[2]);
    }

    private static int[] inputSizes(Config model) {
        int[] sizes = model.positives("input");
        if (sizes.length != 1 && sizes.length != 3) {
            throw model.error("input", "has " + sizes.length
                    + " sizes; it may be [channels, height, width] or [features]");
        }
        return sizes;
    }

    private static List<Layer> layers(List<Config> specs) {
        List<Layer> layers = new ArrayList<>();
        for (Config spec : specs) {
            layers.add(layer(spec));
        }
        return layers;
    }

    private static Layer layer(Config spec) {
        if (spec.has("layer") && JOINS.containsKey(spec.text("layer"))) {
            throw spec.error("layer", "is " + Names.quote(spec.text("layer")) + ", which joins several blocks: it"
                    + " stands first in a block whose 'from' names several");
        }
        String kind = spec.choice("layer", List.copyOf(KEYS.keySet()));
        spec.allow(kind, KEYS);
        return switch (kind) {
            case "conv2d" -> convolution(spec);
            case "conv_transpose2d" -> transposedConvolution(spec);
            case "linear" -> new Layer.Linear(spec.positive("out"), spec.flag("bias", true));
            case "batch_norm" -> new Layer.BatchNorm(spec.number("eps", Range.POSITIVE, 1e-5),
                    spec.number("momentum", Range.FRACTION, 0.1));
            case "relu" -> Layers.relu();
            case "sigmoid" -> Layers.sigmoid();
            case "tanh" -> Layers.tanh();
            case "leaky_relu" -> Layers.leakyRelu(spec.number("slope", Range.FINITE, 0.01));
            case "elu" -> Layers.elu(spec.number("alpha", Range.FINITE, 1));
            case "gelu" -> Layers.gelu();
            case "silu" -> Layers.silu();
            case "softplus" -> Layers.softplus();
            case "softmax" -> softmaxLayer(spec);
            case "dropout" -> new Layer.Dropout(spec.number("p", Range.BELOW_ONE, 0.5));
            case "max_pool" -> maxPool(spec);
            case "max_unpool" -> new Layer.MaxUnpool(spec.text("pool"));
            case "avg_pool" -> averagePool(spec);
            case "slice" -> new Layer.Slice(spec.nonNegative("start"), spec.positive("count"));
            case "pixel_shuffle" -> new Layer.PixelShuffle(spec.positive("scale"));
            case "upsample" -> new Layer.Upsample(spec.positive("scale"), isBilinear(spec));
            case "resize" -> resize(spec);
            case "global_avg_pool" -> new Layer.GlobalAveragePool(spec.flag("keep", false));
            case "flatten" -> new Layer.Flatten(spec.positive("features"));
            default -> new Layer.Residual(layers(spec.list("body")), spec.has("shortcut")
                    ? layers(spec.list("shortcut")) : List.of());
        };
    }

    private static Layer convolution(Config spec) {
        return new Layer.Conv2d(spec.positive("out"), spec.positive("kernel"), spec.positive("stride", 1),
                spec.nonNegative("padding", 0), spec.positive("dilation", 1), spec.positive("groups", 1),
                spec.flag("bias", true), initial(spec));
    }

    /** {@code "zero"}, the numbers of blocks, or {@code {"normal": DEVIATION}}. */
    private static Optional<Initial> initial(Config spec) {
        return spec.find("initial").map(given -> {
            if (given.isObject()) {
                given.allow("normal");
                return new Initial.Normal(given.number("normal", Range.POSITIVE));
            }
            if (!given.isList()) {
                given.choice(List.of("zero"));
                return new Initial.Zero();
            }
            List<Double> blocks = numbers(spec, "initial");
            if (blocks.isEmpty()) {
                throw given.error("is empty; it may be \"zero\", {\"normal\": ...}, or a number for each block of"
                        + " channels");
            }
            return new Initial.Blocks(blocks);
        });
    }

    private static Layer transposedConvolution(Config spec) {
        return new Layer.TransposedConv2d(spec.positive("out"), spec.positive("kernel"), spec.positive("stride", 1),
                spec.nonNegative("padding", 0), spec.flag("bias", true));
    }

    private static Layer softmaxLayer(Config spec) {
        if (spec.has("groups") && spec.has("adjacent")) {
            throw spec.error("has both 'groups' and 'adjacent'; a softmax is over groups of channels, or over runs of"
                    + " adjacent ones");
        }
        if (spec.has("groups")) {
            return Layers.softmaxOverGroups(spec.positive("groups"));
        }
        return spec.has("adjacent") ? Layers.softmaxOfAdjacent(spec.positive("adjacent")) : Layers.softmax();
    }

    private static Layer maxPool(Config spec) {
        int kernel = spec.positive("kernel");
        return new Layer.MaxPool(kernel, spec.positive("stride", kernel), spec.nonNegative("padding", 0));
    }

    private static boolean isBilinear(Config spec) {
        return spec.choice("mode", List.of("bilinear", "nearest"), "bilinear").equals("bilinear");
    }

    private static Layer resize(Config spec) {
        int[] size = spec.positives("size");
        if (size.length != 2) {
            throw spec.error("size", "has " + size.length + " sizes; it must be [height, width]");
        }
        return new Layer.Resize(size[0], size[1], isBilinear(spec));
    }

    private static Layer averagePool(Config spec) {
        int kernel = spec.positive("kernel");
        return new Layer.AveragePool(kernel, spec.positive("stride", kernel), spec.nonNegative("padding", 0));
    }
}
