package io.gimbal.graph;

import java.util.Set;

/** What each task's gradient is measured by. */
public sealed interface Measurement {
    /** Whether the tasks' gradients of the parameter are wanted apart. */
    boolean of(Parameter parameter);

    /** Whether the tasks' cotangents of the value are wanted apart, since they are what is measured. */
    default boolean of(Value value) {
        return false;
    }

    /** Whether it uses a parameter of which that is so. */
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

    /** These parameters together, as GradNorm's W. */
    record OfParameters(Set<Parameter> parameters) implements Measurement {
        public OfParameters {
            parameters = Set.copyOf(parameters);
        }

        @Override
        public boolean of(Parameter parameter) {
            return parameters.contains(parameter);
        }
    }

    /** The value that all heads read. */
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
