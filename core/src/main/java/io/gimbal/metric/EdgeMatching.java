package io.gimbal.metric;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Pixels of two maps of edges brought together one to one, no further apart than a tolerance, as BSDS's benchmark does
 * (Martin, Fowlkes, Malik, PAMI 2004, section 3): at the least sum of distances, where a pixel that stays alone costs
 * 100 times the tolerance. So as many pairs are made as there can be, but for one more that would bring others further
 * apart by 200 times the tolerance in all. Immutable.
 */
final class EdgeMatching {
    /** The price of a pixel that stays alone, in tolerances. */
    private static final double ALONE = 100;

    /** A way from a pixel to another. */
    private record Offset(int down, int across) {
        double length() {
            return Math.sqrt(down * down + across * across);
        }
    }

    private final int height;
    private final int width;
    private final double tolerance;
    private final Offset[] offsets;
    private final double[] lengths;

    /**
     * Of maps of a size.
     *
     * @param tolerance the largest distance of a pair in pixels, above 0
     */
    EdgeMatching(int height, int width, double tolerance) {
        this.height = height;
        this.width = width;
        this.tolerance = tolerance;
        int reach = (int) Math.floor(tolerance);
        offsets = IntStream.rangeClosed(-reach, reach).boxed().flatMap(down -> IntStream.rangeClosed(-reach, reach)
                .mapToObj(across -> new Offset(down, across))).filter(offset -> offset.down * offset.down
                + offset.across * offset.across <= tolerance * tolerance)
                .sorted(Comparator.comparingDouble(Offset::length)).toArray(Offset[]::new);
        lengths = Arrays.stream(offsets).mapToDouble(Offset::length).toArray();
    }

    /**
     * Pairs of pixels.
     *
     * @param count    how many
     * @param distance the sum of their distances in pixels
     */
    record Pairs(int count, double distance) { }

    /** Of two maps, 1 at an edge, else 0, row by row. */
    Pairs match(byte[] one, byte[] other) {
        int[] ones = edges(one);
        int[] others = edges(other);
        return ones.length <= others.length ? match(ones, others) : match(others, ones);
    }

    private static int[] edges(byte[] map) {
        return IntStream.range(0, map.length).filter(pixel -> map[pixel] != 0).toArray();
    }

    /** Of the fewer, fewer need a path. */
    private Pairs match(int[] fewer, int[] more) {
        int[] numbers = new int[height * width];
        Arrays.fill(numbers, -1);
        for (int i = 0; i < more.length; i++) {
            numbers[more[i]] = i;
        }
        int[] starts = new int[fewer.length + 1];
        int[] columns = new int[2 * fewer.length];
        double[] costs = new double[columns.length];
        int count = 0;
        for (int row = 0; row < fewer.length; row++) {
            starts[row] = count;
            if (count + offsets.length > columns.length) {
                columns = Arrays.copyOf(columns, 2 * (count + offsets.length));
                costs = Arrays.copyOf(costs, columns.length);
            }
            int y = fewer[row] / width;
            int x = fewer[row] % width;
            for (int i = 0; i < offsets.length; i++) {
                int down = y + offsets[i].down;
                int across = x + offsets[i].across;
                boolean inside = down >= 0 && down < height && across >= 0 && across < width;
                if (inside && numbers[down * width + across] >= 0) {
                    columns[count] = numbers[down * width + across];
                    costs[count++] = lengths[i];
                }
            }
        }
        starts[fewer.length] = count;
        SparseAssignment pairs = new SparseAssignment(starts, columns, costs, more.length, 2 * ALONE * tolerance);
        return new Pairs(pairs.pairs(), pairs.cost());
    }
}
