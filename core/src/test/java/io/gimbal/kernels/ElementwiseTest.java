package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.expected;
import static io.gimbal.kernels.Numbers.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gimbal.kernels.KernelRun.Array;
import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

@OnKernelDevice
class ElementwiseTest {
    private static final int[] SIZES = {1, 3, 8, 17, 255, 256, 257, 1023, 1024, 1025, 50_001};
    private static final int[] TASKS = {1, 2, 3, 8, 9};

    private static final DoubleUnaryOperator[] ACTIVATIONS = {x -> Math.max(x, 0), x -> 1 / (1 + Math.exp(-x)),
            Math::tanh};
    private static final DoubleBinaryOperator[] SLOPES = {
        (y, dy) -> y > 0 ? dy : 0, (y, dy) -> dy * y * (1 - y), (y, dy) -> dy * (1 - y * y)
    };

    @EachWay
    void activationsAreTheirFormulas(Way way) {
        for (Element element : Element.values()) {
            for (int n : SIZES) {
                for (int blocks : KernelRun.grids(way)) {
                    for (int kind = 0; kind < 3; kind++) {
                        activation(way, element, n, blocks, kind);
                    }
                }
            }
        }
    }

    private static void activation(Way way, Element element, int n, int blocks, int kind) {
        float[] x = element.rounded(random(n, n, 0, 3));
        DoubleUnaryOperator activation = ACTIVATIONS[kind];
        String kernel = element.kernel("activation_forward");
        try (KernelRun run = new KernelRun(way)) {
            Array y = element.output(run, n);
            Array same = element.array(run, x);
            run.launch("elementwise", kernel, blocks, element.array(run, x), y, (long) n, kind);
            run.launch("elementwise", kernel, blocks, same, same, (long) n, kind);
            // an exponential of 2 units, a quotient, a sum
            assertClose(kernel + " " + kind, expected(n, i -> activation.applyAsDouble(x[i])), element.values(y),
                    6 + element.units());
            assertArrayEquals(element.values(y), element.values(same), "in place");
        }
    }

    @EachWay
    void activationsHoldAtTheEndsOfTheLine(Way way) {
        float[] ends = {0, -0.0f, 1e-6f, -1e-6f, 1e-30f, 0.2f, 0.25f, -0.3f, 20, -20, 87, -87.2f, -88, 90, -90, 1000,
                -1000,
            Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN};
        for (Element element : Element.values()) {
            float[] x = element.rounded(ends);
            for (int kind = 0; kind < 3; kind++) {
                DoubleUnaryOperator activation = ACTIVATIONS[kind];
                try (KernelRun run = new KernelRun(way)) {
                    Array y = element.output(run, x.length);
                    run.launch("elementwise", element.kernel("activation_forward"), 1, element.array(run, x), y,
                            (long) x.length, kind);
                    double[] twin = expected(x.length, i -> activation.applyAsDouble(x[i]));
                    // relative to the value, but for sigmoid's far end, where 1e-38 and 0 are the same
                    assertClose("kind " + kind, twin, expected(x.length, i -> Math.max(Math.abs(twin[i]), 1e-30)),
                            element.values(y), 8 + element.units());
                }
            }
        }
    }

    @EachWay
    void activationsRunBackwardFromTheirOutputsForEachTask(Way way) {
        for (Element element : Element.values()) {
            for (int n : SIZES) {
                for (int tasks : TASKS) {
                    for (int kind = 0; kind < 3; kind++) {
                        activationBackward(way, element, n, tasks, kind);
                    }
                }
            }
        }
    }

