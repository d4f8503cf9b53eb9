package io.gimbal.graph;

import io.gimbal.program.Region;

/** The tasks' gradients of what is measured: G [T][values] of each parameter. */
public interface MeasuredGradients {
    /**
     * {@return where an operation may write its part of those rows of G, one behind the other}
     *
     * @param parameter of the network
     * @param rows      the tasks whose gradients they are
     */
    Region target(Parameter parameter, TaskSet rows);

    /**
     * {@return whether all of G of that parameter is there already}
     *
     * @param parameter of the network
     */
    boolean has(Parameter parameter);

    /**
     * Hands in an operation's part of those rows; the last that is handed in completes G, which is read then.
     *
     * @param parameter of the network
     * @param rows      the tasks whose gradients they are
     * @param part      where they stand
     */
    void give(Parameter parameter, TaskSet rows, Region part);
}
