package io.gimbal.picture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ResizeTest {

    @Test
    void smoothIsTheTwoDimensionalTriangle() {
        Random random = new Random(4);
        for (int[] sizes : new int[][] {{1, 1, 3, 2}, {7, 5, 3, 2}, {4, 6, 9, 13}, {20, 30, 8, 12}, {5, 5, 1, 1}}) {
            byte[] from = new byte[sizes[0] * sizes[1] * 3];
            random.nextBytes(from);
            byte[] resized = Resize.smooth(from, sizes[0], sizes[1], sizes[2], sizes[3]);
            for (int y = 0; y < sizes[2]; y++) {
                for (int x = 0; x < sizes[3]; x++) {
                    for (int c = 0; c < 3; c++) {
                        // One of 255: rounding of a value near a half.
                        assertEquals(brute(from, sizes, y, x, c), resized[3 * (y * sizes[3] + x) + c] & 255, 0.51);
                    }
                }
            }
        }
    }

    @Test
    void aPlainPictureStaysAsItIs() {
        byte[] grey = new byte[11 * 13 * 3];
        Arrays.fill(grey, (byte) 200);
        byte[] expected = new byte[4 * 17 * 3];
        Arrays.fill(expected, (byte) 200);
        assertArrayEquals(expected, Resize.smooth(grey, 11, 13, 4, 17));
    }

    @Test
    void nearestTakesThePixelUnderTheCentre() {
        assertArrayEquals(new byte[] {5, 7, 13, 15}, Resize.nearest(range(16), 4, 4, 2, 2));
        assertArrayEquals(new byte[] {0, 0, 1, 1, 2, 2}, Resize.nearest(range(3), 1, 3, 1, 6));
        assertArrayEquals(range(12), Resize.nearest(range(12), 3, 4, 3, 4));
        assertArrayEquals(new byte[] {4}, Resize.nearest(range(9), 3, 3, 1, 1));
    }

    private static byte[] range(int count) {
        byte[] values = new byte[count];
        for (int i = 0; i < count; i++) {
            values[i] = (byte) i;
        }
        return values;
    }

    private static double brute(byte[] from, int[] sizes, int y, int x, int c) {
        double scaleY = (double) sizes[0] / sizes[2];
        double scaleX = (double) sizes[1] / sizes[3];
        double sum = 0;
        double weights = 0;
        for (int fy = 0; fy < sizes[0]; fy++) {
            for (int fx = 0; fx < sizes[1]; fx++) {
                double weight = Math.max(0, 1 - Math.abs(fy - (y + 0.5) * scaleY + 0.5) / Math.max(1, scaleY))
                        * Math.max(0, 1 - Math.abs(fx - (x + 0.5) * scaleX + 0.5) / Math.max(1, scaleX));
                sum += weight * (from[3 * (fy * sizes[1] + fx) + c] & 255);
                weights += weight;
            }
        }
        return sum / weights;
    }
}
