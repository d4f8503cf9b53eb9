package io.gimbal.data;

import java.util.Arrays;

/**
 * Spreads what was found for the black pixels of a chessboard: white pixels take the mean of their black neighbours,
 * then black ones that of their white ones, as far as they show the same face; a white one to which that leaves none
 * takes that of all its neighbours.
 *
 * <p>Most pixels lie amid a face. They are gone over without a branch, and what lies at a rim is put right.
 */
final class RoomSmoothing {
    private static final int LEFT = 1;
    private static final int RIGHT = 2;
    private static final int ABOVE = 4;
    private static final int BELOW = 8;
    private static final int ALL = LEFT | RIGHT | ABOVE | BELOW;

    private final RoomView view;
    private final int height;
    private final int width;
    private final Rim white = new Rim();
    private final Rim black = new Rim();

    /** Pixels at rims, the sides on which are the neighbours that they take the mean of, and room for that. */
    private static final class Rim {
        private int[] pixels = new int[64];
        private byte[] sides = new byte[64];
        private float[] means;
        private int count;

        void add(int pixel, int side) {
            if (count == pixels.length) {
                pixels = Arrays.copyOf(pixels, 2 * count);
                sides = Arrays.copyOf(sides, 2 * count);
            }
            pixels[count] = pixel;
            sides[count++] = (byte) side;
        }
    }

    RoomSmoothing(RoomView view) {
        this.view = view;
        height = view.height;
        width = view.width;
        findRims();
    }

    private void findRims() {
        int[] rims = new int[width];
        for (int y = 0; y < height; y++) {
            if (y > 0 && y < height - 1) {
                view.findRims(y, rims);
            } else {
                Arrays.fill(rims, 1);
            }
            for (int x = 0; x < width; x++) {
                if (rims[x] != 0) {
                    add(y, x);
                }
            }
        }
        white.means = new float[white.count];
        black.means = new float[black.count];
    }

    private void add(int y, int x) {
        int there = (x > 0 ? LEFT : 0) | (x < width - 1 ? RIGHT : 0) | (y > 0 ? ABOVE : 0)
                | (y < height - 1 ? BELOW : 0);
        int alike = alike(y * width + x, there);
        boolean isBlack = (x + y & 1) == 0;
        Rim rim = isBlack ? black : white;
        rim.add(y * width + x, alike == 0 && !isBlack ? there : alike);
    }

    /** Of the sides on which a pixel has neighbours, those on which they show the same face. */
    private int alike(int pixel, int there) {
        int alike = 0;
        alike |= (there & LEFT) != 0 && view.sameFace(pixel, pixel - 1) ? LEFT : 0;
        alike |= (there & RIGHT) != 0 && view.sameFace(pixel, pixel + 1) ? RIGHT : 0;
        alike |= (there & ABOVE) != 0 && view.sameFace(pixel, pixel - width) ? ABOVE : 0;
        alike |= (there & BELOW) != 0 && view.sameFace(pixel, pixel + width) ? BELOW : 0;
        return alike;
    }

    /** Smooths what was found for each black pixel, in place. */
    void smooth(float[] values) {
        smooth(values, white, 1);
        smooth(values, black, 0);
    }

    private void smooth(float[] values, Rim rim, int first) {
        for (int i = 0; i < rim.count; i++) {
            rim.means[i] = mean(values, rim.pixels[i], rim.sides[i]);
        }
        for (int y = 1; y < height - 1; y++) {
            int end = (y + 1) * width - 1;
            for (int pixel = y * width + 2 - (y + first & 1); pixel < end; pixel += 2) {
                values[pixel] = 0.25f * (values[pixel - 1] + values[pixel + 1] + values[pixel - width]
                        + values[pixel + width]);
            }
        }
        for (int i = 0; i < rim.count; i++) {
            values[rim.pixels[i]] = rim.means[i];
        }
    }

    /** The mean of a pixel's neighbours on some sides; of none, what stands there. */
    private float mean(float[] values, int pixel, int sides) {
        if (sides == 0) {
            return values[pixel];
        }
        float sum = 0;
        sum += (sides & LEFT) != 0 ? values[pixel - 1] : 0;
        sum += (sides & RIGHT) != 0 ? values[pixel + 1] : 0;
        sum += (sides & ABOVE) != 0 ? values[pixel - width] : 0;
        sum += (sides & BELOW) != 0 ? values[pixel + width] : 0;
        return sum / Integer.bitCount(sides);
    }
}
