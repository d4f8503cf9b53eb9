package io.gimbal.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.kernels.CombiningRule.Answer;
import io.gimbal.kernels.CombiningRule.Tasks;
import io.gimbal.kernels.GramMatrices.Matrix;
import java.util.Arrays;

/**
 * IMTL-G, ConFIG and Aligned-MTL beside their formulas by eigenvalues found the plain way. Compared are unit gradients'
 * parts, to a relative 1e-8: eigenvalues from 1e-6 of the largest on count, and their vectors are as far off as
 * rounding, some 1e-15, beside that. A matrix that has an eigenvalue, a length or a sum about as large as the bound
 * that it is held to is passed over.
 */
@OnKernelDevice
class SpectrumSolversTest {
    private static final double TOLERANCE = 1e-8;
    private static final double TINY = 1e-6;
    private static final int MIN = 0;
    private static final int MEDIAN = 1;
    private static final int RMSE = 2;

    /** What a formula gives. {@code decided}: whether no bound is near. */
    private record Expected(double[] alpha, boolean fellBack, boolean decided) {
    }

    private static int[] sizes(Way way) {
        return KernelRun.slow(way) ? new int[] {1, 2, 5} : new int[] {1, 2, 3, 5, 8, 13, 31, 32};
    }

    private static int seeds(Way way, int n) {
        return KernelRun.slow(way) ? 1 : n < 16 ? 7 : 1;
    }

    @EachWay
    void weightsAreThoseOfTheFormulas(Way way) {
        int compared = 0;
        for (int n : sizes(way)) {
            for (int seed = 0; seed < seeds(way, n); seed++) {
                try (KernelRun run = new KernelRun(way)) {
                    for (Matrix matrix : GramMatrices.of(n, seed)) {
                        Tasks tasks = Tasks.of(matrix.values());
                        compared += compare(matrix, "imtl_g", imtl(matrix), CombiningRule.IMTL_G.solve(run, tasks));
                        compared += compare(matrix, "config", config(matrix), CombiningRule.CONFIG.solve(run, tasks));
                        for (int scale : new int[] {MIN, MEDIAN, RMSE}) {
                            compared += compare(matrix, "aligned by " + scale, aligned(matrix, scale),
                                    CombiningRule.ALIGNED.solve(run, tasks, scale));
                        }
                    }
                }
            }
        }
        assertTrue(compared > 250, "only " + compared + " were compared");
    }

    private static int compare(Matrix matrix, String rule, Expected expected, Answer answer) {
        if (!expected.decided) {
            return 0;
        }
        String what = rule + " of " + matrix.name();
        assertEquals(expected.fellBack, answer.fellBack(), what + ": whether there is no answer");
        double largest = 0;
        for (int i = 0; i < matrix.n(); i++) {
            largest = Math.max(largest, Math.abs(part(matrix, rule, expected.alpha, i)));
        }
        for (int i = 0; i < matrix.n(); i++) {
            assertEquals(part(matrix, rule, expected.alpha, i), part(matrix, rule, answer.coefficients(), i),
                    TOLERANCE * largest, what + ", weight " + i);
        }
        return 1;
    }

    /** Aligned-MTL is about the gradients themselves, the others about unit ones. */
    private static double part(Matrix matrix, String rule, double[] alpha, int i) {
        return rule.startsWith("aligned") || matrix.length(i) == 0 ? alpha[i] : alpha[i] * matrix.length(i);
    }

    private static Expected imtl(Matrix matrix) {
        int n = matrix.n();
        double[] equal = new double[n];
        Arrays.fill(equal, 1.0 / n);
        Even even = Even.of(matrix);
        if (even.none) {
            return new Expected(equal, false, true);
        }
        double sum = 0;
        double size = 0;
        double[] alpha = new double[n];
        for (int i = 0; i < n; i++) {
            alpha[i] = matrix.length(i) > 0 ? even.x[i] / matrix.length(i) : 0;
            sum += alpha[i];
            size += Math.abs(alpha[i]);
        }
        boolean fails = even.square <= TINY || sum <= TINY * size;
        for (int i = 0; i < n; i++) {
            alpha[i] /= sum;
        }
        return new Expected(fails ? equal : alpha, fails, even.decided && (fails || sum > 1e-3 * size));
    }

