package io.gimbal.picture;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Pictures, or windows of them, brought to another size. Pictures are row by row, the channels of a pixel side by side.
 * What lies outside of a window does not count: it is as if the pixels that the window touches were cut out first.
 */
public final class Resize {
    private static final int HALF = 128;

    private Resize() { }

    /** The source place whose centre is nearest to that of a destination place. */
    public static int nearest(int place, int from, int to) {
        return (int) Math.min(from - 1L, (2L * place + 1) * from / (2L * to));
    }

    /**
     * The same of each place of a window: of {@code to} places between {@code start} and {@code start + extent} of a
     * source of {@code from}.
     */
    public static int[] nearest(double start, double extent, int from, int to) {
        int[] places = new int[to];
        for (int place = 0; place < to; place++) {
            places[place] = (int) Math.min(from - 1, start + (place + 0.5) * extent / to);
        }
        return places;
    }

    /** Each value as it stands at the nearest place, for labels. */
    public static byte[] nearest(byte[] values, int fromHeight, int fromWidth, int height, int width) {
        return nearest(values, 1, fromHeight, fromWidth, Window.whole(fromHeight, fromWidth), height, width);
    }

    /** The same of a window of any channels. */
    public static byte[] nearest(byte[] values, int channels, int fromHeight, int fromWidth, Window window, int height,
            int width) {
        window.requireInside(fromHeight, fromWidth);
        int[] places = columns(channels, fromWidth, window, width);
        byte[] resized = new byte[height * places.length];
        copyNearest(resized, channels, fromHeight, fromWidth, window, height, width, (from, to) -> {
            for (int i = 0; i < places.length; i++) {
                resized[to + i] = values[from + places[i]];
            }
        });
        return resized;
    }

    /** The same of 16 bits. */
    public static short[] nearest(short[] values, int channels, int fromHeight, int fromWidth, Window window,
            int height, int width) {
        window.requireInside(fromHeight, fromWidth);
        int[] places = columns(channels, fromWidth, window, width);
        short[] resized = new short[height * places.length];
        copyNearest(resized, channels, fromHeight, fromWidth, window, height, width, (from, to) -> {
            for (int i = 0; i < places.length; i++) {
                resized[to + i] = values[from + places[i]];
            }
        });
        return resized;
    }

    /** The same of float32. */
    public static float[] nearest(float[] values, int channels, int fromHeight, int fromWidth, Window window,
            int height, int width) {
        window.requireInside(fromHeight, fromWidth);
        int[] places = columns(channels, fromWidth, window, width);
        float[] resized = new float[height * places.length];
        copyNearest(resized, channels, fromHeight, fromWidth, window, height, width, (from, to) -> {
            for (int i = 0; i < places.length; i++) {
                resized[to + i] = values[from + places[i]];
            }
        });
        return resized;
    }

    /** Of each value of a resized row its place in the source's row. */
    private static int[] columns(int channels, int fromWidth, Window window, int width) {
        int[] nearest = nearest(window.left(), window.width(), fromWidth, width);
        int[] places = new int[width * channels];
        for (int i = 0; i < places.length; i++) {
            places[i] = nearest[i / channels] * channels + i % channels;
        }
        return places;
    }

    /** Picks the values of one row, from where the source's row begins, to where the resized one does. */
    private interface RowPicker {
        void pick(int from, int to);
    }

    /** @param to the array that the picker writes into: a row that is the one above it is copied */
    private static void copyNearest(Object to, int channels, int fromHeight, int fromWidth, Window window, int height,
            int width, RowPicker picker) {
        int[] rows = nearest(window.top(), window.height(), fromHeight, height);
        int length = width * channels;
        for (int y = 0; y < height; y++) {
            if (y > 0 && rows[y] == rows[y - 1]) {
                System.arraycopy(to, (y - 1) * length, to, y * length, length);
            } else {
                picker.pick(rows[y] * fromWidth * channels, y * length);
            }
        }
    }

    /** {@link #smooth(byte[], int, int, int, Window, int, int)} of all of a picture of three channels. */
    public static byte[] smooth(byte[] rgb, int fromHeight, int fromWidth, int height, int width) {
        return smooth(rgb, 3, fromHeight, fromWidth, Window.whole(fromHeight, fromWidth), height, width);
    }

    /**
     * Antialiased bilinear: a triangle as wide as the coarser of the two pixel grids, first along columns and then
     * along rows, so that every source pixel counts when a picture shrinks. Sums are of float32; what comes out is the
     * nearest byte of them, by which it may be one off the nearest of exact sums.
     *
     * @param values unsigned bytes
     */
    public static byte[] smooth(byte[] values, int channels, int fromHeight, int fromWidth, Window window, int height,
            int width) {
        window.requireInside(fromHeight, fromWidth);
        if (height == fromHeight && width == fromWidth && window.equals(Window.whole(height, width))) {
            return values.clone();
        }
        Smoothing smoothing = new Smoothing(channels, fromHeight, fromWidth, window, height, width);
        byte[] signed = lessHalf(values);
        byte[] resized = new byte[height * width * channels];
        float[] row = new float[width * channels];
        for (int y = 0; y < height; y++) {
            smoothing.row(y, HALF, (at, weight, sums) -> add(signed, at, weight, sums), row);
            round(row, resized, y * row.length);
        }
        return resized;
    }

    /** Each byte less 128, since the JIT has vector instructions for loops over signed bytes alone. */
    private static byte[] lessHalf(byte[] values) {
        byte[] signed = new byte[values.length];
        for (int i = 0; i < signed.length; i++) {
            signed[i] = (byte) (values[i] ^ HALF);
        }
        return signed;
    }

