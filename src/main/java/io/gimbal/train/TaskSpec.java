package io.gimbal.train;

import io.gimbal.loss.Loss;

/**
 * A task: its name, its loss, and which of the data's fields is its target.
 *
 * @param field by default the task's own name
 */
public record TaskSpec(String name, Loss loss, String field) {}
