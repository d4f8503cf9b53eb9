package io.gimbal.nn;

import io.gimbal.engine.GraphBuilder;
import io.gimbal.engine.Value;
import java.util.List;

/** A layer that begins a block by joining what several others leave, as a description: immutable. */
public sealed interface Join {
    /** The blocks whose values it joins, in order; one may stand twice. */
    List<String> blocks();

    /** Joins their values. */
    Value build(GraphBuilder graph, List<Value> values, String name);

    /** The sum of values of one shape. */
    record Add(List<String> blocks) implements Join {
        public Add {
            blocks = List.copyOf(blocks);
        }

        @Override
        public Value build(GraphBuilder graph, List<Value> values, String name) {
            return graph.sum(name, values);
        }
    }

    /** Side by side in the channels: images of one height and width, or plain features. */
    record Concat(List<String> blocks) implements Join {
        public Concat {
            blocks = List.copyOf(blocks);
        }

        @Override
        public Value build(GraphBuilder graph, List<Value> values, String name) {
            return graph.concatenation(name, values);
        }
    }
}
