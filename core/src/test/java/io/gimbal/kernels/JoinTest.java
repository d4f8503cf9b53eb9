package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.expected;
import static io.gimbal.kernels.Numbers.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.gimbal.kernels.KernelRun.Array;

@OnKernelDevice
class JoinTest {
    private static final int[] SIZES = {1, 3, 8, 17, 256, 1025, 20_001};
    private static final int[] TASKS = {1, 2, 3};
    /** Images, places and channels. */
    private static final int[][] SHAPES = {{1, 1, 1}, {2, 3, 1}, {1, 7, 3}, {3, 5, 8}, {2, 33, 12}, {1, 1, 1030},
        {2, 130, 64}, {5, 9, 40}, {2, 257, 13}};

    @EachWay
    void aSumHasAConstantForEachTermAndMayBeInPlace(Way way) {
        for (Element element : Element.values()) {
            for (int n : SIZES) {
                for (int terms = 1; terms <= 4; terms++) {
                    scaledSum(way, element, n, terms);
                }
            }
        }
    }

    private static void scaledSum(Way way, Element element, int n, int terms) {
        float[] by = {-1.5f, 0.3f, 1, 2};
        float[][] x = new float[4][];
        double[] sums = new double[n];
        double[] scale = new double[n];
        for (int j = 0; j < terms; j++) {
            x[j] = element.rounded(random(n + j, n));
            for (int i = 0; i < n; i++) {
                sums[i] += (double) by[j] * x[j][i];
                scale[i] += Math.abs((double) by[j] * x[j][i]);
            }
        }
        String kernel = element.kernel("scaled_sum");
        int blocks = KernelRun.grid(way, n + terms);
        try (KernelRun run = new KernelRun(way)) {
            Array[] in = new Array[4];
            for (int j = 0; j < terms; j++) {
                in[j] = element.array(run, x[j]);
            }
            Array y = element.output(run, n);
            run.launch("join", kernel, blocks, in[0], in[1], in[2], in[3], y, by[0], by[1], by[2], by[3], terms,
                    (long) n);
            run.launch("join", kernel, blocks, in[0], in[1], in[2], in[3], in[terms - 1], by[0], by[1], by[2], by[3],
                    terms, (long) n);
            // a product and a sum for each term
            assertClose(kernel, sums, scale, element.values(y), 2 * terms + element.units());
            assertArrayEquals(element.values(y), element.values(in[terms - 1]), "in place");
        }
    }

    @EachWay
    void productsAreThoseOfEachTask(Way way) {
        for (Element element : Element.values()) {
            for (int n : SIZES) {
                for (int tasks : TASKS) {
                    float[] x = element.rounded(random(n, n * tasks));
                    float[] f = element.rounded(random(n + 1, n));
                    try (KernelRun run = new KernelRun(way)) {
                        Array y = element.output(run, x.length);
                        run.launch("join", element.kernel("multiply"), KernelRun.grid(way, n + tasks),
                                element.array(run, x), element.array(run, f), y, (long) n, tasks);
                        assertClose("multiply", expected(x.length, i -> (double) x[i] * f[i % n]), element.values(y),
                                1 + element.units());
                    }
                }
            }
        }
    }

    @EachWay
    void aFactorOfAChannelOrAPlaceIsTakenForAllPlacesOrChannels(Way way) {
        for (Element element : Element.values()) {
            for (int[] shape : SHAPES) {
                for (int tasks : TASKS) {
                    for (int blocks : KernelRun.grids(way)) {
                        broadcast(way, element, shape, tasks, blocks);
                    }
                }
            }
        }
    }

