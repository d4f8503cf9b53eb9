package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.expected;
import static io.gimbal.kernels.Numbers.random;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.kernels.KernelRun.Array;
import java.util.Arrays;
import java.util.List;

@OnKernelDevice
class SoftmaxTest {
    private static final int[] ROWS = {1, 3};

    /**
     * Which channels are softmax's: of each place {@code members} of them, {@code stride} apart.
     *
     * @param adjacent whether by the kernel for adjacent channels
     */
    private record Sets(int places, int channels, int members, boolean adjacent) {
        int elements() {
            return places * channels;
        }

        /** Channels from a member to the next. */
        int stride() {
            return adjacent ? 1 : channels / members;
        }

        /** The first of the members that element i is one of. */
        int first(int i) {
            int channel = i % channels;
            return i - channel + (adjacent ? channel / members * members : channel % stride());
        }

        Object[] arguments(Object... tensors) {
            Object[] all = Arrays.copyOf(tensors, tensors.length + (adjacent ? 2 : 3));
            all[tensors.length] = adjacent ? (long) elements() / members : (long) places;
            if (!adjacent) {
                all[tensors.length + 1] = channels;
            }
            all[all.length - 1] = members;
            return all;
        }

        String kernel(Element element, String way) {
            return element.kernel((adjacent ? "softmax_adjacent_" : "softmax_") + way);
        }
    }

    private static final List<Sets> SETS = List.of(
            new Sets(1, 1, 1, true), new Sets(5, 3, 1, true), new Sets(37, 6, 2, true), new Sets(33, 12, 4, true),
            new Sets(30, 24, 8, true), new Sets(21, 13, 13, true), new Sets(7, 32, 32, true), new Sets(9, 33, 33, true),
            new Sets(5, 64, 64, true), new Sets(4, 100, 50, true), new Sets(3, 1000, 1000, true),
            new Sets(2, 1003, 1003, true), new Sets(300, 16, 4, true),
            new Sets(1, 2, 1, false), new Sets(1, 4, 2, false), new Sets(41, 6, 3, false), new Sets(19, 32, 4, false),
            new Sets(33, 24, 2, false), new Sets(17, 39, 3, false), new Sets(12, 40, 5, false),
            new Sets(5, 60, 20, false), new Sets(3, 1040, 2, false), new Sets(3, 2080, 130, false),
            new Sets(1, 8, 1, false));

    @EachWay
    void sharesAreThoseOfTheExponentials(Way way) {
        for (Element element : Element.values()) {
            for (Sets sets : SETS) {
                for (int blocks : KernelRun.grids(way)) {
                    float[] x = element.rounded(random(sets.elements(), sets.elements(), 1, 3));
                    check(way, element, sets, x, blocks);
                }
            }
        }
    }

    @EachWay
    void largeValuesDoNotOverflow(Way way) {
        for (Sets sets : SETS) {
            float[] x = random(3, sets.elements(), 0, 1e4);
            x[0] = 3e38f;
            x[x.length - 1] = -3e38f;
            check(way, Element.FLOAT32, sets, x, 2);
        }
    }

    private static double[] twin(Sets sets, float[] x) {
        return expected(x.length, i -> {
            double largest = Double.NEGATIVE_INFINITY;
            double sum = 0;
            for (int t = 0; t < sets.members; t++) {
                largest = Math.max(largest, x[sets.first(i) + t * sets.stride()]);
            }
            for (int t = 0; t < sets.members; t++) {
                sum += Math.exp(x[sets.first(i) + t * sets.stride()] - largest);
            }
            return Math.exp(x[i] - largest) / sum;
        });
    }

    private static void check(Way way, Element element, Sets sets, float[] x, int blocks) {
        try (KernelRun run = new KernelRun(way)) {
            Array y = element.output(run, x.length);
            run.launch("softmax", sets.kernel(element, "forward"), blocks, sets.arguments(element.array(run, x), y));
            double[] twin = twin(sets, x);
            // Relative to the share: a difference's rounding by x, which e^ makes a factor; sums of up to 1000 terms,
            // each of an exponential of 4 units.
            double[] scale = expected(x.length, i -> Math.max(1e-36 / Numbers.UNIT, twin[i] * (16 + element.units()
                    + distance(sets, x, i) + Math.min(sets.members, 64))));
            assertClose(sets + " " + element, twin, scale, element.values(y), 1);
        }
    }

