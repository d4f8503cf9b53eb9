package io.gimbal.data;

import java.util.Arrays;

/**
 * What {@link DepthNormals} says, pixel by pixel and sum by sum as one would write it down: the twin that the fast one
 * is held to.
 */
final class PlainDepthNormals {
    private static final double[] HALF_SIZES = {0.1, 0.075, 0.05, 0.035, 0.022};
    private static final int FIRST_OFF_MIDDLE = 2;
    private static final double STEP = 1 / NyuDepth.STEPS_PER_METRE;
    private static final double SENSOR = 0.0025;
    private static final double TOLERANCE = 1.1;
    private static final double STEEPEST = 0.1;
    private static final int SUMS = 10;

    private final int height;
    private final int width;
    private final float[] depth;
    private final double[] u;
    private final double[] v;
    private final double[] table;
    private final double[] sums = new double[SUMS];
    private final double[] plane = new double[4];

    /**
     * @param depth metres, 0 where unknown
     * @param u     x / z of the ray through each column's middle
     * @param v     y / z of the ray through each row's middle
     */
    PlainDepthNormals(float[] depth, int height, int width, double[] u, double[] v) {
        this.height = height;
        this.width = width;
        this.depth = depth;
        this.u = u;
        this.v = v;
        this.table = table();
    }

    /** Writes the unit normal at a pixel, or zeros; true if there is one. */
    boolean at(int row, int column, float[] normals, int to) {
        normals[to] = 0;
        normals[to + 1] = 0;
        normals[to + 2] = 0;
        double metres = depth[row * width + column];
        if (metres <= 0 || !find(row, column, metres)) {
            return false;
        }
        double length = Math.sqrt(plane[0] * plane[0] + plane[1] * plane[1] + plane[2] * plane[2]);
        double ray = Math.sqrt(u[column] * u[column] + v[row] * v[row] + 1);
        double towards = (plane[0] * u[column] + plane[1] * v[row] + plane[2]) / (length * ray);
        if (!(towards > STEEPEST)) {
            return false;
        }
        normals[to] = (float) (-plane[0] / length);
        normals[to + 1] = (float) (-plane[1] / length);
        normals[to + 2] = (float) (-plane[2] / length);
        return true;
    }

    private boolean find(int row, int column, double metres) {
        double sensor = SENSOR * metres * metres;
        double tolerance = TOLERANCE * Math.sqrt(STEP * STEP / 12 + sensor * sensor);
        for (double size : HALF_SIZES) {
            if (fits(row, column, half(size), metres, tolerance)) {
                return true;
            }
        }
        for (int i = FIRST_OFF_MIDDLE; i < HALF_SIZES.length; i++) {
            if (offMiddle(row, column, half(HALF_SIZES[i]), metres, tolerance)) {
                return true;
            }
        }
        return false;
    }

    private int half(double size) {
        return Math.max(1, (int) Math.round(size * width));
    }

    /** Of the eight windows moved by most of their half-size, the one that fits best, if it fits. */
    private boolean offMiddle(int row, int column, int half, double metres, double tolerance) {
        int away = Math.max(1, half * 3 / 4);
        double best = Double.POSITIVE_INFINITY;
        double a = 0;
        double b = 0;
        double c = 0;
        for (int down = -away; down <= away; down += away) {
            for (int right = -away; right <= away; right += away) {
                boolean moved = down != 0 || right != 0;
                if (moved && fits(row, column, row + down, column + right, half, metres, tolerance)
                        && plane[3] < best) {
                    best = plane[3];
                    a = plane[0];
                    b = plane[1];
                    c = plane[2];
                }
            }
        }
        plane[0] = a;
        plane[1] = b;
        plane[2] = c;
        return best < Double.POSITIVE_INFINITY;
    }

    private boolean fits(int row, int column, int half, double metres, double tolerance) {
        return fits(row, column, row, column, half, metres, tolerance);
    }

    private boolean fits(int row, int column, int middleRow, int middleColumn, int half, double metres,
            double tolerance) {
        int top = Math.clamp(middleRow - half, 0, Math.max(0, height - 2 * half - 1));
        int left = Math.clamp(middleColumn - half, 0, Math.max(0, width - 2 * half - 1));
        int bottom = Math.min(height, top + 2 * half + 1);
        int right = Math.min(width, left + 2 * half + 1);
        sum(top, bottom, left, right);
        double count = sums[0];
        if (count < 0.7 * (bottom - top) * (right - left) || count < 6 || !regress()) {
            return false;
        }
        double perMetre = metres * metres;
        if (Math.sqrt(plane[3]) * perMetre > tolerance) {
            return false;
        }
        double inverse = plane[0] * u[column] + plane[1] * v[row] + plane[2];
        return Math.abs(inverse - 1 / metres) * perMetre <= 3.5 * tolerance;
    }

    /** From the sums: a, b, c, and the mean square of what the plane leaves of 1 / Z. */
    private boolean regress() {
        double n = sums[0];
        double mu = sums[1] / n;
        double mv = sums[2] / n;
        double mq = sums[6] / n;
        double uu = sums[3] / n - mu * mu;
        double uv = sums[4] / n - mu * mv;
        double vv = sums[5] / n - mv * mv;
        double uq = sums[7] / n - mu * mq;
        double vq = sums[8] / n - mv * mq;
        double qq = sums[9] / n - mq * mq;
        double determinant = uu * vv - uv * uv;
        if (!(determinant > 1e-3 * uu * vv)) {
            return false;
        }
        plane[0] = (uq * vv - vq * uv) / determinant;
        plane[1] = (vq * uu - uq * uv) / determinant;
        plane[2] = mq - plane[0] * mu - plane[1] * mv;
        plane[3] = Math.max(0, qq - plane[0] * uq - plane[1] * vq);
        return true;
    }

    private void sum(int top, int bottom, int left, int right) {
        int stride = (width + 1) * SUMS;
        int a = top * stride + left * SUMS;
        int b = top * stride + right * SUMS;
        int c = bottom * stride + left * SUMS;
        int d = bottom * stride + right * SUMS;
        for (int i = 0; i < SUMS; i++) {
            sums[i] = table[d + i] - table[b + i] - table[c + i] + table[a + i];
        }
    }

    /** Summed areas of 1, u, v, u^2, uv, v^2, q, uq, vq, q^2 over the pixels with depth; q = 1 / Z. */
    private double[] table() {
        double[] areas = new double[(height + 1) * (width + 1) * SUMS];
        int stride = (width + 1) * SUMS;
        double[] row = new double[SUMS];
        for (int y = 0; y < height; y++) {
            Arrays.fill(row, 0);
            for (int x = 0; x < width; x++) {
                float metres = depth[y * width + x];
                if (metres > 0) {
                    double q = 1.0 / metres;
                    row[0] += 1;
                    row[1] += u[x];
                    row[2] += v[y];
                    row[3] += u[x] * u[x];
                    row[4] += u[x] * v[y];
                    row[5] += v[y] * v[y];
                    row[6] += q;
                    row[7] += u[x] * q;
                    row[8] += v[y] * q;
                    row[9] += q * q;
                }
                int to = (y + 1) * stride + (x + 1) * SUMS;
                for (int i = 0; i < SUMS; i++) {
                    areas[to + i] = areas[to - stride + i] + row[i];
                }
            }
        }
        return areas;
    }
}
