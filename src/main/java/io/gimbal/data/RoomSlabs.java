package io.gimbal.data;

import java.util.Arrays;

/**
 * Where many rays at once enter and leave a box, found axis by axis in the box's own coordinates, where it is the cube
 * of half-size 1. The steps are those of {@link RoomShape#enter}, in plain loops, which the compiler turns into vector
 * instructions.
 */
final class RoomSlabs {
    /** On the axis at hand, where each ray starts and how far it goes while its parameter grows by 1. */
    final float[] start;
    final float[] ahead;
    /** Where each ray enters the box, at least 0, and where it leaves: it misses the box if it leaves first. */
    final float[] near;
    final float[] far;

    RoomSlabs(int rays) {
        start = new float[rays];
        ahead = new float[rays];
        near = new float[rays];
        far = new float[rays];
    }

    /** Begins with rays from {@code first} to before {@code last} that no axis has cut yet. */
    void begin(int first, int last) {
        Arrays.fill(near, first, last, 0);
        Arrays.fill(far, first, last, Float.POSITIVE_INFINITY);
    }

    /** Cuts the rays to the box's size on the axis at hand. */
    void cut(int first, int last) {
        for (int ray = first; ray < last; ray++) {
            float inverse = RoomShape.inverse(ahead[ray]);
            float size = Math.abs(inverse);
            near[ray] = Math.max(near[ray], -start[ray] * inverse - size);
            far[ray] = Math.min(far[ray], -start[ray] * inverse + size);
        }
    }
}
