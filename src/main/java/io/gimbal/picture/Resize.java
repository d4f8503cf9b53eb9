package io.gimbal.picture;

/** Pictures brought to another size. */
public final class Resize {
    private Resize() { }

    /** The source place whose centre is nearest to that of a destination place. */
    public static int nearest(int place, int from, int to) {
        return (int) Math.min(from - 1L, (2L * place + 1) * from / (2L * to));
    }

    /** Each value as it stands at the nearest place, for labels. */
    public static byte[] nearest(byte[] values, int fromHeight, int fromWidth, int height, int width) {
        byte[] resized = new byte[height * width];
        for (int y = 0; y < height; y++) {
            int row = nearest(y, fromHeight, height) * fromWidth;
            for (int x = 0; x < width; x++) {
                resized[y * width + x] = values[row + nearest(x, fromWidth, width)];
            }
        }
        return resized;
    }

    /**
     * Antialiased bilinear: a triangle as wide as the coarser of the two pixel grids, first along rows and then along
     * columns, so that every source pixel counts when a picture shrinks. Three channels of unsigned bytes.
     */
    public static byte[] smooth(byte[] rgb, int fromHeight, int fromWidth, int height, int width) {
        if (fromHeight == height && fromWidth == width) {
            return rgb.clone();
        }
        Taps across = new Taps(fromWidth, width);
        float[] narrow = new float[fromHeight * width * 3];
        for (int y = 0; y < fromHeight; y++) {
            for (int x = 0; x < width; x++) {
                float red = 0;
                float green = 0;
                float blue = 0;
                for (int i = 0; i < across.counts[x]; i++) {
                    float weight = across.weights[x][i];
                    int at = 3 * (y * fromWidth + across.firsts[x] + i);
                    red += weight * (rgb[at] & 255);
                    green += weight * (rgb[at + 1] & 255);
                    blue += weight * (rgb[at + 2] & 255);
                }
                int to = 3 * (y * width + x);
                narrow[to] = red;
                narrow[to + 1] = green;
                narrow[to + 2] = blue;
            }
        }
        Taps down = new Taps(fromHeight, height);
        byte[] resized = new byte[height * width * 3];
        float[] row = new float[width * 3];
        for (int y = 0; y < height; y++) {
            java.util.Arrays.fill(row, 0.5f);
            for (int i = 0; i < down.counts[y]; i++) {
                float weight = down.weights[y][i];
                int at = (down.firsts[y] + i) * row.length;
                for (int x = 0; x < row.length; x++) {
                    row[x] += weight * narrow[at + x];
                }
            }
            for (int x = 0; x < row.length; x++) {
                resized[y * row.length + x] = (byte) Math.clamp((int) row[x], 0, 255);
            }
        }
        return resized;
    }

    /** For each destination place, which source places count and how much; the weights sum to 1. */
    private static final class Taps {
        final int[] firsts;
        final int[] counts;
        final float[][] weights;

        Taps(int from, int to) {
            firsts = new int[to];
            counts = new int[to];
            weights = new float[to][];
            double scale = (double) from / to;
            double reach = Math.max(1, scale);
            for (int place = 0; place < to; place++) {
                double centre = (place + 0.5) * scale - 0.5;
                int first = Math.max(0, (int) Math.ceil(centre - reach));
                int last = Math.min(from - 1, (int) Math.floor(centre + reach));
                double[] raw = new double[last - first + 1];
                double sum = 0;
                for (int i = 0; i < raw.length; i++) {
                    raw[i] = Math.max(0, 1 - Math.abs(first + i - centre) / reach);
                    sum += raw[i];
                }
                firsts[place] = first;
                counts[place] = raw.length;
                weights[place] = new float[raw.length];
                for (int i = 0; i < raw.length; i++) {
                    weights[place][i] = (float) (raw[i] / sum);
                }
            }
        }
    }
}
