package io.gimbal.engine;

/** Output and input channels of a parameter in memory: no fewer than in files. */
record StoredChannels(int outs, int ins) {}
