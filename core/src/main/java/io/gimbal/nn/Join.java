package io.gimbal.nn;

import io.gimbal.config.Counts;
import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import io.gimbal.engine.GraphBuilder;
import io.gimbal.graph.Value;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** A layer that begins a block by joining what several others leave, as a description: immutable. */
public sealed interface Join {
    /** {@return the blocks whose values it joins, in order; one may stand twice} */
    List<String> blocks();

    /**
     * Joins their values.
     *
     * @param graph  takes the operation
     * @param values what its blocks leave, in their order
     * @param name   of the operation
     * @return what leaves it
     */
    Value build(GraphBuilder graph, List<Value> values, String name);

    /**
     * The sum of values of one shape, each times a constant.
     *
     * @param blocks       whose values it joins, in order
     * @param coefficients a number for each block; none for 1 each
     */
    record Add(List<String> blocks, List<Double> coefficients) implements Join {
        /** Keeps copies, and checks that there is a number for each block, if any. */
        public Add {
            blocks = List.copyOf(blocks);
            coefficients = numbers("add: coefficients", coefficients, blocks);
        }

        /**
         * The same with these coefficients.
         *
         * @param values a number for each block
         * @return another description; this one stays
         */
        public Add coefficients(double... values) {
            return new Add(blocks, listed(values));
        }

        @Override
        public Value build(GraphBuilder graph, List<Value> values, String name) {
            return graph.sum(name, values, coefficients);
        }
    }

    /**
     * The product of values: of one shape, and beside it others of that shape or, for images, of one value for each
     * channel (N,C,1,1) or for each place (N,1,H,W).
     *
     * @param blocks whose values it joins, in order
     */
    record Multiply(List<String> blocks) implements Join {
        /** Keeps a copy. */
        public Multiply {
            blocks = List.copyOf(blocks);
        }

        @Override
        public Value build(GraphBuilder graph, List<Value> values, String name) {
            return graph.product(name, values);
        }
    }

    /**
     * The sum of values of one shape with learned coefficients, parameter {@code weight}: with one for each channel the
     * cross-stitch unit (arXiv 1604.03539, equation 1).
     *
     * @param blocks    whose values it joins, in order
     * @param byChannel whether each channel has its own coefficients
     * @param start     where they start, a number for each block; none for 1 over the number of blocks
     * @param softmax   whether the coefficients are the parameter's softmax over the blocks
     */
    record Mix(List<String> blocks, boolean byChannel, List<Double> start, boolean softmax) implements Join {
        /** Keeps copies, and checks that there is a number for each block, if any. */
        public Mix {
            blocks = List.copyOf(blocks);
            start = numbers("mix: start", start, blocks);
        }

        /**
         * With one coefficient for all channels of a block's value.
         *
         * @return another description; this one stays
         */
        public Mix perTensor() {
            return new Mix(blocks, false, start, softmax);
        }

        /**
         * Starting there, a number for each block.
         *
         * @param values a number for each block
         * @return another description; this one stays
         */
        public Mix start(double... values) {
            return new Mix(blocks, byChannel, listed(values), softmax);
        }

        /**
         * With the parameter's softmax over the blocks as coefficients.
         *
         * @return another description; this one stays
         */
        public Mix softmaxed() {
            return new Mix(blocks, byChannel, start, true);
        }

        @Override
        public Value build(GraphBuilder graph, List<Value> values, String name) {
            return graph.mix(name, values, byChannel, start, softmax);
        }
    }

    /**
     * Attention between the places of an image (arXiv 1706.03762, equation 1): of q, k and v, images of one height and
     * width, q and k of the same channels, one may stand for several: out_p = sum_r softmax_r(scale &lt;q_p, k_r&gt;)
     * v_r.
     *
     * @param blocks of q, k and v
     * @param scale  what products are multiplied by; none for 1 over the square root of a head's channels of q
     * @param heads  how many runs of channels attend, each by itself
     * @param window the odd side of the square around a place that it looks at; none for the whole image
     */
    record Attention(List<String> blocks, OptionalDouble scale, int heads, OptionalInt window) implements Join {
        /** Checks that there are three blocks, and each other part. */
        public Attention {
            blocks = List.copyOf(blocks);
            if (blocks.size() != 3) {
                throw new UserException("attention joins three blocks, q, k and v; here are " + blocks.size());
            }
            scale.ifPresent(factor -> Range.FINITE.check("attention: scale", factor));
            Counts.atLeast("attention: heads", heads, 1);
            window.ifPresent(side -> Counts.odd("attention: window", side));
        }

        /**
         * The same with products multiplied by that.
         *
         * @param value any finite number
         * @return another description; this one stays
         */
        public Attention scale(double value) {
            return new Attention(blocks, OptionalDouble.of(value), heads, window);
        }

        /**
         * The same with so many heads.
         *
         * @param value which must divide the channels of all
         * @return another description; this one stays
         */
        public Attention heads(int value) {
            return new Attention(blocks, scale, value, window);
        }

        /**
         * The same, looking no further than that.
         *
         * @param value the odd side of the square around a place
         * @return another description; this one stays
         */
        public Attention window(int value) {
            return new Attention(blocks, scale, heads, OptionalInt.of(value));
        }

        @Override
        public Value build(GraphBuilder graph, List<Value> values, String name) {
            return graph.attention(name, values, heads, window, scale);
        }
    }

    /**
     * Side by side in the channels: images of one height and width, or plain features.
     *
     * @param blocks whose values it joins, in order
     */
    record Concat(List<String> blocks) implements Join {
        /** Keeps a copy. */
        public Concat {
            blocks = List.copyOf(blocks);
        }

        @Override
        public Value build(GraphBuilder graph, List<Value> values, String name) {
            return graph.concatenation(name, values);
        }
    }

    private static List<Double> listed(double[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    /** A copy of the numbers, which are as many as the blocks, or none. */
    private static List<Double> numbers(String what, List<Double> numbers, List<String> blocks) {
        if (!numbers.isEmpty() && numbers.size() != blocks.size()) {
            throw new UserException(what + " has " + numbers.size() + (numbers.size() == 1 ? " number" : " numbers")
                    + " for " + blocks.size() + " blocks; each has one");
        }
        numbers.forEach(number -> Range.FINITE.check(what, number));
        return List.copyOf(numbers);
    }
}
