package io.gimbal.engine;

import java.util.List;

/** One operation of the network: what it launches forward, and backward. */
abstract class Operation {
    private final String name;
    private final List<Value> inputs;
    private final List<Parameter> parameters;
    private Value output;

    Operation(String name, List<Value> inputs, List<Parameter> parameters) {
        this.name = name;
        this.inputs = inputs;
        this.parameters = parameters;
    }

    String name() {
        return name;
    }

    List<Value> inputs() {
        return inputs;
    }

    Value input() {
        return inputs.getFirst();
    }

    List<Parameter> parameters() {
        return parameters;
    }

    Value output() {
        return output;
    }

    /** All that it leaves: one value, but for operations that run side by side as one. */
    List<Value> outputs() {
        return List.of(output);
    }

    void produce(Value value) {
        output = value;
    }

    /** Pads the parameters to the channels that the values beside it have in that precision. */
    void padParameters(Precision precision) {
        // most parameters are as long as their values' shapes say
    }

    /** Writes the launches that compute the output. */
    abstract void forward(ForwardPass pass);

    /**
     * Writes the launches that compute the parameters' gradients and the inputs' cotangents. A backward operation is
     * linear in the output's cotangent: where the input is not stacked by task, it runs once on the sum.
     */
    abstract void backward(BackwardPass pass);
}
