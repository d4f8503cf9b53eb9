package io.gimbal.export;

import io.gimbal.dnn.ConvolutionGeometry;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Parameter;
import io.gimbal.graph.Shape;
import io.gimbal.graph.Value;
import io.gimbal.graph.operation.Activation;
import io.gimbal.graph.operation.Add;
import io.gimbal.graph.operation.Attention;
import io.gimbal.graph.operation.AveragePool;
import io.gimbal.graph.operation.BatchNorm;
import io.gimbal.graph.operation.Concatenation;
import io.gimbal.graph.operation.Convolution;
import io.gimbal.graph.operation.Dropout;
import io.gimbal.graph.operation.Flatten;
import io.gimbal.graph.operation.GlobalAverage;
import io.gimbal.graph.operation.Linear;
import io.gimbal.graph.operation.MaxPool;
import io.gimbal.graph.operation.Mix;
import io.gimbal.graph.operation.Multiply;
import io.gimbal.graph.operation.PixelShuffle;
import io.gimbal.graph.operation.Resize;
import io.gimbal.graph.operation.Slice;
import io.gimbal.graph.operation.Softmax;
import io.gimbal.graph.operation.TransposedConvolution;
import io.gimbal.graph.operation.Unpool;
import io.gimbal.graph.operation.Upsample;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** The operations of a network, as it was written down, as nodes of an ONNX graph; images are N, C, H, W there. */
final class Operations {
    private static final int CHANNELS = 1;
    private static final int HEIGHT = 2;
    private static final int WIDTH = 3;

    private final OnnxGraph graph;
    private final Map<MaxPool, String> winners = new HashMap<>();

    Operations(OnnxGraph graph) {
        this.graph = graph;
    }

    /** Puts all of them. */
    void put(List<Operation> operations) {
        operations.stream().filter(Unpool.class::isInstance).map(unpool -> ((Unpool) unpool).pooling()).distinct()
                .forEach(pool -> winners.put(pool, graph.fresh(pool.name() + "/winners")));
        operations.forEach(this::put);
    }

    private void put(Operation operation) {
        switch (operation) {
            case Activation activation -> put(activation);
            case Add add -> put(add);
            case Attention attention -> new AttentionNodes(graph, attention).put();
            case AveragePool pool -> put(pool);
            case BatchNorm norm -> put(norm);
            case Concatenation parts -> graph.result(parts, new Node("Concat", inputs(parts)).with("axis", CHANNELS));
            case Convolution convolution -> put(convolution);
            case Dropout dropout -> graph.set(dropout.output(), input(dropout));
            case Flatten flatten -> graph.result(flatten, new Node("Flatten", input(flatten)).with("axis", CHANNELS));
            case GlobalAverage average -> put(average);
            case Linear linear -> graph.result(linear, new Node("Gemm", withParameters(linear)).with("transB", 1));
            case MaxPool pool -> put(pool);
            case Mix mix -> put(mix);
            case Multiply product -> graph.result(product, new Node("Mul", inputs(product)));
            case PixelShuffle shuffle -> put(shuffle);
            case Resize resize -> put(resize);
            case Slice slice -> put(slice);
            case Softmax softmax -> put(softmax);
            case TransposedConvolution transposed -> put(transposed);
            case Unpool unpool -> put(unpool);
            case Upsample upsample -> put(upsample);
            default -> throw new IllegalStateException(operation.name() + ": there is no way to write a "
                    + operation.getClass().getSimpleName() + " as ONNX");
        }
    }

    private String input(Operation operation) {
        return graph.of(operation.input());
    }

    private List<String> inputs(Operation operation) {
        return operation.inputs().stream().map(graph::of).toList();
    }

    /** The first input, and the parameters in the operation's order. */
    private List<String> withParameters(Operation operation) {
        return Stream.concat(Stream.of(input(operation)), operation.parameters().stream().map(graph::parameter))
                .toList();
    }

