package io.gimbal.data;

import io.gimbal.picture.Resize;
import java.util.Arrays;

/**
 * Surface normals from a depth picture, by fitting planes to the back-projected points.
 *
 * <p><b>The fit.</b> A pixel (column i, row j) sees the point Z (u, v, 1) with u = (i - cx) / fx, v = (j - cy) / fy.
 * The points of a plane n . P = d obey 1 / Z = (n . (u, v, 1)) / d: inverse depth is <em>linear</em> in u and v. So
 * the plane through the points of a window is a linear regression of 1 / Z on (u, v), all points weighing the same,
 * and its normal is -(a, b, c) / |(a, b, c)| for the fitted 1 / Z = a u + b v + c; the sign makes it face the camera.
 * The sums that a regression needs over a window come from summed-area tables in float64, so that a fit costs the same
 * for every size of window ({@link SummedAreas}, {@link WindowPlanes}).
 *
 * <p><b>The window.</b> NYUv2's 8-bit depth has steps of 3.9 cm, more than a table top tilts over a small window:
 * small windows see stairs. So the largest square window is taken in which the points still lie on one plane:
 * half-sizes of 10, 7.5, 5, 3.5 and 2.2 % of the picture's width (at 320 columns 32, 24, 16, 11 and 7 pixels), the
 * pixel in its middle; if none fits, windows in which the pixel stands off the middle, away from an edge, from
 * half-size 5 % down; windows are moved inside the picture at its borders. Points lie on a plane if their root mean
 * square distance in depth is at most {@code 1.1 sqrt((3.92 cm)^2 / 12 + (0.25 % of Z^2 per metre)^2)}: the
 * quantisation's own error, and the sensor's, which grows with the square of the depth. On made-up rooms quantised the
 * same way, nine tenths of the pixels get a normal, half of those within 0.6 degrees of the truth and nine tenths
 * within 11 degrees.
 *
 * <p><b>What is masked</b> (all zero): pixels without depth; pixels for which no window fits, because depth jumps or
 * the surface curves; windows with depth at less than 70 % of their pixels; pixels that stand off the plane of their
 * window by more than 3.5 times the tolerance (thin things before a wall); planes seen at a slant of more than 84
 * degrees.
 *
 * <p>The normals are derived labels, not measured ones.
 *
 * <p><b>The cost.</b> A row of the picture at a time: the planes of all its windows, then what each pixel takes of
 * them. A window takes 8 subtractions and some 20 operations on about 330 bytes that are loaded or stored, 0.09
 * operations a byte: the nearest caches' loads and stores bound it, not arithmetic.
 */
final class DepthNormals {
    private static final double[] HALF_SIZES = {0.1, 0.075, 0.05, 0.035, 0.022};
    private static final int FIRST_OFF_MIDDLE = 2;
    private static final double STEP = 1 / NyuDepth.STEPS_PER_METRE;
    private static final double SENSOR = 0.0025;
    private static final double TOLERANCE = 1.1;
    private static final double FARTHEST = 3.5;
    private static final double STEEPEST = 0.1;

    private final int height;
    private final int width;
    private final float[] depth;
    private final double[] u;
    private final double[] v;
    private final WindowPlanes[] planes = new WindowPlanes[HALF_SIZES.length];

    /** Of the row at hand, by column: 1 / Z, and the most that a plane may leave of it, as a mean square. */
    private final double[] inverse;
    private final double[] most;

    /** The columns still without a plane, and how many. */
    private final int[] open;
    private int openCount;
    private final int[] fitting;

    /** The planes found, by column; all 0 where there is none. */
    private final double[] a;
    private final double[] b;
    private final double[] c;
    private final double[] scale;
    private final double[] towards;
    private final float[] normals;

    /** The least remainder of the windows off the middle, and of a row's and of its two sides' at each column. */
    private final double[] least;
    private final double[] ofSides;
    private final double[] ofAll;

