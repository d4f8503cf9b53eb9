package io.gimbal.train;

import java.util.Map;
import java.util.Objects;

/**
 * A batch in ordinary memory.
 *
 * @param inputs  images as batch, height, width, channels; or features as batch, features
 * @param values  targets of tasks with values, by task, places by channels as the head leaves them
 * @param classes targets of tasks with classes, by task, one class number a place
 */
public record Examples(float[] inputs, Map<String, float[]> values, Map<String, int[]> classes) {
    /** Checks that no part is missing; sizes are checked by the trainer, which knows them. */
    public Examples {
        Objects.requireNonNull(inputs, "inputs is null");
        Objects.requireNonNull(values, "values is null; a batch without values has an empty map");
        Objects.requireNonNull(classes, "classes is null; a batch without classes has an empty map");
    }
}
