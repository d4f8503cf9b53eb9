package io.gimbal.graph;

import io.gimbal.program.Region;

/** The tasks' gradients of what is measured: G [T][values] of each parameter. */
public interface MeasuredGradients {
    /** Where an operation may write its part of those rows of G, one behind the other. */
    Region target(Parameter parameter, TaskSet rows);

    /** Whether all of G of that parameter is there already. */
    boolean has(Parameter parameter);

    /** Hands in an operation's part of those rows; the last that is handed in completes G, which is read then. */
    void give(Parameter parameter, TaskSet rows, Region part);
}
