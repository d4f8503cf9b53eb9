package io.gimbal.engine;

import java.util.Set;

/** What each task's gradient is measured by. */
sealed interface Measurement {
    /** Whether the tasks' gradients of the operation's parameters are wanted apart. */
    default boolean uses(Operation operation) {
        return false;
    }

    /** Nothing is measured. */
    record Nothing() implements Measurement {}

    /** GradNorm's W: these parameters together. */
    record OfParameters(Set<Parameter> parameters) implements Measurement {
        public OfParameters {
            parameters = Set.copyOf(parameters);
        }

        @Override
        public boolean uses(Operation operation) {
            return operation.parameters().stream().anyMatch(parameters::contains);
        }
    }
}