    private static void broadcast(Way way, Element element, int[] shape, int tasks, int blocks) {
        int images = shape[0];
        int places = shape[1];
        int channels = shape[2];
        int n = images * places * channels;
        float[] x = element.rounded(random(n, n * tasks));
        float[] byChannel = element.rounded(random(n + 1, images * channels));
        float[] byPlace = element.rounded(random(n + 2, images * places));
        try (KernelRun run = new KernelRun(way)) {
            Array y = element.output(run, x.length);
            Array z = element.output(run, x.length);
            Array from = element.array(run, x);
            run.launch("join", element.kernel("multiply_by_channel"), blocks, from, element.array(run, byChannel), y,
                    images, places, channels, tasks);
            run.launch("join", element.kernel("multiply_by_place"), blocks, from, element.array(run, byPlace), z,
                    (long) images * places, channels, tasks);
            assertClose("by channel", expected(x.length, i -> (double) x[i]
                    * byChannel[i % n / (places * channels) * channels + i % channels]), element.values(y),
                    1 + element.units());
            assertClose("by place", expected(x.length, i -> (double) x[i] * byPlace[i % n / channels]),
                    element.values(z), 1 + element.units());
        }
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    @EachWay
    void aGateIsASigmoidTimesAValue(Way way) {
        for (Element element : Element.values()) {
            for (int n : SIZES) {
                float[] a = element.rounded(random(n, n, 0, 3));
                float[] b = element.rounded(random(n + 1, n));
                a[n / 2] = n > 1 ? Float.NaN : a[0];
                try (KernelRun run = new KernelRun(way)) {
                    Array y = element.output(run, n);
                    run.launch("join", element.kernel("gate_forward"), KernelRun.grid(way, n), element.array(run, a),
                            element.array(run, b), y, (long) n);
                    // an exponential of 2 units, a sum, a quotient, a product
                    assertClose("gate", expected(n, i -> sigmoid(a[i]) * b[i]), expected(n, i -> 1 + Math.abs(b[i])),
                            element.values(y), 7 + element.units());
                }
            }
        }
    }

    @EachWay
    void aProductRunsBackwardToEitherFactorOrBoth(Way way) {
        for (Element element : Element.values()) {
            for (int n : SIZES) {
                for (int tasks : TASKS) {
                    for (int gate = 0; gate < 2; gate++) {
                        backward(way, element, n, tasks, gate);
                    }
                }
            }
        }
    }

    private static void backward(Way way, Element element, int n, int tasks, int gate) {
        float[] dy = element.rounded(random(n, n * tasks));
        float[] a = element.rounded(random(n + 1, n));
        float[] b = element.rounded(random(n + 2, n));
        int blocks = KernelRun.grid(way, n + tasks);
        String kernel = element.kernel("multiply_backward");
        double[] toA = expected(dy.length, i -> {
            double s = sigmoid(a[i % n]);
            return (double) dy[i] * b[i % n] * (gate == 1 ? s * (1 - s) : 1);
        });
        double[] toB = expected(dy.length, i -> dy[i] * (gate == 1 ? sigmoid(a[i % n]) : a[i % n]));
        double[] scale = expected(dy.length, i -> Math.max(1, Math.abs(dy[i])) * Math.max(1, Math.abs(b[i % n])));
        try (KernelRun run = new KernelRun(way)) {
            Array da = element.output(run, dy.length);
            Array db = element.output(run, dy.length);
            Array onlyA = element.output(run, dy.length);
            Array onlyB = element.output(run, dy.length);
            Array from = element.array(run, dy);
            Array left = element.array(run, a);
            Array right = element.array(run, b);
            run.launch("join", kernel, blocks, from, left, right, da, db, (long) n, tasks, gate);
            run.launch("join", kernel, blocks, from, left, right, onlyA, null, (long) n, tasks, gate);
            run.launch("join", kernel, blocks, from, left, right, null, onlyB, (long) n, tasks, gate);
            // a sigmoid of 6 units, a difference, three products
            assertClose(kernel + " a", toA, scale, element.values(da), 12 + element.units());
            assertClose(kernel + " b", toB, element.values(db), 8 + element.units());
            assertArrayEquals(element.values(da), element.values(onlyA), "a alone");
            assertArrayEquals(element.values(db), element.values(onlyB), "b alone");
        }
    }

    @EachWay
    void whatWasBroadcastGetsTheSumsOverWhereItWas(Way way) {
        for (Element element : Element.values()) {
            for (int[] shape : SHAPES) {
                for (int tasks : TASKS) {
                    for (int blocks : KernelRun.grids(way)) {
                        sums(way, element, shape, tasks, blocks);
                    }
                }
            }
        }
    }

    private static void sums(Way way, Element element, int[] shape, int tasks, int blocks) {
        int images = shape[0];
        int places = shape[1];
        int channels = shape[2];
        int n = images * places * channels;
        float[] dy = element.rounded(random(n, n * tasks));
        float[] x = element.rounded(random(n + 1, n));
        double[] byChannel = new double[tasks * images * channels];
        double[] byPlace = new double[tasks * images * places];
        double[] channelScale = new double[byChannel.length];
        double[] placeScale = new double[byPlace.length];
        for (int i = 0; i < dy.length; i++) {
            double term = (double) dy[i] * x[i % n];
            byChannel[i / (places * channels) * channels + i % channels] += term;
            channelScale[i / (places * channels) * channels + i % channels] += Math.abs(term);
            byPlace[i / channels] += term;
            placeScale[i / channels] += Math.abs(term);
        }
        try (KernelRun run = new KernelRun(way)) {
            Array partials = run.output((long) blocks * byChannel.length);
            Array sums = element.output(run, byChannel.length);
            Array strided = run.output((long) tasks * (images * channels + 3));
            Array ofPlaces = element.output(run, byPlace.length);
            Array from = element.array(run, dy);
            Array factor = element.array(run, x);
            run.launch("join", element.kernel("channel_sums"), blocks, from, factor, partials, images, places, channels,
                    tasks);
            run.launch("join", element.kernel("channel_sums_finish"), 2, partials, blocks, sums, 1,
                    (long) byChannel.length, 0L);
            long each = (long) images * channels;
            run.launch("join", "channel_sums_finish", 3, partials, blocks, strided, tasks, each, each + 3);
            run.launch("join", element.kernel("place_sums"), blocks, from, factor, ofPlaces, (long) images * places,
                    channels, tasks);
            // a thread adds up to 64 products one after the other before anything coarser does
            assertClose("by channel", byChannel, channelScale, element.values(sums), 66 + element.units());
            float[] apart = strided.floats();
            float[] joined = new float[byChannel.length];
            for (int i = 0; i < joined.length; i++) {
                joined[i] = apart[i + i / (images * channels) * 3];
            }
            assertClose("by channel, apart", byChannel, channelScale, joined, 66);
            // a thread adds up to 8 products of a pack's lane, and then lanes and threads: 1030 channels by 32 threads
            assertClose("by place", byPlace, placeScale, element.values(ofPlaces), 150 + element.units());
        }
    }

    @EachWay
    void aMixIsASumWithACoefficientForEachChannel(Way way) {
        for (Element element : Element.values()) {
            for (int[] shape : SHAPES) {
                for (int inputs = 1; inputs <= 4; inputs++) {
                    mix(way, element, shape[0] * shape[1], shape[2], inputs, false);
                    mix(way, element, shape[0] * shape[1], shape[2], inputs, true);
                }
            }
        }
    }

    private static void mix(Way way, Element element, int places, int channels, int inputs, boolean adds) {
        int n = places * channels;
        float[][] x = new float[4][];
        float[] a = random(n + 7, inputs * channels);
        float[] before = element.rounded(random(n + 9, n));
        double[] sums = expected(n, i -> adds ? before[i] : 0);
        double[] scale = expected(n, i -> adds ? Math.abs(before[i]) : 0);
        for (int j = 0; j < inputs; j++) {
            x[j] = element.rounded(random(n + j, n));
            for (int i = 0; i < n; i++) {
                double term = (double) x[j][i] * a[j * channels + i % channels];
                sums[i] += term;
                scale[i] += Math.abs(term);
            }
        }
        for (int blocks : KernelRun.grids(way)) {
            try (KernelRun run = new KernelRun(way)) {
                Array[] in = new Array[4];
                for (int j = 0; j < inputs; j++) {
                    in[j] = element.array(run, x[j]);
                }
                Array y = adds ? element.array(run, before) : element.output(run, n);
                run.launch("join", element.kernel("mix_forward"), blocks, in[0], in[1], in[2], in[3], run.floats(a), y,
                        inputs, (long) places, channels, adds ? 1 : 0);
                assertClose("mix", sums, scale, element.values(y), 6 + element.units());
            }
        }
    }

    @EachWay
    void coefficientsAreTheParameterOrItsSoftmaxForEachChannelOrAll(Way way) {
        for (int channels : new int[] {1, 3, 64, 515}) {
            for (int inputs = 1; inputs <= 5; inputs++) {
                for (int tasks : TASKS) {
                    for (int kind = 0; kind < 4; kind++) {
                        coefficients(way, inputs, channels, tasks, kind / 2, kind % 2);
                    }
                }
            }
        }
    }

    private static void coefficients(Way way, int inputs, int channels, int tasks, int alike, int softmax) {
        int columns = alike == 1 ? 1 : channels;
        float[] w = random(inputs + channels, inputs * columns, 0, 3);
        float[] da = random(inputs - channels, tasks * inputs * channels);
        double[] a = new double[inputs * channels];
        for (int c = 0; c < channels; c++) {
            double sum = 0;
            for (int j = 0; j < inputs; j++) {
                double at = w[j * columns + c % columns];
                a[j * channels + c] = softmax == 1 ? Math.exp(at) : at;
                sum += a[j * channels + c];
            }
            for (int j = 0; j < inputs && softmax == 1; j++) {
                a[j * channels + c] /= sum;
            }
        }
        double[] dw = new double[tasks * inputs * columns];
        double[] scale = new double[dw.length];
        for (int i = 0; i < da.length; i++) {
            int task = i / (inputs * channels);
            int j = i / channels % inputs;
            int c = i % channels;
            for (int k = 0; k < inputs; k++) {
                // the derivative of a_j by w_k
                double own = j == k ? 1 : 0;
                double slope = softmax == 1 ? a[j * channels + c] * (own - a[k * channels + c]) : own;
                int at = (task * inputs + k) * columns + c % columns;
                dw[at] += da[i] * slope;
                scale[at] += Math.abs(da[i]);
            }
        }
        int blocks = KernelRun.grid(way, channels + tasks);
        try (KernelRun run = new KernelRun(way)) {
            Array made = run.output(a.length);
            Array gradient = run.output(dw.length);
            run.launch("join", "mix_coefficients", blocks, run.floats(w), made, inputs, channels, alike, softmax);
            run.launch("join", "mix_coefficients_backward", blocks, made, run.floats(da), gradient, inputs, channels,
                    tasks, alike, softmax);
            // the argument's rounding, of up to 20, and an exponential of 2 units; sums of up to 5 terms
            assertClose("coefficients", a, made.floats(), 30);
            assertClose("their gradient", dw, scale, gradient.floats(), 60);
        }
    }
}
