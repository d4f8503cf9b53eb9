package io.gimbal.picture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ResizeTest {

    @Test
    void smoothIsTheTwoDimensionalTriangle() {
        Random random = new Random(4);
        for (int[] sizes : new int[][] {{1, 1, 3, 2}, {7, 5, 3, 2}, {4, 6, 9, 13}, {20, 30, 8, 12}, {5, 5, 1, 1},
            {6, 7, 8, 7}, {9, 8, 4, 8}, {5, 7, 5, 9}, {3, 1, 5, 1}}) {
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

    /** Of any channels, of bytes and of float32, of windows between pixels and whole ones, against float64. */
    @Test
    void aWindowIsResizedAsIfItWereCutOutFirst() {
        Random random = new Random(9);
        Window[] windows = {new Window(0, 0, 20, 31), new Window(3, 5, 8, 9), new Window(2.25, 0.5, 10.5, 30.5),
            new Window(19.5, 30.75, 0.5, 0.25)};
        for (int channels : new int[] {1, 2, 3, 5}) {
            byte[] bytes = new byte[20 * 31 * channels];
            random.nextBytes(bytes);
            float[] floats = new float[bytes.length];
            for (int i = 0; i < floats.length; i++) {
                floats[i] = bytes[i] & 255;
            }
            for (Window window : windows) {
                for (int[] size : new int[][] {{1, 1}, {4, 6}, {24, 17}}) {
                    byte[] ofBytes = Resize.smooth(bytes, channels, 20, 31, window, size[0], size[1]);
                    float[] ofFloats = Resize.smooth(floats, channels, 20, 31, window, size[0], size[1]);
                    for (int i = 0; i < ofBytes.length; i++) {
                        double exact = exact(floats, channels, window, size, i);
                        // Sums of some hundred terms of up to 255 in float32.
                        assertEquals(exact, ofFloats[i], 1e-3);
                        assertEquals(exact, ofBytes[i] & 255, 0.501);
                    }
                }
            }
        }
    }

    private static double exact(float[] from, int channels, Window window, int[] size, int index) {
        int y = index / channels / size[1];
        int x = index / channels % size[1];
        double scaleY = window.height() / size[0];
        double scaleX = window.width() / size[1];
        double sum = 0;
        double weights = 0;
        for (int fy = (int) window.top(); fy < window.top() + window.height(); fy++) {
            for (int fx = (int) window.left(); fx < window.left() + window.width(); fx++) {
                double weight = triangle(fy + 0.5 - window.top() - (y + 0.5) * scaleY, scaleY)
                        * triangle(fx + 0.5 - window.left() - (x + 0.5) * scaleX, scaleX);
                sum += weight * from[(fy * 31 + fx) * channels + index % channels];
                weights += weight;
            }
        }
        return sum / weights;
    }

    private static double triangle(double distance, double scale) {
        return Math.max(0, 1 - Math.abs(distance) / Math.max(1, scale));
    }

    @Test
    void nearestOfAWindowTakesWholePixels() {
        byte[] values = range(2 * 4 * 4);
        assertArrayEquals(new byte[] {10, 11, 12, 13, 18, 19, 20, 21}, Resize.nearest(values, 2, 4, 4,
                new Window(1, 1, 2, 2), 2, 2));
        assertArrayEquals(new byte[] {12, 13}, Resize.nearest(values, 2, 4, 4, new Window(1.4, 2, 0.2, 0.9), 1, 1));
        assertArrayEquals(new float[] {1, 3}, Resize.nearest(new float[] {1, 2, 3}, 1, 1, 3, new Window(0, 0, 1, 3), 1,
                2));
        for (int from = 1; from < 40; from++) {
            for (int to = 1; to < 40; to++) {
                int[] places = Resize.nearest(0, from, from, to);
                for (int place = 0; place < to; place++) {
                    assertEquals(Resize.nearest(place, from, to), places[place]);
                }
            }
        }
    }

    @Test
    void nearestOfEveryTypeTakesTheSamePlaces() {
        for (int channels : new int[] {1, 2, 3}) {
            byte[] bytes = range(5 * 7 * channels);
            short[] shorts = new short[bytes.length];
            float[] floats = new float[bytes.length];
            for (int i = 0; i < bytes.length; i++) {
                shorts[i] = (short) (300 * bytes[i]);
                floats[i] = 0.5f * bytes[i];
            }
            Window whole = Window.whole(5, 7);
            byte[] expected = Resize.nearest(bytes, channels, 5, 7, whole, 11, 9);
            short[] ofShorts = Resize.nearest(shorts, channels, 5, 7, whole, 11, 9);
            float[] ofFloats = Resize.nearest(floats, channels, 5, 7, whole, 11, 9);
            for (int i = 0; i < expected.length; i++) {
                int place = i / channels;
                int from = Resize.nearest(place / 9, 5, 11) * 7 + Resize.nearest(place % 9, 7, 9);
                assertEquals(bytes[from * channels + i % channels], expected[i]);
                assertEquals((short) (300 * expected[i]), ofShorts[i]);
                assertEquals(0.5f * expected[i], ofFloats[i]);
            }
        }
    }

    @Test
    void aWindowOutsideOfThePictureIsRefused() {
        for (Window window : new Window[] {new Window(-1, 0, 2, 2), new Window(0, 0, 3.5, 1), new Window(0, 0, 0, 1),
            new Window(0, 2, 1, 1.5), new Window(0, 0, Double.NaN, 1)}) {
            assertThrows(IllegalArgumentException.class, () -> Resize.smooth(new byte[9], 1, 3, 3, window, 2, 2));
            assertThrows(IllegalArgumentException.class, () -> Resize.nearest(new byte[9], 1, 3, 3, window, 2, 2));
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
