package io.gimbal.graph;

import java.util.HashSet;
import java.util.Set;

/** Which values lie behind a parameter, so that their cotangents are wanted. Immutable. */
public final class Learned {
    private final Set<Value> values = new HashSet<>();

    private Learned() {}

    /**
     * Looks at a graph once.
     *
     * @param graph which is looked at
     * @return the table
     */
    public static Learned of(Graph graph) {
        Learned learned = new Learned();
        for (Operation operation : graph.operations()) {
            if (!operation.parameters().isEmpty() || operation.inputs().stream().anyMatch(learned::of)) {
                learned.values.addAll(operation.outputs());
            }
        }
        return learned;
    }

    /**
     * {@return whether a parameter lies before a value}
     *
     * @param value of the graph
     */
    public boolean of(Value value) {
        return values.contains(value);
    }
}
