package io.gimbal.model;

import io.gimbal.engine.Initial;
import io.gimbal.nn.Join;
import io.gimbal.nn.Layer;
import io.gimbal.shaded.jackson.databind.node.ArrayNode;
import io.gimbal.shaded.jackson.databind.node.JsonNodeFactory;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;

/**
 * Writes a {@link Network} as the {@code model} of a configuration, block by block, that {@link NetworkReader} reads.
 */
public final class NetworkWriter {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final double EPS = 1e-5;
    private static final double MOMENTUM = 0.1;

    private NetworkWriter() {}

    /**
     * {@return {@code input}, {@code blocks}, {@code outputs}; where they are set, {@code shared} and what else there
     * is}
     *
     * @param network any
     */
    public static ObjectNode write(Network network) {
        ObjectNode model = NODES.objectNode();
        ArrayNode input = model.putArray("input");
        input.add(network.input().channels());
        if (!network.input().flat()) {
            input.add(network.input().height()).add(network.input().width());
        }
        ObjectNode blocks = model.putObject("blocks");
        network.blocks().forEach(name -> blocks.set(name, block(network.block(name))));
        ObjectNode outputs = model.putObject("outputs");
        network.tasks().forEach(task -> network.predicting(task).forEach(outputs.withArray(task)::add));
        if (!network.measured().isEmpty()) {
            network.measured().forEach(model.putArray("shared")::add);
        }
        network.meeting().ifPresent(block -> model.put("representation", block));
        if (network.hasFrozenBatchNorm()) {
            model.put("batch_norm", "frozen");
        }
        return model;
    }

    private static ObjectNode block(Network.Block block) {
        ObjectNode node = NODES.objectNode();
        if (block.join().isEmpty()) {
            node.put("from", block.reads().getFirst());
        } else {
            block.reads().forEach(node.putArray("from")::add);
        }
        block.owner().ifPresent(owner -> node.put("weights", owner));
        ArrayNode layers = layers(block.layers());
        block.join().ifPresent(join -> layers.insert(0, join(join)));
        if (!layers.isEmpty()) {
            node.set("layers", layers);
        }
        return node;
    }

    private static ArrayNode layers(List<Layer> layers) {
        ArrayNode list = NODES.arrayNode();
        layers.forEach(layer -> list.add(layer(layer)));
        return list;
    }

    private static ObjectNode join(Join join) {
        return switch (join) {
            case Join.Add add -> numbers(named("add"), "coefficients", add.coefficients());
            case Join.Multiply ignored -> named("multiply");
            case Join.Concat ignored -> named("concat");
            case Join.Mix mix -> {
                ObjectNode node = numbers(named("mix").put("per", mix.byChannel() ? "channel" : "tensor"), "start",
                        mix.start());
                yield mix.softmax() ? node.put("normalize", "softmax") : node;
            }
            case Join.Attention attention -> {
                ObjectNode node = named("attention");
                attention.scale().ifPresent(scale -> node.put("scale", scale));
                attention.window().ifPresent(window -> node.put("window", window));
                yield put(node, "heads", attention.heads(), 1);
            }
        };
    }