    private static Expected config(Matrix matrix) {
        int n = matrix.n();
        double[] alpha = new double[n];
        Arrays.fill(alpha, 1);
        Even even = Even.of(matrix);
        if (even.none || even.square <= TINY) {
            return new Expected(alpha, !even.none, even.decided);
        }
        double projections = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                projections += matrix.length(i) * matrix.cosine(i, j) * even.x[j];
            }
        }
        for (int i = 0; i < n; i++) {
            alpha[i] = matrix.length(i) > 0 ? even.x[i] / matrix.length(i) * projections / even.square : 0;
        }
        return new Expected(alpha, false, even.decided);
    }

    private static Expected aligned(Matrix matrix, int scale) {
        int n = matrix.n();
        Spectrum spectrum = Spectrum.of(n, matrix.values());
        double[] alpha = new double[n];
        if (spectrum.largest() <= 0) {
            Arrays.fill(alpha, 1);
            return new Expected(alpha, false, true);
        }
        double[] kept = Arrays.stream(spectrum.values()).filter(value -> value > TINY * spectrum.largest()).sorted()
                .toArray();
        double square = scale == MIN ? kept[0] : scale == MEDIAN ? kept[(kept.length - 1) / 2]
                : Arrays.stream(kept).average().orElseThrow();
        for (int k = 0; k < n; k++) {
            double value = spectrum.values()[k];
            for (int i = 0; value > TINY * spectrum.largest() && i < n; i++) {
                alpha[i] += matrix.length(i) == 0 ? 0
                        : Math.sqrt(square / value) * spectrum.vectors()[i][k] * spectrum.sum(k);
            }
        }
        return new Expected(alpha, false, spectrum.decided(TINY));
    }

    /** x = C^+ 1 and x^T C x. */
    private record Even(double[] x, double square, boolean none, boolean decided) {
        static Even of(Matrix matrix) {
            int n = matrix.n();
            double[] cosines = new double[n * n];
            boolean none = true;
            for (int i = 0; i < n; i++) {
                none &= matrix.length(i) == 0;
                for (int j = 0; j < n; j++) {
                    cosines[i * n + j] = matrix.cosine(i, j);
                }
            }
            Spectrum spectrum = Spectrum.of(n, cosines);
            double[] x = new double[n];
            double square = 0;
            for (int k = 0; k < n; k++) {
                double value = spectrum.values()[k];
                if (value > TINY * spectrum.largest()) {
                    for (int i = 0; i < n; i++) {
                        x[i] += spectrum.vectors()[i][k] * spectrum.sum(k) / value;
                    }
                    square += spectrum.sum(k) * spectrum.sum(k) / value;
                }
            }
            return new Even(x, square, none, none || spectrum.decided(TINY) && (square < TINY / 2 || square > 1e-3));
        }
    }

    @EachWay
    void gradientsThatAreAllZeroHaveEqualWeightsAndThatIsAnAnswer(Way way) {
        try (KernelRun run = new KernelRun(way)) {
            Tasks tasks = Tasks.of(new double[9]);
            double third = 1.0 / 3;
            Answer imtl = CombiningRule.IMTL_G.solve(run, tasks);
            Answer config = CombiningRule.CONFIG.solve(run, tasks);
            Answer aligned = CombiningRule.ALIGNED.solve(run, tasks, RMSE);
            assertArrayEquals(new double[] {third, third, third}, imtl.coefficients());
            assertArrayEquals(new double[] {1, 1, 1}, config.coefficients());
            assertArrayEquals(new double[] {1, 1, 1}, aligned.coefficients());
            assertFalse(imtl.fellBack() || config.fellBack() || aligned.fellBack());
        }
    }

    @EachWay
    void orthogonalGradientsGetTheFormulasByHand(Way way) {
        try (KernelRun run = new KernelRun(way)) {
            Tasks tasks = Tasks.of(new double[] {1, 0, 0, 0, 4, 0, 0, 0, 16});
            double sum = 1 + 0.5 + 0.25;
            assertArrayEquals(new double[] {1 / sum, 0.5 / sum, 0.25 / sum},
                    CombiningRule.IMTL_G.solve(run, tasks).coefficients(), 1e-15);
            assertArrayEquals(new double[] {7.0 / 3, 3.5 / 3, 1.75 / 3},
                    CombiningRule.CONFIG.solve(run, tasks).coefficients(), 1e-15);
            assertArrayEquals(new double[] {1, 0.5, 0.25},
                    CombiningRule.ALIGNED.solve(run, tasks, MIN).coefficients(), 1e-15);
            assertArrayEquals(new double[] {2, 1, 0.5},
                    CombiningRule.ALIGNED.solve(run, tasks, MEDIAN).coefficients(), 1e-15);
            double mean = Math.sqrt(7);
            assertArrayEquals(new double[] {mean, mean / 2, mean / 4},
                    CombiningRule.ALIGNED.solve(run, tasks, RMSE).coefficients(), 1e-15);
        }
    }
}