    /** How far an element lies below the largest of its set, which is what rounding its difference costs at most. */
    private static double distance(Sets sets, float[] x, int i) {
        double largest = x[i];
        for (int t = 0; t < sets.members; t++) {
            largest = Math.max(largest, x[sets.first(i) + t * sets.stride()]);
        }
        return 2 * Math.min(200, largest - x[i]);
    }

    @EachWay
    void oneMemberHasAllOfIt(Way way) {
        for (Sets sets : List.of(new Sets(5, 3, 1, true), new Sets(3, 8, 1, false))) {
            try (KernelRun run = new KernelRun(way)) {
                Array y = run.output(sets.elements());
                run.launch("softmax", sets.kernel(Element.FLOAT32, "forward"), 2,
                        sets.arguments(run.floats(random(1, sets.elements(), 0, 100)), y));
                // A number times its inverse.
                assertClose(sets.toString(), expected(sets.elements(), i -> 1), y.floats(), 2);
            }
        }
    }

    @EachWay
    void whatIsNotFiniteStaysSoInItsSetAndChangesNoOther(Way way) {
        for (Sets sets : SETS) {
            for (float odd : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
                float[] x = random(4, sets.elements());
                float[] clean = x.clone();
                int at = sets.elements() / 2;
                x[at] = odd;
                float[] y = forward(way, sets, x);
                float[] before = forward(way, sets, clean);
                boolean found = false;
                for (int i = 0; i < y.length; i++) {
                    boolean own = sets.first(i) == sets.first(at);
                    found |= own && Float.isNaN(y[i]);
                    assertTrue(own || y[i] == before[i], sets + ", element " + i);
                }
                assertTrue(found, sets + " hides " + odd);
            }
        }
    }

    @EachWay
    void minusInfinityHasNoShareUnlessItIsAll(Way way) {
        for (Sets sets : SETS) {
            float[] x = random(4, sets.elements());
            for (int t = 1; t < sets.members; t++) {
                x[t * sets.stride()] = Float.NEGATIVE_INFINITY;
            }
            assertEquals(1f, forward(way, sets, x)[0], 2 * Numbers.UNIT, sets.toString());
            x[0] = Float.NEGATIVE_INFINITY;
            assertTrue(Float.isNaN(forward(way, sets, x)[0]), sets.toString());
            assertFalse(sets.elements() > sets.members && Float.isNaN(forward(way, sets, x)[sets.elements() - 1]));
        }
    }

    private static float[] forward(Way way, Sets sets, float[] x) {
        try (KernelRun run = new KernelRun(way)) {
            Array y = run.output(x.length);
            run.launch("softmax", sets.kernel(Element.FLOAT32, "forward"), 2, sets.arguments(run.floats(x), y));
            return y.floats();
        }
    }

    @EachWay
    void cotangentsAreThoseOfTheSharesInEveryRow(Way way) {
        for (Element element : Element.values()) {
            for (Sets sets : SETS) {
                for (int rows : ROWS) {
                    backward(way, element, sets, rows);
                }
            }
        }
    }

    private static void backward(Way way, Element element, Sets sets, int rows) {
        int n = sets.elements();
        double[] shares = twin(sets, random(n, n, 0, 2));
        float[] y = new float[n];
        for (int i = 0; i < n; i++) {
            y[i] = (float) shares[i];
        }
        float[] rounded = element.rounded(y);
        float[] dy = element.rounded(random(n + 1, rows * n));
        double[] scale = new double[dy.length];
        double[] twin = expected(dy.length, i -> {
            int row = i / n * n;
            double sum = 0;
            double magnitudes = Math.abs(dy[i]);
            for (int t = 0; t < sets.members; t++) {
                int member = sets.first(i % n) + t * sets.stride();
                sum += (double) rounded[member] * dy[row + member];
                magnitudes += Math.abs(rounded[member] * dy[row + member]);
            }
            scale[i] = rounded[i % n] * magnitudes;
            return rounded[i % n] * (dy[i] - sum);
        });
        try (KernelRun run = new KernelRun(way)) {
            Array dx = element.output(run, dy.length);
            Object[] arguments = sets.arguments(element.array(run, rounded), element.array(run, dy), dx);
            Object[] all = Arrays.copyOf(arguments, arguments.length + 1);
            all[arguments.length] = rows;
            run.launch("softmax", sets.kernel(element, "backward"), KernelRun.grid(way, n + rows), all);
            assertClose(sets + " " + element + " " + rows, twin, scale, element.values(dx),
                    4 + Math.min(sets.members, 64) + element.units());
        }
    }
}
