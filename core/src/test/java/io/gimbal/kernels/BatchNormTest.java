package io.gimbal.kernels;

import static io.gimbal.kernels.BatchNormTwin.EPS;
import static io.gimbal.kernels.BatchNormTwin.launch;
import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.expected;
import static io.gimbal.kernels.Numbers.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.gimbal.kernels.BatchNormTwin.Slice;
import io.gimbal.kernels.KernelRun.Array;
import java.util.Arrays;

@OnKernelDevice
class BatchNormTest {
    static final int[][] SHAPES = {{2, 1}, {1, 5}, {3, 13}, {257, 1}, {1023, 3}, {255, 4}, {1025, 20}, {300, 8},
            {131, 16}, {70, 24}, {513, 32}, {512, 64}, {129, 130}, {33, 1030}};

    @EachWay
    void statisticsAreThoseOfAllPlaces(Way way) {
        for (Element element : Element.values()) {
            for (int[] shape : SHAPES) {
                for (int blocks : KernelRun.grids(way)) {
                    statistics(way, element, shape[0], shape[1], 0.5, 2, blocks);
                }
            }
        }
    }

    @EachWay
    void statisticsLoseNothingToALargeMean(Way way) {
        for (Element element : Element.values()) {
            statistics(way, element, 1025, 13, 5000, 1, 3);
            statistics(way, element, 4096, 8, -20_000, 3, 2);
        }
    }

    private static void statistics(Way way, Element element, int places, int channels, double centre, double deviation,
            int blocks) {
        BatchNormTwin twin = BatchNormTwin.of(element, places, channels, centre, deviation);
        try (KernelRun run = new KernelRun(way)) {
            Array partials = run.output(2L * blocks * channels);
            Array mean = run.output(channels);
            Array inverse = run.output(channels);
            Array unbiased = run.output(channels);
            float[] whole = null;
            for (Slice slice : Slice.ALL) {
                run.launch("batch_norm", element.kernel("batch_norm_statistics"), blocks, twin.x(run, element, slice),
                        partials, (long) places, channels, (long) twin.pitch(slice));
                whole = whole == null ? partials.floats() : whole;
                assertArrayEquals(whole, partials.floats(), slice.toString());
            }
            run.launch("batch_norm", "batch_norm_statistics_finish", 1 + blocks % 2, partials, blocks, (long) places,
                    channels, EPS, mean, inverse, unbiased);
            String what = element + " " + places + "x" + channels + " in " + blocks;
            assertClose(what + " mean", twin.mean, expected(channels, c -> Math.abs(centre) + deviation),
                    mean.floats(), 4);
            double[] variance = expected(channels, c -> twin.variance[c] * places / Math.max(places - 1, 1));
            // relative to the variance, 64 terms going into a sum before anything coarser; and each block's mean is
            // rounded at the mean's size, which costs up to 2 units of centre * deviation (the plain formula would lose
            // 1 unit of centre^2)
            double rounded = Math.abs(centre) * deviation / 50;
            assertClose(what + " variance", variance, expected(channels, c -> variance[c] + rounded + 1e-6),
                    unbiased.floats(), 100);
            double[] inverses = expected(channels, c -> 1 / Math.sqrt(twin.variance[c] + EPS));
            assertClose(what + " inverse", inverses, expected(channels, c -> inverses[c] * (1 + rounded * inverses[c]
                    * inverses[c])), inverse.floats(), 100);
        }
    }

    /** Of ranks' means and variances those of all their places, against the places themselves in double. */
    @EachWay
    void ranksStatisticsAreJoinedToThoseOfAllPlaces(Way way) {
        for (int ranks : new int[] {1, 2, 3, 8}) {
            for (int places : new int[] {1, 2, 65}) {
                for (int channels : new int[] {1, 13, 257}) {
                    join(way, ranks, places, channels, 0);
                    join(way, ranks, places, channels, 5000);
                }
            }
        }
    }

