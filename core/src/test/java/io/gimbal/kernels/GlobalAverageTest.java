package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.expected;
import static io.gimbal.kernels.Numbers.random;

import io.gimbal.kernels.KernelRun.Array;

@OnKernelDevice
class GlobalAverageTest {
    private static final int[][] SHAPES = {{1, 1, 1}, {3, 5, 7}, {2, 64, 13}, {4, 257, 64}, {8, 80, 512}, {1, 1025, 3},
            {300, 2, 4}};

    @EachWay
    void averageIsTakenOverTheImagesPlaces(Way way) {
        for (Element element : Element.values()) {
            for (int[] shape : SHAPES) {
                average(way, element, shape[0], shape[1], shape[2]);
            }
        }
    }

    private static void average(Way way, Element element, int images, int places, int channels) {
        float[] x = element.rounded(random(places, images * places * channels, 1, 1));
        double[] mean = new double[images * channels];
        double[] scale = new double[mean.length];
        for (int i = 0; i < x.length; i++) {
            int at = i / (places * channels) * channels + i % channels;
            mean[at] += (double) x[i] / places;
            scale[at] += Math.abs((double) x[i] / places);
        }
        for (int blocks : KernelRun.grids(way)) {
            try (KernelRun run = new KernelRun(way)) {
                Array y = element.output(run, mean.length);
                run.launch("pool", element.kernel("global_average_forward"), blocks, element.array(run, x), y, images,
                        places, channels);
                // 64 terms, then their sums
                assertClose("average", mean, scale, element.values(y), 80 + element.units());
            }
        }
    }

    @EachWay
    void gradientIsSharedOutEvenly(Way way) {
        for (Element element : Element.values()) {
            for (int[] shape : SHAPES) {
                sharing(way, element, shape[0], shape[1], shape[2]);
            }
        }
    }

    private static void sharing(Way way, Element element, int images, int places, int channels) {
        float[] dy = element.rounded(random(places, images * channels));
        double[] twin = expected(dy.length * places, i -> (double) dy[i / (places * channels) * channels
                + i % channels] / places);
        for (int blocks : KernelRun.grids(way)) {
            try (KernelRun run = new KernelRun(way)) {
                Array dx = element.output(run, twin.length);
                run.launch("pool", element.kernel("global_average_backward"), blocks, element.array(run, dy), dx,
                        images, places, channels);
                assertClose("gradient", twin, element.values(dx), 3 + element.units());
            }
        }
    }
}
