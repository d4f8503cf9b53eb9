package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.expected;
import static io.gimbal.kernels.Numbers.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.gimbal.kernels.KernelRun.Array;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(KernelDevice.class)
class ElementwiseTest {
    private static final int[] SIZES = {1, 3, 8, 17, 255, 256, 257, 1023, 1024, 1025, 50_001};
    private static final int[] TASKS = {1, 2, 3, 8, 9};

    private static final DoubleUnaryOperator[] ACTIVATIONS = {x -> Math.max(x, 0), x -> 1 / (1 + Math.exp(-x)),
            Math::tanh};
    private static final DoubleBinaryOperator[] SLOPES = {
        (y, dy) -> y > 0 ? dy : 0, (y, dy) -> dy * y * (1 - y), (y, dy) -> dy * (1 - y * y)
    };

    @ParameterizedTest
    @EnumSource
    void activationsAreTheirFormulas(Way way) {
        for (int n : SIZES) {
            for (int blocks : KernelRun.grids(way)) {
                for (int kind = 0; kind < 3; kind++) {
                    float[] x = random(n, n, 0, 3);
                    DoubleUnaryOperator activation = ACTIVATIONS[kind];
                    try (KernelRun run = new KernelRun(way)) {
                        Array y = run.output(n);
                        Array same = run.floats(x);
                        run.launch("elementwise", "activation_forward", blocks, run.floats(x), y, (long) n, kind);
                        run.launch("elementwise", "activation_forward", blocks, same, same, (long) n, kind);
                        // an exponential of 2 units, a quotient, a sum
                        assertClose("kind " + kind, expected(n, i -> activation.applyAsDouble(x[i])), y.floats(), 6);
                        assertArrayEquals(y.floats(), same.floats(), "in place");
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void activationsHoldAtTheEndsOfTheLine(Way way) {
        float[] x = {0, -0.0f, 1e-6f, -1e-6f, 1e-30f, 0.2f, 0.25f, -0.3f, 20, -20, 87, -87.2f, -88, 90, -90, 1000,
                -1000,
            Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN};
        for (int kind = 0; kind < 3; kind++) {
            DoubleUnaryOperator activation = ACTIVATIONS[kind];
            try (KernelRun run = new KernelRun(way)) {
                Array y = run.output(x.length);
                run.launch("elementwise", "activation_forward", 1, run.floats(x), y, (long) x.length, kind);
                double[] twin = expected(x.length, i -> activation.applyAsDouble(x[i]));
                // relative to the value, but for sigmoid's far end, where 1e-38 and 0 are the same
                assertClose("kind " + kind, twin, expected(x.length, i -> Math.max(Math.abs(twin[i]), 1e-30)),
                        y.floats(), 8);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void activationsRunBackwardFromTheirOutputsForEachTask(Way way) {
        for (int n : SIZES) {
            for (int tasks : TASKS) {
                int blocks = KernelRun.grid(way, n + tasks);
                for (int kind = 0; kind < 3; kind++) {
                    float[] y = random(n, n, 0, 0.5);
                    float[] dy = random(n + 1, tasks * n);
                    DoubleBinaryOperator slope = SLOPES[kind];
                    try (KernelRun run = new KernelRun(way)) {
                        Array dx = run.output(dy.length);
                        Array same = run.floats(dy);
                        run.launch("elementwise", "activation_backward", blocks, run.floats(y), run.floats(dy), dx,
                                (long) n, tasks, kind);
                        run.launch("elementwise", "activation_backward", blocks, run.floats(y), same, same, (long) n,
                                tasks, kind);
                        assertClose("kind " + kind, expected(dy.length, i -> slope.applyAsDouble(y[i % n], dy[i])),
                                dx.floats(), 4);
                        assertArrayEquals(dx.floats(), same.floats(), "in place");
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
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

    @ParameterizedTest
    @EnumSource
    void tasksAreSummedElementByElement(Way way) {
        for (int n : SIZES) {
            for (int tasks : TASKS) {
                int blocks = KernelRun.grid(way, n + tasks);
                float[] x = random(n, tasks * n);
                double[] sums = new double[n];
                double[] scale = new double[n];
                for (int i = 0; i < x.length; i++) {
                    sums[i % n] += x[i];
                    scale[i % n] += Math.abs(x[i]);
                }
                try (KernelRun run = new KernelRun(way)) {
                    Array y = run.output(n);
                    run.launch("elementwise", "sum_tasks", blocks, run.floats(x), y, (long) n, tasks);
                    assertClose("sum", sums, scale, y.floats(), tasks);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void tasksArePackedSideBySide(Way way) {
        int[][] shapes = {{1, 1}, {7, 3}, {255, 4}, {257, 13}, {64, 64}, {33, 20}, {3, 1025}};
        for (int[] shape : shapes) {
            for (int tasks : TASKS) {
                int places = shape[0];
                int channels = shape[1];
                float[] x = random(places, tasks * places * channels);
                float[] packed = new float[x.length];
                for (int i = 0; i < x.length; i++) {
                    int task = i / (places * channels);
                    int place = i / channels % places;
                    packed[(place * tasks + task) * channels + i % channels] = x[i];
                }
                for (int blocks : KernelRun.grids(way)) {
                    try (KernelRun run = new KernelRun(way)) {
                        Array y = run.output(x.length);
                        run.launch("elementwise", "pack_tasks", blocks, run.floats(x), y, (long) places, channels,
                                tasks);
                        assertArrayEquals(packed, y.floats());
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void matricesAreTransposed(Way way) {
        int[][] shapes = {{1, 1, 1}, {1, 3, 1024}, {2, 31, 33}, {3, 32, 32}, {5, 1, 257}, {2, 65, 13}, {4, 9, 128}};
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
                try (KernelRun run = new KernelRun(way)) {
                    Array y = run.output(x.length);
                    run.launch("elementwise", "transpose", blocks, run.floats(x), y, shape[0], rows, columns);
                    assertArrayEquals(turned, y.floats());
                }
            }
        }
    }
}
