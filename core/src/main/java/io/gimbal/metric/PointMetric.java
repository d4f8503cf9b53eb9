package io.gimbal.metric;

import io.gimbal.device.ThreadConfinement;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Points, as heat maps with a channel a point: where the prediction is largest, against the nearest place where the
 * label says that the point is (of a channel without one nothing is asked). A place of the label is a value above 0.25
 * that none of its eight neighbours exceeds.
 *
 * <ul>
 *   <li>within 5 % and within 10 %: of all points that there are, those found no further away than that part of the
 *       image's longer side (PCK; Yang, Ramanan, PAMI 2013)</li>
 *   <li>mean distance, in % of the longer side</li>
 * </ul>
 *
 * <p>The best constant is, point by point, the one place that does best: exactly for "within", the mean of the labels'
 * places for the distance. A prediction with a NaN in a channel counts as furthest away.
 */
public final class PointMetric implements Metric {
    private static final float LEAST = 0.25f;
    private static final double[] PARTS = {0.05, 0.1};

    private final ThreadConfinement confinement = new ThreadConfinement("the metric");
    private final int channels;
    private final int height;
    private final int width;
    private final float ignore;
    private final double side;
    /** How often each point was at each place. */
    private final int[][] seen;
    private final List<int[]> places = new ArrayList<>();
    private final long[] within = new long[PARTS.length];
    private double distances;
    private long points;

    /**
     * Has seen nothing yet.
     *
     * @param channels points
     * @param height   rows of an image
     * @param width    columns of an image
     * @param ignore   the value of all channels of an unlabelled pixel
     */
    public PointMetric(int channels, int height, int width, float ignore) {
        this.channels = channels;
        this.height = height;
        this.width = width;
        this.ignore = ignore;
        this.side = Math.max(height, width);
        this.seen = new int[channels][height * width];
    }

    @Override
    public void add(FloatBuffer prediction, ByteBuffer target, long count) {
        confinement.require();
        Labels.check(prediction, channels, target, channels, count);
        int pixels = height * width;
        if (count % pixels != 0) {
            throw new IllegalArgumentException(count + " places are no whole images of " + width + " x " + height);
        }
        for (int image = 0; image < count / pixels; image++) {
            if (!Labels.unlabelled(target, (long) image * pixels, channels, ignore)) {
                for (int channel = 0; channel < channels; channel++) {
                    add(prediction, target, image * pixels, channel);
                }
            }
        }
    }

    private void add(FloatBuffer prediction, ByteBuffer target, int from, int channel) {
        places.clear();
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                if (isPeak(target, from, channel, y, x)) {
                    places.add(new int[] {y, x});
                }
            }
        }
        if (places.isEmpty()) {
            return;
        }
        int found = largest(prediction, from, channel);
        double least = Double.POSITIVE_INFINITY;
        for (int[] place : places) {
            seen[channel][place[0] * width + place[1]]++;
            least = Math.min(least, found < 0 ? Math.hypot(height, width)
                    : Math.hypot(place[0] - found / width, place[1] - found % width));
        }
        points++;
        distances += least;
        for (int i = 0; i < PARTS.length; i++) {
            within[i] += least <= PARTS[i] * side ? 1 : 0;
        }
    }

    private boolean isPeak(ByteBuffer target, int from, int channel, int y, int x) {
        float value = value(target, from, channel, y, x);
        if (!(value > LEAST)) {
            return false;
        }
        for (int down = -1; down <= 1; down++) {
            for (int right = -1; right <= 1; right++) {
                boolean before = down < 0 || down == 0 && right < 0;
                int row = y + down;
                int column = x + right;
                if (row < 0 || column < 0 || row >= height || column >= width) {
                    continue;
                }
                float other = value(target, from, channel, row, column);
                // Of equal neighbours, as of a point between two pixels, the first counts.
                if (other > value || before && other == value) {
                    return false;
                }
            }
        }
        return true;
    }

    private float value(ByteBuffer target, int from, int channel, int y, int x) {
        return target.getFloat(4 * ((from + y * width + x) * channels + channel));
    }

    /** The place of the largest value; -1 where there is a NaN. */
    private int largest(FloatBuffer prediction, int from, int channel) {
        int best = 0;
        float most = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < height * width; i++) {
            float value = prediction.get((from + i) * channels + channel);
            if (Float.isNaN(value)) {
                return -1;
            }
            if (value > most) {
                most = value;
                best = i;
            }
        }
        return best;
    }

    @Override
    public List<Score> scores() {
        confinement.require();
        double all = points == 0 ? Double.NaN : points;
        List<Score> scores = new ArrayList<>();
        for (int i = 0; i < PARTS.length; i++) {
            scores.add(new Score("within " + Math.round(100 * PARTS[i]) + " %", "%", 100 * within[i] / all,
                    100 * Math.min(1, mostWithin(PARTS[i] * side) / all), true));
        }
        scores.add(new Score("mean distance", "%", 100 * distances / side / all, 100 * ofMeans() / side / all, false));
        return scores;
    }

    /** How many places lie round the place of each point that has the most of them round it. */
    private double mostWithin(double radius) {
        double sum = 0;
        for (int[] counts : seen) {
            long most = 0;
            long[][] rows = runningRows(counts);
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    most = Math.max(most, inside(rows, y, x, radius));
                }
            }
            sum += most;
        }
        return sum;
    }

    private long[][] runningRows(int[] counts) {
        long[][] rows = new long[height][width + 1];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                rows[y][x + 1] = rows[y][x] + counts[y * width + x];
            }
        }
        return rows;
    }

    private long inside(long[][] rows, int y, int x, double radius) {
        long sum = 0;
        int reach = (int) Math.floor(radius);
        for (int down = Math.max(-reach, -y); down <= Math.min(reach, height - 1 - y); down++) {
            int half = (int) Math.floor(Math.sqrt(radius * radius - (double) down * down));
            long[] row = rows[y + down];
            sum += row[Math.min(width, x + half + 1)] - row[Math.max(0, x - half)];
        }
        return sum;
    }

    /** The summed distances of all places from their point's mean place. */
    private double ofMeans() {
        double sum = 0;
        for (int[] counts : seen) {
            double down = 0;
            double across = 0;
            long count = 0;
            for (int i = 0; i < counts.length; i++) {
                down += (double) counts[i] * (i / width);
                across += (double) counts[i] * (i % width);
                count += counts[i];
            }
            for (int i = 0; i < counts.length && count > 0; i++) {
                sum += counts[i] * Math.hypot(i / width - down / count, i % width - across / count);
            }
        }
        return sum;
    }

    @Override
    public void reset() {
        confinement.require();
        for (int[] counts : seen) {
            Arrays.fill(counts, 0);
        }
        Arrays.fill(within, 0);
        distances = 0;
        points = 0;
    }
}
