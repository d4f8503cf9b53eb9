package io.gimbal.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class DepthNormalsTest {
    private static final int HEIGHT = 120;
    private static final int WIDTH = 160;
    private static final double[] U = NyuDepth.rays(WIDTH, NyuDepth.WIDTH, NyuDepth.AXIS_X, NyuDepth.FOCAL_X);
    private static final double[] V = NyuDepth.rays(HEIGHT, NyuDepth.HEIGHT, NyuDepth.AXIS_Y, NyuDepth.FOCAL_Y);

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
            DepthNormals normals = new DepthNormals(quantised(normal, distance), HEIGHT, WIDTH, U, V);
            int row = 20 + random.nextInt(HEIGHT - 40);
            int column = 20 + random.nextInt(WIDTH - 40);
            boolean near = (normal[0] * U[column] + normal[1] * V[row] + normal[2]) * -1 > 0.35
                    && depth(normal, distance, row, column) < 8;
            if (near) {
                assertTrue(normals.at(row, column, found, 0), "plane " + plane);
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
        DepthNormals normals = new DepthNormals(depth, HEIGHT, WIDTH, U, V);
        // Corners too: windows are moved inside the picture.
        for (int[] pixel : new int[][] {{60, 40}, {0, 0}, {HEIGHT - 1, 0}}) {
            assertTrue(normals.at(pixel[0], pixel[1], found, 0));
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
        DepthNormals normals = new DepthNormals(depth, HEIGHT, WIDTH, U, V);
        float[] found = new float[3];
        for (int column = 0; column < WIDTH; column++) {
            if (normals.at(60, column, found, 0)) {
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
        java.util.Arrays.fill(depth, 3);
        depth[60 * WIDTH + 80] = 0;
        depth[30 * WIDTH + 40] = 1.5f;
        DepthNormals normals = new DepthNormals(depth, HEIGHT, WIDTH, U, V);
        float[] found = {1, 1, 1};
        assertFalse(normals.at(60, 80, found, 0));
        assertEquals(0, found[0] + found[1] + found[2]);
        assertFalse(normals.at(30, 40, found, 0));
        assertTrue(normals.at(60, 90, found, 0));
        assertFalse(new DepthNormals(new float[HEIGHT * WIDTH], HEIGHT, WIDTH, U, V).at(5, 5, found, 0));
    }

    @Test
    void picturesTooSmallForAFitHaveNoNormals() {
        float[] found = new float[3];
        assertFalse(new DepthNormals(new float[] {2}, 1, 1, new double[1], new double[1]).at(0, 0, found, 0));
        assertFalse(new DepthNormals(new float[] {2, 2, 2, 2, 2, 2, 2, 2}, 1, 8, new double[8], new double[1]).at(0, 3,
                found, 0));
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
