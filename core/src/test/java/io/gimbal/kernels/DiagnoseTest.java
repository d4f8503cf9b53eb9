package io.gimbal.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.kernels.GramMatrices.Matrix;
import io.gimbal.kernels.KernelRun.Array;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Cosines and condition numbers beside a twin whose eigenvalues are found the plain way. An eigenvalue of a matrix of
 * cosines is off by rounding beside the largest, and by what Jacobi's method leaves standing, at most 1e-16 n^2: the
 * least over the largest is compared to 1e-13 at n = 32. A cosine is two roundings and a root: 1e-15.
 */
@OnKernelDevice
class DiagnoseTest {
    private static final double SHARE_TOLERANCE = 1e-13;
    private static final double COSINE_TOLERANCE = 1e-15;
    private static final int SLOTS = 3;
    private static final double UNTOUCHED = -7;

    private static int[] sizes(Way way) {
        return KernelRun.slow(way) ? new int[] {1, 2, 3, 7, 32} : IntStream.rangeClosed(1, 32).toArray();
    }

    /** One launch; the diagnosis of the step, with all others of the ring seen to be left alone. */
    private static double[] diagnose(KernelRun run, int blocks, double[] gram, int[] counts, long step) {
        int tasks = counts.length;
        int words = tasks * (tasks - 1) / 2 + 1;
        double[] before = new double[SLOTS * words];
        Arrays.fill(before, UNTOUCHED);
        Array diagnoses = run.doubles(before);
        run.launch("diagnose", "diagnose", blocks, run.doubles(gram), run.ints(counts), run.longs(step + 1, 0, 0, 0),
                diagnoses, SLOTS, tasks);
        double[] after = diagnoses.doubles();
        int at = (int) (step % SLOTS) * words;
        double[] found = Arrays.copyOfRange(after, at, at + words);
        System.arraycopy(before, at, after, at, words);
        assertArrayEquals(before, after, "only the step's own diagnosis is written");
        return found;
    }

    private static double[] diagnose(KernelRun run, double[] gram) {
        int tasks = (int) Math.round(Math.sqrt(gram.length));
        return diagnose(run, 1, gram, IntStream.generate(() -> 2).limit(tasks).toArray(), 4);
    }

    private static double condition(double[] diagnosis) {
        return diagnosis[diagnosis.length - 1];
    }

    private static void check(KernelRun run, int blocks, Matrix matrix, int[] counts, long step) {
        int n = matrix.n();
        int[] there = IntStream.range(0, n).filter(i -> counts[i] > 0 && matrix.length(i) > 0).toArray();
        double[] found = diagnose(run, blocks, matrix.values(), counts, step);
        int pair = 0;
        for (int i = 0; i < n; i++) {
            for (int j = i + 1; j < n; j++) {
                double expected = counts[i] > 0 && counts[j] > 0 ? matrix.cosine(i, j) : 0;
                assertEquals(expected, found[pair++], COSINE_TOLERANCE, matrix.name() + ", " + i + " and " + j);
            }
        }
        double[] cosines = new double[there.length * there.length];
        for (int i = 0; i < there.length; i++) {
            for (int j = 0; j < there.length; j++) {
                cosines[i * there.length + j] = matrix.cosine(there[i], there[j]);
            }
        }
        if (there.length == 0) {
            assertTrue(Double.isNaN(condition(found)), matrix.name());
            return;
        }
        Spectrum spectrum = Spectrum.of(there.length, cosines);
        double share = Math.max(0, Arrays.stream(spectrum.values()).min().orElseThrow()) / spectrum.largest();
        assertEquals(share, 1 / condition(found), SHARE_TOLERANCE, matrix.name());
    }

    @EachWay
    void cosinesAndConditionAreThoseOfTheTwin(Way way) {
        for (int n : sizes(way)) {
            Random random = new Random(n);
            try (KernelRun run = new KernelRun(way)) {
                for (Matrix matrix : GramMatrices.of(n, 1)) {
                    int[] counts = IntStream.generate(() -> random.nextInt(4)).limit(n).toArray();
                    check(run, KernelRun.grid(way, n), matrix, counts, random.nextInt(1000));
                    Arrays.fill(counts, 1);
                    check(run, 1, matrix, counts, 1L << 40);
                }
            }
        }
    }

    @EachWay
    void aTaskAloneAndOrthogonalGradientsHaveAConditionOfOne(Way way) {
        try (KernelRun run = new KernelRun(way)) {
            assertArrayEquals(new double[] {1}, diagnose(run, new double[] {9}));
            assertArrayEquals(new double[] {0, 0, 0, 1}, diagnose(run, new double[] {4, 0, 0, 0, 9, 0, 0, 0, 1e-12}));
        }
    }

    @EachWay
    void twoGradientsHaveTheConditionOfTheFormula(Way way) {
        try (KernelRun run = new KernelRun(way)) {
            for (double cosine : new double[] {-0.9, -0.5, 0.25, 0.8}) {
                double[] found = diagnose(run, new double[] {4, 2 * cosine, 2 * cosine, 1});
                assertEquals(cosine, found[0], COSINE_TOLERANCE);
                double expected = (1 + Math.abs(cosine)) / (1 - Math.abs(cosine));
                assertEquals(expected, condition(found), 1e-13 * expected);
            }
        }
    }

    @EachWay
    void whatRoundingMadeIndefiniteHasAnInfiniteCondition(Way way) {
        try (KernelRun run = new KernelRun(way)) {
            assertEquals(Double.POSITIVE_INFINITY, condition(diagnose(run, new double[] {1, 1 + 1e-7, 1 + 1e-7, 1})));
        }
    }

    @EachWay
    void withoutAGradientThereIsNoCondition(Way way) {
        try (KernelRun run = new KernelRun(way)) {
            assertArrayEquals(new double[] {0, Double.NaN}, diagnose(run, new double[4]));
            assertArrayEquals(new double[] {0, Double.NaN}, diagnose(run, 1, new double[] {1, 0.5, 0.5, 1},
                    new int[2], 0));
            assertArrayEquals(new double[] {0, 1}, diagnose(run, 1, new double[] {1, 0.5, 0.5, 1},
                    new int[] {0, 3}, 1), "of the task that is there");
        }
    }

    @EachWay
    void aProductThatIsNotFiniteLeavesNoConditionAndTheOthersCosines(Way way) {
        try (KernelRun run = new KernelRun(way)) {
            for (double broken : List.of(Double.NaN, Double.POSITIVE_INFINITY)) {
                double[] found = diagnose(run, new double[] {broken, broken, broken, broken, 1, 0.5, broken, 0.5, 1});
                assertTrue(Double.isNaN(found[0]) && Double.isNaN(found[1]), () -> Arrays.toString(found));
                assertEquals(0.5, found[2]);
                assertTrue(Double.isNaN(condition(found)));
            }
        }
    }
}
