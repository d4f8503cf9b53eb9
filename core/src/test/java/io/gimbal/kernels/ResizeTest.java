package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.random;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gimbal.kernels.KernelRun.Array;
import java.util.Arrays;

@OnKernelDevice
class ResizeTest {
    private record Resizing(int images, int height, int width, int channels, int down, int across) {
        int inputs() {
            return images * height * width * channels;
        }

        int outputs() {
            return images * down * across * channels;
        }

        Object[] arguments(Object... tensors) {
            Object[] sizes = {images, height, width, channels, down, across};
            Object[] all = Arrays.copyOf(tensors, tensors.length + sizes.length);
            System.arraycopy(sizes, 0, all, tensors.length, sizes.length);
            return all;
        }
    }

    /** To the same size, larger, smaller, one of each; from and to one line; whole ratios and others. */
    private static final Resizing[] ALL = {
        new Resizing(1, 1, 1, 1, 1, 1), new Resizing(2, 3, 5, 3, 3, 5), new Resizing(1, 1, 1, 5, 7, 4),
        new Resizing(2, 1, 1, 64, 9, 11), new Resizing(1, 7, 9, 3, 1, 1), new Resizing(1, 2, 3, 8, 5, 4),
        new Resizing(2, 13, 11, 6, 4, 7), new Resizing(1, 6, 5, 8, 13, 11), new Resizing(1, 4, 12, 20, 12, 4),
        new Resizing(1, 30, 40, 16, 31, 39), new Resizing(1, 2, 1, 1025, 3, 2), new Resizing(1, 23, 24, 4, 7, 60),
        new Resizing(1, 60, 50, 8, 3, 2), new Resizing(1, 3, 2, 7, 64, 65)
    };

    /** Lines that two sides of a resizing have, long ones too: their places are whole numbers up to 2^31. */
    private static final int[][] LINES = {{1, 1}, {1, 70001}, {70001, 1}, {2, 70001}, {70001, 2}, {23170, 23170},
            {23169, 23170}, {23170, 23169}, {7, 4999}, {4999, 7}, {1000, 3000}, {3000, 1000}, {4096, 10240}};

    /** How much of each source line output p takes; what is not there it takes nothing of. */
    private static double[] shares(boolean bilinear, int p, int out, int have) {
        double[] shares = new double[have];
        if (!bilinear) {
            shares[(int) ((long) p * have / out)] = 1;
            return shares;
        }
        double source = Math.max(0, (p + 0.5) * have / out - 0.5);
        int low = Math.min((int) source, have - 1);
        shares[low] += 1 - (source - low);
        shares[Math.min(low + 1, have - 1)] += source - low;
        return shares;
    }

    private static String kernel(boolean bilinear, String way) {
        return "resize_" + (bilinear ? "bilinear_" : "nearest_") + way;
    }

    @EachWay
    void bilinearOutputsMixTheFourSourcesAboutThem(Way way) {
        for (Resizing resizing : ALL) {
            check(way, resizing, true);
        }
    }

    @EachWay
    void nearestOutputsCopyTheirSource(Way way) {
        for (Resizing resizing : ALL) {
            check(way, resizing, false);
        }
    }

    private static void check(Way way, Resizing resizing, boolean bilinear) {
        for (Element element : Element.values()) {
            float[] x = element.rounded(random(1, resizing.inputs()));
            float[] dy = element.rounded(random(2, resizing.outputs()));
            double[] y = new double[dy.length];
            double[] dx = new double[x.length];
            double[] sizes = new double[y.length];
            double[] gradientSizes = new double[x.length];
            mix(resizing, bilinear, (output, input, share) -> {
                y[output] += share * x[input];
                sizes[output] += share * Math.abs(x[input]);
                dx[input] += share * dy[output];
                gradientSizes[input] += share * Math.abs(dy[output]);
            });
            // What a share is off is absolute: 2^-22 of an input.
            Arrays.setAll(sizes, i -> sizes[i] + 1);
            Arrays.setAll(gradientSizes, i -> gradientSizes[i] + 1);
            int gathered = resizing.down() / resizing.height() + resizing.across() / resizing.width();
            for (int blocks : KernelRun.grids(way)) {
                try (KernelRun run = new KernelRun(way)) {
                    Array resized = element.output(run, y.length);
                    Array gradient = element.output(run, dx.length);
                    run.launch("resize", element.kernel(kernel(bilinear, "forward")), blocks,
                            resizing.arguments(element.array(run, x), resized));
                    run.launch("resize", element.kernel(kernel(bilinear, "backward")), blocks,
                            resizing.arguments(element.array(run, dy), gradient));
                    assertClose(resizing.toString(), y, sizes, element.values(resized), 16 + element.units());
                    assertClose(resizing + " backward", dx, gradientSizes, element.values(gradient),
                            16 + 4 * gathered + element.units());
                }
            }
        }
    }

