package io.gimbal.data;

/**
 * Draws a room: colours, depth, normals and classes. Plain float arithmetic in a fixed order, so that the same room
 * gives the same bits on any machine and thread; where bounds spare a test, it is one that could change nothing.
 */
final class RoomRenderer {
    private RoomRenderer() { }

    /** Fills {@code out}; {@code random} decides the camera's exposure, sharpness and noise. */
    static void render(RoomBuilder.Shot shot, Randomness random, Pixels out) {
        RoomScene scene = shot.scene();
        RoomView view = new RoomView(shot, out);
        float[][] planes = RoomShading.shade(scene, view, RoomShadows.visible(view, scene.lights()));
        RoomExposure.take(planes, random, out);
    }
}
