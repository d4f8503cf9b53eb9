package io.gimbal.data;

import java.util.Arrays;

/**
 * The planes of all windows of one size in a depth picture, a row of windows at a time, as {@link DepthNormals} says:
 * 1 / Z = a u + b v + c, and the mean square of what the plane leaves of 1 / Z.
 *
 * <p>Where all pixels of the windows' rows have depth, columns and rows are independent (the covariance of u and v is
 * 0), and the regression falls apart into two; of a window with gaps, the sums of u and v are those of the whole window
 * less those of its pixels without depth.
 *
 * <p>The loops run over whole rows of plain arrays, so that the compiler makes vector instructions of them; it does so
 * of short ones only, hence their number.
 *
 * <p>Not thread-safe.
 */
final class WindowPlanes {
    private static final double LEAST_LABELLED = 0.7;
    /** A regression over less is not trusted. */
    static final int LEAST_POINTS = 6;
    private static final double LEAST_DETERMINANT = 1e-3;

    /** How far windows stand off a pixel's row or column, 0 if none do; rows of windows that far apart are kept. */
    final int away;

    private final SummedAreas areas;
    private final int section;
    private final int half;
    private final int high;
    private final int wide;
    private final int tops;
    private final int lefts;
    private final WindowRays across;
    private final WindowRays down;

    /** Of the row of windows at hand: the sections of {@link SummedAreas}, by a window's left column. */
    private final double[] sums;
    private final double[] gaps;
    private final double[] columns;

    private final Row[] kept;
    private final int[] keptTops;

    /**
     * A row of windows. {@code a}, {@code b} and {@code c} are by {@link #left}; {@code rest} by pixel column plus
     * {@link #away}, each column's window moved inside the picture, and infinite where a window has no plane.
     */
    record Row(double[] a, double[] b, double[] c, double[] rest) { }

    /** Of windows of 2 half + 1 rows and columns, or as many as the picture has. */
    WindowPlanes(SummedAreas areas, int half, int away) {
        this.areas = areas;
        this.half = half;
        this.away = away;
        section = areas.section;
        high = Math.min(areas.height, 2 * half + 1);
        wide = Math.min(areas.width, 2 * half + 1);
        tops = areas.height - high + 1;
        lefts = areas.width - wide + 1;
        across = new WindowRays(areas.u, wide);
        down = new WindowRays(areas.v, high);
        sums = new double[SummedAreas.DEPTH_SECTIONS * section];
        gaps = new double[SummedAreas.GAP_SECTIONS * section];
        columns = new double[SummedAreas.GAP_SECTIONS * section];
        kept = new Row[Math.min(tops, 2 * away + 1)];
        Arrays.setAll(kept, i -> new Row(new double[lefts], new double[lefts], new double[lefts],
                new double[areas.width + 2 * away]));
        keptTops = new int[kept.length];
        Arrays.fill(keptTops, -1);
    }

    /** The first column of the window whose middle is at a column, moved inside the picture. */
    int left(int column) {
        return Math.clamp(column - half, 0, lefts - 1);
    }

    /**
     * The windows around the pixels of a row, moved inside the picture. The result is good until one more than {@code
     * 2 away} rows off is asked for.
     */
    Row around(int row) {
        int top = Math.clamp(row - half, 0, tops - 1);
        int place = top % kept.length;
        if (keptTops[place] != top) {
            solve(top, kept[place]);
            keptTops[place] = top;
        }
        return kept[place];
    }

    /** The sums over each window, from two rows of corners. */
    private void sum(double[] to, double[] below, double[] above) {
        subtract(columns, below, above);
        subtract(to, columns, wide, to.length - wide);
    }

    private static void subtract(double[] to, double[] below, double[] above) {
        for (int x = 0; x < below.length; x++) {
            to[x] = below[x] - above[x];
        }
    }

    /** What stands between a section's last window and the next section means nothing. */
    private static void subtract(double[] to, double[] columns, int wide, int count) {
        for (int x = 0; x < count; x++) {
            to[x] = columns[x + wide] - columns[x];
        }
    }

