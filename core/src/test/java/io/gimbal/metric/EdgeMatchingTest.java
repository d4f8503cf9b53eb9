package io.gimbal.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EdgeMatchingTest {

    private static byte[] map(String... rows) {
        String all = String.join("", rows);
        byte[] map = new byte[all.length()];
        for (int i = 0; i < map.length; i++) {
            map[i] = (byte) (all.charAt(i) == '#' ? 1 : 0);
        }
        return map;
    }

    private static EdgeMatching.Pairs dense(byte[] one, byte[] other, int width, double tolerance) {
        int[] ones = IntStream.range(0, one.length).filter(i -> one[i] != 0).toArray();
        int[] others = IntStream.range(0, other.length).filter(i -> other[i] != 0).toArray();
        double[][] costs = new double[ones.length][others.length];
        for (int i = 0; i < ones.length; i++) {
            for (int j = 0; j < others.length; j++) {
                double distance = Math.hypot(ones[i] / width - others[j] / width, ones[i] % width - others[j] % width);
                costs[i][j] = distance <= tolerance ? distance : Double.POSITIVE_INFINITY;
            }
        }
        return HungarianMethod.pairs(costs, others.length, 100 * tolerance, 100 * tolerance);
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1.5", "1, 9, 2.5", "7, 1, 1", "5, 5, 0.5", "6, 7, 1.2", "6, 7, 2.3", "9, 8, 3"})
    void pairsAndTheirDistanceAreThoseOfTheHungarianMethod(int height, int width, double tolerance) {
        Random random = new Random(height * 100 + width);
        EdgeMatching matching = new EdgeMatching(height, width, tolerance);
        for (int trial = 0; trial < 100; trial++) {
            double[] parts = {random.nextDouble(), random.nextDouble()};
            byte[] one = new byte[height * width];
            byte[] other = new byte[height * width];
            for (int i = 0; i < one.length; i++) {
                one[i] = (byte) (random.nextDouble() < parts[0] ? 1 : 0);
                other[i] = (byte) (random.nextDouble() < parts[1] ? 1 : 0);
            }
            EdgeMatching.Pairs due = dense(one, other, width, tolerance);
            EdgeMatching.Pairs found = matching.match(one, other);
            assertEquals(due.count(), found.count());
            assertEquals(due.distance(), found.distance(), 1e-9);
        }
    }

    @Test
    void aLineThatIsOneOffIsMatchedWithinATolerance() {
        byte[] line = map("####", "....", "....");
        byte[] lower = map("....", "####", "....");
        assertEquals(new EdgeMatching.Pairs(4, 4), new EdgeMatching(3, 4, 1).match(line, lower));
        assertEquals(new EdgeMatching.Pairs(0, 0), new EdgeMatching(3, 4, 0.99).match(line, lower));
    }

    @Test
    void asManyPairsAreMadeAsThereCanBeThoughTheyAreFurtherApart() {
        assertEquals(new EdgeMatching.Pairs(2, 2), new EdgeMatching(1, 4, 1).match(map(".##."), map("##..")));
        assertEquals(new EdgeMatching.Pairs(2, 3), new EdgeMatching(1, 4, 2).match(map(".#.#"), map("##..")));
        assertEquals(new EdgeMatching.Pairs(1, 0), new EdgeMatching(1, 4, 1).match(map(".#.#"), map("##..")));
    }

    @Test
    void aPixelHasOnePartnerAtMost() {
        assertEquals(new EdgeMatching.Pairs(1, 0), new EdgeMatching(1, 5, 2).match(map("#####"), map("..#..")));
        assertEquals(new EdgeMatching.Pairs(1, 0), new EdgeMatching(1, 5, 2).match(map("..#.."), map("#####")));
    }

    @Test
    void nothingIsMatchedWithAnEmptyMap() {
        assertEquals(new EdgeMatching.Pairs(0, 0), new EdgeMatching(1, 3, 1).match(map("..."), map("###")));
        assertEquals(new EdgeMatching.Pairs(0, 0), new EdgeMatching(1, 3, 1).match(map("###"), map("...")));
        assertEquals(new EdgeMatching.Pairs(0, 0), new EdgeMatching(1, 3, 1).match(map("..."), map("...")));
        assertEquals(new EdgeMatching.Pairs(1, 0), new EdgeMatching(1, 1, 0.01).match(map("#"), map("#")));
    }

    @Test
    void rowsDoNotContinueInTheNext() {
        assertEquals(new EdgeMatching.Pairs(0, 0), new EdgeMatching(2, 3, 1).match(map("..#", "..."),
                map("...", "#..")));
    }
}
