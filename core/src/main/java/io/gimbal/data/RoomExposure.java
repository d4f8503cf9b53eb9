package io.gimbal.data;

/** The camera's exposure, tone curve, soft lens and noise, down to 8 bits a colour. */
final class RoomExposure {
    private RoomExposure() { }

    /**
     * Takes the picture.
     *
     * @param planes linear red, green and blue by pixel; changed
     * @param random decides exposure, sharpness and noise
     * @param out    takes the colours
     */
    static void take(float[][] planes, Randomness random, Pixels out) {
        float exposure = random.between(0.42f, 0.62f) / (0.08f + mean(planes));
        float soft = random.between(0.04f, 0.16f);
        float grain = random.between(0.2f, 1.6f);
        for (float[] plane : planes) {
            tone(plane, exposure);
        }
        float[] seen = new float[out.width()];
        int[][] levels = new int[3][out.width()];
        for (int row = 0; row < out.height(); row++) {
            draw(random, levels);
            for (int c = 0; c < 3; c++) {
                soften(planes[c], row, out.height(), soft, seen);
                develop(seen, grain, levels[c]);
            }
            interleave(levels, out.rgb(), 3 * row * out.width());
        }
    }

    /** Draws 21 random bits for each colour of a row's pixels. */
    private static void draw(Randomness random, int[][] bits) {
        for (int x = 0; x < bits[0].length; x++) {
            long noise = random.nextLong();
            bits[0][x] = (int) noise;
            bits[1][x] = (int) (noise >>> 21);
            bits[2][x] = (int) (noise >>> 42);
        }
    }

    private static float mean(float[][] planes) {
        float sum = 0;
        for (int pixel = 0; pixel < planes[0].length; pixel++) {
            for (float[] plane : planes) {
                sum += Math.min(plane[pixel], 2);
            }
        }
        return sum / (3 * planes[0].length);
    }

    private static void tone(float[] plane, float exposure) {
        for (int pixel = 0; pixel < plane.length; pixel++) {
            float value = plane[pixel] * exposure;
            plane[pixel] = (float) Math.sqrt(value * (1 + value * 0.16f) / (1 + value));
        }
    }

    /** Each pixel of a row takes a share of its four neighbours; beyond the border they are as at it. */
    private static void soften(float[] plane, int row, int height, float soft, float[] seen) {
        int width = seen.length;
        int here = row * width;
        int above = row == 0 ? here : here - width;
        int below = row == height - 1 ? here : here + width;
        float centre = 1 - 4 * soft;
        for (int x = 1; x < width - 1; x++) {
            seen[x] = centre * plane[here + x] + soft * (plane[above + x] + plane[below + x] + plane[here + x - 1]
                    + plane[here + x + 1]);
        }
        for (int x = 0; x < width; x += Math.max(1, width - 1)) {
            seen[x] = centre * plane[here + x] + soft * (plane[above + x] + plane[below + x]
                    + plane[here + Math.max(x - 1, 0)] + plane[here + Math.min(x + 1, width - 1)]);
        }
    }

    /** From random bits to levels of 0 to 255. */
    private static void develop(float[] seen, float grain, int[] levels) {
        for (int x = 0; x < levels.length; x++) {
            int bits = levels[x];
            // The sum of three uniform numbers: bell-shaped enough.
            float bell = ((bits & 127) + (bits >>> 7 & 127) + (bits >>> 14 & 127)) * (1 / 64f) - 3;
            levels[x] = Math.max(0, Math.min((int) (255 * seen[x] + grain * bell * 2 + 0.5f), 255));
        }
    }

    private static void interleave(int[][] levels, byte[] rgb, int first) {
        for (int x = 0; x < levels[0].length; x++) {
            rgb[first + 3 * x] = (byte) levels[0][x];
            rgb[first + 3 * x + 1] = (byte) levels[1][x];
            rgb[first + 3 * x + 2] = (byte) levels[2][x];
        }
    }
}
