package io.gimbal.cuda;

/**
 * One allocation of device memory.
 *
 * @param base  the device pointer to its start
 * @param bytes its size
 */
public record AllocationRange(long base, long bytes) {}
