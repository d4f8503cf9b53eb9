package io.gimbal.nn;

import io.gimbal.config.Counts;
import io.gimbal.config.Range;
import io.gimbal.engine.GraphBuilder;
import io.gimbal.engine.Initial;
import io.gimbal.graph.Value;
import io.gimbal.graph.operation.ActivationKind;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A layer as a description: immutable, without parameters of its own. Its name comes from where it stands in the
 * network. A number that cannot be is refused by a {@link io.gimbal.config.UserException} that names it.
 */
public sealed interface Layer {
    /**
     * Puts the layer behind {@code x}; its parameters are named {@code name.weight} and so on.
     *
     * @param graph takes the operation
     * @param x     what arrives
     * @param name  of the operation
     * @return what leaves it
     */
    Value build(GraphBuilder graph, Value x, String name);

    /**
     * A convolution with a square kernel, padded with zeros.
     *
     * @param out      how many channels leave it
     * @param kernel   the side of its window
     * @param stride   from window to window
     * @param padding  rows and columns of zeros on each side
     * @param dilation from tap to tap
     * @param groups   how many parts the channels are cut into on both sides, each with filters of its own; must divide
     *                 both. As many as channels: depthwise
     * @param bias     whether it has one
     * @param initial  where the filters start; none for as PyTorch's
     */
    record Conv2d(int out, int kernel, int stride, int padding, int dilation, int groups, boolean bias,
            Optional<Initial> initial) implements Layer {
        /** Checks each part. */
        public Conv2d {
            Counts.atLeast("out", out, 1);
            Counts.atLeast("kernel", kernel, 1);
            Counts.atLeast("stride", stride, 1);
            Counts.atLeast("padding", padding, 0);
            Counts.atLeast("dilation", dilation, 1);
            Counts.atLeast("groups", groups, 1);
            Objects.requireNonNull(initial, "initial is null");
        }

        /**
         * The same with another stride.
         *
         * @param value at least 1
         * @return another description; this one stays
         */
        public Conv2d stride(int value) {
            return new Conv2d(out, kernel, value, padding, dilation, groups, bias, initial);
        }

        /**
         * The same with another padding.
         *
         * @param value at least 0
         * @return another description; this one stays
         */
        public Conv2d padding(int value) {
            return new Conv2d(out, kernel, stride, value, dilation, groups, bias, initial);
        }

        /**
         * The same with another dilation.
         *
         * @param value at least 1
         * @return another description; this one stays
         */
        public Conv2d dilation(int value) {
            return new Conv2d(out, kernel, stride, padding, value, groups, bias, initial);
        }

        /**
         * The same in groups.
         *
         * @param value how many, which must divide the channels on both sides
         * @return another description; this one stays
         */
        public Conv2d groups(int value) {
            return new Conv2d(out, kernel, stride, padding, dilation, value, bias, initial);
        }

        /**
         * Without a bias, as before a batch norm.
         *
         * @return another description; this one stays
         */
        public Conv2d withoutBias() {
            return new Conv2d(out, kernel, stride, padding, dilation, groups, false, initial);
        }

        /**
         * Starting at 0, filters and bias: what it leaves is added later on, by and by.
         *
         * @return another description; this one stays
         */
        public Conv2d startingAtZero() {
            return starting(new Initial.Zero());
        }

        /**
         * Starting, with n numbers for n times {@code out} channels, as the weighted sum of n blocks of channels (NDDR,
         * arXiv 1801.08297): filters a_j I side by side, in the middle of the kernel; the bias at 0.
         *
         * @param blocks the numbers a_j, at least one
         * @return another description; this one stays
         */
        public Conv2d startingAt(double... blocks) {
            return starting(new Initial.Blocks(Arrays.stream(blocks).boxed().toList()));
        }

        /**
         * With filters that start normally distributed with mean 0 and that standard deviation; the bias at 0.
         *
         * @param deviation above 0
         * @return another description; this one stays
         */
        public Conv2d startingNormal(double deviation) {
            return starting(new Initial.Normal(deviation));
        }

        private Conv2d starting(Initial start) {
            return new Conv2d(out, kernel, stride, padding, dilation, groups, bias, Optional.of(start));
        }

        @Override
        public Value build(GraphBuilder graph, Value x, String name) {
            return graph.convolution(name, x, out, kernel, stride, padding, dilation, groups, bias, initial);
        }
    }

    /**
     * A transposed convolution with a square kernel: learned upsampling, by {@code stride}.
     *
     * @param out     how many channels leave it
     * @param kernel  the side of its window
     * @param stride  by how much it enlarges
     * @param padding rows and columns that are cut off on each side
     * @param bias    whether it has one
     */
    record TransposedConv2d(int out, int kernel, int stride, int padding, boolean bias) implements Layer {
        /** Checks each part. */
        public TransposedConv2d {
            Counts.atLeast("out", out, 1);
            Counts.atLeast("kernel", kernel, 1);
            Counts.atLeast("stride", stride, 1);
            Counts.atLeast("padding", padding, 0);
        }

