package io.gimbal.kernels;

import static io.gimbal.kernels.BatchNormPoolTest.halving;
import static io.gimbal.kernels.BatchNormPoolTest.place;
import static io.gimbal.kernels.BatchNormTwin.launch;
import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.expected;
import static io.gimbal.kernels.Numbers.random;
import static io.gimbal.kernels.Numbers.randomInts;
import static io.gimbal.kernels.Numbers.wide;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.gimbal.kernels.KernelRun.Array;

/** Batch normalisation and the unpooling of 2 x 2 windows. */
@OnKernelDevice
class BatchNormUnpoolTest {
    @EachWay
    void unpoolingIsThatOfSeparateKernelsAndSoIsItsGradient(Way way) {
        for (Element element : Element.values()) {
            for (Pool pool : BatchNormPoolTest.POOLS) {
                for (int blocks : KernelRun.grids(way)) {
                    check(way, element, pool, twin(element, pool, 1, 2), blocks);
                }
            }
            Pool pool = halving(2, 19, 11, 13);
            check(way, element, pool, twin(element, pool, 5000, 1), 3);
            check(way, element, pool, twin(element, pool, -20_000, 300), 2);
        }
    }

    @EachWay
    void notANumberIsHandedOn(Way way) {
        for (Element element : Element.values()) {
            for (int channels : new int[] {3, 8, 13}) {
                Pool pool = halving(2, 7, 6, channels);
                BatchNormTwin twin = twin(element, pool, 0, 1);
                twin.x[1] = Float.NaN;
                twin.x[twin.x.length - 1] = Float.NaN;
                check(way, element, pool, twin, 2);
            }
        }
    }

    private static BatchNormTwin twin(Element element, Pool pool, double centre, double deviation) {
        return BatchNormTwin.of(element, pool.outputs() / pool.channels(), pool.channels(), centre, deviation);
    }

    private static void check(Way way, Element element, Pool pool, BatchNormTwin twin, int blocks) {
        int[] codes = randomInts(pool.inputs(), pool.outputs(), 4);
        byte[] index = new byte[codes.length];
        for (int i = 0; i < index.length; i++) {
            index[i] = (byte) codes[i];
        }
        for (int relu = 0; relu < 2; relu++) {
            try (KernelRun run = new KernelRun(way)) {
                Case test = new Case(run, element, pool, twin, blocks, relu, codes, element.array(run, twin.x),
                        run.bytes(index), twin.normalisation(run));
                test.forward();
                test.backward();
            }
        }
    }

    private record Case(KernelRun run, Element element, Pool pool, BatchNormTwin twin, int blocks, int relu,
            int[] codes, Array x, Array index, Object[] normalisation) {
        private Object[] sizes() {
            return new Object[] {pool.images(), pool.height(), pool.width(), pool.channels(), relu};
        }

        void forward() {
            Array y = element.output(run, pool.inputs());
            launch(run, "batch_norm", element.kernel("batch_norm_unpool_forward"), blocks, x, normalisation, index, y,
                    sizes());
            double[] values = new double[pool.inputs()];
            double[] size = expected(values.length, i -> 0);
            for (int i = 0; i < codes.length; i++) {
                values[place(pool, i, codes[i])] = twin.y(i, relu == 1);
                size[place(pool, i, codes[i])] = twin.size(i);
            }
            assertClose(pool + " unpooled", values, size, element.values(y), 4 + element.units());

            Array small = element.output(run, pool.outputs());
            Array separate = element.output(run, pool.inputs());
            launch(run, "batch_norm", element.kernel("batch_norm_forward"), blocks, x, normalisation, small,
                    (long) twin.places, twin.channels, (long) twin.channels, relu);
            run.launch("pool", element.kernel("max_unpool_forward"), blocks, pool.arguments(small, index, separate));
            assertArrayEquals(element.values(separate), element.values(y), pool.toString());
        }

        void backward() {
            float[] dy = element.rounded(random(pool.inputs(), pool.inputs()));
            float[] gathered = new float[codes.length];
            for (int i = 0; i < codes.length; i++) {
                int place = place(pool, i, codes[i]);
                dy[place] = relu == 1 && !twin.clear(i) ? 0 : dy[place];
                gathered[i] = dy[place];
            }
            Array given = element.array(run, dy);
            Array small = element.output(run, pool.outputs());
            run.launch("pool", element.kernel("max_unpool_backward"), blocks,
                    pool.argumentsWithTasks(1, given, index, small));
            assertArrayEquals(gathered, element.values(small), pool + " gathered");

            Array partials = run.output(2L * blocks * twin.channels);
            launch(run, "batch_norm_backward", element.kernel("batch_norm_unpool_backward_reduce"), blocks, x, given,
                    index, normalisation, partials, sizes());
            Array sums = twin.finished(run, partials, blocks, 1);
            double[] size = twin.sumsSize(wide(gathered));
            assertClose(pool + " sums", twin.sums(wide(gathered), relu == 1), size, sums.floats(), 70);
            // the fast way adds up in rows of another length
            assertClose(pool + " sums, separately", wide(twin.reduced(run, element, x, small, normalisation, blocks,
                    relu)), size, sums.floats(), 140);

            Array dx = element.output(run, pool.outputs());
            launch(run, "batch_norm_backward", element.kernel("batch_norm_unpool_backward_apply"), blocks, x, given,
                    index, normalisation, sums, dx, sizes());
            double[] dxSize = twin.dxSize(wide(gathered), sums.floats());
            assertClose(pool + " dx", twin.dx(wide(gathered), sums.floats(), relu == 1), dxSize, element.values(dx),
                    8 + element.units());
            assertArrayEquals(twin.applied(run, element, x, small, normalisation, sums, blocks, relu),
                    element.values(dx), pool + " dx, separately");
        }
    }
}