    private static void activationBackward(Way way, Element element, int n, int tasks, int kind) {
        int blocks = KernelRun.grid(way, n + tasks);
        float[] y = element.rounded(random(n, n, 0, 0.5));
        float[] dy = element.rounded(random(n + 1, tasks * n));
        DoubleBinaryOperator slope = SLOPES[kind];
        String kernel = element.kernel("activation_backward");
        try (KernelRun run = new KernelRun(way)) {
            Array dx = element.output(run, dy.length);
            Array same = element.array(run, dy);
            Array out = element.array(run, y);
            run.launch("elementwise", kernel, blocks, out, element.array(run, dy), dx, (long) n, tasks, kind);
            run.launch("elementwise", kernel, blocks, out, same, same, (long) n, tasks, kind);
            assertClose(kernel + " " + kind, expected(dy.length, i -> slope.applyAsDouble(y[i % n], dy[i])),
                    element.values(dx), 4 + element.units());
            assertArrayEquals(element.values(dx), element.values(same), "in place");
        }
    }

    @EachWay
    void activationsRunBackwardIntoThePackedStackAndItsSum(Way way) {
        int[][] shapes = {{1, 1, 1}, {7, 8, 3}, {33, 3, 2}, {130, 12, 4}, {257, 40, 3}};
        for (Element element : Element.values()) {
            for (int[] shape : shapes) {
                for (int kind = 0; kind < 3; kind++) {
                    activationBackwardPacked(way, element, shape, kind, false);
                    activationBackwardPacked(way, element, shape, kind, true);
                }
            }
        }
    }

    private static void activationBackwardPacked(Way way, Element element, int[] shape, int kind, boolean fromPacked) {
        int places = shape[0];
        int channels = shape[1];
        int tasks = shape[2];
        int n = places * channels;
        float[] y = element.rounded(random(n, n, 0.3, 0.4));
        float[] dy = element.rounded(random(n + 1, n * tasks));
        double[] packed = new double[n * tasks];
        double[] sum = new double[n];
        double[] scale = new double[n];
        long taskStride = fromPacked ? channels : n;
        long placeStride = fromPacked ? (long) tasks * channels : channels;
        for (int i = 0; i < n; i++) {
            for (int t = 0; t < tasks; t++) {
                int from = (int) (t * taskStride + i / channels * placeStride + i % channels);
                double slope = kind == 0 ? y[i] > 0 ? 1 : 0 : kind == 1 ? y[i] * (1.0 - y[i])
                        : 1 - (double) y[i] * y[i];
                packed[(i / channels * tasks + t) * channels + i % channels] = dy[from] * slope;
                sum[i] += dy[from] * slope;
                scale[i] += Math.abs(dy[from]) * Math.max(1, Math.abs(slope));
            }
        }
        try (KernelRun run = new KernelRun(way)) {
            Array dx = element.output(run, (long) n * tasks);
            Array total = element.output(run, n);
            run.launch("elementwise", element.kernel("activation_backward_packed"), KernelRun.grid(way, n),
                    element.array(run, y), element.array(run, dy), dx, total, (long) places, channels, tasks,
                    taskStride, placeStride, (long) channels, (long) tasks * channels, kind);
            // the slope's product and difference, the product with it
            assertClose("packed", packed, element.values(dx), 4 + element.units());
            assertClose("sum", sum, scale, element.values(total), 4 + tasks + element.units());
        }
    }

    @EachWay
    void addIsASumAndMayBeInPlace(Way way) {
        for (Element element : Element.values()) {
            for (int n : SIZES) {
                for (int blocks : KernelRun.grids(way)) {
                    float[] a = element.rounded(random(n, n));
                    float[] b = element.rounded(random(n + 1, n));
                    try (KernelRun run = new KernelRun(way)) {
                        String kernel = element.kernel("add");
                        Array y = element.output(run, n);
                        Array first = element.array(run, a);
                        Array second = element.array(run, b);
                        run.launch("elementwise", kernel, blocks, first, second, y, (long) n);
                        run.launch("elementwise", kernel, blocks, first, second, first, (long) n);
                        run.launch("elementwise", kernel, blocks, element.array(run, a), second, second, (long) n);
                        assertClose(kernel, expected(n, i -> (double) a[i] + b[i]), element.values(y),
                                1 + element.units());
                        assertArrayEquals(element.values(y), element.values(first), "into the first");
                        assertArrayEquals(element.values(y), element.values(second), "into the second");
                    }
                }
            }
        }
    }

