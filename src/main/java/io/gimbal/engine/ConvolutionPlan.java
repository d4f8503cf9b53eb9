package io.gimbal.engine;

/** A finalized cuDNN execution plan of one convolution and the workspace that it needs. */
record ConvolutionPlan(long descriptor, long workspaceBytes) {}