    private static ObjectNode layer(Layer layer) {
        return switch (layer) {
            case Layer.Conv2d convolution -> convolution(convolution);
            case Layer.TransposedConv2d convolution -> bias(put(put(sized("conv_transpose2d", convolution.out(),
                    convolution.kernel()), "stride", convolution.stride(), 1), "padding", convolution.padding(), 0),
                    convolution.bias());
            case Layer.Linear linear -> bias(named("linear").put("out", linear.out()), linear.bias());
            case Layer.BatchNorm norm -> put(put(named("batch_norm"), "eps", norm.eps(), EPS), "momentum",
                    norm.momentum(), MOMENTUM);
            case Layer.Activation activation -> activation(activation);
            case Layer.Softmax ignored -> named("softmax");
            case Layer.AdjacentSoftmax softmax -> named("softmax").put("adjacent", softmax.adjacent());
            case Layer.GroupSoftmax softmax -> named("softmax").put("groups", softmax.groups());
            case Layer.Dropout dropout -> named("dropout").put("p", dropout.p());
            case Layer.MaxPool pool -> pool("max_pool", pool.kernel(), pool.stride(), pool.padding());
            case Layer.MaxUnpool unpool -> named("max_unpool").put("pool", unpool.pool());
            case Layer.AveragePool pool -> pool("avg_pool", pool.kernel(), pool.stride(), pool.padding());
            case Layer.Upsample upsample -> mode(named("upsample").put("scale", upsample.scale()),
                    upsample.bilinear());
            case Layer.Resize resize -> {
                ObjectNode node = named("resize");
                node.putArray("size").add(resize.height()).add(resize.width());
                yield mode(node, resize.bilinear());
            }
            case Layer.Slice slice -> named("slice").put("start", slice.start()).put("count", slice.count());
            case Layer.PixelShuffle shuffle -> named("pixel_shuffle").put("scale", shuffle.scale());
            case Layer.GlobalAveragePool pool -> pool.keep() ? named("global_avg_pool").put("keep", true)
                    : named("global_avg_pool");
            case Layer.Flatten flatten -> named("flatten").put("features", flatten.features());
            case Layer.Residual residual -> {
                ObjectNode node = named("residual");
                node.set("body", layers(residual.body()));
                if (!residual.shortcut().isEmpty()) {
                    node.set("shortcut", layers(residual.shortcut()));
                }
                yield node;
            }
        };
    }

    private static ObjectNode convolution(Layer.Conv2d convolution) {
        ObjectNode node = sized("conv2d", convolution.out(), convolution.kernel());
        put(node, "stride", convolution.stride(), 1);
        put(node, "padding", convolution.padding(), 0);
        put(node, "dilation", convolution.dilation(), 1);
        put(node, "groups", convolution.groups(), 1);
        bias(node, convolution.bias());
        convolution.initial().ifPresent(initial -> {
            switch (initial) {
                case Initial.Zero() -> node.put("initial", "zero");
                case Initial.Normal(double deviation) -> node.putObject("initial").put("normal", deviation);
                case Initial.Blocks(List<Double> blocks) -> numbers(node, "initial", blocks);
            }
        });
        return node;
    }

    private static ObjectNode activation(Layer.Activation activation) {
        ObjectNode node = named(activation.kind().name().toLowerCase(Locale.ROOT));
        return switch (activation.kind()) {
            case LEAKY_RELU -> node.put("slope", activation.parameter());
            case ELU -> node.put("alpha", activation.parameter());
            default -> node;
        };
    }

    private static ObjectNode named(String layer) {
        return NODES.objectNode().put("layer", layer);
    }

    private static ObjectNode sized(String layer, int out, int kernel) {
        return named(layer).put("out", out).put("kernel", kernel);
    }

    private static ObjectNode pool(String layer, int kernel, int stride, int padding) {
        return put(put(named(layer).put("kernel", kernel), "stride", stride, kernel), "padding", padding, 0);
    }

    private static ObjectNode mode(ObjectNode node, boolean bilinear) {
        return bilinear ? node : node.put("mode", "nearest");
    }

    private static ObjectNode bias(ObjectNode node, boolean bias) {
        return bias ? node : node.put("bias", false);
    }

    private static ObjectNode put(ObjectNode node, String key, int value, int usual) {
        return value == usual ? node : node.put(key, value);
    }

    private static ObjectNode put(ObjectNode node, String key, double value, double usual) {
        return value == usual ? node : node.put(key, value);
    }

    private static ObjectNode numbers(ObjectNode node, String key, List<Double> values) {
        if (!values.isEmpty()) {
            values.forEach(node.putArray(key)::add);
        }
        return node;
    }
}
