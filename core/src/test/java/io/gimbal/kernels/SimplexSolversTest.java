package io.gimbal.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.kernels.CombiningRule.Tasks;
import io.gimbal.kernels.GramMatrices.Matrix;
import java.util.Arrays;
import java.util.Locale;

/**
 * MGDA's and CAGrad's answers meet the conditions of the optimum, each beside what its terms are made of: to rounding,
 * and where the matrix is off by what adding floats up does, to a few times that, since what it has below zero is
 * taken out.
 */
@OnKernelDevice
class SimplexSolversTest {
    private static final double EXACT = 1e-11;
    private static final double NOISY = 3e-6;
    /** From here on a sum cancels, by the square of its length beside that of its parts. */
    private static final double TINY = 1e-6;

    private static int[] sizes(Way way) {
        return KernelRun.slow(way) ? new int[] {1, 2, 5} : new int[] {1, 2, 3, 5, 8, 13, 31, 32};
    }

    private static int seeds(Way way, int n) {
        return KernelRun.slow(way) ? 1 : n < 16 ? 20 : 3;
    }

    @EachWay
    void noGradientProjectsOnTheShortestPointOfTheHullByLessThanItsLength(Way way) {
        for (int n : sizes(way)) {
            for (int seed = 0; seed < seeds(way, n); seed++) {
                try (KernelRun run = new KernelRun(way)) {
                    for (Matrix matrix : GramMatrices.of(n, seed)) {
                        checkShortest(run, matrix, 0);
                        checkShortest(run, matrix, 1);
                    }
                }
            }
        }
    }

