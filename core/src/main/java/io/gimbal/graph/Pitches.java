package io.gimbal.graph;

/** Elements from one place of a value to the next, where it is stored alone: its channels, or more. */
@FunctionalInterface
public interface Pitches {
    /**
     * {@return elements from one place of a value to the next}
     *
     * @param value of the graph
     */
    int of(Value value);
}
