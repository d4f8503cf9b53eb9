package io.gimbal.graph;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Of which values each task's cotangent is kept apart. A value is behind what is measured if it is what is measured, or
 * an operation that uses a measured parameter makes it, or one that reads a value behind. Values behind have a row for
 * each task that depends on them, and so has a value of one task; of all others one cotangent is kept, that of their
 * tasks together. An operation pulls back row by row into inputs that have rows, and once, its rows added up, into
 * inputs that have none: it is linear in its output's cotangent. Immutable.
 */
public final class Rows {
    private final Map<Value, TaskSet> rows = new HashMap<>();

    private Rows() {}

    /**
     * Looks at a graph once.
     *
     * @param graph    which is looked at
     * @param tasks    which depend on its values
     * @param measured what is wanted apart
     * @return the table
     */
    public static Rows of(Graph graph, Tasks tasks, Measurement measured) {
        Rows all = new Rows();
        Set<Value> behind = new HashSet<>();
        all.put(graph.input(), tasks, behind);
        for (Operation operation : graph.operations()) {
            if (measured.uses(operation) || operation.inputs().stream().anyMatch(behind::contains)) {
                behind.addAll(operation.outputs());
            }
            operation.outputs().stream().filter(measured::of).forEach(behind::add);
            operation.outputs().forEach(value -> all.put(value, tasks, behind));
        }
        return all;
    }

    private void put(Value value, Tasks tasks, Set<Value> behind) {
        TaskSet own = tasks.of(value);
        if (behind.contains(value) || own.size() == 1) {
            rows.put(value, own);
        }
    }

    /**
     * {@return the rows' tasks; none where one cotangent is kept, that of all tasks together}
     *
     * @param value of the graph
     */
    public TaskSet of(Value value) {
        return rows.getOrDefault(value, TaskSet.NONE);
    }

    /**
     * {@return how many cotangents are kept: a row each, or one}
     *
     * @param value of the graph
     */
    public int kept(Value value) {
        return Math.max(1, of(value).size());
    }
}
