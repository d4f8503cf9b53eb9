package io.gimbal.graph;

/**
 * A value that a task's loss reads.
 *
 * @param value that the loss reads
 * @param task  its number
 * @param scale by how much the loss upsamples it, bilinearly; 1 where it does not
 */
public record Output(Value value, int task, int scale) {
    /**
     * One at full resolution.
     *
     * @param value that the loss reads
     * @param task  its number
     */
    public Output(Value value, int task) {
        this(value, task, 1);
    }
}