        /**
         * The same with another stride.
         *
         * @param value at least 1
         * @return another description; this one stays
         */
        public TransposedConv2d stride(int value) {
            return new TransposedConv2d(out, kernel, value, padding, bias);
        }

        /**
         * The same with another padding.
         *
         * @param value at least 0
         * @return another description; this one stays
         */
        public TransposedConv2d padding(int value) {
            return new TransposedConv2d(out, kernel, stride, value, bias);
        }

        /**
         * Without a bias, as before a batch norm.
         *
         * @return another description; this one stays
         */
        public TransposedConv2d withoutBias() {
            return new TransposedConv2d(out, kernel, stride, padding, false);
        }

        @Override
        public Value build(GraphBuilder graph, Value x, String name) {
            return graph.transposedConvolution(name, x, out, kernel, stride, padding, bias);
        }
    }

    /**
     * y = x W^T + b on plain features.
     *
     * @param out  how many features leave it
     * @param bias whether it has one
     */
    record Linear(int out, boolean bias) implements Layer {
        /** Checks each part. */
        public Linear {
            Counts.atLeast("out", out, 1);
        }

        /**
         * The same without a bias.
         *
         * @return another description; this one stays
         */
        public Linear withoutBias() {
            return new Linear(out, false);
        }

        @Override
        public Value build(GraphBuilder graph, Value x, String name) {
            return graph.linear(name, x, out, bias);
        }
    }

    /**
     * Batch normalisation (arXiv 1502.03167); running statistics move by {@code momentum} each step.
     *
     * @param eps      added to the variance, above 0
     * @param momentum from 0 to 1
     */
    record BatchNorm(double eps, double momentum) implements Layer {
        /** Checks each part. */
        public BatchNorm {
            Range.POSITIVE.check("eps", eps);
            Range.FRACTION.check("momentum", momentum);
        }

        @Override
        public Value build(GraphBuilder graph, Value x, String name) {
            return graph.batchNorm(name, x, (float) eps, (float) momentum);
        }
    }

    /**
     * An elementwise activation.
     *
     * @param kind      which function
     * @param parameter the kind's, any finite number; 0 where it has none
     */
    record Activation(ActivationKind kind, double parameter) implements Layer {
        /** Checks the parameter. */
        public Activation {
            Objects.requireNonNull(kind, "kind is null").check(parameter);
        }

        /**
         * With its usual parameter, if it has one.
         *
         * @param kind which function
         */
        public Activation(ActivationKind kind) {
            this(kind, Objects.requireNonNull(kind, "kind is null").usual());
        }

        @Override
        public Value build(GraphBuilder graph, Value x, String name) {
            return graph.activation(name, x, kind, parameter);
        }
    }

    /** Softmax over all channels of each place, or all features. */
    record Softmax() implements Layer {
        @Override
        public Value build(GraphBuilder graph, Value x, String name) {
            return graph.softmax(name, x);
        }
    }

    /**
     * Softmax over each run of so many adjacent channels, or features.
     *
     * @param adjacent how many, which must divide all channels
     */
    record AdjacentSoftmax(int adjacent) implements Layer {
        /** Checks each part. */
        public AdjacentSoftmax {
            Counts.atLeast("adjacent", adjacent, 1);
        }

        @Override
        public Value build(GraphBuilder graph, Value x, String name) {
            return graph.softmaxOfAdjacent(name, x, adjacent);
        }
    }

    /**
     * Softmax over so many groups of channels, or features: over the first of each, over the second, and so on.
     *
     * @param groups how many, which must divide all channels
     */
    record GroupSoftmax(int groups) implements Layer {
        /** Checks each part. */
        public GroupSoftmax {
            Counts.atLeast("groups", groups, 1);
        }

        @Override
        public Value build(GraphBuilder graph, Value x, String name) {
            return graph.softmaxOverGroups(name, x, groups);
        }
    }

    /**
     * Dropout, inverted (arXiv 1207.0580): in training 0 with probability p, else divided by 1 - p.
     *
     * @param p from 0 to below 1
     */
    record Dropout(double p) implements Layer {
        /** Checks each part. */
        public Dropout {
            Range.BELOW_ONE.check("p", p);
        }

        @Override
        public Value build(GraphBuilder graph, Value x, String name) {
            return graph.dropout(name, x, p);
        }
    }

    /**
     * Max pooling over square windows.
     *
     * @param kernel  the side of its window
     * @param stride  from window to window
     * @param padding on each side, at most half the kernel
     */
    record MaxPool(int kernel, int stride, int padding) implements Layer {
        /** Checks each part. */
        public MaxPool {
            Counts.atLeast("kernel", kernel, 1);
            Counts.atLeast("stride", stride, 1);
            Counts.atLeast("padding", padding, 0);
        }

