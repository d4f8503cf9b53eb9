package io.gimbal.graph.operation;

import io.gimbal.config.Counts;
import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import io.gimbal.graph.Backward;
import io.gimbal.graph.Forward;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Shape;
import io.gimbal.graph.ShapeChecks;
import io.gimbal.graph.Value;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * Attention between the places of an image (arXiv 1706.03762, equation 1): out_p = sum_r softmax_r(scale &lt;q_p,
 * k_r&gt;) v_r over all places r, or those of a window around p that lie in the image. Each head takes its run of
 * channels. The weights are never in memory: of them a logarithm of a sum stays, a place and head.
 */
public final class Attention extends Operation {
    /** Places of a tile, as kernels/attention.cu has them: in a row, or with a window in a square of this side. */
    private static final int TILE = 64;
    private static final int SIDE = 8;
    /** Channels of a head that one block leaves at most. */
    private static final int MOST_CHANNELS = 128;
    /** Up to these windows each place by itself is ahead of tiles, which multiply more: decision 0024. */
    private static final int SMALL_WINDOW = 5;
    private static final int SMALL_WINDOW_OF_FEW_CHANNELS = 7;
    private static final int FEW_CHANNELS = 32;

    private final int heads;
    /** 0 where every place looks at every place. */
    private final int window;
    private final float scale;

    private Attention(String name, List<Value> inputs, Value out, int heads, int window, float scale) {
        super(name, inputs, List.of(out), List.of());
        this.heads = heads;
        this.window = window;
        this.scale = scale;
    }

    /**
     * Attention of q, k and v, in this order.
     *
     * @param window the odd side of the square around a place that it looks at; none for the whole image
     * @param scale  what products are multiplied by; none for 1 over the square root of a head's channels of q
     * @throws UserException if these are not three images of one size, q and k of the same channels, that heads divide
     */
    public static Attention of(String name, List<Value> inputs, int heads, OptionalInt window, OptionalDouble scale) {
        String layer = "attention";
        if (inputs.size() != 3) {
            throw new UserException(name + " (attention): what arrives is " + inputs.size() + (inputs.size() == 1
                    ? " value" : " values") + "; it joins three: q, k and v");
        }
        Counts.atLeast(name + " (attention): heads", heads, 1);
        window.ifPresent(side -> Counts.odd(name + " (attention): window", side));
        scale.ifPresent(factor -> Range.FINITE.check(name + " (attention): scale", factor));
        Shape q = ShapeChecks.needImage(name, layer, inputs.getFirst());
        for (Value other : inputs.subList(1, 3)) {
            Shape shape = ShapeChecks.needImage(name, layer, other);
            if (shape.height() != q.height() || shape.width() != q.width()) {
                throw ShapeChecks.unlike(name, layer, inputs.getFirst(), other,
                        "q, k and v are images of one height and width");
            }
        }
        if (inputs.get(1).shape().channels() != q.channels()) {
            throw ShapeChecks.unlike(name, layer, inputs.getFirst(), inputs.get(1),
                    "q and k have as many channels, to be multiplied with each other");
        }
        for (Value value : inputs) {
            if (value.shape().channels() % heads != 0) {
                throw new UserException(name + " (attention): what arrives is " + value.shape().describe() + "; "
                        + heads + " heads take a run of channels each, so that their number must divide "
                        + value.shape().channels());
            }
        }
        int covering = 2 * Math.max(q.height(), q.width()) - 1;
        int looked = window.isEmpty() || window.getAsInt() >= covering ? 0 : window.getAsInt();
        Value out = Value.leftBy(name, q.withChannels(inputs.getLast().shape().channels()));
        return new Attention(name, inputs, out, heads, looked,
                (float) scale.orElse(1 / Math.sqrt(q.channels() / heads)));
    }

    /** How many runs of channels attend, each by itself. */
    public int heads() {
        return heads;
    }

    /** The odd side of the square around a place that it looks at; 0 where every place looks at every place. */
    public int window() {
        return window;
    }

    /** What products of q and k are multiplied by. */
    public float scale() {
        return scale;
    }

    @Override
    public long multiplyAdds() {
        Shape q = input().shape();
        long places = (long) q.height() * q.width();
        long looked = window == 0 ? places : (long) window * window;
        return q.places() * looked * (keyChannels() + valueChannels());
    }

