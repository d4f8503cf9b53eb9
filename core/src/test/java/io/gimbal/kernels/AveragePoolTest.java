package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.random;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gimbal.kernels.KernelRun.Array;

@OnKernelDevice
class AveragePoolTest {
    /** A window's rows of up to 15 taps, then their sums, each rounded once; the share and its product. */
    private static final int ROUNDINGS = 15 + 15 + 3;

    private interface Tap {
        void at(int output, int input);
    }

    private static void each(Pool pool, Tap tap) {
        for (int o = 0; o < pool.outputs(); o++) {
            int c = o % pool.channels();
            int q = o / pool.channels() % pool.across();
            int p = o / pool.channels() / pool.across() % pool.down();
            int n = o / pool.channels() / pool.across() / pool.down();
            for (int r = 0; r < pool.kernel(); r++) {
                for (int s = 0; s < pool.kernel(); s++) {
                    int h = p * pool.stride() - pool.padding() + r;
                    int w = q * pool.stride() - pool.padding() + s;
                    if (h >= 0 && h < pool.height() && w >= 0 && w < pool.width()) {
                        tap.at(o, ((n * pool.height() + h) * pool.width() + w) * pool.channels() + c);
                    }
                }
            }
        }
    }

    @EachWay
    void aWindowLeavesItsSumOverAllItsTapsAndSharesItsGradientOut(Way way) {
        for (Pool pool : Pool.ALL) {
            for (Element element : Element.values()) {
                for (int blocks : KernelRun.grids(way)) {
                    check(way, element, pool, blocks);
                }
            }
        }
    }

    private static void check(Way way, Element element, Pool pool, int blocks) {
        float[] x = element.rounded(random(5, pool.inputs(), 1, 1));
        float[] dy = element.rounded(random(6, pool.outputs()));
        double share = 1.0 / (pool.kernel() * pool.kernel());
        double[] y = new double[dy.length];
        double[] dx = new double[x.length];
        double[] sizes = new double[y.length];
        double[] gradientSizes = new double[x.length];
        each(pool, (output, input) -> {
            y[output] += share * x[input];
            sizes[output] += share * Math.abs(x[input]);
            dx[input] += share * dy[output];
            gradientSizes[input] += share * Math.abs(dy[output]);
        });
        try (KernelRun run = new KernelRun(way)) {
            Array pooled = element.output(run, y.length);
            Array gradient = element.output(run, dx.length);
            run.launch("pool", element.kernel("average_pool_forward"), blocks,
                    pool.arguments(element.array(run, x), pooled));
            run.launch("pool", element.kernel("average_pool_backward"), blocks,
                    pool.arguments(element.array(run, dy), gradient));
            assertClose(pool.toString(), y, sizes, element.values(pooled), ROUNDINGS + element.units());
            assertClose(pool + " backward", dx, gradientSizes, element.values(gradient), ROUNDINGS + element.units());
        }
    }

    @EachWay
    void whatIsNotFiniteReachesEveryWindowThatHoldsIt(Way way) {
        Pool pool = new Pool(1, 7, 6, 8, 3, 2, 1);
        float[] x = random(7, pool.inputs());
        x[5] = Float.NaN;
        x[pool.inputs() - 2] = Float.POSITIVE_INFINITY;
        double[] y = new double[pool.outputs()];
        each(pool, (output, input) -> y[output] += x[input]);
        for (Element element : Element.values()) {
            try (KernelRun run = new KernelRun(way)) {
                Array pooled = element.output(run, y.length);
                run.launch("pool", element.kernel("average_pool_forward"), 2, pool.arguments(element.array(run, x),
                        pooled));
                float[] values = element.values(pooled);
                for (int i = 0; i < y.length; i++) {
                    assertEquals(Double.isFinite(y[i]), Float.isFinite(values[i]), "output " + i);
                    assertEquals(Double.isNaN(y[i]), Float.isNaN(values[i]), "output " + i);
                }
            }
        }
    }
}
