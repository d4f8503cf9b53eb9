package io.gimbal.graph;

import java.util.HashMap;
import java.util.Map;

/** The tasks whose losses depend on a value, or on a parameter. Immutable. */
public final class Tasks {
    private final Map<Value, TaskSet> values = new HashMap<>();
    private final Map<Parameter, TaskSet> parameters = new HashMap<>();

    private Tasks() {}

    /**
     * Looks at a graph once.
     *
     * @param graph which is looked at
     * @return the table
     */
    public static Tasks of(Graph graph) {
        Tasks tasks = new Tasks();
        graph.outputs().forEach(output -> tasks.values.merge(output.value(), TaskSet.of(output.task()), TaskSet::with));
        for (Operation operation : graph.operations().reversed()) {
            TaskSet behind = tasks.behind(operation);
            operation.inputs().forEach(value -> tasks.values.merge(value, behind, TaskSet::with));
            operation.parameters().forEach(parameter -> tasks.parameters.merge(parameter, behind, TaskSet::with));
        }
        return tasks;
    }

    /**
     * {@return the tasks whose losses depend on a value}
     *
     * @param value of the graph
     */
    public TaskSet of(Value value) {
        return values.getOrDefault(value, TaskSet.NONE);
    }

    /**
     * {@return the tasks whose losses depend on a parameter}
     *
     * @param parameter of the network
     */
    public TaskSet of(Parameter parameter) {
        return parameters.getOrDefault(parameter, TaskSet.NONE);
    }

    /**
     * {@return the tasks whose losses depend on anything that the operation leaves}
     *
     * @param operation of the graph
     */
    public TaskSet behind(Operation operation) {
        return operation.outputs().stream().map(this::of).reduce(TaskSet.NONE, TaskSet::with);
    }
}