    @EachWay
    void addTakesRowsThatStandAnywhere(Way way) {
        for (Element element : Element.values()) {
            for (int n : SIZES) {
                float[] a = element.rounded(random(n, 2 * n + 1));
                float[] b = element.rounded(random(n + 1, n));
                try (KernelRun run = new KernelRun(way)) {
                    Array stack = element.array(run, a);
                    long row = stack.at((long) (n + 1) * element.bytes());
                    run.launch("elementwise", element.kernel("add"), KernelRun.grid(way, n), row,
                            element.array(run, b), row, (long) n);
                    double[] sums = expected(a.length, i -> i <= n ? a[i] : (double) a[i] + b[i - n - 1]);
                    assertClose("add", sums, element.values(stack), 1 + element.units());
                }
            }
        }
    }

    @EachWay
    void tasksAreSummedElementByElement(Way way) {
        for (Element element : Element.values()) {
            for (int n : SIZES) {
                for (int tasks : TASKS) {
                    sum(way, element, new Strided(1, n, tasks, n, n, 0, 0), KernelRun.grid(way, n + tasks));
                    sum(way, element, new Strided(n, 1, tasks, n, 1, 0, 0), KernelRun.grid(way, n + tasks));
                }
            }
        }
    }

    @EachWay
    void tasksSideBySideAreSummedAndSlicesCopiedWhereverTheyLie(Way way) {
        Strided[] layouts = {new Strided(255, 12, 3, 12, 36, 0, 0), new Strided(33, 13, 2, 13, 26, 0, 0),
            new Strided(257, 64, 4, 64, 256, 0, 0), new Strided(100, 13, 1, 0, 16, 0, 0),
            new Strided(100, 8, 1, 0, 24, 8, 0), new Strided(100, 8, 1, 0, 24, 3, 0),
            new Strided(65, 8, 2, 9, 20, 0, 0),
            new Strided(31, 16, 2, 16, 32, 0, 1), new Strided(40, 8, 3, 320, 8, 1, 0),
            new Strided(40, 8, 1, 0, 8, 0, 3),
            new Strided(1, 1, 1, 0, 7, 5, 0), new Strided(3, 1030, 2, 1032, 2070, 4, 0)};
        for (Element element : Element.values()) {
            for (Strided layout : layouts) {
                for (int blocks : KernelRun.grids(way)) {
                    sum(way, element, layout, blocks);
                }
            }
        }
    }

    /** Strides of the summed tasks, and how many elements lie before them and before the sum. */
    private record Strided(int places, int channels, int tasks, int taskStride, int placeStride, int before,
            int beforeSum) {
        int elements() {
            return before + (tasks - 1) * taskStride + (places - 1) * placeStride + channels;
        }
    }

