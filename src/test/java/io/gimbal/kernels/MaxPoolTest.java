package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.gimbal.kernels.KernelRun.Array;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(KernelDevice.class)
class MaxPoolTest {
    /** Images of height x width x channels, pooled. */
    private record Pool(int images, int height, int width, int channels, int kernel, int stride, int padding) {
        int down() {
            return (height + 2 * padding - kernel) / stride + 1;
        }

        int across() {
            return (width + 2 * padding - kernel) / stride + 1;
        }

        int inputs() {
            return images * height * width * channels;
        }

        int outputs() {
            return images * down() * across() * channels;
        }

        /** For each output, which input it takes; the window index goes to {@code codes}. */
        int[] winners(float[] x, byte[] codes) {
            int[] winners = new int[outputs()];
            for (int o = 0; o < winners.length; o++) {
                int c = o % channels;
                int q = o / channels % across();
                int p = o / channels / across() % down();
                int n = o / channels / across() / down();
                winners[o] = -1;
                for (int r = 0; r < kernel; r++) {
                    for (int s = 0; s < kernel; s++) {
                        int h = p * stride - padding + r;
                        int w = q * stride - padding + s;
                        if (h < 0 || h >= height || w < 0 || w >= width) {
                            continue;
                        }
                        int i = ((n * height + h) * width + w) * channels + c;
                        if (winners[o] < 0 || x[i] > x[winners[o]] || Float.isNaN(x[i])) {
                            winners[o] = i;
                            codes[o] = (byte) (r * kernel + s);
                        }
                    }
                }
            }
            return winners;
        }
    }

    private static final Pool[] POOLS = {
        new Pool(1, 1, 1, 1, 1, 1, 0), new Pool(1, 2, 2, 1, 2, 2, 0), new Pool(2, 7, 5, 3, 2, 2, 0),
                new Pool(1, 9, 11, 13, 3, 2, 1),
        new Pool(2, 8, 8, 16, 2, 2, 0), new Pool(1, 12, 10, 20, 3, 1, 1), new Pool(1, 6, 6, 8, 2, 3, 0),
                new Pool(1, 15, 15, 4, 15, 1, 7),
        new Pool(1, 16, 24, 64, 3, 2, 1), new Pool(1, 2, 3, 1025, 2, 1, 1), new Pool(1, 10, 9, 5, 3, 5, 1)
    };

    @ParameterizedTest
    @EnumSource
    void firstLargestOfEachWindowWinsAndTakesTheGradient(Way way) {
        for (Pool pool : POOLS) {
            for (int blocks : KernelRun.grids(way)) {
                for (int tasks : new int[] {1, 3}) {
                    check(way, pool, random(pool.inputs(), pool.inputs()), tasks, blocks);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void ofEqualTapsTheFirstWins(Way way) {
        for (Pool pool : POOLS) {
            float[] x = random(7, pool.inputs());
            for (int i = 0; i < x.length; i++) {
                x[i] = Math.round(x[i]) == 0 ? 0 : -1;
            }
            check(way, pool, x, 2, 3);
        }
    }

    @ParameterizedTest
    @EnumSource
    void notANumberWinsAndInfinitiesAreNumbers(Way way) {
        for (Pool pool : POOLS) {
            float[] x = random(8, pool.inputs());
            for (int i = 0; i < x.length; i++) {
                x[i] = i % 11 == 3 ? Float.NaN : i % 3 == 0 ? Float.NEGATIVE_INFINITY : i % 13 == 1
                        ? Float.POSITIVE_INFINITY : x[i];
            }
            check(way, pool, x, 1, 2);
        }
    }

    private static void check(Way way, Pool pool, float[] x, int tasks, int blocks) {
        byte[] codes = new byte[pool.outputs()];
        int[] winners = pool.winners(x, codes);
        float[] y = new float[winners.length];
        float[] dy = random(3, tasks * y.length);
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
            Array pooled = run.output(y.length);
            Array index = run.outputBytes(y.length);
            Array gradient = run.output(dx.length);
            run.launch("pool", "max_pool_forward", blocks, run.floats(x), pooled, index, pool.images, pool.height,
                    pool.width, pool.channels,
                    pool.down(), pool.across(), pool.kernel, pool.stride, pool.padding);
            run.launch("pool", "max_pool_backward", blocks, run.floats(dy), index, gradient, pool.images, pool.height,
                    pool.width,
                    pool.channels, pool.down(), pool.across(), pool.kernel, pool.stride, pool.padding, tasks);
            assertArrayEquals(y, pooled.floats(), pool.toString());
            assertArrayEquals(codes, index.bytes(), pool.toString());
            // up to kernel^2 windows hold an input; few do in these
            assertClose(pool.toString(), dx, scale, gradient.floats(), 16);
        }
    }
}