    private DepthNormals(float[] depth, int height, int width, double[] u, double[] v) {
        this.height = height;
        this.width = width;
        this.depth = depth;
        this.u = u;
        this.v = v;
        SummedAreas areas = new SummedAreas(depth, height, width, u, v);
        for (int i = 0; i < planes.length; i++) {
            int half = Math.max(1, (int) Math.round(HALF_SIZES[i] * width));
            planes[i] = new WindowPlanes(areas, half, i < FIRST_OFF_MIDDLE ? 0 : Math.max(1, half * 3 / 4));
        }
        inverse = new double[width];
        most = new double[width];
        open = new int[width];
        fitting = new int[width];
        a = new double[width];
        b = new double[width];
        c = new double[width];
        scale = new double[width];
        towards = new double[width];
        normals = new float[3 * width];
        least = new double[width];
        int widest = width + 2 * planes[FIRST_OFF_MIDDLE].away;
        ofSides = new double[widest];
        ofAll = new double[widest];
    }

    /** Takes the rows of a picture of normals from the top: x, y, z a pixel. */
    interface Rows {
        /**
         * @param from    the first of rows that are alike
         * @param to      the one after the last of them
         * @param normals of each of them; changed afterwards
         */
        void take(int from, int to, float[] normals);
    }

    /**
     * The unit normals of the pixels nearest to those of a picture of another size, all 0 where there is none.
     *
     * @param depth    metres, 0 where unknown, row-major
     * @param u        x / z of the ray through each column's middle, rising
     * @param v        y / z of the ray through each row's middle, rising
     * @param toHeight rows of the result
     * @param toWidth  columns of the result
     */
    static void fit(float[] depth, int height, int width, double[] u, double[] v, int toHeight, int toWidth,
            Rows rows) {
        // The points of a single row or column lie on a line; the least windows have three of each, or all there are.
        if (height > 1 && width > 1 && height * width >= WindowPlanes.LEAST_POINTS) {
            new DepthNormals(depth, height, width, u, v).write(toHeight, toWidth, rows);
        } else {
            rows.take(0, toHeight, new float[3 * toWidth]);
        }
    }

    private void write(int toHeight, int toWidth, Rows rows) {
        int[] columns = new int[toWidth];
        Arrays.setAll(columns, x -> Resize.nearest(x, width, toWidth));
        float[] result = toWidth == width ? normals : new float[3 * toWidth];
        int next;
        for (int y = 0; y < toHeight; y = next) {
            int row = Resize.nearest(y, height, toHeight);
            next = y + 1;
            while (next < toHeight && Resize.nearest(next, height, toHeight) == row) {
                next++;
            }
            fit(row, columns);
            if (result != normals) {
                copy(columns, result);
            }
            rows.take(y, next, result);
        }
    }

    private void copy(int[] columns, float[] result) {
        for (int x = 0; x < columns.length; x++) {
            int from = 3 * columns[x];
            result[3 * x] = normals[from];
            result[3 * x + 1] = normals[from + 1];
            result[3 * x + 2] = normals[from + 2];
        }
    }

    private void fit(int row, int[] columns) {
        tolerate(inverse, most, depth, row * width);
        Arrays.fill(a, 0);
        Arrays.fill(b, 0);
        Arrays.fill(c, 0);
        openCount = 0;
        int last = -1;
        for (int column : columns) {
            if (column != last && depth[row * width + column] > 0) {
                open[openCount++] = column;
            }
            last = column;
        }
        for (int i = 0; i < planes.length && openCount > 0; i++) {
            around(planes[i], row);
        }
        for (int i = FIRST_OFF_MIDDLE; i < planes.length && openCount > 0; i++) {
            offMiddle(planes[i], row);
        }
        direct(v[row]);
    }

    /** A distance in depth counts as that in 1 / Z times Z^2. */
    private static void tolerate(double[] inverse, double[] most, float[] depth, int from) {
        double quantised = TOLERANCE * TOLERANCE * STEP * STEP / 12;
        double sensed = TOLERANCE * TOLERANCE * SENSOR * SENSOR;
        for (int x = 0; x < inverse.length; x++) {
            double q = 1.0 / depth[from + x];
            inverse[x] = q;
            most[x] = quantised * (q * q) * (q * q) + sensed;
        }
    }

    private void around(WindowPlanes planes, int row) {
        WindowPlanes.Row windows = planes.around(row);
        int count = pickFitting(windows.rest(), planes.away);
        for (int i = 0; i < count; i++) {
            int x = fitting[i];
            if (!take(windows, planes.left(x), row, x)) {
                open[openCount++] = x;
            }
        }
    }

