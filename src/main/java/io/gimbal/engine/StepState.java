package io.gimbal.engine;

import java.util.Map;

/**
 * All that a step depends on besides its batch, on the host: what a checkpoint holds.
 *
 * @param tensors  parameters and running statistics by name, in the files' order
 * @param moments  the optimiser's moment buffers, each by parameter name in the files' order
 * @param balance  the balancing's state: weight, initial loss, first and second moment, steps; T values of each
 * @param counters steps, accepted updates, rejected steps, rejected in a row
 */
public record StepState(Map<String, float[]> tensors, java.util.List<Map<String, float[]>> moments, double[] balance,
        long[] counters) {}
