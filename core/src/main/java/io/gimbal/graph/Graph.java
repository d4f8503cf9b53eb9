package io.gimbal.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A network as a directed graph: operations in an order in which they can run, and the values that losses read. Who
 * makes and who reads a value is the graph's, not the value's: a rewritten graph has other operations over the same
 * values. Immutable.
 */
public final class Graph {
    private final Value input;
    private final List<Operation> operations;
    private final List<Output> outputs;
    private final Map<Value, Operation> makers = new HashMap<>();
    private final Map<Value, List<Operation>> readers = new HashMap<>();
    private final Map<Parameter, List<Operation>> users = new HashMap<>();
    private final Set<Value> ofLosses = new HashSet<>();
    private final Set<Value> kept;

    /**
     * Puts operations one behind the other.
     *
     * @param input      what the first of them reads
     * @param operations each behind those whose values it reads
     * @param outputs    what losses read, in the tasks' order
     */
    public Graph(Value input, List<Operation> operations, List<Output> outputs) {
        this(input, operations, outputs, Set.of());
    }

    private Graph(Value input, List<Operation> operations, List<Output> outputs, Set<Value> kept) {
        this.kept = kept;
        this.input = input;
        this.operations = List.copyOf(operations);
        this.outputs = List.copyOf(outputs);
        for (Operation operation : operations) {
            operation.inputs().forEach(value -> {
                requireMade(value, operation.name());
                List<Operation> those = readers.computeIfAbsent(value, unused -> new ArrayList<>());
                if (!those.contains(operation)) {
                    those.add(operation);
                }
            });
            operation.outputs().forEach(value -> {
                if (value == input || makers.putIfAbsent(value, operation) != null) {
                    throw new IllegalStateException(operation.name() + " leaves what is there already: "
                            + value.describe());
                }
            });
            operation.parameters().forEach(parameter -> users.computeIfAbsent(parameter, unused -> new ArrayList<>())
                    .add(operation));
        }
        for (Output output : outputs) {
            requireMade(output.value(), "a loss");
            ofLosses.add(output.value());
        }
    }

    private void requireMade(Value value, String reader) {
        if (value != input && !makers.containsKey(value)) {
            throw new IllegalStateException(reader + " reads " + value.describe() + ", which no operation before it"
                    + " makes");
        }
    }

    /** {@return what the network takes} */
    public Value input() {
        return input;
    }

    /**
     * The same where someone besides operations and losses looks at those values, so that no rewriting may drop them.
     *
     * @param values of this graph
     * @return another graph; this one stays
     */
    public Graph keeping(Set<Value> values) {
        return new Graph(input, operations, outputs, Set.copyOf(values));
    }

    /**
     * The same values with these operations and outputs in place of its own.
     *
     * @param others the operations
     * @param read   the outputs
     * @return another graph; this one stays
     */
    public Graph with(List<Operation> others, List<Output> read) {
        return new Graph(input, others, read, kept);
    }

    /**
     * {@return whether someone besides operations and losses looks at it}
     *
     * @param value of the graph
     */
    public boolean keeps(Value value) {
        return kept.contains(value);
    }

    /**
     * {@return whether every path from the input to a loss goes through the value, and every loss has such a path}
     *
     * @param value of the graph
     */
    public boolean allPathsLeadThrough(Value value) {
        Set<Value> beside = new HashSet<>(Set.of(input));
        beside.remove(value);
        Set<Value> behind = new HashSet<>(Set.of(value));
        for (Operation operation : operations) {
            boolean follows = operation.inputs().stream().anyMatch(behind::contains);
            boolean passes = operation.inputs().stream().anyMatch(beside::contains);
            operation.outputs().stream().filter(left -> left != value).forEach(left -> {
                if (follows) {
                    behind.add(left);
                }
                if (passes) {
                    beside.add(left);
                }
            });
        }
        return outputs.stream().map(Output::value).allMatch(read -> behind.contains(read) && !beside.contains(read));
    }

