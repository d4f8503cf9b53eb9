package io.gimbal.model;

import io.gimbal.config.UserException;
import io.gimbal.engine.GraphBuilder;
import io.gimbal.graph.Shape;
import io.gimbal.graph.Value;
import io.gimbal.nn.Join;
import io.gimbal.nn.Layer;
import io.gimbal.nn.Layers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A named architecture in the making: a {@link Network} that grows block by block, of which each block's shape is known
 * at once, since the next one's layers depend on it. Each method that adds a block gives its name back.
 */
final class Blocks {
    /** More than one, as batch norms want it where a place is all of an image. */
    private static final int ANY_BATCH = 2;
    /** Of what the width scales; some layers have 32 times as many. */
    private static final int MOST_CHANNELS = 1 << 16;

    private final double width;
    private final GraphBuilder graph;
    private final Map<String, Value> left = new HashMap<>();
    private final SequencedMap<String, List<String>> predictions = new LinkedHashMap<>();
    /** Modules here, and for each that of a published network. */
    private final SequencedMap<String, String> published = new LinkedHashMap<>();
    private Network network;

    /** @param width a factor on all hidden channels; 1 for the papers' networks */
    Blocks(int channels, int height, int imageWidth, double width) {
        network = Network.ofImages(channels, height, imageWidth);
        this.width = width;
        graph = new GraphBuilder(network.input().withBatch(ANY_BATCH));
        left.put(Network.INPUT, graph.input());
    }

    /**
     * So many channels of the paper's, in a network of this width: at least 2.
     *
     * @throws UserException if they are more than any layer may have
     */
    int scaled(int channels) {
        return scaled(channels, width);
    }

    /** The same in a network of that width. */
    static int scaled(int channels, double width) {
        double many = Math.rint(channels * width);
        if (many > MOST_CHANNELS) {
            throw new UserException("width is " + width + ", which makes " + channels + " channels "
                    + String.format(Locale.ROOT, "%.0f", many) + "; at most " + MOST_CHANNELS + " may be");
        }
        return (int) Math.max(2, many);
    }

    Shape input() {
        return shape(Network.INPUT);
    }

    /** What leaves a block, for some batch. */
    Shape shape(String block) {
        return left.get(block).shape();
    }

    int channels(String block) {
        return shape(block).channels();
    }

    /** A block that reads one other. */
    String add(String name, String read, Part part) {
        return put(network.block(name, read, part.layers()), name, part, 0);
    }

    /** As {@link #add(String, String, Part)}. */
    String add(String name, String read, Layer... layers) {
        return add(name, read, Part.of(layers));
    }

    /** A block that reads several, and begins by joining them. */
    String add(String name, Join join, Part part) {
        return put(network.block(name, join, part.layers()), name, part, 1);
    }

    /** As {@link #add(String, Join, Part)}. */
    String add(String name, Join join, Layer... layers) {
        return add(name, join, Part.of(layers));
    }

    /** A block with nothing but the join, which has the parameters of one before it. */
    String addTied(String name, Join join, String owner) {
        return put(network.block(name, join).tied(name, owner), name, new Part(), 1);
    }

    /** A block of the same layers as one before it, with its parameters. */
    String addTied(String name, String read, Part part, String owner) {
        return put(network.block(name, read, part.layers()).tied(name, owner), name, new Part(), 0);
    }

    /** @param first the number of the part's first layer in the block */
    private String put(Network with, String name, Part part, int first) {
        network = with;
        part.published(name, first).forEach(published::put);
        left.put(name, network.build(graph, name, left));
        return name;
    }

    /** What these blocks leave side by side, or the one of them as it is, behind which the part stands. */
    String addJoined(String name, List<String> reads, Part part) {
        return reads.size() == 1 ? add(name, reads.getFirst(), part) : add(name, new Join.Concat(reads), part);
    }

    /** Whether two blocks leave images of one size. */
    boolean sameSize(String block, String other) {
        return sameSize(shape(block), shape(other));
    }

    private static boolean sameSize(Shape one, Shape other) {
        return one.height() == other.height() && one.width() == other.width();
    }

    /** Bilinear resizing of what leaves a block to the size of another; nothing where it has that size. */
    Part enlarging(String block, String other) {
        return enlarging(shape(block), shape(other));
    }

    /** Bilinear resizing to the size of another shape. */
    static Part enlarging(Shape from, Shape to) {
        if (sameSize(from, to)) {
            return new Part();
        }
        int scale = to.height() / from.height();
        boolean whole = from.height() * scale == to.height() && from.width() * scale == to.width();
        return Part.of(whole ? Layers.upsampleBilinear(scale) : Layers.resizeBilinear(to.height(), to.width()));
    }

    /** Bilinear resizing of what is one place of an image to the size of what leaves a block. */
    Part filling(String block) {
        return Part.of(Layers.resizeBilinear(shape(block).height(), shape(block).width()));
    }

    /** A 1 x 1 convolution to a prediction's channels, behind features of that shape, at the input's size. */
    Part predicting(Shape features, int out) {
        return Part.of(Units.pointwise(out)).add(enlarging(features, input()));
    }

    /** Takes a block as a task's result. */
    void result(String task, String block) {
        predictions.computeIfAbsent(task, _ -> new ArrayList<>()).addFirst(block);
    }

    /** Takes a block as one more prediction of a task, held against the same target (deep supervision). */
    void predict(String task, String block) {
        predictions.computeIfAbsent(task, _ -> new ArrayList<>()).add(block);
    }

    SequencedMap<String, String> published() {
        return published;
    }

    /**
     * The network.
     *
     * @throws UserException if two tasks' names make two blocks of one name
     */
    Network network() {
        Network finished = network;
        for (Map.Entry<String, List<String>> predicted : predictions.entrySet()) {
            finished = finished.output(predicted.getKey(), predicted.getValue());
        }
        return finished;
    }
}