    /** @param normalize 0 none, 1 by the gradients' lengths */
    private static double[] checkShortest(KernelRun run, Matrix matrix, int normalize) {
        int n = matrix.n();
        double[] found = CombiningRule.MGDA.solve(run, Tasks.of(matrix.values()), normalize).coefficients();
        double[] length = new double[n];
        double sum = 0;
        double reach = 0;
        for (int i = 0; i < n; i++) {
            length[i] = normalize == 0 || matrix.length(i) == 0 ? matrix.length(i) : 1;
            sum += found[i];
            reach += found[i] * length[i];
            assertTrue(found[i] >= 0, () -> matrix.name() + ": " + Arrays.toString(found));
        }
        assertEquals(1, sum, 1e-14 * n, matrix.name());
        double[] slopes = new double[n];
        double square = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                slopes[i] += length[i] * matrix.cosine(i, j) * length[j] * found[j];
            }
            square += found[i] * slopes[i];
        }
        for (int i = 0; i < n; i++) {
            double below = square - slopes[i];
            assertTrue(below <= tolerance(matrix) * length[i] * reach, String.format(Locale.ROOT,
                    "%s, normalize %d: gradient %d projects by %g where %g is the least", matrix.name(), normalize, i,
                    slopes[i], square));
        }
        return found;
    }

    private static double tolerance(Matrix matrix) {
        return matrix.noisy() ? NOISY : EXACT;
    }

    @EachWay
    void cagradMeetsTheConditionsOfItsOptimum(Way way) {
        for (int n : sizes(way)) {
            for (int seed = 0; seed < seeds(way, n); seed++) {
                try (KernelRun run = new KernelRun(way)) {
                    for (Matrix matrix : GramMatrices.of(n, seed)) {
                        checkDirection(run, matrix, 0.5, 1);
                        checkDirection(run, matrix, 0.01, 0);
                        checkDirection(run, matrix, 0.9, 2);
                    }
                }
            }
        }
    }

    /**
     * With y = w / |g_w|: a + radius G y is m where y is above 0, and nowhere less; |g_y| = 1. Where y is left out, the
     * gradients must be able to cancel.
     */
    private static void checkDirection(KernelRun run, Matrix matrix, double c, int rescale) {
        int n = matrix.n();
        String what = matrix.name() + ", c " + c;
        double[] found = CombiningRule.CAGRAD.solve(run, Tasks.of(matrix.values()), c, rescale).coefficients();
        double[] mean = new double[n];
        double meanSquare = 0;
        double longest = 0;
        boolean zeros = false;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                mean[i] += matrix.at(i, j) / n;
            }
            meanSquare += mean[i] / n;
            longest = Math.max(longest, matrix.length(i));
            zeros |= matrix.length(i) == 0;
        }
        if (meanSquare <= TINY * longest * longest) {
            return;  // so little of alpha is y's that rounding hides it
        }
        double radius = c * Math.sqrt(meanSquare);
        double scale = rescale == 0 ? 1 : rescale == 1 ? 1 + c * c : 1 + c;
        double[] y = new double[n];
        double reach = 0;
        for (int i = 0; i < n; i++) {
            y[i] = (found[i] * scale - 1.0 / n) / radius;
            reach += y[i] * matrix.length(i);
            assertTrue(y[i] * matrix.length(i) >= -1e-12 / c, what + ", y " + i + " is " + y[i]);
        }
        if (reach < 1e-9) {
            if (!zeros) {
                double[] shortest = checkShortest(run, matrix, 1);
                double square = 0;
                for (int i = 0; i < n; i++) {
                    for (int j = 0; j < n; j++) {
                        square += shortest[i] * matrix.cosine(i, j) * shortest[j];
                    }
                }
                assertTrue(square <= TINY * 1.01, what + ": left out though the sum keeps " + square);
            }
            return;
        }
        double[] bent = matrix.times(y);
        double level = 0;
        double weights = 0;
        double square = 0;
        for (int i = 0; i < n; i++) {
            bent[i] = mean[i] + radius * bent[i];
            square += y[i] * (bent[i] - mean[i]) / radius;
            level += y[i] * bent[i];
            weights += y[i];
        }
        level /= weights;
        assertEquals(1, square, tolerance(matrix) * Math.max(1, reach * reach), what + ": the length of g_y");
        for (int i = 0; i < n; i++) {
            double size = Math.abs(mean[i]) + radius * reach * matrix.length(i);
            double below = level - bent[i];
            assertTrue(below <= tolerance(matrix) * size, what + ": " + bent[i] + " at " + i + " is under " + level);
            double complementary = Math.abs(below) * y[i] * matrix.length(i);
            assertTrue(complementary <= tolerance(matrix) * size * Math.max(1, reach), what + ": " + bent[i] + " at "
                    + i + " is not " + level);
        }
    }

    @EachWay
    void gradientsThatAreTheSameShareEqually(Way way) {
        double[] gram = {9, 9, 0, 9, 9, 0, 0, 0, 9};
        try (KernelRun run = new KernelRun(way)) {
            double[] mgda = CombiningRule.MGDA.solve(run, Tasks.of(gram), 0).coefficients();
            assertArrayEquals(new double[] {0.25, 0.25, 0.5}, mgda, 1e-15);
            double[] cagrad = CombiningRule.CAGRAD.solve(run, Tasks.of(gram), 0.5, 1).coefficients();
            assertEquals(cagrad[0], cagrad[1]);
        }
    }

    @EachWay
    void gradientsOfZeroShareAllOfMgda(Way way) {
        try (KernelRun run = new KernelRun(way)) {
            assertArrayEquals(new double[] {0, 0.5, 0.5}, CombiningRule.MGDA.solve(run,
                    Tasks.of(new double[] {4, 0, 0, 0, 0, 0, 0, 0, 0}), 0).coefficients());
        }
    }

    @EachWay
    void lossesDivideTheGradientsAndALossOfZeroCountsAsOne(Way way) {
        double[] gram = {1, 0, 0, 1};
        try (KernelRun run = new KernelRun(way)) {
            Tasks tasks = new Tasks(gram, new float[] {0.5f, 0}, new int[] {1, 1});
            // |l_0 g_0 / 0.5|^2 + |l_1 g_1|^2 is least where 4 l_0 = l_1
            assertArrayEquals(new double[] {0.2, 0.8}, CombiningRule.MGDA.solve(run, tasks, 2).coefficients(), 1e-15);
            assertArrayEquals(new double[] {0.2, 0.8}, CombiningRule.MGDA.solve(run, tasks, 3).coefficients(), 1e-15);
        }
    }
}
