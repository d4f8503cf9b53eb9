package io.gimbal.kernels;

import static io.gimbal.kernels.BatchNormTwin.launch;
import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.expected;
import static io.gimbal.kernels.Numbers.random;
import static io.gimbal.kernels.Numbers.wide;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.gimbal.kernels.KernelRun.Array;

/** Batch normalisation and the addition that ends a residual block. */
@OnKernelDevice
class BatchNormAddTest {
    private static final int RELU = 0;

    @EachWay
    void theSumIsThatOfSeparateKernelsAndItsGradientGoesBothWays(Way way) {
        for (Element element : Element.values()) {
            for (int[] shape : BatchNormTest.SHAPES) {
                for (int blocks : KernelRun.grids(way)) {
                    check(way, element, BatchNormTwin.of(element, shape[0], shape[1]), blocks);
                }
            }
            check(way, element, BatchNormTwin.of(element, 1025, 13, 5000, 1), 3);
            check(way, element, BatchNormTwin.of(element, 515, 8, -20_000, 300), 2);
        }
    }

    @EachWay
    void notANumberIsHandedOn(Way way) {
        for (Element element : Element.values()) {
            for (int channels : new int[] {3, 8}) {
                BatchNormTwin twin = BatchNormTwin.of(element, 41, channels);
                twin.x[5] = Float.NaN;
                twin.x[twin.x.length - 1] = Float.NaN;
                check(way, element, twin, 2);
            }
        }
    }

    private static void check(Way way, Element element, BatchNormTwin twin, int blocks) {
        for (boolean relu : new boolean[] {false, true}) {
            try (KernelRun run = new KernelRun(way)) {
                Case test = new Case(run, element, twin, blocks, relu ? 1 : 0);
                test.backward(test.forward());
            }
        }
    }

    private record Case(KernelRun run, Element element, BatchNormTwin twin, int blocks, int relu, Array x,
            Object[] normalisation) {
        Case(KernelRun run, Element element, BatchNormTwin twin, int blocks, int relu) {
            this(run, element, twin, blocks, relu, element.array(run, twin.x), twin.normalisation(run));
        }

        Array forward() {
            int n = twin.x.length;
            float[] other = element.rounded(random(n + 7, n, 0.2, 1));
            other[n / 2] = twin.places == 41 ? Float.NaN : other[n / 2];
            Array residual = element.array(run, other);
            Array y = element.output(run, n);
            launch(run, "batch_norm", element.kernel("batch_norm_add_forward"), blocks, x, residual, normalisation, y,
                    (long) twin.places, twin.channels, relu);
            double[] sums = expected(n, i -> {
                double sum = twin.y(i) + other[i];
                return relu == 1 && sum < 0 ? 0 : sum;
            });
            assertClose("sum", sums, expected(n, i -> twin.size(i) + Math.abs(other[i])), element.values(y),
                    6 + element.units());
            if (element == Element.FLOAT32) {
                // over bf16 the separate kernels also round what is to be added
                assertArrayEquals(separately(residual), y.floats());
            }
            return y;
        }

        private float[] separately(Array residual) {
            long n = twin.x.length;
            Array sum = element.output(run, n);
            launch(run, "batch_norm", element.kernel("batch_norm_forward"), blocks, x, normalisation, sum,
                    (long) twin.places, twin.channels, (long) twin.channels, 0);
            run.launch("elementwise", element.kernel("add"), blocks, sum, residual, sum, n);
            if (relu == 1) {
                run.launch("elementwise", element.kernel("activation_forward"), blocks, sum, sum, n, RELU);
            }
            return element.values(sum);
        }

        void backward(Array y) {
            int n = twin.x.length;
            float[] given = element.rounded(random(n + 3, n));
            float[] out = element.values(y);
            float[] behind = new float[n];
            for (int i = 0; i < n; i++) {
                behind[i] = relu == 1 && out[i] <= 0 ? 0 : given[i];
            }
            Array dy = element.array(run, given);
            Array gated = element.output(run, n);
            Array partials = reduce(y, dy, gated);
            assertArrayEquals(behind, element.values(gated));
            double[] dense = wide(behind);
            assertClose("sums", twin.sums(dense, false), twin.sumsSize(dense),
                    twin.finished(run, partials, blocks, 1).floats(), 70);
            assertArrayEquals(partials.floats(), reduce(y, dy, dy).floats(), "in place");
            assertArrayEquals(behind, element.values(dy), "in place");
            assertArrayEquals(reducedSeparately(y, element.array(run, given)).floats(), partials.floats());
        }

        private Array reduce(Array y, Array dy, Array gated) {
            Array partials = run.output(2L * blocks * twin.channels);
            launch(run, "batch_norm_backward", element.kernel("batch_norm_add_backward_reduce"), blocks, x, y, dy,
                    normalisation, gated, partials, (long) twin.places, twin.channels, relu);
            return partials;
        }

        private Array reducedSeparately(Array y, Array dy) {
            long n = twin.x.length;
            if (relu == 1) {
                run.launch("elementwise", element.kernel("activation_backward"), blocks, y, dy, dy, n, 1, RELU);
            }
            Array partials = run.output(2L * blocks * twin.channels);
            launch(run, "batch_norm_backward", element.kernel("batch_norm_backward_reduce"), blocks, x, dy,
                    normalisation, partials, (long) twin.places, twin.channels, (long) twin.channels,
                    (long) twin.channels, 0);
            return partials;
        }
    }
}
