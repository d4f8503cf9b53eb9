package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.expected;
import static io.gimbal.kernels.Numbers.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gimbal.kernels.KernelRun.Array;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

@OnKernelDevice
class LinearUnitsTest {
    private static final int[] SIZES = {1, 3, 8, 17, 255, 256, 257, 1023, 1025, 20_001};
    private static final int[] TASKS = {1, 2, 3, 9};
    /** What is below a float's normal numbers counts as 0. */
    private static final double SMALLEST = 1e-36;

    /**
     * A linear unit, in double.
     *
     * @param slope from what the backward reads
     * @param units of rounding that a value may be off by, relative to itself
     */
    private record Unit(String name, int kind, double parameter, DoubleUnaryOperator value, DoubleUnaryOperator slope,
            double units) {
        @Override
        public String toString() {
            return name + " " + parameter;
        }

        boolean slopeIsFromOutput() {
            return kind == 7 || kind < 5 && parameter >= 0;
        }

        /** For x below 0 gelu takes the exponential of a rounded x^2 / 2. */
        double allowed(double x) {
            return units + (kind == 5 && x < 0 ? x * x : 0);
        }
    }

    private static final List<Unit> UNITS = List.of(leakyRelu(0.01), leakyRelu(0), leakyRelu(-0.3), elu(1), elu(0.7),
            elu(0), elu(-1.5),
            new Unit("gelu", 5, 0, x -> x * phi(x), x -> phi(x) + x * density(x), 12),
            new Unit("silu", 6, 0, x -> x * sigmoid(x), x -> sigmoid(x) * (1 + x * sigmoid(-x)), 8),
            new Unit("softplus", 7, 0, x -> Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
                    y -> -Math.expm1(-y), 8));

    private static Unit leakyRelu(double slope) {
        float s = (float) slope;
        return new Unit("leaky relu", 3, slope, x -> x > 0 ? x : s * x, from -> from > 0 ? 1 : s, 1);
    }

    private static Unit elu(double alpha) {
        float a = (float) alpha;
        return new Unit("elu", 4, alpha, x -> x > 0 ? x : a * Math.expm1(x), from -> from > 0 ? 1 : a < 0
                ? a * Math.exp(from) : from + a, 8);
    }