    /**
     * Moves the open columns at which no more is left than may be to {@code fitting}; returns how many. Without a
     * branch: which columns fit cannot be foretold.
     */
    private int pickFitting(double[] rest, int first) {
        int count = 0;
        int still = 0;
        for (int i = 0; i < openCount; i++) {
            int x = open[i];
            if (rest[first + x] <= most[x]) {
                fitting[count++] = x;
            } else {
                open[still++] = x;
            }
        }
        openCount = still;
        return count;
    }

    /** Takes a plane for a pixel, if that does not stand off it. */
    private boolean take(WindowPlanes.Row windows, int left, int row, int x) {
        double off = windows.a()[left] * u[x] + windows.b()[left] * v[row] + windows.c()[left] - inverse[x];
        if (!(off * off <= FARTHEST * FARTHEST * most[x])) {
            return false;
        }
        a[x] = windows.a()[left];
        b[x] = windows.b()[left];
        c[x] = windows.c()[left];
        return true;
    }

    /** Of the eight windows moved by most of their half-size, the one that fits best, if it fits. */
    private void offMiddle(WindowPlanes planes, int row) {
        WindowPlanes.Row below = planes.around(row + planes.away);
        WindowPlanes.Row[] rows = {planes.around(row - planes.away), planes.around(row), below};
        leasts(planes.away, rows);
        int count = pickFitting(least, 0);
        for (int i = 0; i < count; i++) {
            int x = fitting[i];
            // Mostly the best window takes the pixel; if the pixel stands off that, another may.
            if (!best(planes, rows, row, x, least[x]) && !best(planes, rows, row, x, most[x])) {
                open[openCount++] = x;
            }
        }
    }

    private void leasts(int away, WindowPlanes.Row[] rows) {
        int count = width + 2 * away;
        least(ofSides, rows[0].rest(), rows[2].rest(), count);
        least(ofAll, ofSides, rows[1].rest(), count);
        for (int x = 0; x < width; x++) {
            least[x] = Math.min(Math.min(ofAll[x], ofAll[x + 2 * away]), ofSides[x + away]);
        }
    }

    private static void least(double[] to, double[] one, double[] other, int count) {
        for (int x = 0; x < count; x++) {
            to[x] = Math.min(one[x], other[x]);
        }
    }

    /** The window around the pixel itself is among the nine, but it has not taken the pixel before. */
    private boolean best(WindowPlanes planes, WindowPlanes.Row[] rows, int row, int x, double bound) {
        int away = planes.away;
        double best = Double.POSITIVE_INFINITY;
        for (WindowPlanes.Row windows : rows) {
            double[] rest = windows.rest();
            for (int right = -away; right <= away; right += away) {
                double left = rest[x + right + away];
                if (left <= bound && left < best && take(windows, planes.left(x + right), row, x)) {
                    best = left;
                }
            }
        }
        return best < Double.POSITIVE_INFINITY;
    }

    /** The normals of a row's planes. */
    private void direct(double v) {
        scale(scale, a, b, c);
        turn(towards, a, b, c, u, v);
        for (int x = 0; x < width; x++) {
            double cosine = -towards[x] * scale[x];
            boolean seen = cosine > 0 && cosine * cosine > STEEPEST * STEEPEST * (u[x] * u[x] + v * v + 1);
            normals[3 * x] = seen ? (float) (a[x] * scale[x]) : 0;
            normals[3 * x + 1] = seen ? (float) (b[x] * scale[x]) : 0;
            normals[3 * x + 2] = seen ? (float) (c[x] * scale[x]) : 0;
        }
    }

    private static void scale(double[] scale, double[] a, double[] b, double[] c) {
        for (int x = 0; x < scale.length; x++) {
            scale[x] = -1 / Math.sqrt(a[x] * a[x] + b[x] * b[x] + c[x] * c[x]);
        }
    }

    private static void turn(double[] towards, double[] a, double[] b, double[] c, double[] u, double v) {
        for (int x = 0; x < towards.length; x++) {
            towards[x] = a[x] * u[x] + b[x] * v + c[x];
        }
    }
}
