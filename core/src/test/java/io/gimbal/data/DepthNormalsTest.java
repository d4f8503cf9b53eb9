package io.gimbal.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.picture.Resize;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DepthNormalsTest {
    private static final int HEIGHT = 120;
    private static final int WIDTH = 160;
    private static final double[] U = columns(WIDTH);
    private static final double[] V = rows(HEIGHT);

    @Test
    void planesAreFoundToTwoDegreesThroughTheQuantisation() {
        Random random = new Random(1);
        float[] found = new float[3];
        for (int plane = 0; plane < 40; plane++) {
            double x = random.nextGaussian() * 0.7;
            double y = random.nextGaussian() * 0.7;
            double length = Math.sqrt(x * x + y * y + 1);
            double[] normal = {x / length, y / length, -1 / length};
            double distance = 1 + 3 * random.nextDouble();
            float[] normals = fit(quantised(normal, distance));
            int row = 20 + random.nextInt(HEIGHT - 40);
            int column = 20 + random.nextInt(WIDTH - 40);
            boolean near = (normal[0] * U[column] + normal[1] * V[row] + normal[2]) * -1 > 0.35
                    && depth(normal, distance, row, column) < 8;
            if (near) {
                assertTrue(at(normals, row, column, found), "plane " + plane);
                double cosine = found[0] * normal[0] + found[1] * normal[1] + found[2] * normal[2];
                // Steps of 3.9 cm over a window of 33 pixels: two degrees is what is left of them.
                assertTrue(cosine > Math.cos(Math.toRadians(2)), "plane " + plane + ": cosine " + cosine);
            }
        }
    }

    @Test
    void thePlaneOfExactDepthIsExact() {
        double[] normal = {0.6, 0, -0.8};
        float[] depth = new float[HEIGHT * WIDTH];
        for (int i = 0; i < depth.length; i++) {
            depth[i] = (float) depth(normal, 2, i / WIDTH, i % WIDTH);
        }
        float[] found = new float[3];
        float[] normals = fit(depth);
        // Corners too: windows are moved inside the picture.
        for (int[] pixel : new int[][] {{60, 40}, {0, 0}, {HEIGHT - 1, 0}}) {
            assertTrue(at(normals, pixel[0], pixel[1], found));
            // Depth in float32 leaves six digits.
            assertEquals(0.6, found[0], 1e-5);
            assertEquals(0, found[1], 1e-5);
            assertEquals(-0.8, found[2], 1e-5);
        }
    }

    @Test
    void besideAJumpTheWindowStaysOnItsOwnSide() {
        float[] depth = new float[HEIGHT * WIDTH];
        for (int i = 0; i < depth.length; i++) {
            depth[i] = i % WIDTH < 80 ? 2 : 4;
        }
        float[] normals = fit(depth);
        float[] found = new float[3];
        for (int column = 0; column < WIDTH; column++) {
            if (at(normals, 60, column, found)) {
                assertEquals(-1, found[2], 1e-6, "column " + column);
            } else {
                // No window of half-size 4, moved by 3, misses the jump from there.
                assertEquals(79.5, column, 2, "column " + column);
            }
        }
    }

    @Test
    void pixelsWithoutDepthAndThinThingsAreMasked() {
        float[] depth = new float[HEIGHT * WIDTH];
        Arrays.fill(depth, 3);
        depth[60 * WIDTH + 80] = 0;
        depth[30 * WIDTH + 40] = 1.5f;
        float[] normals = fit(depth);
        float[] found = new float[3];
        assertFalse(at(normals, 60, 80, found));
        assertFalse(at(normals, 30, 40, found));
        assertTrue(at(normals, 60, 90, found));
        assertArrayEquals(new float[HEIGHT * WIDTH * 3], fit(new float[HEIGHT * WIDTH]));
    }

    @Test
    void picturesTooSmallForAFitHaveNoNormals() {
        for (int[] size : new int[][] {{1, 1}, {1, 8}, {8, 1}, {2, 2}}) {
            float[] depth = new float[size[0] * size[1]];
            Arrays.fill(depth, 2);
            float[] normals = fitted(depth, size[0], size[1], columns(size[1]), rows(size[0]), 3, 5);
            assertArrayEquals(new float[3 * 5 * 3], normals, Arrays.toString(size));
        }
    }

    @Test
    void thePlainFitFindsTheSameNormalsAtTheNearestPixels() {
        Random random = new Random(4);
        int pixels = 0;
        int labelled = 0;
        int different = 0;
        int[][] sizes = {{2, 3}, {3, 2}, {2, 61}, {61, 2}, {5, 7}, {7, 90}, {33, 47}, {64, 80}, {75, 101}};
        for (int[] size : sizes) {
            for (int holes : new int[] {0, 1, 12}) {
                float[] depth = scene(random, size[0], size[1], holes);
                for (int[] to : new int[][] {size, {size[0] + 20, size[1] + 9}, {3, size[1] / 2 + 1}}) {
                    float[] fast = fitted(depth, size[0], size[1], columns(size[1]), rows(size[0]), to[0],
                            to[1]);
                    float[] plain = plain(depth, size, to);
                    for (int pixel = 0; pixel < to[0] * to[1]; pixel++) {
                        pixels++;
                        labelled += isLabelled(plain, pixel) ? 1 : 0;
                        different += differ(fast, plain, pixel) ? 1 : 0;
                    }
                }
            }
        }
        assertTrue(labelled > pixels / 5, labelled + " of " + pixels + " have normals");
        // Sums in another order round otherwise: a pixel at a threshold, or of two windows that fit as well, may be
        // another.
        assertTrue(different <= pixels / 10_000, different + " of " + pixels + " differ");
    }

    private static boolean isLabelled(float[] normals, int pixel) {
        return normals[3 * pixel] != 0 || normals[3 * pixel + 1] != 0 || normals[3 * pixel + 2] != 0;
    }

    /** In small windows the slopes are differences of nearly equal sums: of 16 digits some 10 are left. */
    private static boolean differ(float[] fast, float[] plain, int pixel) {
        boolean differ = isLabelled(fast, pixel) != isLabelled(plain, pixel);
        for (int i = 3 * pixel; i < 3 * pixel + 3; i++) {
            differ |= !(Math.abs(fast[i] - plain[i]) < 1e-5f);
        }
        return differ;
    }

    private static float[] plain(float[] depth, int[] size, int[] to) {
        PlainDepthNormals planes = new PlainDepthNormals(depth, size[0], size[1], columns(size[1]), rows(size[0]));
        float[] normals = new float[to[0] * to[1] * 3];
        for (int y = 0; y < to[0]; y++) {
            for (int x = 0; x < to[1]; x++) {
                planes.at(Resize.nearest(y, size[0], to[0]), Resize.nearest(x, size[1], to[1]), normals,
                        3 * (y * to[1] + x));
            }
        }
        return normals;
    }

    /** A few slanted walls in boxes, quantised, some noise, and squares without depth. */
    private static float[] scene(Random random, int height, int width, int holes) {
        float[] depth = new float[height * width];
        Arrays.fill(depth, 6);
        for (int wall = 0; wall < 5; wall++) {
            double near = 1 + 3 * random.nextDouble();
            double right = random.nextGaussian() * 2 / width;
            double down = random.nextGaussian() * 2 / height;
            box(random, height, width, Math.max(height, width) / 2, (y, x) -> depth[y * width + x] =
                    (float) Math.max(0.3, near + right * x + down * y + 0.02 * random.nextGaussian()));
        }
        for (int hole = 0; hole < holes; hole++) {
            box(random, height, width, 1 + Math.max(height, width) / 8, (y, x) -> depth[y * width + x] = 0);
        }
        for (int i = 0; i < depth.length; i++) {
            int step = (int) (depth[i] * NyuDepth.STEPS_PER_METRE);
            depth[i] = depth[i] == 0 ? 0 : (float) ((step + 0.5) / NyuDepth.STEPS_PER_METRE);
        }
        return depth;
    }

    private interface Painter {
        void paint(int y, int x);
    }

    private static void box(Random random, int height, int width, int most, Painter painter) {
        int top = random.nextInt(height);
        int left = random.nextInt(width);
        int bottom = Math.min(height, top + 1 + random.nextInt(most));
        int right = Math.min(width, left + 1 + random.nextInt(most));
        for (int y = top; y < bottom; y++) {
            for (int x = left; x < right; x++) {
                painter.paint(y, x);
            }
        }
    }

    private static double[] columns(int width) {
        return NyuDepth.rays(width, NyuDepth.WIDTH, NyuDepth.AXIS_X, NyuDepth.FOCAL_X);
    }

    private static double[] rows(int height) {
        return NyuDepth.rays(height, NyuDepth.HEIGHT, NyuDepth.AXIS_Y, NyuDepth.FOCAL_Y);
    }

    private static float[] fit(float[] depth) {
        return fitted(depth, HEIGHT, WIDTH, U, V, HEIGHT, WIDTH);
    }

    /** The rows that a fit hands out, put together. */
    static float[] fitted(float[] depth, int height, int width, double[] u, double[] v, int toHeight, int toWidth) {
        float[] normals = new float[toHeight * toWidth * 3];
        int[] next = new int[1];
        DepthNormals.fit(depth, height, width, u, v, toHeight, toWidth, (from, to, row) -> {
            assertEquals(next[0], from);
            assertEquals(3 * toWidth, row.length);
            for (int y = from; y < to; y++) {
                System.arraycopy(row, 0, normals, y * row.length, row.length);
            }
            next[0] = to;
        });
        assertEquals(toHeight, next[0]);
        return normals;
    }

    private static boolean at(float[] normals, int row, int column, float[] found) {
        System.arraycopy(normals, 3 * (row * WIDTH + column), found, 0, 3);
        return isLabelled(normals, row * WIDTH + column);
    }

    private static double depth(double[] normal, double distance, int row, int column) {
        double towards = -(normal[0] * U[column] + normal[1] * V[row] + normal[2]);
        return towards > 0.05 ? Math.min(9.9, distance / towards) : 9.9;
    }

    private static float[] quantised(double[] normal, double distance) {
        float[] depth = new float[HEIGHT * WIDTH];
        for (int i = 0; i < depth.length; i++) {
            int step = (int) (depth(normal, distance, i / WIDTH, i % WIDTH) * NyuDepth.STEPS_PER_METRE);
            depth[i] = (float) ((step + 0.5) / NyuDepth.STEPS_PER_METRE);
        }
        return depth;
    }
}
