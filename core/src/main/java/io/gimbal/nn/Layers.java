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

    /**
     * Stride 1, no padding, one group, with a bias.
     *
     * @param out    how many channels leave it
     * @param kernel the side of its window
     * @return the layer
     */
    public static Layer.Conv2d conv2d(int out, int kernel) {
        return new Layer.Conv2d(out, kernel, 1, 0, 1, 1, true, Optional.empty());
    }

    /**
     * Stride 1, no padding, with a bias.
     *
     * @param out    how many channels leave it
     * @param kernel the side of its window
     * @return the layer
     */
    public static Layer.TransposedConv2d transposedConv2d(int out, int kernel) {
        return new Layer.TransposedConv2d(out, kernel, 1, 0, true);
    }

    /**
     * y = x W^T + b, with a bias.
     *
     * @param out how many features leave it
     * @return the layer
     */
    public static Layer.Linear linear(int out) {
        return new Layer.Linear(out, true);
    }

    /**
     * With an eps of 1e-5 and a momentum of 0.1.
     *
     * @return the layer
     */
    public static Layer.BatchNorm batchNorm() {
        return new Layer.BatchNorm(1e-5, 0.1);
    }

    /**
     * x above 0, else 0.
     *
     * @return the layer
     */
    public static Layer.Activation relu() {
        return new Layer.Activation(ActivationKind.RELU);
    }

    /**
     * 1 / (1 + e^-x).
     *
     * @return the layer
     */
    public static Layer.Activation sigmoid() {
        return new Layer.Activation(ActivationKind.SIGMOID);
    }

    /**
     * The hyperbolic tangent.
     *
     * @return the layer
     */
    public static Layer.Activation tanh() {
        return new Layer.Activation(ActivationKind.TANH);
    }

    /**
     * x above 0, slope x below.
     *
     * @param slope any finite number
     * @return the layer
     */
    public static Layer.Activation leakyRelu(double slope) {
        return new Layer.Activation(ActivationKind.LEAKY_RELU, slope);
    }

    /**
     * x above 0, alpha (e^x - 1) below (arXiv 1511.07289).
     *
     * @param alpha any finite number
     * @return the layer
     */
    public static Layer.Activation elu(double alpha) {
        return new Layer.Activation(ActivationKind.ELU, alpha);
    }

    /**
     * x Phi(x), Phi the normal distribution itself (arXiv 1606.08415).
     *
     * @return the layer
     */
    public static Layer.Activation gelu() {
        return new Layer.Activation(ActivationKind.GELU);
    }

    /**
     * x sigmoid(x) (arXiv 1606.08415).
     *
     * @return the layer
     */
    public static Layer.Activation silu() {
        return new Layer.Activation(ActivationKind.SILU);
    }

    /**
     * log(1 + e^x), for every x.
     *
     * @return the layer
     */
    public static Layer.Activation softplus() {
        return new Layer.Activation(ActivationKind.SOFTPLUS);
    }

    /**
     * Over all channels.
     *
     * @return the layer
     */
    public static Layer.Softmax softmax() {
        return new Layer.Softmax();
    }

    /**
     * Over each run of so many channels.
     *
     * @param channels in each run, which must divide all
     * @return the layer
     */
    public static Layer.AdjacentSoftmax softmaxOfAdjacent(int channels) {
        return new Layer.AdjacentSoftmax(channels);
    }

    /**
     * Over so many groups of channels: over the first of each, over the second, and so on.
     *
     * @param groups how many, which must divide all channels
     * @return the layer
     */
    public static Layer.GroupSoftmax softmaxOverGroups(int groups) {
        return new Layer.GroupSoftmax(groups);
    }

    /**
     * 0 with probability p in training, else divided by 1 - p.
     *
     * @param p from 0 to below 1
     * @return the layer
     */
    public static Layer.Dropout dropout(double p) {
        return new Layer.Dropout(p);
    }

    /**
     * The stride is the kernel.
     *
     * @param kernel the side of its window
     * @return the layer
     */
    public static Layer.MaxPool maxPool(int kernel) {
        return new Layer.MaxPool(kernel, kernel, 0);
    }

    /**
     * Through the indices of the max pooling of that name.
     *
     * @param pool a name such as {@code trunk.6}
     * @return the layer
     */
    public static Layer.MaxUnpool maxUnpool(String pool) {
        return new Layer.MaxUnpool(pool);
    }

    /**
     * So many times as high and wide, bilinear without aligned corners.
     *
     * @param scale at least 1
     * @return the layer
     */
    public static Layer.Upsample upsampleBilinear(int scale) {
        return new Layer.Upsample(scale, true);
    }

    /**
     * So many times as high and wide, by the nearest value.
     *
     * @param scale at least 1
     * @return the layer
     */
    public static Layer.Upsample upsampleNearest(int scale) {
        return new Layer.Upsample(scale, false);
    }

    /**
     * To that size, bilinear without aligned corners and without smoothing.
     *
     * @param height of what leaves it
     * @param width  of what leaves it
     * @return the layer
     */
    public static Layer.Resize resizeBilinear(int height, int width) {
        return new Layer.Resize(height, width, true);
    }

    /**
     * To that size, by the nearest value.
     *
     * @param height of what leaves it
     * @param width  of what leaves it
     * @return the layer
     */
    public static Layer.Resize resizeNearest(int height, int width) {
        return new Layer.Resize(height, width, false);
    }

    /**
     * The stride is the kernel.
     *
     * @param kernel the side of its window
     * @return the layer
     */
    public static Layer.AveragePool averagePool(int kernel) {
        return new Layer.AveragePool(kernel, kernel, 0);
    }

    /**
     * That many channels, or features, from number {@code start} on.
     *
     * @param start from 0
     * @param count at least 1
     * @return the layer
     */
    public static Layer.Slice slice(int start, int count) {
        return new Layer.Slice(start, count);
    }

    /**
     * Runs of scale^2 channels to squares of scale x scale places.
     *
     * @param scale at least 1
     * @return the layer
     */
    public static Layer.PixelShuffle pixelShuffle(int scale) {
        return new Layer.PixelShuffle(scale);
    }

    /**
     * Leaves plain features.
     *
     * @return the layer
     */
    public static Layer.GlobalAveragePool globalAveragePool() {
        return new Layer.GlobalAveragePool(false);
    }

    /**
     * Images to plain features, channel by channel.
     *
     * @param features how many must come out
     * @return the layer
     */
    public static Layer.Flatten flatten(int features) {
        return new Layer.Flatten(features);
    }

    /**
     * With the identity as its shortcut.
     *
     * @param body one behind the other
     * @return the layer
     */
    public static Layer.Residual residual(Layer... body) {
        return new Layer.Residual(listed("body", body), List.of());
    }

    /**
     * {@return a copy of a list of layers, none of which may be null}
     *
     * @param argument what messages call it
     * @param layers   the list
     */
    public static List<Layer> listed(String argument, List<Layer> layers) {
        Objects.requireNonNull(layers, () -> argument + " is null");
        for (int i = 0; i < layers.size(); i++) {
            int place = i;
            Objects.requireNonNull(layers.get(i), () -> argument + " has null in place of layer " + place);
        }
        return List.copyOf(layers);
    }

    /**
     * As {@link #listed(String, List)}.
     *
     * @param argument what messages call it
     * @param layers   each of them
     * @return a list of them
     */
    public static List<Layer> listed(String argument, Layer... layers) {
        return listed(argument, Arrays.asList(Objects.requireNonNull(layers, () -> argument + " is null")));
    }

    /**
     * Adds up what these blocks leave.
     *
     * @param blocks at least two names
     * @return the layer
     */
    public static Join.Add add(String... blocks) {
        return new Join.Add(List.of(blocks), List.of());
    }

    /**
     * Multiplies what these blocks leave.
     *
     * @param blocks at least two names
     * @return the layer
     */
    public static Join.Multiply multiply(String... blocks) {
        return new Join.Multiply(List.of(blocks));
    }

    /**
     * Mixes what these blocks leave, by a learned coefficient for each channel, which starts at 1 over their number.
     *
     * @param blocks at least two names
     * @return the layer
     */
    public static Join.Mix mix(String... blocks) {
        return new Join.Mix(List.of(blocks), true, List.of(), false);
    }

    /**
     * Attention of these blocks' values: one head, over the whole image, scaled by a head's channels.
     *
     * @param q names a block
     * @param k names a block
     * @param v names a block
     * @return the layer
     */
    public static Join.Attention attention(String q, String k, String v) {
        return new Join.Attention(List.of(q, k, v), OptionalDouble.empty(), 1, OptionalInt.empty());
    }

    /**
     * What these blocks leave, side by side in the channels.
     *
     * @param blocks at least two names
     * @return the layer
     */
    public static Join.Concat concat(String... blocks) {
        return new Join.Concat(List.of(blocks));
    }

    /**
     * Puts layers one behind the other; they are named {@code prefix.0}, {@code prefix.1}, ...
     *
     * @param graph  takes the operations
     * @param x      what arrives
     * @param prefix with which their names begin
     * @param layers may be none
     * @return what leaves the last
     */
    public static Value build(GraphBuilder graph, Value x, String prefix, List<Layer> layers) {
        return build(graph, x, prefix, 0, layers);
    }

    /**
     * The same with other numbers: the first is {@code prefix.FIRST}.
     *
     * @param graph  takes the operations
     * @param x      what arrives
     * @param prefix with which their names begin
     * @param first  the number of the first
     * @param layers may be none
     * @return what leaves the last
     */
    public static Value build(GraphBuilder graph, Value x, String prefix, int first, List<Layer> layers) {
        Value value = x;
        for (int i = 0; i < layers.size(); i++) {
            value = layers.get(i).build(graph, value, prefix + "." + (first + i));
        }
        return value;
    }
}
