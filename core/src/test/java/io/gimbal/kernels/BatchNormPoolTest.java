package io.gimbal.kernels;

import static io.gimbal.kernels.BatchNormTwin.launch;
import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.expected;
import static io.gimbal.kernels.Numbers.random;
import static io.gimbal.kernels.Numbers.wide;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.gimbal.kernels.KernelRun.Array;

/** Batch normalisation and 2 x 2 max pooling. */
@OnKernelDevice
class BatchNormPoolTest {
    static final Pool[] POOLS = {halving(1, 2, 2, 1), halving(2, 5, 7, 3), halving(2, 7, 5, 13), halving(1, 6, 8, 8),
        halving(3, 3, 2, 20), halving(2, 9, 11, 64), halving(1, 5, 4, 130), halving(1, 2, 3, 1030)};

    static Pool halving(int images, int height, int width, int channels) {
        return new Pool(images, height, width, channels, 2, 2, 0);
    }

    @EachWay
    void poolingIsThatOfSeparateKernelsAndSoIsItsGradient(Way way) {
        for (Element element : Element.values()) {
            for (Pool pool : POOLS) {
                for (int blocks : KernelRun.grids(way)) {
                    check(way, element, pool, twin(element, pool, 1, 2), blocks);
                }
            }
            Pool pool = halving(2, 9, 11, 13);
            check(way, element, pool, twin(element, pool, 5000, 1), 3);
            check(way, element, pool, twin(element, pool, -20_000, 300), 2);
        }
    }

    @EachWay
    void ofEqualTapsTheFirstWinsAndNotANumberIsHandedOn(Way way) {
        for (Element element : Element.values()) {
            for (int channels : new int[] {3, 8, 13}) {
                Pool pool = halving(2, 7, 6, channels);
                BatchNormTwin twin = twin(element, pool, 0, 1);
                for (int i = 0; i < twin.x.length; i++) {
                    twin.x[i] = i % 17 == 0 ? Float.NaN : Math.round(twin.x[i]);
                }
                check(way, element, pool, twin, 2);
            }
        }
    }

    private static BatchNormTwin twin(Element element, Pool pool, double centre, double deviation) {
        return BatchNormTwin.of(element, pool.inputs() / pool.channels(), pool.channels(), centre, deviation);
    }

    private static void check(Way way, Element element, Pool pool, BatchNormTwin twin, int blocks) {
        for (int relu = 0; relu < 2; relu++) {
            try (KernelRun run = new KernelRun(way)) {
                Case test = new Case(run, element, pool, twin, blocks, relu);
                test.backward(test.forward());
            }
        }
    }

    private record Case(KernelRun run, Element element, Pool pool, BatchNormTwin twin, int blocks, int relu, Array x,
            Object[] normalisation) {
        Case(KernelRun run, Element element, Pool pool, BatchNormTwin twin, int blocks, int relu) {
            this(run, element, pool, twin, blocks, relu, element.array(run, twin.x), twin.normalisation(run));
        }

        private Object[] sizes() {
            return new Object[] {pool.images(), pool.height(), pool.width(), pool.channels(), relu};
        }

        /** The index, which is that of separate kernels. */
        Array forward() {
            Array y = element.output(run, pool.outputs());
            Array index = run.outputBytes(pool.outputs());
            launch(run, "batch_norm", element.kernel("batch_norm_pool_forward"), blocks, x, normalisation, y, index,
                    sizes());
            Array dense = element.output(run, pool.inputs());
            Array pooled = element.output(run, pool.outputs());
            Array separate = run.outputBytes(pool.outputs());
            launch(run, "batch_norm", element.kernel("batch_norm_forward"), blocks, x, normalisation, dense,
                    (long) twin.places, twin.channels, (long) twin.channels, relu);
            run.launch("pool", element.kernel("max_pool_forward"), blocks, pool.arguments(dense, pooled, separate));
            assertArrayEquals(separate.bytes(), index.bytes(), pool + " index");
            assertArrayEquals(element.values(pooled), element.values(y), pool.toString());

            int[] winners = winners(element.values(dense));
            assertClose(pool + " pooled", expected(winners.length, i -> twin.y(winners[i], relu == 1)),
                    expected(winners.length, i -> twin.size(winners[i])), element.values(y), 4 + element.units());
            return index;
        }

        private int[] winners(float[] dense) {
            return pool.winners(dense, new byte[pool.outputs()]);
        }

        void backward(Array index) {
            int[] places = placesOf(index.bytes());
            float[] dy = element.rounded(random(pool.outputs(), pool.outputs()));
            float[] spread = new float[pool.inputs()];
            for (int i = 0; i < dy.length; i++) {
                dy[i] = relu == 1 && !twin.clear(places[i]) ? 0 : dy[i];
                spread[places[i]] = dy[i];
            }
            Array given = element.array(run, dy);
            Array dense = element.output(run, pool.inputs());
            run.launch("pool", element.kernel("max_pool_backward"), blocks,
                    pool.argumentsWithTasks(1, given, index, dense));
            assertArrayEquals(spread, element.values(dense), pool + " spread");

            Array partials = run.output(2L * blocks * twin.channels);
            launch(run, "batch_norm_backward", element.kernel("batch_norm_pool_backward_reduce"), blocks, x, given,
                    index, normalisation, partials, sizes());
            Array sums = twin.finished(run, partials, blocks, 1);
            // added up by windows here, by rows there
            double[] size = twin.sumsSize(wide(spread));
            assertClose(pool + " sums", twin.sums(wide(spread), relu == 1), size, sums.floats(), 70);
            assertClose(pool + " sums, separately", wide(twin.reduced(run, element, x, dense, normalisation, blocks,
                    relu)), size, sums.floats(), 140);

            Array dx = element.output(run, pool.inputs());
            launch(run, "batch_norm_backward", element.kernel("batch_norm_pool_backward_apply"), blocks, x, given,
                    index, normalisation, sums, dx, sizes());
            double[] dxSize = twin.dxSize(wide(spread), sums.floats());
            assertClose(pool + " dx", twin.dx(wide(spread), sums.floats(), relu == 1), dxSize, element.values(dx),
                    8 + element.units());
            assertArrayEquals(twin.applied(run, element, x, dense, normalisation, sums, blocks, relu),
                    element.values(dx), pool + " dx, separately");
        }

        private int[] placesOf(byte[] codes) {
            int[] places = new int[codes.length];
            for (int i = 0; i < places.length; i++) {
                places[i] = place(pool, i, codes[i]);
            }
            return places;
        }
    }

    /** Which element of the large side tap {@code code} is, in the window of element {@code i} of the small side. */
    static int place(Pool pool, int i, int code) {
        int window = i / pool.channels();
        int column = window % pool.across();
        int row = window / pool.across() % pool.down();
        int image = window / pool.across() / pool.down();
        int line = image * pool.height() + 2 * row + code / 2;
        return (line * pool.width() + 2 * column + code % 2) * pool.channels() + i % pool.channels();
    }
}
