package io.gimbal.graph;

/** Output and input channels of a parameter in memory: no fewer than in files. */
public record StoredChannels(int outs, int ins) {}
