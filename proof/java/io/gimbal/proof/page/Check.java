package io.gimbal.proof.page;

/**
 * Something that must hold.
 *
 * @param name     what, in words
 * @param status   whether it does
 * @param measured what was seen; "" where nothing was
 * @param bar      what must be seen
 * @param note     where to look, or why nothing was measured; "" where there is nothing to say
 */
public record Check(String name, Status status, String measured, String bar, String note) {}