    private static void sum(Way way, Element element, Strided layout, int blocks) {
        float[] x = element.rounded(random(layout.elements(), layout.elements()));
        double[] sums = new double[layout.places * layout.channels];
        double[] scale = new double[sums.length];
        float[] first = new float[sums.length];
        for (int i = 0; i < sums.length; i++) {
            int at = layout.before + i / layout.channels * layout.placeStride + i % layout.channels;
            first[i] = x[at];
            for (int t = 0; t < layout.tasks; t++) {
                sums[i] += x[at + t * layout.taskStride];
                scale[i] += Math.abs(x[at + t * layout.taskStride]);
            }
        }
        try (KernelRun run = new KernelRun(way)) {
            long from = element.array(run, x).at((long) layout.before * element.bytes());
            Array y = element.output(run, layout.beforeSum + sums.length);
            Array wide = run.output(layout.beforeSum + sums.length);
            run.launch("elementwise", element.kernel("sum_tasks"), blocks, from,
                    y.at((long) layout.beforeSum * element.bytes()), (long) layout.places, layout.channels,
                    layout.tasks, (long) layout.taskStride, (long) layout.placeStride, (long) layout.channels);
            int pitch = layout.channels + 3;
            float[] marks = random(5, layout.places * pitch);
            Array slice = element.array(run, marks);
            run.launch("elementwise", element.kernel("sum_tasks"), blocks, from, slice, (long) layout.places,
                    layout.channels, layout.tasks, (long) layout.taskStride, (long) layout.placeStride, (long) pitch);
            assertSlice(layout, behind(element.values(y), layout.beforeSum), element.rounded(marks),
                    element.values(slice), pitch);
            run.launch("elementwise", element.kernel("widen"), blocks, from,
                    wide.at((long) layout.beforeSum * Float.BYTES), (long) layout.places, layout.channels,
                    (long) layout.placeStride);
            assertClose(layout.toString(), sums, scale, behind(element.values(y), layout.beforeSum),
                    layout.tasks + element.units());
            assertArrayEquals(first, behind(wide.floats(), layout.beforeSum), layout + ", widened");
        }
    }

    /** Each place begins with what the packed sum has; what is between the places is as it was. */
    private static void assertSlice(Object layout, float[] packed, float[] before, float[] slice, int pitch) {
        int channels = pitch - 3;
        float[] expected = before.clone();
        for (int i = 0; i < packed.length; i++) {
            expected[i / channels * pitch + i % channels] = packed[i];
        }
        assertArrayEquals(expected, slice, layout + ", into a slice");
    }

    @EachWay
    void tasksAreCombinedByTheirCoefficients(Way way) {
        for (Element element : Element.values()) {
            for (int n : SIZES) {
                for (int tasks : new int[] {1, 2, 3, 8, 32}) {
                    if (n < 2000 || tasks < 8 || !KernelRun.slow(way)) {
                        combine(way, element, new Strided(1, n, tasks, n, n, 0, 0), KernelRun.grid(way, n + tasks));
                    }
                }
            }
        }
    }

    @EachWay
    void combinedTasksAndTheirSumMayLieAnywhere(Way way) {
        Strided[] layouts = {new Strided(255, 12, 3, 12, 36, 0, 0), new Strided(33, 13, 31, 13, 403, 0, 0),
            new Strided(257, 64, 4, 64, 256, 0, 0), new Strided(100, 8, 1, 0, 24, 3, 0),
            new Strided(65, 8, 2, 9, 20, 0, 0), new Strided(31, 16, 2, 16, 32, 0, 1),
            new Strided(40, 8, 3, 320, 8, 1, 0), new Strided(1, 1, 1, 0, 7, 5, 0),
            new Strided(3, 1030, 2, 1032, 2070, 4, 0)};
        for (Element element : Element.values()) {
            for (Strided layout : layouts) {
                for (int blocks : KernelRun.grids(way)) {
                    combine(way, element, layout, blocks);
                }
            }
        }
    }

