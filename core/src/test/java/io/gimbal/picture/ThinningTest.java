package io.gimbal.picture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Held against the paper's three conditions, asked of every pixel in every half of an iteration. */
class ThinningTest {

    private static byte[] map(int height, int width, double part, long seed) {
        Random random = new Random(seed);
        byte[] map = new byte[height * width];
        for (int i = 0; i < map.length; i++) {
            map[i] = (byte) (random.nextDouble() < part ? 1 : 0);
        }
        return map;
    }

    /** x1 to x8: from the right one against the clock. */
    private static boolean[] around(byte[] map, int height, int width, int pixel) {
        int[][] steps = {{0, 1}, {-1, 1}, {-1, 0}, {-1, -1}, {0, -1}, {1, -1}, {1, 0}, {1, 1}};
        boolean[] x = new boolean[9];
        for (int i = 0; i < steps.length; i++) {
            int row = pixel / width + steps[i][0];
            int column = pixel % width + steps[i][1];
            x[i + 1] = row >= 0 && row < height && column >= 0 && column < width && map[row * width + column] != 0;
        }
        return x;
    }

    private static boolean goes(boolean[] x, boolean first) {
        int crossings = 0;
        int before = 0;
        int behind = 0;
        for (int i = 1; i <= 4; i++) {
            boolean next = i == 4 ? x[1] : x[2 * i + 1];
            crossings += !x[2 * i - 1] && (x[2 * i] || next) ? 1 : 0;
            before += x[2 * i - 1] || x[2 * i] ? 1 : 0;
            behind += x[2 * i] || next ? 1 : 0;
        }
        int least = Math.min(before, behind);
        boolean kept = first ? (x[2] || x[3] || !x[8]) && x[1] : (x[6] || x[7] || !x[4]) && x[5];
        return crossings == 1 && least >= 2 && least <= 3 && !kept;
    }

    private static byte[] plain(byte[] map, int height, int width) {
        byte[] thin = map.clone();
        byte[] start;
        do {
            start = thin.clone();
            for (boolean first : new boolean[] {true, false}) {
                byte[] before = thin.clone();
                for (int pixel = 0; pixel < thin.length; pixel++) {
                    if (before[pixel] != 0 && goes(around(before, height, width, pixel), first)) {
                        thin[pixel] = 0;
                    }
                }
            }
        } while (!java.util.Arrays.equals(start, thin));
        return thin;
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "1, 7", "9, 1", "2, 2", "3, 5", "16, 16", "31, 47"})
    void linesAreThoseOfThePapersConditions(int height, int width) {
        for (double part : new double[] {0, 0.2, 0.5, 0.8, 0.95, 1}) {
            for (int seed = 0; seed < 20; seed++) {
                byte[] map = map(height, width, part, seed);
                byte[] thin = map.clone();
                Thinning.thin(thin, height, width);
                assertArrayEquals(plain(map, height, width), thin, part + " of them set, seed " + seed);
                byte[] again = thin.clone();
                Thinning.thin(again, height, width);
                assertArrayEquals(thin, again, "what is thin stays");
            }
        }
    }

    @Test
    void aBarBecomesALineThatIsOnePixelWide() {
        byte[] bar = new byte[7 * 21];
        IntStream.range(0, bar.length).filter(i -> i / 21 >= 2 && i / 21 <= 4).forEach(i -> bar[i] = 1);
        Thinning.thin(bar, 7, 21);
        for (int column = 2; column < 19; column++) {
            int at = column;
            assertEquals(1, IntStream.range(0, 7).map(row -> bar[row * 21 + at]).sum(), "column " + column);
        }
    }
}
