package io.gimbal.model;

import io.gimbal.config.Config;
import io.gimbal.engine.ActivationKind;
import io.gimbal.nn.Layer;
import java.util.ArrayList;
import java.util.List;

/** Reads a {@link Network} from a configuration's {@code model}. */
public final class NetworkReader {
    private static final List<String> LAYERS = List.of("conv2d", "conv_transpose2d", "linear", "batch_norm", "relu",
            "sigmoid", "tanh", "max_pool", "max_unpool", "upsample", "global_avg_pool", "flatten", "residual");

    private static final List<String> NETWORKS = List.of("segnet_vgg16", "resnet50_fcn");

    private NetworkReader() {}

    /** Reads {@code input}, {@code trunk} or {@code network}, {@code heads} and {@code shared}. */
    public static Network read(Config model) {
        Network network = model.has("network") ? named(model) : written(model);
        Config heads = model.object("heads");
        for (String task : heads.keys()) {
            network = network.head(task, layers(heads.list(task)));
        }
        return model.has("shared") ? network.shared(model.text("shared")) : network;
    }

    private static Network written(Config model) {
        model.allow("input", "trunk", "network", "heads", "shared");
        return input(model).trunk(layers(model.list("trunk")));
    }

    private static Network named(Config model) {
        if (model.has("trunk")) {
            throw model.error("has both 'network' and 'trunk'; a named network brings its own trunk");
        }
        String name = model.choice("network", NETWORKS);
        int[] sizes = model.positives("input");
        if (sizes.length != 3) {
            throw model.error("input", "has " + sizes.length + " sizes; " + name + " reads [channels, height, width]");
        }
        if (name.equals("resnet50_fcn")) {
            model.allow("network", "input", "heads", "shared");
            return Networks.resnet50Fcn(sizes[0], sizes[1], sizes[2]);
        }
        model.allow("network", "input", "output", "heads", "shared");
        String output = model.choice("output", List.of("quarter", "full"), "quarter");
        return Networks.segnetVgg16(sizes[0], sizes[1], sizes[2],
                output.equals("full") ? Networks.Resolution.FULL : Networks.Resolution.QUARTER);
    }

    private static Network input(Config model) {
        int[] sizes = model.positives("input");
        return switch (sizes.length) {
            case 1 -> Network.ofFeatures(sizes[0]);
            case 3 -> Network.ofImages(sizes[0], sizes[1], sizes[2]);
            default -> throw model.error("input", "has " + sizes.length
                    + " sizes; it may be [channels, height, width] or [features]");
        };
    }

    private static List<Layer> layers(List<Config> specs) {
        List<Layer> layers = new ArrayList<>();
        for (Config spec : specs) {
            layers.add(layer(spec));
        }
        return layers;
    }

    private static Layer layer(Config spec) {
        return switch (spec.choice("layer", LAYERS)) {
            case "conv2d" -> convolution(spec);
            case "conv_transpose2d" -> transposedConvolution(spec);
            case "linear" -> linear(spec);
            case "batch_norm" -> batchNorm(spec);
            case "relu" -> activation(spec, ActivationKind.RELU);
            case "sigmoid" -> activation(spec, ActivationKind.SIGMOID);
            case "tanh" -> activation(spec, ActivationKind.TANH);
            case "max_pool" -> maxPool(spec);
            case "max_unpool" -> maxUnpool(spec);
            case "upsample" -> upsample(spec);
            case "global_avg_pool" -> globalAverage(spec);
            case "flatten" -> flatten(spec);
            default -> residual(spec);
        };
    }

    private static Layer convolution(Config spec) {
        spec.allow("layer", "out", "kernel", "stride", "padding", "dilation", "bias");
        return new Layer.Conv2d(spec.positive("out"), spec.positive("kernel"), spec.positive("stride", 1),
                spec.nonNegative("padding", 0),
                spec.positive("dilation", 1), spec.flag("bias", true));
    }

    private static Layer transposedConvolution(Config spec) {
        spec.allow("layer", "out", "kernel", "stride", "padding", "bias");
        return new Layer.TransposedConv2d(spec.positive("out"), spec.positive("kernel"), spec.positive("stride", 1),
                spec.nonNegative("padding", 0), spec.flag("bias", true));
    }

    private static Layer linear(Config spec) {
        spec.allow("layer", "out", "bias");
        return new Layer.Linear(spec.positive("out"), spec.flag("bias", true));
    }

    private static Layer batchNorm(Config spec) {
        spec.allow("layer", "eps", "momentum");
        return new Layer.BatchNorm(spec.positiveNumber("eps", 1e-5), spec.numberIn("momentum", 0, 1, 0.1));
    }

    private static Layer activation(Config spec, ActivationKind kind) {
        spec.allow("layer");
        return new Layer.Activation(kind);
    }

    private static Layer maxPool(Config spec) {
        spec.allow("layer", "kernel", "stride", "padding");
        int kernel = spec.positive("kernel");
        return new Layer.MaxPool(kernel, spec.positive("stride", kernel), spec.nonNegative("padding", 0));
    }

    private static Layer maxUnpool(Config spec) {
        spec.allow("layer", "pool");
        return new Layer.MaxUnpool(spec.text("pool"));
    }

    private static Layer upsample(Config spec) {
        spec.allow("layer", "scale", "mode");
        return new Layer.Upsample(spec.positive("scale"), spec.choice("mode", List.of("bilinear", "nearest"),
                "bilinear").equals("bilinear"));
    }

    private static Layer globalAverage(Config spec) {
        spec.allow("layer");
        return new Layer.GlobalAveragePool();
    }

    private static Layer flatten(Config spec) {
        spec.allow("layer", "features");
        return new Layer.Flatten(spec.positive("features"));
    }

    private static Layer residual(Config spec) {
        spec.allow("layer", "body", "shortcut");
        return new Layer.Residual(layers(spec.list("body")), spec.has("shortcut") ? layers(spec.list("shortcut"))
                : List.of());
    }
}
