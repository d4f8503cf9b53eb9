package io.gimbal.metric;

import io.gimbal.device.ThreadConfinement;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * The angle between predicted and true surface normals, acos(p . t / (|p| |t|)) in degrees, over all labelled pixels
 * of the set (Fouhey, Gupta, Hebert, ICCV 2013; Eigen, Fergus, ICCV 2015): its mean, its median, and the share of
 * pixels where it is at most 11.25, 22.5 and 30 degrees, %; and the mean of 1 - |cos|, as GradNorm's tables have it
 * (<a href="https://arxiv.org/abs/1711.02257">arXiv 1711.02257</a>), for which a normal and its opposite are one.
 *
 * <p>Predictions need not be of unit length. One of length zero has no direction: its angle is 90 degrees. A NaN makes
 * means and median NaN and counts as outside all shares. The median is that of bins of 0.01 degrees, interpolated.
 *
 * <p>The constant is the mean direction of the labels, sum t / |sum t|, for all figures: of all constants it has the
 * largest mean cosine, that is, the smallest cosine loss; another could have a slightly smaller mean angle. Its
 * figures come from a 256 x 256 map of directions, each cell (about half a degree) counted at the mean of its labels.
 */
public final class NormalMetric implements Metric {
    private final ThreadConfinement confinement = new ThreadConfinement("the metric");
    private static final int BINS_PER_DEGREE = 100;
    private static final int CELLS = 256;
    private final float ignore;
    private final Angles angles = new Angles();
    private final double[] cells = new double[CELLS * CELLS * 4];

    /**
     * Has seen nothing yet.
     *
     * @param ignore the value of all three channels of an unlabelled pixel
     */
    public NormalMetric(float ignore) {
        this.ignore = ignore;
    }

    @Override
    public void add(FloatBuffer prediction, ByteBuffer target, long places) {
        confinement.require();
        Labels.check(prediction, 3, target, 3, places);
        for (int place = 0; place < places; place++) {
            if (Labels.unlabelled(target, place, 3, ignore)) {
                continue;
            }
            double x = target.getFloat(12 * place);
            double y = target.getFloat(12 * place + 4);
            double z = target.getFloat(12 * place + 8);
            double px = prediction.get(3 * place);
            double py = prediction.get(3 * place + 1);
            double pz = prediction.get(3 * place + 2);
            double lengths = Math.sqrt((px * px + py * py + pz * pz) * (x * x + y * y + z * z));
            double cosine = lengths == 0 ? 0 : (px * x + py * y + pz * z) / lengths;
            angles.add(angle(px, py, pz, x, y, z), 1 - Math.abs(cosine), 1);
            int cell = 4 * cell(x, y, z);
            double length = Math.sqrt(x * x + y * y + z * z);
            cells[cell]++;
            cells[cell + 1] += x / length;
            cells[cell + 2] += y / length;
            cells[cell + 3] += z / length;
        }
    }

    /** Degrees between two vectors; 90 if one has no length. */
    static double angle(double ax, double ay, double az, double bx, double by, double bz) {
        double lengths = Math.sqrt((ax * ax + ay * ay + az * az) * (bx * bx + by * by + bz * bz));
        if (lengths == 0) {
            return 90;
        }
        // From the cross product: acos alone would lose half the digits of small angles.
        double cx = ay * bz - az * by;
        double cy = az * bx - ax * bz;
        double cz = ax * by - ay * bx;
        return Math.toDegrees(Math.atan2(Math.sqrt(cx * cx + cy * cy + cz * cz), ax * bx + ay * by + az * bz));
    }

    @Override
    public List<Score> scores() {
        confinement.require();
        Angles constant = constant();
        return List.of(new Score("mean angle", "deg", angles.mean(), constant.mean(), false),
                new Score("median angle", "deg", angles.median(), constant.median(), false),
                new Score("within 11.25 deg", "%", angles.within(11.25), constant.within(11.25), true),
                new Score("within 22.5 deg", "%", angles.within(22.5), constant.within(22.5), true),
                new Score("within 30 deg", "%", angles.within(30), constant.within(30), true),
                new Score("1 - |cos|", "", angles.offCosine(), constant.offCosine(), false));
    }

    private Angles constant() {
        double x = 0;
        double y = 0;
        double z = 0;
        for (int cell = 0; cell < cells.length; cell += 4) {
            x += cells[cell + 1];
            y += cells[cell + 2];
            z += cells[cell + 3];
        }
        Angles constant = new Angles();
        for (int cell = 0; cell < cells.length; cell += 4) {
            if (cells[cell] > 0) {
                double angle = angle(x, y, z, cells[cell + 1], cells[cell + 2], cells[cell + 3]);
                constant.add(angle, 1 - Math.abs(Math.cos(Math.toRadians(angle))), (long) cells[cell]);
            }
        }
        return constant;
    }

    /** The octahedron's faces unfolded onto a square (Meyer et al., EGSR 2010). */
    private static int cell(double x, double y, double z) {
        double sum = Math.abs(x) + Math.abs(y) + Math.abs(z);
        double u = x / sum;
        double v = y / sum;
        if (z > 0) {
            double folded = (1 - Math.abs(v)) * (u < 0 ? -1 : 1);
            v = (1 - Math.abs(u)) * (v < 0 ? -1 : 1);
            u = folded;
        }
        int column = Math.clamp((int) ((u + 1) * CELLS / 2), 0, CELLS - 1);
        int row = Math.clamp((int) ((v + 1) * CELLS / 2), 0, CELLS - 1);
        return row * CELLS + column;
    }

    @Override
    public void reset() {
        confinement.require();
        angles.reset();
        Arrays.fill(cells, 0);
    }

    /** A distribution of angles. */
    private static final class Angles {
        private final long[] bins = new long[180 * BINS_PER_DEGREE + 1];
        private final double[] limits = {11.25, 22.5, 30};
        private final long[] inside = new long[limits.length];
        private double sum;
        private double offCosines;
        private long count;
        private long unknown;

        void add(double angle, double offCosine, long times) {
            count += times;
            sum += angle * times;
            offCosines += offCosine * times;
            if (Double.isNaN(angle)) {
                unknown += times;
                return;
            }
            bins[(int) (angle * BINS_PER_DEGREE)] += times;
            for (int i = 0; i < limits.length; i++) {
                inside[i] += angle <= limits[i] ? times : 0;
            }
        }

        double mean() {
            return count == 0 ? Double.NaN : sum / count;
        }

        double offCosine() {
            return count == 0 ? Double.NaN : offCosines / count;
        }

        double median() {
            if (count == 0 || unknown > 0) {
                return Double.NaN;
            }
            double half = count / 2.0;
            long below = 0;
            int bin = 0;
            while (below + bins[bin] < half) {
                below += bins[bin++];
            }
            return (bin + (half - below) / bins[bin]) / BINS_PER_DEGREE;
        }

        double within(double limit) {
            return count == 0 ? Double.NaN : 100.0 * inside[Arrays.binarySearch(limits, limit)] / count;
        }

        void reset() {
            Arrays.fill(bins, 0);
            Arrays.fill(inside, 0);
            sum = 0;
            offCosines = 0;
            count = 0;
            unknown = 0;
        }
    }
}