    private void solve(int top, Row to) {
        sum(sums, areas.depths(top + high), areas.depths(top));
        int points = high * wide;
        int first = away + wide / 2;
        solveWhole(top, points, to);
        remainders(to.rest, first, sums, 2 * section, points, to.a, across.variance, to.b, down.variance[top]);
        if (areas.haveGaps(top, top + high)) {
            sum(gaps, areas.gaps(top + high), areas.gaps(top));
            solveGaps(top, to, first);
        }
        Arrays.fill(to.rest, 0, first, to.rest[first]);
        Arrays.fill(to.rest, first + lefts, to.rest.length, to.rest[first + lefts - 1]);
    }

    private void solveWhole(int top, int points, Row to) {
        double v = down.mean[top];
        slopes(to.a, sums, section, points, across.mean, across.perVariance);
        slopes(to.b, sums, 3 * section, points, v, down.perVariance[top]);
        constants(to.c, sums, points, to.a, across.mean, to.b, v);
    }

    private static void slopes(double[] a, double[] sums, int second, double points, double[] meanU,
            double[] perVariance) {
        double perPoint = 1 / points;
        for (int x = 0; x < a.length; x++) {
            a[x] = (sums[second + x] - meanU[x] * sums[x]) * perPoint * perVariance[x];
        }
    }

    private static void slopes(double[] b, double[] sums, int fourth, double points, double meanV,
            double perVariance) {
        double factor = perVariance / points;
        for (int x = 0; x < b.length; x++) {
            b[x] = (sums[fourth + x] - meanV * sums[x]) * factor;
        }
    }

    private static void constants(double[] c, double[] sums, double points, double[] a, double[] meanU, double[] b,
            double meanV) {
        double perPoint = 1 / points;
        for (int x = 0; x < c.length; x++) {
            c[x] = sums[x] * perPoint - a[x] * meanU[x] - b[x] * meanV;
        }
    }

    /** The variance of q, less what the slopes explain of it. */
    private static void remainders(double[] rest, int first, double[] sums, int third, double points, double[] a,
            double[] varianceU, double[] b, double varianceV) {
        double perPoint = 1 / points;
        for (int x = 0; x < a.length; x++) {
            double mean = sums[x] * perPoint;
            rest[first + x] = sums[third + x] * perPoint - mean * mean - a[x] * a[x] * varianceU[x]
                    - b[x] * b[x] * varianceV;
        }
    }

    private void solveGaps(int top, Row to, int first) {
        for (int x = 0; x < lefts; x++) {
            if (gaps[x] > 0) {
                boolean enough = high * wide - gaps[x] >= Math.max(LEAST_POINTS, LEAST_LABELLED * high * wide);
                to.rest[first + x] = enough ? solveAround(top, x, to) : Double.POSITIVE_INFINITY;
            }
        }
    }

    /** The plane of a window with gaps; returns what it leaves of 1 / Z, or infinity if the points lie on a line. */
    private double solveAround(int top, int x, Row to) {
        double perPoint = 1 / (high * wide - gaps[x]);
        double meanU = (high * across.sum[x] - gaps[section + x]) * perPoint;
        double meanV = (wide * down.sum[top] - gaps[3 * section + x]) * perPoint;
        double meanQ = sums[x] * perPoint;
        double uu = (high * across.squares[x] - gaps[2 * section + x]) * perPoint - meanU * meanU;
        double uv = (across.sum[x] * down.sum[top] - gaps[4 * section + x]) * perPoint - meanU * meanV;
        double vv = (wide * down.squares[top] - gaps[5 * section + x]) * perPoint - meanV * meanV;
        double uq = sums[section + x] * perPoint - meanU * meanQ;
        double vq = sums[3 * section + x] * perPoint - meanV * meanQ;
        double qq = sums[2 * section + x] * perPoint - meanQ * meanQ;
        double determinant = uu * vv - uv * uv;
        if (!(determinant > LEAST_DETERMINANT * uu * vv)) {
            return Double.POSITIVE_INFINITY;
        }
        to.a[x] = (uq * vv - vq * uv) / determinant;
        to.b[x] = (vq * uu - uq * uv) / determinant;
        to.c[x] = meanQ - to.a[x] * meanU - to.b[x] * meanV;
        return qq - to.a[x] * uq - to.b[x] * vq;
    }
}