        @Override
        public Value build(GraphBuilder graph, Value x, String name) {
            return graph.maxPool(name, x, kernel, stride, padding);
        }
    }

    /**
     * Upsampling through the indices of an earlier max pooling (SegNet, arXiv 1511.00561).
     *
     * @param pool that pooling's name, such as {@code trunk.6}
     */
    record MaxUnpool(String pool) implements Layer {
        /** Checks that there is a name. */
        public MaxUnpool {
            Objects.requireNonNull(pool, "pool is null");
        }

        @Override
        public Value build(GraphBuilder graph, Value x, String name) {
            return graph.maxUnpool(name, x, pool);
        }
    }

    /**
     * Upsampling by a whole factor, bilinear (without aligned corners) or nearest.
     *
     * @param scale    at least 1
     * @param bilinear whether it is bilinear, or else nearest
     */
    record Upsample(int scale, boolean bilinear) implements Layer {
        /** Checks each part. */
        public Upsample {
            Counts.atLeast("scale", scale, 1);
        }

        @Override
        public Value build(GraphBuilder graph, Value x, String name) {
            return graph.upsample(name, x, scale, bilinear);
        }
    }

    /**
     * {@code count} channels of images, or features, from number {@code start} on.
     *
     * @param start from 0
     * @param count at least 1
     */
    record Slice(int start, int count) implements Layer {
        /** Checks each part. */
        public Slice {
            Counts.atLeast("start", start, 0);
            Counts.atLeast("count", count, 1);
        }

        @Override
        public Value build(GraphBuilder graph, Value x, String name) {
            return graph.slice(name, x, start, count);
        }
    }

    /**
     * Runs of scale^2 channels to squares of scale x scale places (arXiv 1609.05158).
     *
     * @param scale at least 1
     */
    record PixelShuffle(int scale) implements Layer {
        /** Checks each part. */
        public PixelShuffle {
            Counts.atLeast("scale", scale, 1);
        }

        @Override
        public Value build(GraphBuilder graph, Value x, String name) {
            return graph.pixelShuffle(name, x, scale);
        }
    }

    /**
     * Images brought to a size, larger or smaller: bilinear (without aligned corners, without smoothing) or nearest.
     *
     * @param height   of what leaves it
     * @param width    of what leaves it
     * @param bilinear whether it is bilinear, or else nearest
     */
    record Resize(int height, int width, boolean bilinear) implements Layer {
        /** Checks each part. */
        public Resize {
            Counts.atLeast("height", height, 1);
            Counts.atLeast("width", width, 1);
        }

        @Override
        public Value build(GraphBuilder graph, Value x, String name) {
            return graph.resize(name, x, height, width, bilinear);
        }
    }

    /**
     * Average pooling over square windows: always by kernel^2, padding counted.
     *
     * @param kernel  the side of its window
     * @param stride  from window to window
     * @param padding on each side, at most half the kernel
     */
    record AveragePool(int kernel, int stride, int padding) implements Layer {
        /** Checks each part. */
        public AveragePool {
            Counts.atLeast("kernel", kernel, 1);
            Counts.atLeast("stride", stride, 1);
            Counts.atLeast("padding", padding, 0);
        }

        @Override
        public Value build(GraphBuilder graph, Value x, String name) {
            return graph.averagePool(name, x, kernel, stride, padding);
        }
    }

    /**
     * The mean over each image.
     *
     * @param keep whether it leaves images of one pixel; otherwise plain features
     */
    record GlobalAveragePool(boolean keep) implements Layer {
        /**
         * Leaves images of one pixel, [N, C, 1, 1].
         *
         * @return another description; this one stays
         */
        public GlobalAveragePool asImages() {
            return new GlobalAveragePool(true);
        }

        @Override
        public Value build(GraphBuilder graph, Value x, String name) {
            return graph.globalAverage(name, x, keep);
        }
    }

    /**
     * Images to plain features, channel by channel; {@code features} must come out.
     *
     * @param features how many
     */
    record Flatten(int features) implements Layer {
        /** Checks each part. */
        public Flatten {
            Counts.atLeast("features", features, 1);
        }

        @Override
        public Value build(GraphBuilder graph, Value x, String name) {
            return graph.flatten(name, x, features);
        }
    }

    /**
     * body(x) + shortcut(x); an empty shortcut is the identity.
     *
     * @param body     one behind the other
     * @param shortcut one behind the other
     */
    record Residual(List<Layer> body, List<Layer> shortcut) implements Layer {
        /** Keeps copies. */
        public Residual {
            body = Layers.listed("body", body);
            shortcut = Layers.listed("shortcut", shortcut);
        }

        @Override
        public Value build(GraphBuilder graph, Value x, String name) {
            Value through = Layers.build(graph, x, name + ".body", body);
            Value beside = Layers.build(graph, x, name + ".shortcut", shortcut);
            return graph.residual(name, through, beside);
        }
    }
}