    private static void combine(Way way, Element element, Strided layout, int blocks) {
        float[] x = element.rounded(random(layout.elements(), layout.elements()));
        double[] coefficients = Numbers.wide(random(layout.tasks, layout.tasks));
        coefficients[layout.tasks / 2] = layout.tasks == 1 ? -1.0 / 3 : 0;
        double[] sums = new double[layout.places * layout.channels];
        double[] scale = new double[sums.length];
        for (int i = 0; i < sums.length; i++) {
            int at = layout.before + i / layout.channels * layout.placeStride + i % layout.channels;
            for (int t = 0; t < layout.tasks; t++) {
                double term = coefficients[t] * x[at + t * layout.taskStride];
                sums[i] += term;
                scale[i] += Math.abs(term);
            }
        }
        try (KernelRun run = new KernelRun(way)) {
            long from = element.array(run, x).at((long) layout.before * element.bytes());
            Array given = run.doubles(coefficients);
            float[] packed = combined(run, element, layout, blocks, from, given);
            // a coefficient's rounding, its product's, and a sum for each task
            double units = 1 + layout.tasks + element.units();
            assertClose(layout.toString(), sums, scale, packed, units);

            int pitch = layout.channels + 3;
            float[] marks = element.rounded(random(5, layout.places * pitch));
            Array slice = element.array(run, marks);
            run.launch("elementwise", element.kernel("combine_tasks"), blocks, from, slice, (long) layout.places,
                    layout.channels, layout.tasks, (long) layout.taskStride, (long) layout.placeStride, (long) pitch,
                    given);
            // between the places nothing may change
            assertClose(layout + ", into a slice", expected(marks.length, i -> i % pitch < layout.channels
                    ? sums[i / pitch * layout.channels + i % pitch] : marks[i]), expected(marks.length, i ->
                    i % pitch < layout.channels ? scale[i / pitch * layout.channels + i % pitch] : 0),
                    element.values(slice), units);

            double[] ones = new double[layout.tasks];
            Arrays.fill(ones, 1);
            Array y = element.output(run, layout.beforeSum + sums.length);
            run.launch("elementwise", element.kernel("sum_tasks"), blocks, from,
                    y.at((long) layout.beforeSum * element.bytes()), (long) layout.places, layout.channels,
                    layout.tasks, (long) layout.taskStride, (long) layout.placeStride, (long) layout.channels);
            assertArrayEquals(behind(element.values(y), layout.beforeSum), combined(run, element, layout, blocks, from,
                    run.doubles(ones)), layout + ", by coefficients of 1, against the plain sum");
        }
    }

    private static float[] combined(KernelRun run, Element element, Strided layout, int blocks, long from,
            Array coefficients) {
        Array y = element.output(run, layout.beforeSum + layout.places * layout.channels);
        run.launch("elementwise", element.kernel("combine_tasks"), blocks, from,
                y.at((long) layout.beforeSum * element.bytes()), (long) layout.places, layout.channels, layout.tasks,
                (long) layout.taskStride, (long) layout.placeStride, (long) layout.channels, coefficients);
        return behind(element.values(y), layout.beforeSum);
    }

    @EachWay
    void whatIsNotFiniteStaysSoByACoefficientOfZero(Way way) {
        float[] x = random(3, 2 * 300);
        x[7] = Float.NaN;
        x[311] = Float.POSITIVE_INFINITY;
        for (Element element : Element.values()) {
            try (KernelRun run = new KernelRun(way)) {
                float[] sum = combined(run, element, new Strided(1, 300, 2, 300, 300, 0, 0), 3,
                        element.array(run, x).at(0), run.doubles(0, 0));
                for (int i = 0; i < sum.length; i++) {
                    assertEquals(i == 7 || i == 11 ? Float.NaN : 0f, sum[i] + 0f, "element " + i);
                }
            }
        }
    }

    @EachWay
    void placesAreScaledByTheWeightAndWhatIsBetweenThemStays(Way way) {
        int[][] shapes = {{1, 1, 0, 0}, {1, 3, 5, 0}, {100, 13, 3, 0}, {257, 13, 0, 0}, {255, 8, 16, 8}, {40, 8, 1, 0},
            {33, 16, 16, 1}, {300, 3, 5, 0}, {3, 1030, 10, 4}, {7, 2100, 4, 0}, {50_001, 1, 0, 0}, {4001, 12, 4, 0}};
        for (Element element : Element.values()) {
            for (int[] shape : shapes) {
                for (int blocks : KernelRun.grids(way)) {
                    scale(way, element, shape[0], shape[1], shape[2], shape[3], blocks);
                }
            }
        }
    }

