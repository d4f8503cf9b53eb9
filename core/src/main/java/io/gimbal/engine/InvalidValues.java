package io.gimbal.engine;

/**
 * What stood in the inputs or in a task's target of a rejected step's batch and may not stand there: a value that is
 * not finite (in a target, where there is a label; in the inputs, also one that bf16 makes infinite for a network that
 * takes them in bf16), or a class number that is neither a class of the loss nor its marker.
 *
 * @param places  how many places hold such; 0: none was found, and the other figures are 0
 * @param example of the first of them: its number in the batch
 * @param value   what the first of them holds
 */
public record InvalidValues(long places, int example, double value) {}
