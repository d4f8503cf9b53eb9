package io.gimbal.data;

/**
 * A batch that stands ready in a slot of a {@link BatchPipeline}.
 *
 * @param slot     the slot it lies in; the consumer's until {@link BatchPipeline#release(int)}
 * @param position where in the sequence it is
 * @param next     the position after it: what a checkpoint made after this batch's step stores
 * @param real     how many of its samples are real; the rest, at its end, is padding without labels. Always the whole
 *                 batch in training
 * @param last     whether it is the last of its epoch
 */
public record Batch(int slot, Position position, Position next, int real, boolean last) { }
