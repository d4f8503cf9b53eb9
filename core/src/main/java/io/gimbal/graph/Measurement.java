package io.gimbal.graph;

import java.util.Set;

/** What each task's gradient is measured by. */
public sealed interface Measurement {
    /**
     * {@return whether the tasks' gradients of the parameter are wanted apart}
     *
     * @param parameter of the network
     */
    boolean of(Parameter parameter);

    /**
     * {@return whether the tasks' cotangents of the value are wanted apart, since they are what is measured}
     *
     * @param value of the graph
     */
    default boolean of(Value value) {
        return false;
    }

    /**
     * {@return whether it uses a parameter of which that is so}
     *
     * @param operation any
     */
    default boolean uses(Operation operation) {
        return operation.parameters().stream().anyMatch(this::of);
    }

    /** Nothing is measured. */
    record Nothing() implements Measurement {
        @Override
        public boolean of(Parameter parameter) {
            return false;
        }
    }

    /**
     * These parameters together, as GradNorm's W.
     *
     * @param parameters at least one
     */
    record OfParameters(Set<Parameter> parameters) implements Measurement {
        /** Keeps a copy. */
        public OfParameters {
            parameters = Set.copyOf(parameters);
        }

        @Override
        public boolean of(Parameter parameter) {
            return parameters.contains(parameter);
        }
    }

    /**
     * The value that all heads read.
     *
     * @param measured Z
     */
    record OfValue(Value measured) implements Measurement {
        @Override
        public boolean of(Parameter parameter) {
            return false;
        }

        @Override
        public boolean of(Value value) {
            return value == measured;
        }
    }
}
