package io.gimbal.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * A network of one batch size, as operations in the order of their forward pass: the trunk that all tasks share, then a
 * head a task. Immutable once built, but for the places that {@link ModelLayout} gives its parameters.
 */
public final class NetworkGraph {
    private final Value input;
    private final List<Operation> operations;
    private final List<String> tasks;
    private final Value trunkOutput;
    private final List<Value> outputs;
    private final Parameter shared;

    NetworkGraph(Value input, List<Operation> operations, List<String> tasks, Value trunkOutput, List<Value> outputs,
            Parameter shared) {
        outputs.forEach(Value::predict);
        this.input = input;
        this.operations = withAbsorbedRelus(operations);
        this.tasks = List.copyOf(tasks);
        this.trunkOutput = trunkOutput;
        this.outputs = List.copyOf(outputs);
        this.shared = shared;
        stackBehindShared();
    }

    /**
     * A relu that alone reads a batch norm's output becomes part of it: one pass over memory less in each direction.
     */
    private static List<Operation> withAbsorbedRelus(List<Operation> operations) {
        List<Operation> kept = new ArrayList<>(operations);
        for (Operation operation : operations) {
            if (operation instanceof Activation activation && activation.kind() == ActivationKind.RELU
                    && activation.input().producer() instanceof BatchNorm norm && norm.output() == activation.input()
                    && activation.input().readOnlyBy(activation)) {
                norm.absorb(activation);
                kept.remove(activation);
            }
        }
        return List.copyOf(kept);
    }

    private void stackBehindShared() {
        for (Operation operation : operations) {
            boolean behind = operation.parameters().contains(shared)
                    || operation.inputs().stream().anyMatch(Value::stacked);
            if (behind && operation.output().task() == Value.TRUNK) {
                operation.output().stack();
            }
        }
    }

    public Shape input() {
        return input.shape();
    }

    Value inputValue() {
        return input;
    }

    List<Operation> operations() {
        return operations;
    }

    /** The tasks in order. */
    public List<String> tasks() {
        return tasks;
    }

    Value trunkOutput() {
        return trunkOutput;
    }

    /** The shape that leaves the trunk. */
    public Shape trunkShape() {
        return trunkOutput.shape();
    }

    Value output(int task) {
        return outputs.get(task);
    }

    /** What a task's head predicts. */
    public Shape prediction(int task) {
        return outputs.get(task).shape();
    }

    /** GradNorm's W. */
    public Parameter shared() {
        return shared;
    }

    /** Every parameter, in the order of the forward pass. */
    public List<Parameter> parameters() {
        return operations.stream().flatMap(operation -> operation.parameters().stream()).toList();
    }

    List<BatchNorm> batchNorms() {
        return operations.stream().filter(BatchNorm.class::isInstance).map(BatchNorm.class::cast).toList();
    }
}