    private interface Mix {
        void add(int output, int input, double share);
    }

    private static void mix(Resizing resizing, boolean bilinear, Mix mix) {
        for (int place = 0; place < resizing.images() * resizing.down() * resizing.across(); place++) {
            int image = place / resizing.across() / resizing.down();
            double[] rows = shares(bilinear, place / resizing.across() % resizing.down(), resizing.down(),
                    resizing.height());
            double[] columns = shares(bilinear, place % resizing.across(), resizing.across(), resizing.width());
            for (int h = 0; h < resizing.height(); h++) {
                for (int w = 0; w < resizing.width(); w++) {
                    double share = rows[h] * columns[w];
                    if (share != 0) {
                        int from = ((image * resizing.height() + h) * resizing.width() + w) * resizing.channels();
                        for (int c = 0; c < resizing.channels(); c++) {
                            mix.add(place * resizing.channels() + c, from + c, share);
                        }
                    }
                }
            }
        }
    }

    /** Rows of one column and channel: backward takes the shares of forward, no output left out or taken twice. */
    @EachWay
    void theLinesOfLongImagesAreTheTwins(Way way) {
        for (int[] lines : LINES) {
            for (boolean bilinear : new boolean[] {true, false}) {
                checkLines(way, lines[0], lines[1], bilinear);
            }
        }
    }

    private static void checkLines(Way way, int have, int out, boolean bilinear) {
        float[] x = random(3, have);
        float[] dy = random(4, out);
        double[] y = new double[out];
        double[] dx = new double[have];
        double[] sizes = new double[have];
        for (int p = 0; p < out; p++) {
            double source = bilinear ? Math.max(0, (p + 0.5) * have / out - 0.5) : (double) ((long) p * have / out);
            int low = Math.min((int) source, have - 1);
            int high = Math.min(low + 1, have - 1);
            double share = low == have - 1 ? 0 : source - low;
            y[p] = (1 - share) * x[low] + share * x[high];
            dx[low] += (1 - share) * dy[p];
            dx[high] += share * dy[p];
            sizes[low] += Math.abs(dy[p]);
            sizes[high] += Math.abs(dy[p]);
        }
        Arrays.setAll(sizes, i -> sizes[i] + 1);
        String what = have + " to " + out + (bilinear ? " bilinear" : " nearest");
        try (KernelRun run = new KernelRun(way)) {
            Array resized = run.output(out);
            Array gradient = run.output(have);
            run.launch("resize", kernel(bilinear, "forward"), 5, run.floats(x), resized, 1, have, 1, 1, out, 1);
            run.launch("resize", kernel(bilinear, "backward"), 5, run.floats(dy), gradient, 1, have, 1, 1, out, 1);
            assertClose(what, y, resized.floats(), 16);
            assertClose(what + " backward", dx, sizes, gradient.floats(), 16 + Math.sqrt((double) out / have));
        }
    }

    @EachWay
    void whatIsNotFiniteReachesWhatLooksAtIt(Way way) {
        Resizing resizing = new Resizing(1, 5, 4, 8, 7, 9);
        for (boolean bilinear : new boolean[] {true, false}) {
            float[] x = random(7, resizing.inputs());
            x[9] = Float.NaN;
            boolean[] looks = new boolean[resizing.outputs()];
            mix(resizing, bilinear, (output, input, share) -> looks[output] |= input == 9 && share > 0);
            for (Element element : Element.values()) {
                try (KernelRun run = new KernelRun(way)) {
                    Array resized = element.output(run, resizing.outputs());
                    run.launch("resize", element.kernel(kernel(bilinear, "forward")), 2,
                            resizing.arguments(element.array(run, x), resized));
                    float[] values = element.values(resized);
                    for (int i = 0; i < values.length; i++) {
                        assertEquals(true, !looks[i] || Float.isNaN(values[i]), "output " + i);
                    }
                }
            }
        }
    }
}
