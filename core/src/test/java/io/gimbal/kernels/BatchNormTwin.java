package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.expected;
import static io.gimbal.kernels.Numbers.random;

import io.gimbal.kernels.KernelRun.Array;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * Batch normalisation in double: x [places][channels] as its elements hold it, and its statistics, rounded to the
 * floats that the kernels get.
 */
final class BatchNormTwin {
    static final float EPS = 1e-5f;

    final int places;
    final int channels;
    final float[] x;
    final float[] gamma;
    final float[] beta;
    final double[] mean;
    final double[] variance;
    final float[] meanGiven;
    final float[] inverseGiven;

    BatchNormTwin(int places, int channels, float[] x) {
        this.places = places;
        this.channels = channels;
        this.x = x;
        gamma = random(channels + 1, channels, 1, 0.3);
        beta = random(channels + 2, channels, 0, 0.5);
        mean = new double[channels];
        variance = new double[channels];
        for (int i = 0; i < x.length; i++) {
            mean[i % channels] += (double) x[i] / places;
        }
        for (int i = 0; i < x.length; i++) {
            variance[i % channels] += Math.pow(x[i] - mean[i % channels], 2) / places;
        }
        meanGiven = new float[channels];
        inverseGiven = new float[channels];
        for (int c = 0; c < channels; c++) {
            meanGiven[c] = (float) mean[c];
            inverseGiven[c] = (float) (1 / Math.sqrt(variance[c] + EPS));
        }
    }

    static BatchNormTwin of(Element element, int places, int channels, double centre, double deviation) {
        return new BatchNormTwin(places, channels,
                element.rounded(random(places, places * channels, centre, deviation)));
    }

    static BatchNormTwin of(Element element, int places, int channels) {
        return of(element, places, channels, 1, 2);
    }

    double xhat(int i) {
        return ((double) x[i] - meanGiven[i % channels]) * inverseGiven[i % channels];
    }

    double y(int i) {
        return gamma[i % channels] * xhat(i) + beta[i % channels];
    }

    double y(int i, boolean relu) {
        return relu && y(i) < 0 ? 0 : y(i);
    }

    /** What y's rounding errors go by: x - mean is rounded at x's size, then scaled (by hundreds for two places). */
    double size(int i) {
        return 1 + Math.abs(y(i)) + Math.abs((double) x[i] * inverseGiven[i % channels] * gamma[i % channels]);
    }

    /** dy' = dy where y > 0; a NaN of y hands dy on. */
    double behindRelu(double dy, int i, boolean relu) {
        return relu && y(i) <= 0 ? 0 : dy;
    }

    /**
     * Cotangents [tasks][places][channels]; zero where y's sign is within what rounding could turn, so that both sides
     * agree.
     */
    float[] cotangents(Element element, int tasks, boolean relu) {
        float[] dy = element.rounded(random(places + tasks, tasks * x.length));
        for (int i = 0; relu && i < dy.length; i++) {
            dy[i] = clear(i % x.length) ? dy[i] : 0;
        }
        return dy;
    }

    boolean clear(int i) {
        return Math.abs(y(i)) > 1e-6 * size(i) + 1e-5 * (1 + Math.abs(xhat(i)));
    }

    /** Sums [tasks][2][channels] of dy' and of dy' * xhat. */
    double[] sums(double[] dy, boolean relu) {
        double[] sums = new double[dy.length / x.length * 2 * channels];
        for (int i = 0; i < dy.length; i++) {
            double d = behindRelu(dy[i], i % x.length, relu);
            sums[sumOf(i)] += d;
            sums[sumOf(i) + channels] += d * xhat(i % x.length);
        }
        return sums;
    }

    /** What the sums' rounding errors go by: their terms' magnitudes. */
    double[] sumsSize(double[] dy) {
        double[] size = new double[dy.length / x.length * 2 * channels];
        for (int i = 0; i < dy.length; i++) {
            double xhat = Math.abs(xhat(i % x.length));
            double rounded = Math.abs((double) x[i % x.length] * inverseGiven[i % channels]);
            size[sumOf(i)] += Math.abs(dy[i]);
            size[sumOf(i) + channels] += Math.abs(dy[i]) * (1 + xhat + rounded / 8);
        }
        return size;
    }