    private static void join(Way way, int ranks, int places, int channels, double centre) {
        float[] x = random(ranks + places, ranks * places * channels);
        float[] all = new float[ranks * 2 * channels];
        double[] mean = new double[channels];
        double[] square = new double[channels];
        for (int c = 0; c < channels; c++) {
            for (int r = 0; r < ranks; r++) {
                double own = 0;
                double ownSquare = 0;
                for (int m = 0; m < places; m++) {
                    own += (centre + x[(r * places + m) * channels + c]) / places;
                }
                for (int m = 0; m < places; m++) {
                    ownSquare += Math.pow(centre + x[(r * places + m) * channels + c] - own, 2);
                }
                all[2 * r * channels + c] = (float) own;
                all[(2 * r + 1) * channels + c] = (float) (ownSquare / Math.max(1, places - 1));
            }
            for (int r = 0; r < ranks; r++) {
                mean[c] += all[2 * r * channels + c] / (double) ranks;
            }
            for (int r = 0; r < ranks; r++) {
                square[c] += all[(2 * r + 1) * channels + c] * (double) Math.max(1, places - 1)
                        + places * Math.pow(all[2 * r * channels + c] - mean[c], 2);
            }
        }
        int total = ranks * places;
        try (KernelRun run = new KernelRun(way)) {
            Array means = run.output(channels);
            Array inverse = run.output(channels);
            Array unbiased = run.output(channels);
            run.launch("batch_norm", "batch_norm_statistics_join", 1 + channels / 100, run.floats(all), ranks,
                    (long) places, channels, EPS, means, inverse, unbiased);
            // In double from what the ranks told: a rounding of each result is left.
            assertClose("mean", mean, means.floats(), 2);
            assertClose("inverse", expected(channels, c -> 1 / Math.sqrt(square[c] / total + EPS)), inverse.floats(),
                    2);
            assertClose("unbiased", expected(channels, c -> square[c] / Math.max(1, total - 1)), unbiased.floats(), 2);
        }
    }

    @EachWay
    void inferenceTakesTheRunningVariance(Way way) {
        for (int channels : new int[] {1, 255, 257, 1025}) {
            float[] deviation = random(channels, channels);
            float[] variance = new float[channels];
            for (int c = 0; c < channels; c++) {
                variance[c] = deviation[c] * deviation[c];
            }
            try (KernelRun run = new KernelRun(way)) {
                Array inverse = run.output(channels);
                run.launch("batch_norm", "batch_norm_inference_std", 3, run.floats(variance), EPS, inverse, channels);
                assertClose("inverse", expected(channels, c -> 1 / Math.sqrt(variance[c] + (double) EPS)),
                        inverse.floats(), 2);
            }
        }
    }

    @EachWay
    void forwardNormalisesScalesAndShifts(Way way) {
        for (Element element : Element.values()) {
            for (int[] shape : SHAPES) {
                for (int blocks : KernelRun.grids(way)) {
                    forward(way, element, BatchNormTwin.of(element, shape[0], shape[1]), blocks);
                }
            }
            forward(way, element, BatchNormTwin.of(element, 1025, 13, 5000, 1), 3);
            forward(way, element, BatchNormTwin.of(element, 515, 8, -20_000, 300), 2);
        }
    }

    @EachWay
    void forwardWritesChannelsOfAWiderTensorAndNothingBeside(Way way) {
        for (Element element : Element.values()) {
            for (int[] shape : SHAPES) {
                BatchNormTwin twin = BatchNormTwin.of(element, shape[0], shape[1]);
                for (Slice from : Slice.ALL) {
                    for (Slice to : Slice.ALL) {
                        forwardInto(way, element, twin, from, to);
                    }
                }
            }
        }
    }

    private static void forwardInto(Way way, Element element, BatchNormTwin twin, Slice from, Slice to) {
        int pitch = twin.pitch(to);
        float[] wide = new float[to.before() + twin.places * pitch];
        Arrays.fill(wide, 77);
        try (KernelRun run = new KernelRun(way)) {
            Array y = element.array(run, wide);
            launch(run, "batch_norm", element.kernel("batch_norm_forward_into"), KernelRun.grid(way, twin.x.length),
                    twin.x(run, element, from), twin.normalisation(run), y.at((long) to.before() * element.bytes()),
                    (long) twin.places, twin.channels, (long) twin.pitch(from), (long) pitch, 1);
            float[] written = element.values(y);
            float[] inside = new float[twin.x.length];
            for (int i = 0; i < inside.length; i++) {
                int at = to.before() + i / twin.channels * pitch + i % twin.channels;
                inside[i] = written[at];
                written[at] = 77;
            }
            assertClose("from " + from + " to " + to, expected(twin.x.length, i -> twin.y(i, true)),
                    expected(twin.x.length, twin::size), inside, 4 + element.units());
            assertArrayEquals(wide, written, "beside it");
        }
    }

    private static void forward(Way way, Element element, BatchNormTwin twin, int blocks) {
        for (boolean relu : new boolean[] {false, true}) {
            try (KernelRun run = new KernelRun(way)) {
                Object[] normalisation = twin.normalisation(run);
                for (Slice slice : Slice.ALL) {
                    Array y = element.output(run, twin.x.length);
                    launch(run, "batch_norm", element.kernel("batch_norm_forward"), blocks,
                            twin.x(run, element, slice), normalisation, y, (long) twin.places, twin.channels,
                            (long) twin.pitch(slice), relu ? 1 : 0);
                    assertClose("forward of " + slice, expected(twin.x.length, i -> twin.y(i, relu)),
                            expected(twin.x.length, twin::size), element.values(y), 4 + element.units());
                }
            }
        }
    }
}
