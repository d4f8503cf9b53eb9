package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.random;

import io.gimbal.kernels.KernelRun.Array;

@OnKernelDevice
class UpsampleTest {
    /** images, height, width, channels, scale */
    private static final int[][] SHAPES = {
        {1, 1, 1, 1, 1}, {1, 1, 1, 3, 4}, {2, 3, 5, 1, 2}, {1, 4, 3, 13, 2}, {2, 5, 4, 8, 3}, {1, 6, 5, 20, 4},
                {1, 2, 1, 64, 8},
        {1, 12, 16, 32, 2}, {1, 3, 2, 1025, 2}, {1, 7, 6, 3, 5}
    };

    @EachWay
    void bilinearOutputsMixTheFourSourcesAboutThem(Way way) {
        for (Element element : Element.values()) {
            for (int[] shape : SHAPES) {
                check(way, element, shape, "bilinear");
            }
        }
    }

    @EachWay
    void nearestOutputsCopyTheirSource(Way way) {
        for (Element element : Element.values()) {
            for (int[] shape : SHAPES) {
                check(way, element, shape, "nearest");
            }
        }
    }

    private static void check(Way way, Element element, int[] shape, String mode) {
        int channels = shape[3];
        int inputs = shape[0] * shape[1] * shape[2] * channels;
        int outputs = inputs * shape[4] * shape[4];
        float[] x = element.rounded(random(inputs, inputs));
        float[] dy = element.rounded(random(outputs, outputs));
        double[] y = new double[outputs];
        double[] dx = new double[inputs];
        double[] scale = new double[inputs];
        for (int o = 0; o < outputs; o++) {
            int across = shape[2] * shape[4];
            int down = shape[1] * shape[4];
            int q = o / channels % across;
            int p = o / channels / across % down;
            int image = o / channels / across / down;
            double[] rows = shares(mode, p, shape[4], shape[1]);
            double[] columns = shares(mode, q, shape[4], shape[2]);
            for (int h = 0; h < shape[1]; h++) {
                for (int w = 0; w < shape[2]; w++) {
                    double share = rows[h] * columns[w];
                    int i = ((image * shape[1] + h) * shape[2] + w) * channels + o % channels;
                    y[o] += share * x[i];
                    dx[i] += share * dy[o];
                    scale[i] += Math.abs(share * dy[o]);
                }
            }
        }
        for (int blocks : KernelRun.grids(way)) {
            try (KernelRun run = new KernelRun(way)) {
                Array up = element.output(run, outputs);
                Array gradient = element.output(run, inputs);
                run.launch("upsample", element.kernel("upsample_" + mode + "_forward"), blocks, element.array(run, x),
                        up, shape[0], shape[1], shape[2], channels, shape[4]);
                run.launch("upsample", element.kernel("upsample_" + mode + "_backward"), blocks,
                        element.array(run, dy), gradient, shape[0], shape[1], shape[2], channels, shape[4]);
                // shares are rounded at the size of a coordinate (up to 16), then multiplied and added
                assertClose(mode, y, element.values(up), 24 + element.units());
                double most = shape[4] * shape[4];
                assertClose(mode + " backward", dx, java.util.Arrays.stream(scale).map(s -> s + 1).toArray(),
                        element.values(gradient), 24 + most + element.units());
            }
        }
    }

    /** How much of each source line output p takes, by torch's formula for align_corners=False. */
    private static double[] shares(String mode, int p, int scale, int size) {
        double[] shares = new double[size];
        if (mode.equals("nearest")) {
            shares[p / scale] = 1;
            return shares;
        }
        double source = Math.max(0, (p + 0.5) / scale - 0.5);
        int low = (int) source;
        shares[low] += 1 - (source - low);
        shares[Math.min(low + 1, size - 1)] += source - low;
        return shares;
    }
}
