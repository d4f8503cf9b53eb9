package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.expected;
import static io.gimbal.kernels.Numbers.random;

import io.gimbal.kernels.KernelRun.Array;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(KernelDevice.class)
class GlobalAverageTest {
    private static final int[][] SHAPES = {{1, 1, 1}, {3, 5, 7}, {2, 64, 13}, {4, 257, 64}, {8, 80, 512}, {1, 1025, 3},
            {300, 2, 4}};

    @ParameterizedTest
    @EnumSource
    void averageIsTakenOverTheImagesPlaces(Way way) {
        for (int[] shape : SHAPES) {
            int places = shape[1];
            int channels = shape[2];
            float[] x = random(places, shape[0] * places * channels, 1, 1);
            double[] mean = new double[shape[0] * channels];
            double[] scale = new double[mean.length];
            for (int i = 0; i < x.length; i++) {
                int at = i / (places * channels) * channels + i % channels;
                mean[at] += (double) x[i] / places;
                scale[at] += Math.abs((double) x[i] / places);
            }
            for (int blocks : KernelRun.grids(way)) {
                try (KernelRun run = new KernelRun(way)) {
                    Array y = run.output(mean.length);
                    run.launch("pool", "global_average_forward", blocks, run.floats(x), y, shape[0], places, channels);
                    assertClose("average", mean, scale, y.floats(), 80);  // 64 terms, then their sums
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void gradientIsSharedOutEvenly(Way way) {
        for (int[] shape : SHAPES) {
            int places = shape[1];
            int channels = shape[2];
            float[] dy = random(places, shape[0] * channels);
            for (int blocks : KernelRun.grids(way)) {
                try (KernelRun run = new KernelRun(way)) {
                    Array dx = run.output((long) dy.length * places);
                    run.launch("pool", "global_average_backward", blocks, run.floats(dy), dx, shape[0], places,
                            channels);
                    assertClose("gradient",
                            expected(dy.length * places, i -> (double) dy[i / (places * channels) * channels
                                    + i % channels] / places),
                            dx.floats(), 3);
                }
            }
        }
    }
}
