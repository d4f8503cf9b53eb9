package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.expected;
import static io.gimbal.kernels.Numbers.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.gimbal.kernels.KernelRun.Array;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(KernelDevice.class)
class BatchNormTest {
    private static final float EPS = 1e-5f;
    private static final int[][] SHAPES = {{2, 1}, {1, 5}, {3, 13}, {257, 1}, {1023, 3}, {255, 4}, {1025, 20}, {300, 8},
            {131, 16}, {70, 24}, {513, 32}, {512, 64}, {33, 1030}};

    /**
     * The layer as the twin has it: x [places][channels], and its statistics in double, rounded to the floats that the
     * kernels get.
     */
    private static final class Layer {
        final int places;
        final int channels;
        final float[] x;
        final float[] gamma;
        final float[] beta;
        final double[] mean;
        final double[] variance;
        final float[] meanGiven;
        final float[] inverseGiven;

        Layer(int places, int channels, float[] x) {
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

        double xhat(int i) {
            return ((double) x[i] - meanGiven[i % channels]) * inverseGiven[i % channels];
        }

        double y(int i) {
            return gamma[i % channels] * xhat(i) + beta[i % channels];
        }

        /** Whether y's sign is beyond what rounding could turn. */
        boolean clear(int i) {
            return Math.abs(y(i)) > 1e-5 * (1 + Math.abs(xhat(i)));
        }

        /** dy behind the relu, which is zero where its sign could turn, so that both sides agree. */
        float[] cotangents(int tasks, boolean relu) {
            float[] dy = random(places + tasks, tasks * x.length);
            for (int i = 0; relu && i < dy.length; i++) {
                dy[i] = clear(i % x.length) ? dy[i] : 0;
            }
            return dy;
        }

        double behindRelu(float[] dy, int i, boolean relu) {
            return relu && y(i % x.length) <= 0 ? 0 : dy[i];
        }
    }