    private void put(Activation activation) {
        String x = input(activation);
        graph.result(activation, switch (activation.kind()) {
            case RELU -> new Node("Relu", x);
            case SIGMOID -> new Node("Sigmoid", x);
            case TANH -> new Node("Tanh", x);
            case LEAKY_RELU -> new Node("LeakyRelu", x).with("alpha", activation.parameter());
            case ELU -> new Node("Elu", x).with("alpha", activation.parameter());
            case GELU -> new Node("Gelu", x);
            case SILU -> new Node("Mul", x, graph.part(activation.name(), "sigmoid", new Node("Sigmoid", x)));
            case SOFTPLUS -> new Node("Softplus", x);
        });
    }

    private void put(Add add) {
        List<String> terms = new ArrayList<>(inputs(add));
        for (int term = 0; term < add.coefficients().size(); term++) {
            String coefficient = graph.constants(add.name(), "coefficient " + term, new long[0],
                    add.coefficients().get(term));
            terms.set(term, graph.part(add.name(), "term " + term, new Node("Mul", terms.get(term), coefficient)));
        }
        graph.result(add, new Node("Sum", terms));
    }

    private void put(AveragePool pool) {
        graph.result(pool, windows(new Node("AveragePool", input(pool)), pool.kernel(), pool.stride(), pool.padding())
                .with("count_include_pad", 1));
    }

    private static Node windows(Node node, int kernel, int stride, int padding) {
        return node.withAll("kernel_shape", kernel, kernel).withAll("strides", stride, stride)
                .withAll("pads", padding, padding, padding, padding);
    }

    private void put(BatchNorm norm) {
        List<String> inputs = new ArrayList<>(withParameters(norm));
        String module = norm.statistics().module();
        inputs.add(graph.parameter(module + ".running_mean", norm.channels()));
        inputs.add(graph.parameter(module + ".running_var", norm.channels()));
        graph.result(norm, new Node("BatchNormalization", inputs).with("epsilon", norm.eps()));
    }

    private void put(Convolution convolution) {
        ConvolutionGeometry of = convolution.geometry();
        graph.result(convolution, windows(new Node("Conv", withParameters(convolution)), of.kernel(), of.stride(),
                of.padding()).withAll("dilations", of.dilation(), of.dilation()).with("group", of.groups()));
    }

    private void put(TransposedConvolution transposed) {
        ConvolutionGeometry of = transposed.mirrored(value -> value.shape().channels());
        graph.result(transposed, windows(new Node("ConvTranspose", withParameters(transposed)), of.kernel(),
                of.stride(), of.padding()));
    }

    private void put(GlobalAverage average) {
        Node mean = new Node("GlobalAveragePool", input(average));
        graph.result(average, average.output().shape().flat()
                ? new Node("Flatten", graph.part(average.name(), "mean", mean)).with("axis", CHANNELS) : mean);
    }

    private void put(MaxPool pool) {
        Node node = windows(new Node("MaxPool", input(pool)), pool.kernel(), pool.stride(), pool.padding());
        graph.result(pool, node, winners.containsKey(pool) ? List.of(winners.get(pool)) : List.of());
    }

    /** The size is told where it is not the least that the pooling makes such images of. */
    private void put(Unpool unpool) {
        MaxPool pool = unpool.pooling();
        List<String> inputs = new ArrayList<>(List.of(input(unpool), winners.get(pool)));
        Shape small = unpool.input().shape();
        Shape large = unpool.output().shape();
        if (least(small.height(), pool) != large.height() || least(small.width(), pool) != large.width()) {
            inputs.add(graph.part(unpool.name(), "size", new Node("Shape", graph.of(pool.input()))));
        }
        graph.result(unpool, windows(new Node("MaxUnpool", inputs), pool.kernel(), pool.stride(), pool.padding()));
    }

    private static long least(int windows, MaxPool pool) {
        return (windows - 1L) * pool.stride() + pool.kernel() - 2L * pool.padding();
    }

