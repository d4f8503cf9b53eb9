package io.gimbal.graph;

import io.gimbal.program.Region;

/**
 * Where a step's random numbers come from: Philox4x32-10 (Salmon et al., SC 2011) of seed, stream, the step's number
 * and place ({@code kernels/random.cuh}). Nothing is kept from step to step but the number, so that a training that
 * goes on from a checkpoint sees the numbers that it would have seen.
 *
 * @param seed     the key
 * @param counters the first is the step's number, from 0, rejected steps included
 */
public record RandomNumbers(long seed, Region counters) {}
