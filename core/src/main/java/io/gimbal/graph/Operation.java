package io.gimbal.graph;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** One operation of the network: what it launches forward, and backward. Immutable. */
public abstract class Operation {
    private final String name;
    private final List<Value> inputs;
    private final List<Value> outputs;
    private final List<Parameter> parameters;

    public Operation(String name, List<Value> inputs, List<Value> outputs, List<Parameter> parameters) {
        this.name = name;
        this.inputs = List.copyOf(inputs);
        this.outputs = List.copyOf(outputs);
        this.parameters = List.copyOf(parameters);
    }

    public final String name() {
        return name;
    }

    public final List<Value> inputs() {
        return inputs;
    }

    /** The first input. */
    public final Value input() {
        return inputs.getFirst();
    }

    /** All that it leaves: one value, but for operations that run side by side as one. */
    public final List<Value> outputs() {
        return outputs;
    }

    /** The first of what it leaves. */
    public final Value output() {
        return outputs.getFirst();
    }

    public final List<Parameter> parameters() {
        return parameters;
    }

    /**
     * Multiplications, each with an addition, of convolutions, products and attention forward, for the whole batch;
     * what others do is little beside them.
     */
    public long multiplyAdds() {
        return 0;
    }

    /** Values beside its inputs whose makers it needs, for what these keep besides. */
    public List<Value> needed() {
        return List.of();
    }

    /** Parameters that have more channels in memory than files say, where the values beside them do. */
    public Map<Parameter, StoredChannels> padded(Pitches pitches) {
        return Map.of();
    }

    /** Whether values beside it may have more channels in memory, all zero: its filters have more there, too. */
    public boolean addsChannels() {
        return false;
    }

    /** Whether added channels of what it reads are added channels of what it leaves. */
    public boolean keepsChannels() {
        return false;
    }

    /**
     * The channel of what it leaves from which on that input stands as it came, so that the input's maker may write it
     * there; empty where it does not stand there.
     */
    public OptionalInt standsAt(Value input) {
        return OptionalInt.empty();
    }

    /** Whether its backward reads what it left, so that nothing may be written over that. */
    public boolean needsOutput() {
        return false;
    }

    /**
     * Whether its output is its input, at the same place.
     *
     * @param training or else in inference
     */
    public boolean handsOn(boolean training) {
        return false;
    }

    /** Writes the launches that compute the outputs. */
    public abstract void forward(Forward pass);

    /**
     * Writes the launches that compute the parameters' gradients and the inputs' cotangents. A backward operation is
     * linear in the output's cotangent: for an input that has rows by task it runs over the output's rows, for others
     * once on their sum.
     */
    public abstract void backward(Backward pass);
}
