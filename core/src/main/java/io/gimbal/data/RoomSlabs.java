package io.gimbal.data;

/**
 * Where many rays at once enter and leave a box, in the box's own coordinates, where it is the cube of half-size 1. The
 * steps are those of {@link RoomShape#enter}; who finds them does so in one plain loop, which the compiler turns into
 * vector instructions.
 */
final class RoomSlabs {
    /** Where each ray enters the box, at least 0, and where it leaves: it misses the box if it leaves first. */
    final float[] near;
    final float[] far;

    RoomSlabs(int rays) {
        near = new float[rays];
        far = new float[rays];
    }

    /** Where a ray enters the space between two opposite faces, from where it starts and the inverse of its way. */
    static float enter(float start, float inverse) {
        return -start * inverse - Math.abs(inverse);
    }

    static float leave(float start, float inverse) {
        return -start * inverse + Math.abs(inverse);
    }
}