    /**
     * {@return all values through which every path from the input to a loss goes: those over which no value jumps that
     * an operation reads further on, in the order of the operations which lead to a loss}
     */
    public Set<Value> meetings() {
        List<Operation> leading = leadingTo(outputs.stream().map(Output::value).toList()).operations;
        Map<Value, Integer> lastReader = new HashMap<>();
        for (int at = 0; at < leading.size(); at++) {
            for (Value read : leading.get(at).inputs()) {
                lastReader.put(read, at);
            }
        }
        outputs.forEach(output -> lastReader.put(output.value(), leading.size()));
        Set<Value> meetings = new HashSet<>();
        int open = lastReader.getOrDefault(input, -1);
        for (int at = 0; at < leading.size(); at++) {
            Operation operation = leading.get(at);
            if (open == at && operation.outputs().size() == 1) {
                meetings.add(operation.output());
            }
            for (Value left : operation.outputs()) {
                open = Math.max(open, lastReader.getOrDefault(left, -1));
            }
        }
        return meetings;
    }

    /**
     * Those of its operations without which these values could not be made, which are its outputs from then on.
     *
     * @param results values of this graph
     * @return another graph; this one stays
     */
    public Graph leadingTo(List<Value> results) {
        Set<Value> needed = new HashSet<>(results);
        List<Operation> kept = new ArrayList<>();
        for (Operation operation : operations.reversed()) {
            if (operation.outputs().stream().anyMatch(needed::contains)) {
                needed.addAll(operation.inputs());
                needed.addAll(operation.needed());
                kept.addFirst(operation);
            }
        }
        return new Graph(input, kept, outputs.stream().filter(output -> results.contains(output.value())).toList());
    }

    /** {@return the operations, each behind those whose values it reads} */
    public List<Operation> operations() {
        return operations;
    }

    /** {@return what losses read, in the tasks' order} */
    public List<Output> outputs() {
        return outputs;
    }

    /**
     * {@return the operation that leaves it; empty for the input, and for a value that this graph does not have}
     *
     * @param value of the graph
     */
    public Optional<Operation> maker(Value value) {
        return Optional.ofNullable(makers.get(value));
    }

    /**
     * {@return the operations that read it, in order; losses are none}
     *
     * @param value of the graph
     */
    public List<Operation> readers(Value value) {
        return readers.getOrDefault(value, List.of());
    }

    /** {@return every parameter once, in the order of the operations} */
    public List<Parameter> parameters() {
        return operations.stream().flatMap(operation -> operation.parameters().stream()).distinct().toList();
    }

    /**
     * {@return the weights of convolutions and linear layers, each where it is used first}
     *
     * @param operations in order
     */
    public static List<Parameter> weights(List<Operation> operations) {
        return operations.stream().flatMap(operation -> operation.parameters().stream()).distinct()
                .filter(Parameter::factor).toList();
    }

    /**
     * {@return the last weight of a convolution or linear layer on which that many tasks depend; empty where there is
     * none}
     *
     * @param tasks how many
     */
    public Optional<Parameter> lastWeightOfAll(int tasks) {
        Tasks dependents = Tasks.of(this);
        return weights(operations).reversed().stream().filter(weight -> dependents.of(weight).size() == tasks)
                .findFirst();
    }

    /**
     * {@return the operations that have it among their parameters, in order}
     *
     * @param parameter of the network
     */
    public List<Operation> users(Parameter parameter) {
        return users.getOrDefault(parameter, List.of());
    }

    /**
     * {@return how often operations and losses read it; an operation may read it twice}
     *
     * @param value of the graph
     */
    public int reads(Value value) {
        long byOperations = readers(value).stream().flatMap(reader -> reader.inputs().stream()).filter(input ->
                input == value).count();
        return (int) (byOperations + outputs.stream().filter(output -> output.value() == value).count());
    }

    /**
     * {@return whether a loss reads it}
     *
     * @param value of the graph
     */
    public boolean isOutput(Value value) {
        return ofLosses.contains(value);
    }

    /**
     * {@return whether that operation alone reads the value: no other, no loss, and nobody else}
     *
     * @param value  of the graph
     * @param reader the operation
     */
    public boolean readOnlyBy(Value value, Operation reader) {
        return !ofLosses.contains(value) && !kept.contains(value) && readers(value).equals(List.of(reader));
    }
}
