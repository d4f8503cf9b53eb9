package io.gimbal.nn;

import io.gimbal.engine.GraphBuilder;
import io.gimbal.graph.Value;
import io.gimbal.graph.operation.ActivationKind;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** Layers with the usual defaults; made for a static import. */
public final class Layers {
    private Layers() {}

    /** Stride 1, no padding, one group, with a bias. */
    public static Layer.Conv2d conv2d(int out, int kernel) {
        return new Layer.Conv2d(out, kernel, 1, 0, 1, 1, true, Optional.empty());
    }

    /** Stride 1, no padding, with a bias. */
    public static Layer.TransposedConv2d transposedConv2d(int out, int kernel) {
        return new Layer.TransposedConv2d(out, kernel, 1, 0, true);
    }

    public static Layer.Linear linear(int out) {
        return new Layer.Linear(out, true);
    }

    /** eps 1e-5, momentum 0.1. */
    public static Layer.BatchNorm batchNorm() {
        return new Layer.BatchNorm(1e-5, 0.1);
    }

    public static Layer.Activation relu() {
        return new Layer.Activation(ActivationKind.RELU);
    }

    public static Layer.Activation sigmoid() {
        return new Layer.Activation(ActivationKind.SIGMOID);
    }

    public static Layer.Activation tanh() {
        return new Layer.Activation(ActivationKind.TANH);
    }

    /** x above 0, slope x below. */
    public static Layer.Activation leakyRelu(double slope) {
        return new Layer.Activation(ActivationKind.LEAKY_RELU, slope);
    }

    /** x above 0, alpha (e^x - 1) below (arXiv 1511.07289). */
    public static Layer.Activation elu(double alpha) {
        return new Layer.Activation(ActivationKind.ELU, alpha);
    }

    /** x Phi(x), Phi the normal distribution itself (arXiv 1606.08415). */
    public static Layer.Activation gelu() {
        return new Layer.Activation(ActivationKind.GELU);
    }

    /** x sigmoid(x) (arXiv 1606.08415). */
    public static Layer.Activation silu() {
        return new Layer.Activation(ActivationKind.SILU);
    }

    /** log(1 + e^x), for every x. */
    public static Layer.Activation softplus() {
        return new Layer.Activation(ActivationKind.SOFTPLUS);
    }

    /** Over all channels. */
    public static Layer.Softmax softmax() {
        return new Layer.Softmax();
    }

    /** Over each run of so many channels. */
    public static Layer.AdjacentSoftmax softmaxOfAdjacent(int channels) {
        return new Layer.AdjacentSoftmax(channels);
    }

    /** Over so many groups of channels: over the first of each, over the second, and so on. */
    public static Layer.GroupSoftmax softmaxOverGroups(int groups) {
        return new Layer.GroupSoftmax(groups);
    }

    /** 0 with probability p in training, else divided by 1 - p. */
    public static Layer.Dropout dropout(double p) {
        return new Layer.Dropout(p);
    }

    /** The stride is the kernel. */
    public static Layer.MaxPool maxPool(int kernel) {
        return new Layer.MaxPool(kernel, kernel, 0);
    }

    /** Through the indices of the max pooling of that name. */
    public static Layer.MaxUnpool maxUnpool(String pool) {
        return new Layer.MaxUnpool(pool);
    }

    public static Layer.Upsample upsampleBilinear(int scale) {
        return new Layer.Upsample(scale, true);
    }

    public static Layer.Upsample upsampleNearest(int scale) {
        return new Layer.Upsample(scale, false);
    }

    public static Layer.Resize resizeBilinear(int height, int width) {
        return new Layer.Resize(height, width, true);
    }

    public static Layer.Resize resizeNearest(int height, int width) {
        return new Layer.Resize(height, width, false);
    }

    /** The stride is the kernel. */
    public static Layer.AveragePool averagePool(int kernel) {
        return new Layer.AveragePool(kernel, kernel, 0);
    }

    /** That many channels, or features, from number {@code start} on. */
    public static Layer.Slice slice(int start, int count) {
        return new Layer.Slice(start, count);
    }

    public static Layer.PixelShuffle pixelShuffle(int scale) {
        return new Layer.PixelShuffle(scale);
    }

    /** Leaves plain features. */
    public static Layer.GlobalAveragePool globalAveragePool() {
        return new Layer.GlobalAveragePool(false);
    }

    public static Layer.Flatten flatten(int features) {
        return new Layer.Flatten(features);
    }

    /** With the identity as its shortcut. */
    public static Layer.Residual residual(Layer... body) {
        return new Layer.Residual(listed("body", body), List.of());
    }

    /** A copy of a list of layers, none of which may be null. */
    public static List<Layer> listed(String argument, List<Layer> layers) {
        Objects.requireNonNull(layers, () -> argument + " is null");
        for (int i = 0; i < layers.size(); i++) {
            int place = i;
            Objects.requireNonNull(layers.get(i), () -> argument + " has null in place of layer " + place);
        }
        return List.copyOf(layers);
    }

    /** As {@link #listed(String, List)}. */
    public static List<Layer> listed(String argument, Layer... layers) {
        return listed(argument, Arrays.asList(Objects.requireNonNull(layers, () -> argument + " is null")));
    }

    /** Adds up what these blocks leave. */
    public static Join.Add add(String... blocks) {
        return new Join.Add(List.of(blocks), List.of());
    }

    /** Multiplies what these blocks leave. */
    public static Join.Multiply multiply(String... blocks) {
        return new Join.Multiply(List.of(blocks));
    }

    /**
     * Mixes what these blocks leave, by a learned coefficient for each channel, which starts at 1 over their number.
     */
    public static Join.Mix mix(String... blocks) {
        return new Join.Mix(List.of(blocks), true, List.of(), false);
    }

    /** Attention of these blocks' values: one head, over the whole image, scaled by a head's channels. */
    public static Join.Attention attention(String q, String k, String v) {
        return new Join.Attention(List.of(q, k, v), OptionalDouble.empty(), 1, OptionalInt.empty());
    }

    /** What these blocks leave, side by side in the channels. */
    public static Join.Concat concat(String... blocks) {
        return new Join.Concat(List.of(blocks));
    }

    /** Puts layers one behind the other; they are named {@code prefix.0}, {@code prefix.1}, ... */
    public static Value build(GraphBuilder graph, Value x, String prefix, List<Layer> layers) {
        return build(graph, x, prefix, 0, layers);
    }

    /** The same with other numbers: the first is {@code prefix.FIRST}. */
    public static Value build(GraphBuilder graph, Value x, String prefix, int first, List<Layer> layers) {
        Value value = x;
        for (int i = 0; i < layers.size(); i++) {
            value = layers.get(i).build(graph, value, prefix + "." + (first + i));
        }
        return value;
    }
}