    /** @param gap elements between places; @param before elements before the first */
    private static void scale(Way way, Element element, int places, int channels, int gap, int before, int blocks) {
        int pitch = channels + gap;
        float[] x = element.rounded(random(places + channels, before + places * pitch));
        float weight = 1.7f;
        float[] scaled = x.clone();
        for (int i = 0; i < places * channels; i++) {
            scaled[before + i / channels * pitch + i % channels] *= weight;
        }
        try (KernelRun run = new KernelRun(way)) {
            Array y = element.array(run, x);
            run.launch("elementwise", element.kernel("scale_by_weight"), blocks,
                    y.at((long) before * element.bytes()), (long) places, channels, (long) pitch, run.floats(weight));
            // bit for bit: one product, rounded once more where it is stored
            assertArrayEquals(element.rounded(scaled), element.values(y), places + " x " + channels + " of " + pitch);
        }
    }

    private static float[] behind(float[] values, int from) {
        return Arrays.copyOfRange(values, from, values.length);
    }

    @EachWay
    void narrowingRoundsToTheNearest(Way way) {
        for (int n : SIZES) {
            float[] x = random(n, n);
            x[n / 2] = Float.NaN;
            x[n - 1] = Float.NEGATIVE_INFINITY;
            for (int blocks : KernelRun.grids(way)) {
                try (KernelRun run = new KernelRun(way)) {
                    Array y = run.outputBf16(n);
                    run.launch("elementwise", "narrow", blocks, run.floats(x), y, (long) n);
                    assertArrayEquals(Element.BF16.rounded(x), y.bf16());
                }
            }
        }
    }

    @EachWay
    void tasksArePackedSideBySide(Way way) {
        int[][] shapes = {{1, 1}, {7, 3}, {255, 4}, {257, 13}, {64, 64}, {33, 20}, {3, 1025}};
        for (Element element : Element.values()) {
            for (int[] shape : shapes) {
                for (int tasks : TASKS) {
                    pack(way, element, shape[0], shape[1], tasks);
                }
            }
        }
    }

    private static void pack(Way way, Element element, int places, int channels, int tasks) {
        float[] x = element.rounded(random(places, tasks * places * channels));
        float[] packed = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            int task = i / (places * channels);
            int place = i / channels % places;
            packed[(place * tasks + task) * channels + i % channels] = x[i];
        }
        for (int blocks : KernelRun.grids(way)) {
            try (KernelRun run = new KernelRun(way)) {
                Array y = element.output(run, x.length);
                run.launch("elementwise", element.kernel("pack_tasks"), blocks, element.array(run, x), y,
                        (long) places, channels, tasks);
                assertArrayEquals(packed, element.values(y));
            }
        }
    }

    @EachWay
    void matricesAreTransposed(Way way) {
        int[][] shapes = {{1, 1, 1}, {1, 3, 1024}, {2, 31, 33}, {3, 32, 32}, {5, 1, 257}, {2, 65, 13}, {4, 9, 128},
                {2, 40, 72}, {1, 12, 100}, {1, 200, 136}};
        for (int[] shape : shapes) {
            int rows = shape[1];
            int columns = shape[2];
            float[] x = random(rows, shape[0] * rows * columns);
            float[] turned = new float[x.length];
            for (int i = 0; i < x.length; i++) {
                int matrix = i / (rows * columns);
                turned[(matrix * columns + i % columns) * rows + i / columns % rows] = x[i];
            }
            for (int blocks : KernelRun.grids(way)) {
                for (Element element : Element.values()) {
                    try (KernelRun run = new KernelRun(way)) {
                        Array y = element.output(run, x.length);
                        run.launch("elementwise", element.kernel("transpose"), blocks, element.array(run, x), y,
                                shape[0], rows, columns);
                        assertArrayEquals(element.rounded(turned), element.values(y));
                    }
                }
            }
        }
    }
}
