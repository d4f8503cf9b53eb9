package io.gimbal.loss;

import io.gimbal.config.Names;
import java.util.Objects;

/**
 * A task: its name, its loss, and which of the data's fields is its target.
 *
 * @param name  the head's
 * @param loss  of what the head leaves
 * @param field by default the task's own name
 */
public record TaskSpec(String name, Loss loss, String field) {
    /** Checks that no part is missing, and that the task can be called so. */
    public TaskSpec {
        Names.check("a task's name", name);
        Objects.requireNonNull(loss, () -> "the loss of task " + Names.quote(name) + " is null");
        Names.check("the field of task " + Names.quote(name), field);
    }
}
