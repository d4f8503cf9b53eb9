package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.gimbal.kernels.KernelRun.Array;

@OnKernelDevice
class MaxPoolTest {
    @EachWay
    void firstLargestOfEachWindowWinsAndTakesTheGradient(Way way) {
        for (Pool pool : Pool.ALL) {
            for (int blocks : KernelRun.grids(way)) {
                for (int tasks : new int[] {1, 3}) {
                    check(way, pool, random(pool.inputs(), pool.inputs()), tasks, blocks);
                }
            }
        }
    }

    @EachWay
    void ofEqualTapsTheFirstWins(Way way) {
        for (Pool pool : Pool.ALL) {
            float[] x = random(7, pool.inputs());
            for (int i = 0; i < x.length; i++) {
                x[i] = Math.round(x[i]) == 0 ? 0 : -1;
            }
            check(way, pool, x, 2, 3);
        }
    }

    @EachWay
    void notANumberWinsAndInfinitiesAreNumbers(Way way) {
        for (Pool pool : Pool.ALL) {
            float[] x = random(8, pool.inputs());
            for (int i = 0; i < x.length; i++) {
                x[i] = i % 11 == 3 ? Float.NaN : i % 3 == 0 ? Float.NEGATIVE_INFINITY : i % 13 == 1
                        ? Float.POSITIVE_INFINITY : x[i];
            }
            check(way, pool, x, 1, 2);
        }
    }

    private static void check(Way way, Pool pool, float[] x, int tasks, int blocks) {
        for (Element element : Element.values()) {
            check(way, element, pool, element.rounded(x), tasks, blocks);
        }
    }

    private static void check(Way way, Element element, Pool pool, float[] x, int tasks, int blocks) {
        byte[] codes = new byte[pool.outputs()];
        int[] winners = pool.winners(x, codes);
        float[] y = new float[winners.length];
        float[] dy = element.rounded(random(3, tasks * y.length));
        double[] dx = new double[tasks * x.length];
        double[] scale = new double[dx.length];
        for (int o = 0; o < y.length; o++) {
            y[o] = x[winners[o]];
            for (int t = 0; t < tasks; t++) {
                dx[t * x.length + winners[o]] += dy[t * y.length + o];
                scale[t * x.length + winners[o]] += Math.abs(dy[t * y.length + o]);
            }
        }
        try (KernelRun run = new KernelRun(way)) {
            Array pooled = element.output(run, y.length);
            Array index = run.outputBytes(y.length);
            Array gradient = element.output(run, dx.length);
            run.launch("pool", element.kernel("max_pool_forward"), blocks,
                    pool.arguments(element.array(run, x), pooled, index));
            run.launch("pool", element.kernel("max_pool_backward"), blocks,
                    pool.argumentsWithTasks(tasks, element.array(run, dy), index, gradient));
            assertArrayEquals(y, element.values(pooled), pool.toString());
            assertArrayEquals(codes, index.bytes(), pool.toString());
            // up to kernel^2 windows hold an input; few do in these
            assertClose(pool.toString(), dx, scale, element.values(gradient), 16 + element.units());
        }
    }
}
