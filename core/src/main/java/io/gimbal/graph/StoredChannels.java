package io.gimbal.graph;

/**
 * Output and input channels of a parameter in memory: no fewer than in files.
 *
 * @param outs the first dimension
 * @param ins  the second dimension
 */
public record StoredChannels(int outs, int ins) {}
