package io.gimbal.export;

import io.gimbal.graph.Shape;
import io.gimbal.graph.Value;
import io.gimbal.graph.operation.Attention;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * Attention as nodes: for each head, products of q and k, their softmax, and sums of v. Of a small window, k and v are
 * gathered place by place; of a larger one, or none, each place stands beside all, and those out of sight get no
 * weight.
 */
final class AttentionNodes {
    /**
     * A window is small of which so many would be fewer places than the image has: on two cores ONNX Runtime 1.29 took
     * as long both ways for 8 x 8 of 24 x 32 places and for 17 x 17 of 48 x 64.
     */
    private static final int SMALL = 10;

    private final OnnxGraph graph;
    private final Attention attention;
    private final String name;
    private final int heads;
    private final int window;
    private final int height;
    private final int width;
    private final int places;

    AttentionNodes(OnnxGraph graph, Attention attention) {
        this.graph = graph;
        this.attention = attention;
        this.name = attention.name();
        this.heads = attention.heads();
        this.window = attention.window();
        Shape shape = attention.output().shape();
        this.height = shape.height();
        this.width = shape.width();
        this.places = height * width;
    }

    void put() {
        String q = part("scaled", new Node("Mul", rows("q", attention.inputs().get(0)),
                graph.constants(name, "scale", new long[0], attention.scale())));
        String k = rows("k", attention.inputs().get(1));
        String v = rows("v", attention.inputs().get(2));
        String sums = window > 0 && (long) window * window * SMALL < places ? near(q, k, v) : far(q, k, v);
        graph.result(attention, reshape("image", turned("sums by channel", sums), attention.output().shape().channels(),
                height, width));
    }

    private String part(String what, Node node) {
        return graph.part(name, what, node);
    }

    /** A reshaping that keeps the batch. */
    private Node reshape(String what, String x, long... sizes) {
        long[] all = new long[sizes.length + 1];
        System.arraycopy(sizes, 0, all, 1, sizes.length);
        return new Node("Reshape", x, graph.constants(name, what + " shape", all));
    }

    /** An input as [N, heads, places, channels of a head]. */
    private String rows(String what, Value value) {
        String cut = part(what + " by head", reshape(what, graph.of(value), heads, channels(value), places));
        return turned(what, cut);
    }

    /** Of a head. */
    private int channels(Value value) {
        return value.shape().channels() / heads;
    }

    /** With the last two dimensions in each other's place. */
    private String turned(String what, String x) {
        return part(what, new Node("Transpose", x).withAll("perm", 0, 1, 3, 2));
    }

    private String weights(String scores) {
        return part("weights", new Node("Softmax", scores).with("axis", -1));
    }

    private String far(String q, String k, String v) {
        String scores = part("scores", new Node("MatMul", q, turned("k by channel", k)));
        if (window > 0) {
            String none = graph.constants(name, "no weight", new long[0], Float.NEGATIVE_INFINITY);
            scores = part("seen scores", new Node("Where", sight(), scores, none));
        }
        return part("sums", new Node("MatMul", weights(scores), v));
    }

    /** Which places see which, [places, places], worked out from the places' rows and columns. */
    private String sight() {
        return part("sight", new Node("And", lined("row", place -> place / width),
                lined("column", place -> place % width)));
    }

    private String lined(String what, IntUnaryOperator lineOf) {
        String line = graph.constants(name, what, IntStream.range(0, places).map(lineOf).asLongStream().toArray());
        String down = part(what + " down", new Node("Reshape", line, graph.constants(name, what + " shape", places,
                1)));
        String distance = part(what + " distance", new Node("Abs", part(what + " difference", new Node("Sub", down,
                line))));
        return part(what + " in sight", new Node("LessOrEqual", distance, graph.constants(name, what + " reach",
                window / 2)));
    }

    private String near(String q, String k, String v) {
        String rows = graph.constants(name, "window rows", new long[] {height, window}, seen(height));
        String columns = graph.constants(name, "window columns", new long[] {width, window}, seen(width));
        String each = part("q apart", new Node("Unsqueeze", q, graph.constants(name, "q axis", 3)));
        String keys = windows("k", k, rows, columns, channels(attention.input()));
        String across = part("k across", new Node("Transpose", keys).withAll("perm", 0, 1, 2, 4, 3));
        String scores = part("scores", new Node("Add", part("all scores", new Node("MatMul", each, across)), edges()));
        String values = windows("v", v, rows, columns, channels(attention.output()));
        String sums = part("sums apart", new Node("MatMul", weights(scores), values));
        return part("sums", new Node("Squeeze", sums, graph.constants(name, "sum axis", 3)));
    }

    /** [N, heads, places, places of a window, channels]. */
    private String windows(String what, String x, String rows, String columns, int channels) {
        String image = part(what + " image", reshape(what + " image", x, heads, height, width, channels));
        String tall = part(what + " rows", new Node("Gather", image, rows).with("axis", 2));
        String all = part(what + " columns", new Node("Gather", tall, columns).with("axis", 4));
        String beside = part(what + " windows", new Node("Transpose", all).withAll("perm", 0, 1, 2, 4, 3, 5, 6));
        return part(what + " seen", reshape(what + " window", beside, heads, places, (long) window * window,
                channels));
    }

    /** 0 for the places of windows that lie in the image, and no weight for others: [places, 1, places of a window]. */
    private String edges() {
        String rows = graph.constants(name, "edge rows", new long[] {height, 1, window, 1}, beyond(height));
        String columns = graph.constants(name, "edge columns", new long[] {1, width, 1, window}, beyond(width));
        return part("edges", new Node("Reshape", part("edge", new Node("Add", rows, columns)), graph.constants(name,
                "edge shape", places, 1, (long) window * window)));
    }

    /** Of each line the lines of its window, or the nearest one where they lie beyond the image. */
    private long[] seen(int lines) {
        return windowLines(lines).mapToLong(line -> Math.clamp(line, 0, lines - 1)).toArray();
    }

    private float[] beyond(int lines) {
        float[] weights = new float[lines * window];
        int[] seen = windowLines(lines).toArray();
        for (int i = 0; i < weights.length; i++) {
            weights[i] = seen[i] >= 0 && seen[i] < lines ? 0 : Float.NEGATIVE_INFINITY;
        }
        return weights;
    }

    private IntStream windowLines(int lines) {
        return IntStream.range(0, lines * window).map(i -> i / window + i % window - window / 2);
    }
}
