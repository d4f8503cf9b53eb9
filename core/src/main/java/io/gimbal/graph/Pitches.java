package io.gimbal.graph;

/** Elements from one place of a value to the next, where it is stored alone: its channels, or more. */
@FunctionalInterface
public interface Pitches {
    int of(Value value);
}
