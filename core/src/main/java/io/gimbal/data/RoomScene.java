package io.gimbal.data;

import java.util.List;

/**
 * A furnished room with its lights.
 *
 * @param width  metres along x; the room is [0, width] x [0, height] x [0, length]
 * @param shapes all solids; the first is the shell
 * @param faces  the shell's materials: walls at x = 0 and at x = width, floor, ceiling, walls at z = 0 and at z =
 *               length
 * @param lights what lights it besides the light from everywhere
 * @param ambient the light from everywhere, red, green, blue
 */
record RoomScene(float width, float height, float length, List<RoomShape> shapes, List<RoomMaterial> faces,
        List<Light> lights, float[] ambient) {

    /**
     * A glowing patch or ball.
     *
     * @param centre its middle
     * @param extent half its size along the world's axes
     * @param colour strength of red, green, blue at one metre
     * @param facing the direction in which a flat one shines, or null for one that shines all round
     */
    record Light(float[] centre, float[] extent, float[] colour, float[] facing) { }
}
