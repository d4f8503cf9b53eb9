package io.gimbal.data;

/**
 * Summed areas of a depth picture: for each corner between pixels, the sums over all pixels above it and left of it,
 * so that the sums over any window follow from its four corners.
 *
 * <p>With q = 1 / Z, a row of corners is an array of sections of {@code width + 1} entries, first of q, u q, q^2 and v
 * q over the pixels with depth; and, of a picture with gaps, another of 1, u, u^2, v, u v and v^2 over those without.
 * Never changed once made.
 */
final class SummedAreas {
    static final int DEPTH_SECTIONS = 4;
    static final int GAP_SECTIONS = 6;

    final int height;
    final int width;
    final int section;
    final double[] u;
    final double[] v;
    private final double[][] depths;
    private final double[][] gaps;
    private final int[] rowsWithGaps;

    /** As {@link DepthNormals#fit}. */
    SummedAreas(float[] depth, int height, int width, double[] u, double[] v) {
        this.height = height;
        this.width = width;
        this.section = width + 1;
        this.u = u;
        this.v = v;
        depths = new double[height + 1][DEPTH_SECTIONS * section];
        rowsWithGaps = new int[height + 1];
        for (int row = 0; row < height; row++) {
            boolean whole = sumDepth(depth, row);
            rowsWithGaps[row + 1] = rowsWithGaps[row] + (whole ? 0 : 1);
        }
        gaps = new double[rowsWithGaps[height] == 0 ? 0 : height + 1][GAP_SECTIONS * section];
        for (int row = 0; row + 1 < gaps.length; row++) {
            sumGaps(depth, row);
        }
    }

    /** The sums over the pixels with depth, above a row. */
    double[] depths(int row) {
        return depths[row];
    }

    /** The sums over the pixels without depth, above a row; of a picture {@linkplain #haveGaps with gaps} only. */
    double[] gaps(int row) {
        return gaps[row];
    }

    /** True if one of the rows from top to before bottom has a pixel without depth. */
    boolean haveGaps(int top, int bottom) {
        return rowsWithGaps[top] < rowsWithGaps[bottom];
    }

    /** True if the row has depth everywhere. */
    private boolean sumDepth(float[] depth, int row) {
        double[] to = depths[row + 1];
        double q = 0;
        double uq = 0;
        double qq = 0;
        boolean whole = true;
        for (int x = 0; x < width; x++) {
            float metres = depth[row * width + x];
            if (metres > 0) {
                double inverse = 1.0 / metres;
                q += inverse;
                uq += u[x] * inverse;
                qq += inverse * inverse;
            } else {
                whole = false;
            }
            to[x + 1] = q;
            to[section + x + 1] = uq;
            to[2 * section + x + 1] = qq;
        }
        multiply(to, 0, 3 * section, section, v[row]);
        add(to, depths[row]);
        return whole;
    }

    private void sumGaps(float[] depth, int row) {
        double[] to = gaps[row + 1];
        for (int x = 0; x < width; x++) {
            double gap = depth[row * width + x] > 0 ? 0 : 1;
            to[x + 1] = to[x] + gap;
            to[section + x + 1] = to[section + x] + gap * u[x];
            to[2 * section + x + 1] = to[2 * section + x] + gap * u[x] * u[x];
        }
        multiply(to, 0, 3 * section, 2 * section, v[row]);
        multiply(to, 3 * section, 5 * section, section, v[row]);
        add(to, gaps[row]);
    }

    private static void multiply(double[] values, int from, int to, int count, double factor) {
        for (int i = 0; i < count; i++) {
            values[to + i] = values[from + i] * factor;
        }
    }

    private static void add(double[] to, double[] values) {
        for (int i = 0; i < to.length; i++) {
            to[i] += values[i];
        }
    }
}