    private int sumOf(int i) {
        return i / x.length * 2 * channels + i % channels;
    }

    /** dx from dy and the sums that the kernel was given. */
    double[] dx(double[] dy, float[] sums, boolean relu) {
        return expected(dy.length, i -> {
            double factor = (double) gamma[i % channels] * inverseGiven[i % channels];
            return factor * (behindRelu(dy[i], i % x.length, relu) - sums[sumOf(i)] / (double) places
                    - xhat(i % x.length) * sums[sumOf(i) + channels] / places);
        });
    }

    /** What dx's rounding errors go by. */
    double[] dxSize(double[] dy, float[] sums) {
        return expected(dy.length, i -> {
            double spread = 1 + Math.abs(xhat(i % x.length))
                    + Math.abs(x[i % x.length] * inverseGiven[i % channels]);
            double sum = Math.abs(sums[sumOf(i) + channels]) / places;
            return Math.abs(gamma[i % channels] * inverseGiven[i % channels])
                    * (1 + Math.abs(dy[i]) + spread * (1 + sum));
        });
    }

    /** How x may stand in memory: with a gap of that many elements between places, and that many before the first. */
    record Slice(int gap, int before) {
        static final Slice WHOLE = new Slice(0, 0);
        static final Slice[] ALL = {WHOLE, new Slice(16, 8), new Slice(3, 1)};
    }

    /** The address of x in a tensor of which it is a slice; what lies between its places is NaN. */
    long x(KernelRun run, Element element, Slice slice) {
        float[] wide = new float[slice.before + (places - 1) * pitch(slice) + channels];
        Arrays.fill(wide, Float.NaN);
        for (int m = 0; m < places; m++) {
            System.arraycopy(x, m * channels, wide, slice.before + m * pitch(slice), channels);
        }
        return element.array(run, wide).at((long) slice.before * element.bytes());
    }

    /** Elements from one of its places to the next. */
    int pitch(Slice slice) {
        return channels + slice.gap;
    }

    /** Mean, inverse standard deviation, gamma and beta, as every kernel takes them. */
    Object[] normalisation(KernelRun run) {
        return new Object[] {run.floats(meanGiven), run.floats(inverseGiven), run.floats(gamma), run.floats(beta)};
    }

    /** Launches a kernel; an array among the arguments stands for its elements. */
    static void launch(KernelRun run, String file, String kernel, int blocks, Object... arguments) {
        run.launch(file, kernel, blocks, elements(arguments).toArray());
    }

    private static Stream<Object> elements(Object[] arguments) {
        return Arrays.stream(arguments).flatMap(argument ->
                argument instanceof Object[] several ? elements(several) : Stream.of(argument));
    }

    /** The sums [1][2][channels] that finish makes of the partial ones of that many blocks. */
    Array finished(KernelRun run, Array partials, int blocks, int tasks) {
        Array sums = run.output(2L * tasks * channels);
        run.launch("batch_norm_backward", "batch_norm_backward_finish", 1, partials, blocks, sums, null, null, channels,
                tasks);
        return sums;
    }

    /** The sums that the plain backward kernels make of one task's dy. */
    float[] reduced(KernelRun run, Element element, Array input, Array dy, Object[] normalisation, int blocks,
            int relu) {
        Array partials = run.output(2L * blocks * channels);
        launch(run, "batch_norm_backward", element.kernel("batch_norm_backward_reduce"), blocks, input, dy,
                normalisation, partials, (long) places, channels, (long) channels, (long) channels, relu);
        return finished(run, partials, blocks, 1).floats();
    }

    /** The dx that they make of it, with these sums. */
    float[] applied(KernelRun run, Element element, Array input, Array dy, Object[] normalisation, Array sums,
            int blocks, int relu) {
        Array dx = element.output(run, x.length);
        launch(run, "batch_norm_backward", element.kernel("batch_norm_backward_apply"), blocks, input, dy,
                normalisation, sums, dx, (long) places, channels, (long) channels, (long) channels, (long) channels,
                relu);
        return element.values(dx);
    }
}
