package io.gimbal.program;

/**
 * Where a value lies.
 *
 * @param region of its first element
 * @param pitch  elements from one place to the next: the value's channels, or more where they are padded or a slice of
 *               a wider tensor's
 */
public record View(Region region, int pitch) {}