    private static void add(byte[] signed, int at, float weight, float[] sums) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] += weight * signed[at + i];
        }
    }

    /** The weights sum to 1, so that nothing comes out beyond what went in. */
    private static void round(float[] row, byte[] resized, int to) {
        for (int i = 0; i < row.length; i++) {
            resized[to + i] = (byte) (int) (row[i] + 0.5f);
        }
    }

    /** The same of float32, as the sums are. */
    public static float[] smooth(float[] values, int channels, int fromHeight, int fromWidth, Window window, int height,
            int width) {
        float[] resized = new float[height * width * channels];
        smoothRows(values, channels, fromHeight, fromWidth, window, height, width, (y, row) ->
                System.arraycopy(row, 0, resized, y * row.length, row.length));
        return resized;
    }

    /** Takes a row of what is resized, which is the resizer's own and changes with the next one. */
    public interface Rows {
        void row(int y, float[] row);
    }

    /** The same row by row from the top, where all of it would be too much at once. */
    public static void smoothRows(float[] values, int channels, int fromHeight, int fromWidth, Window window,
            int height, int width, Rows rows) {
        window.requireInside(fromHeight, fromWidth);
        boolean same = height == fromHeight && width == fromWidth && window.equals(Window.whole(height, width));
        Smoothing smoothing = same ? null : new Smoothing(channels, fromHeight, fromWidth, window, height, width);
        float[] row = new float[width * channels];
        for (int y = 0; y < height; y++) {
            if (same) {
                System.arraycopy(values, y * row.length, row, 0, row.length);
            } else {
                smoothing.row(y, 0, (at, weight, sums) -> {
                    for (int i = 0; i < sums.length; i++) {
                        sums[i] += weight * values[at + i];
                    }
                }, row);
            }
            rows.row(y, row);
        }
    }

    /** Adds a source row, from a place of its array on, to sums, with a weight. */
    private interface RowAdder {
        void add(int at, float weight, float[] sums);
    }

    /** Makes one row after the other. */
    private static final class Smoothing {
        private final int channels;
        private final int fromWidth;
        private final Taps down;
        private final Taps across;
        /** The columns that the window touches, of the row that is being made. */
        private final float[] sums;

        Smoothing(int channels, int fromHeight, int fromWidth, Window window, int height, int width) {
            this.channels = channels;
            this.fromWidth = fromWidth;
            down = new Taps(window.top(), window.height(), height);
            across = new Taps(window.left(), window.width(), width);
            sums = new float[(across.end - across.start) * channels];
        }

        /** @param zero what the source's numbers were taken from */
        void row(int y, float zero, RowAdder source, float[] row) {
            Arrays.fill(sums, zero);
            for (int i = 0; i < down.counts[y]; i++) {
                int at = ((down.firsts[y] + i) * fromWidth + across.start) * channels;
                source.add(at, down.weights[y * down.most + i], sums);
            }
            if (across.unchanged()) {
                System.arraycopy(sums, 0, row, 0, row.length);
            } else if (channels == 3) {
                narrowThree(row);
            } else {
                narrow(row);
            }
        }

        private void narrowThree(float[] row) {
            for (int x = 0; x < across.firsts.length; x++) {
                int at = 3 * (across.firsts[x] - across.start);
                int weights = x * across.most;
                int end = weights + across.counts[x];
                float first = 0;
                float second = 0;
                float third = 0;
                for (int i = weights; i < end; i++) {
                    float weight = across.weights[i];
                    first += weight * sums[at];
                    second += weight * sums[at + 1];
                    third += weight * sums[at + 2];
                    at += 3;
                }
                row[3 * x] = first;
                row[3 * x + 1] = second;
                row[3 * x + 2] = third;
            }
        }

        private void narrow(float[] row) {
            for (int x = 0; x < across.firsts.length; x++) {
                for (int channel = 0; channel < channels; channel++) {
                    float sum = 0;
                    int at = (across.firsts[x] - across.start) * channels + channel;
                    for (int i = 0; i < across.counts[x]; i++) {
                        sum += across.weights[x * across.most + i] * sums[at + i * channels];
                    }
                    row[x * channels + channel] = sum;
                }
            }
        }
    }

    /** For each destination place, which source places count and how much; the weights sum to 1. */
    private static final class Taps {
        final int[] firsts;
        final int[] counts;
        /** {@link #most} for each place. */
        final float[] weights;
        final int most;
        /** The source places that the window touches: from start to before end. */
        final int start;
        final int end;
        private final boolean unchanged;

        Taps(double from, double extent, int to) {
            start = (int) from;
            end = (int) Math.ceil(from + extent);
            double scale = extent / to;
            double reach = Math.max(1, scale);
            most = (int) Math.min(end - start, 2 * Math.ceil(reach) + 1);
            firsts = new int[to];
            counts = new int[to];
            weights = new float[to * most];
            double[] raw = new double[most];
            for (int place = 0; place < to; place++) {
                double centre = from + (place + 0.5) * scale - 0.5;
                // What stands just at the triangle's ends counts nothing.
                int first = Math.max(start, (int) Math.floor(centre - reach) + 1);
                int last = Math.min(end - 1, (int) Math.ceil(centre + reach) - 1);
                firsts[place] = first;
                counts[place] = last - first + 1;
                double sum = 0;
                for (int i = 0; i < counts[place]; i++) {
                    raw[i] = Math.max(0, 1 - Math.abs(first + i - centre) / reach);
                    sum += raw[i];
                }
                for (int i = 0; i < counts[place]; i++) {
                    weights[place * most + i] = (float) (raw[i] / sum);
                }
            }
            unchanged = Arrays.stream(counts).allMatch(count -> count == 1)
                    && Arrays.equals(firsts, IntStream.range(start, end).toArray());
        }

        /** Whether each place is a source place, from the start to the end. */
        boolean unchanged() {
            return unchanged;
        }
    }
}
