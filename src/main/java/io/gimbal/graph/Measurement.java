package io.gimbal.graph;

import java.util.Set;

/** What each task's gradient is measured by. */
public sealed interface Measurement {
    /** Whether the tasks' gradients of the parameter are wanted apart. */
    boolean of(Parameter parameter);

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

    /** GradNorm's W: these parameters together. */
    record OfParameters(Set<Parameter> parameters) implements Measurement {
        public OfParameters {
            parameters = Set.copyOf(parameters);
        }

        @Override
        public boolean of(Parameter parameter) {
            return parameters.contains(parameter);
        }
    }
}
