package io.gimbal.engine;

/**
 * A value that a task's loss reads.
 *
 * @param scale by how much the loss upsamples it, bilinearly; 1 where it does not
 */
record Output(Value value, int task, int scale) {
    Output(Value value, int task) {
        this(value, task, 1);
    }
}