    private int keyChannels() {
        return input().shape().channels();
    }

    private int valueChannels() {
        return output().shape().channels();
    }

    /** Whether each place works by itself. */
    private boolean near() {
        int channels = Math.max(keyChannels(), valueChannels()) / heads;
        return window > 0 && channels <= MOST_CHANNELS
                && window <= (channels <= FEW_CHANNELS ? SMALL_WINDOW_OF_FEW_CHANNELS : SMALL_WINDOW);
    }

    private String file() {
        return near() ? "attention_near" : "attention";
    }

    /** A block for each tile, head, image and task, and for each part of many channels. */
    private int blocks(int channels, int stack) {
        Shape shape = output().shape();
        if (near()) {
            return ProgramBuilder.blocks(shape.places() * stack * Math.max(keyChannels(), valueChannels()));
        }
        long tiles = window == 0 ? ceiling((long) shape.height() * shape.width(), TILE)
                : ceiling(shape.height(), SIDE) * ceiling(shape.width(), SIDE);
        return ProgramBuilder.itemBlocks(tiles * shape.batch() * stack * heads * ceiling(channels / heads,
                MOST_CHANNELS));
    }

    private static long ceiling(long count, int of) {
        return (count + of - 1) / of;
    }

    private long rows() {
        return output().shape().places() * heads;
    }

    @Override
    public boolean needsOutput() {
        return true;
    }

    @Override
    public void forward(Forward pass) {
        ProgramBuilder program = pass.program();
        Shape shape = output().shape();
        Region q = pass.at(inputs().get(0));
        Region k = pass.at(inputs().get(1));
        Region v = pass.at(inputs().get(2));
        Object logarithms = pass.training() ? pass.keep(this, program.floats(name() + " logarithms", rows()))
                : ProgramBuilder.NULL;
        program.launchPair(file(), file() + "_forward", blocks(valueChannels(), 1), q, k, v, pass.allocate(this),
                logarithms, shape.batch(), shape.height(), shape.width(), keyChannels(), valueChannels(), heads, window,
                scale);
    }

    @Override
    public void backward(Backward pass) {
        Map<Integer, Region> dots = new HashMap<>();
        give(pass, 0, file() + "_backward_q", dots);
        give(pass, 1, file() + "_backward_k", dots);
        give(pass, 2, file() + "_backward_v", dots);
    }

    /** Hands in the part of q, k or v: each has its own number of cotangents. */
    private void give(Backward pass, int which, String kernel, Map<Integer, Region> dots) {
        Value input = inputs().get(which);
        if (!pass.wants(input)) {
            return;
        }
        Forward forward = pass.forward();
        Shape shape = output().shape();
        int stack = pass.runs(this, input);
        Region arriving = pass.incoming(output(), stack);
        Region q = forward.at(inputs().get(0));
        Region k = forward.at(inputs().get(1));
        Region v = forward.at(inputs().get(2));
        Region logarithms = forward.kept(this);
        if (which < 2 && !dots.containsKey(stack)) {
            dots.put(stack, dots(pass, arriving, stack));
        }
        Region part = pass.target(this, input);
        int blocks = blocks(input.shape().channels(), stack);
        if (which < 2) {
            pass.program().launchPair(file(), kernel, blocks, q, k, v, arriving, logarithms, dots.get(stack), part,
                    shape.batch(), shape.height(), shape.width(), keyChannels(), valueChannels(), heads, window, scale,
                    stack);
        } else {
            pass.program().launchPair(file(), kernel, blocks, q, k, arriving, logarithms, part, shape.batch(),
                    shape.height(), shape.width(), keyChannels(), valueChannels(), heads, window, scale, stack);
        }
        pass.give(this, input, part);
    }

    /** The products of the cotangents with the output, head by head. */
    private Region dots(Backward pass, Region arriving, int stack) {
        Shape shape = output().shape();
        Region dots = pass.program().floats(name() + " products", rows() * stack);
        int blocks = ProgramBuilder.blocks(shape.elements() * stack);
        pass.program().launchPair("attention", "attention_backward_dots", blocks, pass.forward().at(output()),
                arriving, dots, shape.batch(), shape.height() * shape.width(), valueChannels(), heads, stack);
        return dots;
    }
}
