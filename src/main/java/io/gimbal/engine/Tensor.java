package io.gimbal.engine;

/**
 * Where a value lies.
 *
 * @param region of its first element
 * @param pitch  elements from one place to the next: the value's channels, or more where they are padded or a slice of
 *               a wider tensor's
 */
record Tensor(Region region, int pitch) {}
