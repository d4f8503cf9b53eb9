package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.gimbal.kernels.KernelRun.Array;

@OnKernelDevice
class MaxUnpoolTest {
    @EachWay
    void valuesGoWhereTheyWerePooledFromAndTheRestIsZero(Way way) {
        for (Element element : Element.values()) {
            for (Pool pool : Pool.ALL) {
                for (int blocks : KernelRun.grids(way)) {
                    forward(way, element, pool, blocks);
                }
            }
        }
    }

    private static void forward(Way way, Element element, Pool pool, int blocks) {
        byte[] codes = new byte[pool.outputs()];
        int[] places = pool.winners(random(5, pool.inputs()), codes);
        float[] x = element.rounded(random(6, places.length));
        float[] y = new float[pool.inputs()];
        for (int i = 0; i < x.length; i++) {
            y[places[i]] = x[i];
        }
        try (KernelRun run = new KernelRun(way)) {
            Array up = element.output(run, y.length);
            run.launch("pool", element.kernel("max_unpool_forward"), blocks,
                    pool.arguments(element.array(run, x), run.bytes(codes), up));
            assertArrayEquals(y, element.values(up), pool.toString());
        }
    }

    @EachWay
    void gradientIsTakenFromWhereEachValueWent(Way way) {
        for (Element element : Element.values()) {
            for (Pool pool : Pool.ALL) {
                for (int tasks : new int[] {1, 3}) {
                    backward(way, element, pool, tasks, KernelRun.grid(way, tasks + pool.inputs()));
                }
            }
        }
    }

    private static void backward(Way way, Element element, Pool pool, int tasks, int blocks) {
        byte[] codes = new byte[pool.outputs()];
        int[] places = pool.winners(random(5, pool.inputs()), codes);
        float[] dy = element.rounded(random(6, tasks * pool.inputs()));
        float[] dx = new float[tasks * places.length];
        for (int i = 0; i < dx.length; i++) {
            dx[i] = dy[i / places.length * pool.inputs() + places[i % places.length]];
        }
        try (KernelRun run = new KernelRun(way)) {
            Array down = element.output(run, dx.length);
            run.launch("pool", element.kernel("max_unpool_backward"), blocks,
                    pool.argumentsWithTasks(tasks, element.array(run, dy), run.bytes(codes), down));
            assertArrayEquals(dx, element.values(down), pool.toString());
        }
    }

    /** What PyTorch 2.13 gives for max_pool2d(x, 2) and max_unpool2d: the last row and column are in no window. */
    @EachWay
    void anImageOfOddSizeIsAsInTorch(Way way) {
        float[] x = {20, 12, 14, 3, 2, 18, 9, 1, 13, 6, 5, 24, 21, 11, 19, 15, 4, 10, 22, 23, 0, 17, 8, 16, 7};
        float[] pooled = {20, 14, 24, 22};
        float[] unpooled = {1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0};
        torch(way, new Pool(1, 5, 5, 1, 2, 2, 0), x, pooled, unpooled);
    }

    /** The same with kernel 3, stride 2, padding 1, where windows overlap: the later window's value stays. */
    @EachWay
    void overlappingWindowsAreAsInTorchOnOneThread(Way way) {
        float[] x = {11, 9, 16, 6, 0, 5, 10, 18, 21, 12, 14, 24, 17, 7, 23, 4, 19, 3, 15, 8, 2, 22, 20, 1, 13};
        float[] pooled = {11, 21, 21, 24, 24, 23, 22, 22, 15};
        float[] unpooled = {1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 5, 0, 0, 6, 0, 0, 0, 9, 0, 0, 8, 0, 0, 0};
        torch(way, new Pool(1, 5, 5, 1, 3, 2, 1), x, pooled, unpooled);
    }

    private static void torch(Way way, Pool pool, float[] x, float[] pooled, float[] unpooled) {
        try (KernelRun run = new KernelRun(way)) {
            Array y = run.output(pool.outputs());
            Array index = run.outputBytes(pool.outputs());
            Array up = run.output(pool.inputs());
            run.launch("pool", "max_pool_forward", 2, pool.arguments(run.floats(x), y, index));
            assertArrayEquals(pooled, y.floats());
            float[] values = new float[pooled.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = i + 1;
            }
            run.launch("pool", "max_unpool_forward", 2, pool.arguments(run.floats(values), index, up));
            assertArrayEquals(unpooled, up.floats());
        }
    }
}