    private void put(Mix mix) {
        Parameter weight = mix.parameters().getFirst();
        String all = graph.parameter(weight);
        if (mix.softmax()) {
            all = graph.part(mix.name(), "coefficients", new Node("Softmax", all).with("axis", 0));
        }
        Shape shape = mix.output().shape();
        String spread = graph.constants(mix.name(), "spread", shape.flat() ? new long[] {1, -1}
                : new long[] {1, -1, 1, 1});
        List<String> terms = new ArrayList<>();
        for (int term = 0; term < mix.inputs().size(); term++) {
            String number = graph.constants(mix.name(), "number " + term, term);
            String row = graph.part(mix.name(), "row " + term, new Node("Gather", all, number).with("axis", 0));
            String by = graph.part(mix.name(), "coefficient " + term, new Node("Reshape", row, spread));
            terms.add(graph.part(mix.name(), "term " + term, new Node("Mul", graph.of(mix.inputs().get(term)), by)));
        }
        graph.result(mix, new Node("Sum", terms));
    }

    private void put(PixelShuffle shuffle) {
        graph.result(shuffle, new Node("DepthToSpace", input(shuffle))
                .with("blocksize", shuffle.output().shape().height() / shuffle.input().shape().height())
                .with("mode", "CRD"));
    }

    private void put(Slice slice) {
        String name = slice.name();
        long end = (long) slice.start() + slice.output().shape().channels();
        graph.result(slice, new Node("Slice", input(slice), graph.constants(name, "start", slice.start()),
                graph.constants(name, "end", end), graph.constants(name, "axis", CHANNELS)));
    }

    /** Sets that are not all channels become a dimension of their own. */
    private void put(Softmax softmax) {
        Shape shape = softmax.output().shape();
        if (softmax.members() == shape.channels()) {
            graph.result(softmax, new Node("Softmax", input(softmax)).with("axis", CHANNELS));
            return;
        }
        long members = softmax.members();
        long sets = shape.channels() / members;
        long pixels = (long) shape.height() * shape.width();
        String apart = graph.constants(softmax.name(), "apart", softmax.adjacent()
                ? new long[] {0, sets, members, pixels} : new long[] {0, members, sets, pixels});
        String cut = graph.part(softmax.name(), "cut", new Node("Reshape", input(softmax), apart));
        String shares = graph.part(softmax.name(), "shares", new Node("Softmax", cut)
                .with("axis", softmax.adjacent() ? CHANNELS + 1 : CHANNELS));
        graph.result(softmax, reshape(softmax, shares));
    }

    /** To the shape that the operation leaves. */
    private Node reshape(Operation operation, String x) {
        long[] sizes = LongStream.concat(LongStream.of(0), LongStream.of(OnnxGraph.sizes(operation.output().shape())))
                .toArray();
        return new Node("Reshape", x, graph.constants(operation.name(), "whole", sizes));
    }

    /** By whole numbers, of which no runtime can round one to its neighbour, where a place is copied. */
    private void put(Resize resize) {
        Shape from = resize.input().shape();
        Shape to = resize.output().shape();
        if (resize.bilinear()) {
            String sizes = graph.constants(resize.name(), "size", to.height(), to.width());
            graph.result(resize, new Node("Resize", input(resize), "", "", sizes)
                    .withAll("axes", HEIGHT, WIDTH).with("mode", "linear")
                    .with("coordinate_transformation_mode", "half_pixel"));
            return;
        }
        String rows = graph.constants(resize.name(), "rows", nearest(from.height(), to.height()));
        String columns = graph.constants(resize.name(), "columns", nearest(from.width(), to.width()));
        String tall = graph.part(resize.name(), "tall", new Node("Gather", input(resize), rows).with("axis", HEIGHT));
        graph.result(resize, new Node("Gather", tall, columns).with("axis", WIDTH));
    }

    private static long[] nearest(int have, int wanted) {
        return IntStream.range(0, wanted).mapToLong(line -> (long) line * have / wanted).toArray();
    }

    private void put(Upsample upsample) {
        float scale = upsample.scale();
        String scales = graph.constants(upsample.name(), "scales", new long[] {4}, 1, 1, scale, scale);
        Node node = new Node("Resize", input(upsample), "", scales);
        graph.result(upsample, upsample.bilinear()
                ? node.with("mode", "linear").with("coordinate_transformation_mode", "half_pixel")
                : node.with("mode", "nearest").with("coordinate_transformation_mode", "asymmetric")
                        .with("nearest_mode", "floor"));
    }
}