    private static double sigmoid(double x) {
        return x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x));
    }

    private static double density(double x) {
        return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    }

    /** The normal distribution: by its series near 0, by its continued fraction far out. */
    private static double phi(double x) {
        if (!(x <= 0)) {
            return Double.isNaN(x) ? x : 1 - phi(-x);
        }
        double a = -x;
        if (a < 3) {
            double term = a;
            double sum = a;
            for (int k = 1; k < 80; k++) {
                term *= a * a / (2 * k + 1);
                sum += term;
            }
            return 0.5 - density(a) * sum;
        }
        double fraction = a;
        for (int k = 200; k > 0; k--) {
            fraction = a + k / fraction;
        }
        return Double.isInfinite(a) ? 0 : density(a) / fraction;
    }

    /** By tables: Abramowitz and Stegun 26.1 and 26.2. */
    @Test
    void theTwinsNormalDistributionIsThatOfTables() {
        assertEquals(0.5, phi(0));
        assertEquals(0.841344746068543, phi(1), 1e-15);
        assertEquals(0.158655253931457, phi(-1), 1e-15);
        assertEquals(0.998650101968370, phi(3), 1e-15);
        assertEquals(1.349898031630095e-3, phi(-3), 1e-16);
        assertEquals(2.866515718791939e-7, phi(-5), 1e-20);
        assertEquals(7.619853024160527e-24, phi(-10), 1e-36);
    }

    @EachWay
    void unitsAreTheirFormulas(Way way) {
        for (Element element : Element.values()) {
            for (Unit unit : UNITS) {
                for (int n : SIZES) {
                    forward(way, element, random(n, n, 0, 3), KernelRun.grid(way, n), unit);
                }
                for (int blocks : KernelRun.grids(way)) {
                    forward(way, element, random(7, 3001, 0, 1), blocks, unit);
                }
            }
        }
    }

    /** Also where a difference of numbers that are nearly alike would lose all digits. */
    @EachWay
    void unitsHoldAllAlongTheLine(Way way) {
        float[] line = {0, -0.0f, 1e-6f, -1e-6f, 1e-30f, -1e-30f, 0.49f, -0.49f, -0.5f, -0.51f, 0.2f, -0.2f, 3, -3,
                5, -5, 9, -9, 12.9f, -12.9f, -13.1f, 20, -20, 87, -86, -88, 90, -90, 1000, -1000,
                Float.POSITIVE_INFINITY, Float.NaN};
        for (Element element : Element.values()) {
            for (Unit unit : UNITS) {
                forward(way, element, line, 1, unit);
            }
        }
    }

    private static void forward(Way way, Element element, float[] given, int blocks, Unit unit) {
        float[] x = element.rounded(given);
        int n = x.length;
        String kernel = element.kernel("linear_unit_forward");
        double[] twin = expected(n, i -> unit.value.applyAsDouble(x[i]));
        // Relative to the value.
        double[] scale = expected(n, i -> Math.max(SMALLEST / Numbers.UNIT, Math.abs(twin[i])
                * (unit.allowed(x[i]) + element.units())));
        try (KernelRun run = new KernelRun(way)) {
            Array y = element.output(run, n);
            Array same = element.array(run, x);
            run.launch("linear_units", kernel, blocks, element.array(run, x), y, (long) n, unit.kind,
                    (float) unit.parameter);
            run.launch("linear_units", kernel, blocks, same, same, (long) n, unit.kind, (float) unit.parameter);
            assertClose(kernel + " " + unit, twin, scale, element.values(y), 1);
            assertArrayEquals(element.values(y), element.values(same), "in place");
        }
    }

    @EachWay
    void slopesAreTheDerivativesOfTheFormulasForEachTask(Way way) {
        for (Element element : Element.values()) {
            for (Unit unit : UNITS) {
                for (int n : SIZES) {
                    for (int tasks : TASKS) {
                        backward(way, element, n, tasks, unit);
                    }
                }
            }
        }
    }

    /** The slopes that the other tests take for true, against differences of the formulas. */
    @Test
    void theTwinsSlopesAreTheDerivativesOfItsFormulas() {
        double step = 1e-5;
        for (Unit unit : UNITS) {
            boolean fromOutput = unit.slopeIsFromOutput();
            for (double x = -6.05; x < 6; x += 0.1) {
                double difference = (unit.value.applyAsDouble(x + step) - unit.value.applyAsDouble(x - step))
                        / (2 * step);
                double slope = unit.slope.applyAsDouble(fromOutput ? unit.value.applyAsDouble(x) : x);
                assertEquals(difference, slope, 1e-9, unit + " at " + x);
            }
        }
    }

    private static void backward(Way way, Element element, int n, int tasks, Unit unit) {
        int blocks = KernelRun.grid(way, n + tasks);
        float[] from = element.rounded(from(unit, n));
        float[] dy = element.rounded(random(n + 1, tasks * n));
        String kernel = element.kernel("linear_unit_backward");
        try (KernelRun run = new KernelRun(way)) {
            Array dx = element.output(run, dy.length);
            Array same = element.array(run, dy);
            Array read = element.array(run, from);
            run.launch("linear_units", kernel, blocks, read, element.array(run, dy), dx, (long) n, tasks, unit.kind,
                    (float) unit.parameter);
            run.launch("linear_units", kernel, blocks, read, same, same, (long) n, tasks, unit.kind,
                    (float) unit.parameter);
            double[] twin = expected(dy.length, i -> unit.slope.applyAsDouble(from[i % n]) * dy[i]);
            // Relative to the cotangent: a slope is at most about 1, or what the parameter says.
            assertClose(kernel + " " + unit, twin, expected(dy.length, i -> Math.abs(dy[i]) * Math.max(1.2,
                    Math.abs(unit.parameter))), element.values(dx), 16 + element.units());
            assertArrayEquals(element.values(dx), element.values(same), "in place");
        }
    }

    /** What its backward reads: outputs that it may leave, or inputs. */
    private static float[] from(Unit unit, int n) {
        float[] from = random(n, n, 0, 2);
        for (int i = 0; unit.slopeIsFromOutput() && i < n; i++) {
            from[i] = (float) unit.value.applyAsDouble(from[i]);
        }
        return from;
    }

    /** As it stands near the ends of the line, where differences would lose digits. */
    @EachWay
    void softplussSlopeHoldsForSmallOutputs(Way way) {
        float[] y = {0, 1e-38f, 1e-20f, 1e-6f, 0.3f, 0.49f, 0.5f, 0.51f, 20, 90, Float.POSITIVE_INFINITY};
        float[] ones = new float[y.length];
        Arrays.fill(ones, 1);
        try (KernelRun run = new KernelRun(way)) {
            Array dx = run.output(y.length);
            run.launch("linear_units", "linear_unit_backward", 1, run.floats(y), run.floats(ones), dx, (long) y.length,
                    1, 7, 0f);
            double[] twin = expected(y.length, i -> -Math.expm1(-y[i]));
            assertClose("softplus", twin, twin, dx.floats(), 6);
        }
    }

    @EachWay
    void slopesRunIntoThePackedStackAndItsSum(Way way) {
        int[][] shapes = {{1, 1, 1}, {7, 8, 3}, {33, 3, 2}, {130, 12, 4}, {257, 40, 3}};
        for (Element element : Element.values()) {
            for (int[] shape : shapes) {
                for (Unit unit : UNITS) {
                    packed(way, element, shape, unit, shape[0] % 2 == 0);
                }
            }
        }
    }

    private static void packed(Way way, Element element, int[] shape, Unit unit, boolean fromPacked) {
        int channels = shape[1];
        int tasks = shape[2];
        int n = shape[0] * channels;
        float[] from = element.rounded(from(unit, n));
        float[] dy = element.rounded(random(n + 1, n * tasks));
        double[] stack = new double[n * tasks];
        double[] stackScale = new double[n * tasks];
        double[] sum = new double[n];
        double[] scale = new double[n];
        long taskStride = fromPacked ? channels : n;
        long placeStride = fromPacked ? (long) tasks * channels : channels;
        for (int i = 0; i < n; i++) {
            for (int t = 0; t < tasks; t++) {
                int read = (int) (t * taskStride + i / channels * placeStride + i % channels);
                int left = (i / channels * tasks + t) * channels + i % channels;
                stack[left] = unit.slope.applyAsDouble(from[i]) * dy[read];
                stackScale[left] = Math.abs(dy[read]) * Math.max(1.2, Math.abs(unit.parameter));
                sum[i] += stack[left];
                scale[i] += stackScale[left];
            }
        }
        try (KernelRun run = new KernelRun(way)) {
            Array dx = element.output(run, (long) n * tasks);
            Array total = element.output(run, n);
            run.launch("linear_units", element.kernel("linear_unit_backward_packed"), KernelRun.grid(way, n),
                    element.array(run, from), element.array(run, dy), dx, total, (long) shape[0], channels, tasks,
                    taskStride, placeStride, (long) channels, (long) tasks * channels, unit.kind,
                    (float) unit.parameter);
            assertClose("packed " + unit, stack, stackScale, element.values(dx), 16 + element.units());
            assertClose("sum " + unit, sum, scale, element.values(total), 16 + tasks + element.units());
        }
    }
}
