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

    /**
     * What every operation has.
     *
     * @param name       by which messages and parameters know it
     * @param inputs     the values that it reads, in order
     * @param outputs    the values that it leaves
     * @param parameters that it learns
     */
    public Operation(String name, List<Value> inputs, List<Value> outputs, List<Parameter> parameters) {
        this.name = name;
        this.inputs = List.copyOf(inputs);
        this.outputs = List.copyOf(outputs);
        this.parameters = List.copyOf(parameters);
    }

    /** {@return the name by which messages and parameters know it} */
    public final String name() {
        return name;
    }

    /** {@return the values that it reads, in order} */
    public final List<Value> inputs() {
        return inputs;
    }

    /** {@return the first input} */
    public final Value input() {
        return inputs.getFirst();
    }

    /** {@return all that it leaves: one value, but for operations that run side by side as one} */
    public final List<Value> outputs() {
        return outputs;
    }

    /** {@return the first of what it leaves} */
    public final Value output() {
        return outputs.getFirst();
    }

    /** {@return the parameters that it learns} */
    public final List<Parameter> parameters() {
        return parameters;
    }

    /**
     * {@return multiplications, each with an addition, of convolutions, products and attention forward, for the whole
     * batch; what others do is little beside them}
     */
    public long multiplyAdds() {
        return 0;
    }

    /** {@return values beside its inputs whose makers it needs, for what these keep besides} */
    public List<Value> needed() {
        return List.of();
    }

    /**
     * {@return parameters that have more channels in memory than files say, where the values beside them do}
     *
     * @param pitches of the values
     */
    public Map<Parameter, StoredChannels> padded(Pitches pitches) {
        return Map.of();
    }

    /**
     * {@return whether values beside it may have more channels in memory, all zero: its filters have more there, too}
     */
    public boolean addsChannels() {
        return false;
    }

    /** {@return whether added channels of what it reads are added channels of what it leaves} */
    public boolean keepsChannels() {
        return false;
    }

    /**
     * {@return the channel of what it leaves from which on that input stands as it came, so that the input's maker may
     * write it there; empty where it does not stand there}
     *
     * @param input one of its inputs
     */
    public OptionalInt standsAt(Value input) {
        return OptionalInt.empty();
    }

    /** {@return whether its backward reads what it left, so that nothing may be written over that} */
    public boolean needsOutput() {
        return false;
    }

    /**
     * {@return whether its output is its input, at the same place}
     *
     * @param training or else in inference
     */
    public boolean handsOn(boolean training) {
        return false;
    }

    /**
     * Writes the launches that compute the outputs.
     *
     * @param pass says where everything lies, and takes the launches
     */
    public abstract void forward(Forward pass);

    /**
     * Writes the launches that compute the parameters' gradients and the inputs' cotangents. A backward operation is
     * linear in the output's cotangent: for an input that has rows by task it runs over the output's rows, for others
     * once on their sum.
     *
     * @param pass says where everything lies, and takes the launches
     */
    public abstract void backward(Backward pass);
}
