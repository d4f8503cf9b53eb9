package io.gimbal.data;

/**
 * One room, drawn. All arrays are row-major; never changed after they are filled.
 *
 * @param rgb     3 bytes a pixel: red, green, blue
 * @param classes a class number a pixel, as an unsigned byte
 * @param depth   metres along the optical axis
 * @param normals x, y, z a pixel
 */
record Pixels(int height, int width, byte[] rgb, byte[] classes, float[] depth, float[] normals) {
    Pixels(int height, int width) {
        this(height, width, new byte[height * width * 3], new byte[height * width], new float[height * width],
                new float[height * width * 3]);
    }
}
