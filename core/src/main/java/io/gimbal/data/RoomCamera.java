package io.gimbal.data;

/**
 * A pinhole camera. Its axes are x right, y down, z forward; the length of a pixel's {@linkplain #forward ray} along z
 * is 1, so that a ray's parameter is depth in metres.
 *
 * <p>The lens is that of NYUv2's Kinect ({@link NyuDepth#FOCAL_X} and so on, at 640 x 480), with the optical axis in
 * the middle and scaled to the picture's size, so that a picture of another shape than 4:3 is a squeezed one, as it is
 * for NYUv2.
 */
final class RoomCamera {
    final float x;
    final float y;
    final float z;
    final float[] right = new float[3];
    final float[] down = new float[3];
    final float[] forward = new float[3];

    /**
     * @param turn  radians from the z axis towards x
     * @param pitch radians upwards
     * @param roll  radians clockwise
     */
    RoomCamera(float x, float y, float z, double turn, double pitch, double roll) {
        this.x = x;
        this.y = y;
        this.z = z;
        double st = StrictMath.sin(turn);
        double ct = StrictMath.cos(turn);
        double sp = StrictMath.sin(pitch);
        double cp = StrictMath.cos(pitch);
        double sr = StrictMath.sin(roll);
        double cr = StrictMath.cos(roll);
        double[] level = {ct, 0, -st};
        double[] low = {st * sp, -cp, ct * sp};
        double[] ahead = {st * cp, sp, ct * cp};
        for (int i = 0; i < 3; i++) {
            right[i] = (float) (cr * level[i] + sr * low[i]);
            down[i] = (float) (cr * low[i] - sr * level[i]);
            forward[i] = (float) ahead[i];
        }
    }

    /** Change of a ray's x / z from one column to the next, in a picture of that many columns. */
    static float stepX(int width) {
        return (float) (NyuDepth.WIDTH / (NyuDepth.FOCAL_X * width));
    }

    /** Change of a ray's y / z from one row to the next, in a picture of that many rows. */
    static float stepY(int height) {
        return (float) (NyuDepth.HEIGHT / (NyuDepth.FOCAL_Y * height));
    }
}