    @ParameterizedTest
    @EnumSource
    void statisticsAreThoseOfAllPlaces(Way way) {
        for (int[] shape : SHAPES) {
            for (int blocks : KernelRun.grids(way)) {
                statistics(way, shape[0], shape[1], 0.5, 2, blocks);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void statisticsLoseNothingToALargeMean(Way way) {
        statistics(way, 1025, 13, 5000, 1, 3);
        statistics(way, 4096, 8, -20_000, 3, 2);
    }

    private static void statistics(Way way, int places, int channels, double centre, double deviation, int blocks) {
        Layer layer = new Layer(places, channels, random(places, places * channels, centre, deviation));
        try (KernelRun run = new KernelRun(way)) {
            Array partials = run.output(2L * blocks * channels);
            Array mean = run.output(channels);
            Array inverse = run.output(channels);
            Array unbiased = run.output(channels);
            run.launch("batch_norm", "batch_norm_statistics", blocks, run.floats(layer.x), partials, (long) places,
                    channels);
            run.launch("batch_norm", "batch_norm_statistics_finish", 1 + blocks % 2, partials, blocks, (long) places,
                    channels, EPS, mean,
                    inverse, unbiased);
            String what = places + "x" + channels + " in " + blocks;
            assertClose(what + " mean", layer.mean, expected(channels, c -> Math.abs(centre) + deviation),
                    mean.floats(), 4);
            double[] variance = expected(channels, c -> layer.variance[c] * places / Math.max(places - 1, 1));
            // relative to the variance, 64 terms going into a sum before anything coarser; and each block's mean is
            // rounded at the mean's size, which costs up to 2 units of centre * deviation (the plain formula would lose
            // 1 unit of centre^2)
            double rounded = Math.abs(centre) * deviation / 50;
            assertClose(what + " variance", variance, expected(channels, c -> variance[c] + rounded + 1e-6),
                    unbiased.floats(), 100);
            double[] twin = expected(channels, c -> 1 / Math.sqrt(layer.variance[c] + EPS));
            assertClose(what + " inverse", twin, expected(channels, c -> twin[c] * (1 + rounded * twin[c] * twin[c])),
                    inverse.floats(), 100);
        }
    }

    @ParameterizedTest
    @EnumSource
    void inferenceTakesTheRunningVariance(Way way) {
        for (int channels : new int[] {1, 255, 257, 1025}) {
            float[] variance = expectedVariances(channels);
            try (KernelRun run = new KernelRun(way)) {
                Array inverse = run.output(channels);
                run.launch("batch_norm", "batch_norm_inference_std", 3, run.floats(variance), EPS, inverse, channels);
                assertClose("inverse", expected(channels, c -> 1 / Math.sqrt(variance[c] + (double) EPS)),
                        inverse.floats(), 2);
            }
        }
    }

    private static float[] expectedVariances(int channels) {
        float[] variance = random(channels, channels);
        for (int c = 0; c < channels; c++) {
            variance[c] *= variance[c];
        }
        return variance;
    }

    @ParameterizedTest
    @EnumSource
    void forwardNormalisesScalesAndShifts(Way way) {
        for (int[] shape : SHAPES) {
            Layer layer = new Layer(shape[0], shape[1], random(shape[0], shape[0] * shape[1], 1, 2));
            for (int blocks : KernelRun.grids(way)) {
                for (int relu = 0; relu < 2; relu++) {
                    boolean rectified = relu == 1;
                    try (KernelRun run = new KernelRun(way)) {
                        Array y = run.output(layer.x.length);
                        run.launch("batch_norm", "batch_norm_forward", blocks, run.floats(layer.x),
                                run.floats(layer.meanGiven),
                                run.floats(layer.inverseGiven), run.floats(layer.gamma), run.floats(layer.beta), y,
                                        (long) shape[0],
                                shape[1], relu);
                        double[] twin = expected(layer.x.length, i -> rectified ? Math.max(layer.y(i), 0) : layer.y(i));
                        // x - mean is rounded at the size of x, then scaled; two places' inverse may be hundreds
                        double[] scale = expected(twin.length, i -> 1 + Math.abs(twin[i])
                                + Math.abs(layer.x[i] * layer.inverseGiven[i % shape[1]] * layer.gamma[i % shape[1]]));
                        assertClose("forward", twin, scale, y.floats(), 4);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void backwardIsTheGradientOfEachTask(Way way) {
        for (int[] shape : SHAPES) {
            for (int blocks : KernelRun.grids(way)) {
                backward(way, shape[0], shape[1], 1 + blocks % 4, blocks, blocks % 2 == 0);
            }
        }
        for (int tasks : new int[] {1, 2, 3, 4, 5, 8, 9, 32}) {
            backward(way, 65, 12, tasks, 2, true);
            backward(way, 67, 7, tasks, 3, false);
        }
    }

    private static void backward(Way way, int places, int channels, int tasks, int blocks, boolean relu) {
        Layer layer = new Layer(places, channels, random(places, places * channels, 1, 2));
        int n = layer.x.length;
        float[] dy = layer.cotangents(tasks, relu);
        double[] sums = new double[tasks * 2 * channels];
        double[] scale = new double[sums.length];
        for (int i = 0; i < dy.length; i++) {
            int at = i / n * 2 * channels + i % channels;
            double d = layer.behindRelu(dy, i, relu);
            sums[at] += d;
            scale[at] += Math.abs(d);
            sums[at + channels] += d * layer.xhat(i % n);
            scale[at + channels] += Math.abs(d * layer.xhat(i % n)) + Math.abs(d);
        }
        String what = places + "x" + channels + " T=" + tasks + " in " + blocks;
        try (KernelRun run = new KernelRun(way)) {
            Array partials = run.output((long) blocks * tasks * 2 * channels);
            Array given = run.output(sums.length);
            Array dgamma = run.output(channels);
            Array dbeta = run.output(channels);
            Array x = run.floats(layer.x);
            Array mean = run.floats(layer.meanGiven);
            Array inverse = run.floats(layer.inverseGiven);
            Array gamma = run.floats(layer.gamma);
            Array beta = run.floats(layer.beta);
            Array cotangents = run.floats(dy);
            int rectified = relu ? 1 : 0;
            run.launch("batch_norm", "batch_norm_backward_reduce", blocks, x, cotangents, mean, inverse, gamma, beta,
                    partials,
                    (long) places, channels, tasks, rectified);
            run.launch("batch_norm", "batch_norm_backward_finish", 1 + blocks % 2, partials, blocks, given, dgamma,
                    dbeta, channels, tasks);
            run.launch("batch_norm", "batch_norm_backward_finish", 1, partials, blocks, given, null, null, channels,
                    tasks);
            float[] found = given.floats();
            assertClose(what + " sums", sums, scale, found, 70);
            assertClose(what + " dbeta", overTasks(sums, channels, 0), overTasks(scale, channels, 0), dbeta.floats(),
                    70);
            assertClose(what + " dgamma", overTasks(sums, channels, channels), overTasks(scale, channels, channels),
                    dgamma.floats(), 70);

            Array dx = run.output(dy.length);
            Array packed = run.output(dy.length);
            apply(run, blocks, x, cotangents, mean, inverse, gamma, beta, given, dx, layer, tasks, rectified, 0);
            apply(run, blocks, x, cotangents, mean, inverse, gamma, beta, given, packed, layer, tasks, rectified, 1);
            apply(run, blocks, x, cotangents, mean, inverse, gamma, beta, given, cotangents, layer, tasks, rectified,
                    0);
            double[] twin = expected(dy.length, i -> {
                int at = i / n * 2 * channels + i % channels;
                double factor = (double) layer.gamma[i % channels] * layer.inverseGiven[i % channels];
                return factor * (layer.behindRelu(dy, i, relu) - found[at] / (double) places
                        - layer.xhat(i % n) * found[at + channels] / places);
            });
            double[] size = expected(dy.length, i -> {
                double spread = 1 + Math.abs(layer.xhat(i % n)) + Math.abs(layer.x[i % n]
                        * layer.inverseGiven[i % channels]);
                double sum = Math.abs(found[i / n * 2 * channels + channels + i % channels]) / places;
                return Math.abs(layer.gamma[i % channels] * layer.inverseGiven[i % channels])
                        * (1 + Math.abs(dy[i]) + spread * (1 + sum));
            });
            assertClose(what + " dx", twin, size, dx.floats(), 8);
            assertArrayEquals(dx.floats(), cotangents.floats(), "in place");
            assertArrayEquals(sideBySide(dx.floats(), places, channels, tasks), packed.floats(), "packed");
        }
    }

    private static void apply(KernelRun run, int blocks, Array x, Array dy, Array mean, Array inverse, Array gamma,
            Array beta, Array sums,
            Array dx, Layer layer, int tasks, int relu, int packed) {
        run.launch("batch_norm", "batch_norm_backward_apply", blocks, x, dy, mean, inverse, gamma, beta, sums, dx,
                (long) layer.places,
                layer.channels, tasks, relu, packed);
    }

    private static double[] overTasks(double[] sums, int channels, int offset) {
        double[] total = new double[channels];
        for (int at = 0; at < sums.length; at += 2 * channels) {
            for (int c = 0; c < channels; c++) {
                total[c] += sums[at + offset + c];
            }
        }
        return total;
    }

    private static float[] sideBySide(float[] stacked, int places, int channels, int tasks) {
        float[] packed = new float[stacked.length];
        for (int i = 0; i < stacked.length; i++) {
            int task = i / (places * channels);
            packed[(i / channels % places * tasks + task) * channels + i % channels] = stacked[i];
        }
        return packed;
    }
}
