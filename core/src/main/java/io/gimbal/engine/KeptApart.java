package io.gimbal.engine;

import io.gimbal.graph.Shape;
import java.util.List;

/**
 * A value of which a step keeps each task's cotangent apart, since what is measured lies before it.
 *
 * @param operation that leaves the value
 * @param shape     of the value
 * @param tasks     whose losses depend on it
 * @param bytes     of all their cotangents
 */
public record KeptApart(String operation, Shape shape, List<String> tasks, long bytes) {
    /** Keeps a copy of the tasks. */
    public KeptApart {
        tasks = List.copyOf(tasks);
    }
}
