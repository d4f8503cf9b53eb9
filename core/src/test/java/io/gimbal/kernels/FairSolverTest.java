package io.gimbal.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.kernels.CombiningRule.Answer;
import io.gimbal.kernels.CombiningRule.Tasks;
import io.gimbal.kernels.GramMatrices.Matrix;
import java.util.Arrays;

/** FairGrad's weights w solve G w = w^(-1/alpha), where its kernel says that they do. */
@OnKernelDevice
class FairSolverTest {
    /** Beside the sum of the terms' magnitudes, by which their rounding goes. */
    private static final double TOLERANCE = 1e-12;

    @EachWay
    void weightsSolveTheEquationOrEqualOnesStandIn(Way way) {
        int solved = 0;
        int refused = 0;
        for (int n : KernelRun.slow(way) ? new int[] {1, 2, 5} : new int[] {1, 2, 3, 5, 8, 13, 31, 32}) {
            for (int seed = 0; seed < (KernelRun.slow(way) ? 1 : n < 16 ? 7 : 1); seed++) {
                try (KernelRun run = new KernelRun(way)) {
                    for (Matrix matrix : GramMatrices.of(n, seed)) {
                        for (double alpha : new double[] {1, 2, 0.5, 0.7}) {
                            if (solves(run, matrix, alpha)) {
                                solved++;
                            } else {
                                refused++;
                            }
                        }
                    }
                }
            }
        }
        assertTrue(solved > 2 * refused, solved + " solved, " + refused + " refused");
    }

    private static boolean solves(KernelRun run, Matrix matrix, double alpha) {
        int n = matrix.n();
        String what = matrix.name() + ", alpha " + alpha;
        Answer answer = CombiningRule.FAIRGRAD.solve(run, Tasks.of(matrix.values()), alpha);
        double[] w = answer.coefficients();
        if (answer.fellBack()) {
            double[] ones = new double[n];
            Arrays.fill(ones, 1);
            assertArrayEquals(ones, w, what);
            return false;
        }
        for (int i = 0; i < n; i++) {
            if (matrix.length(i) == 0) {
                assertEquals(0, w[i], what);
                continue;
            }
            assertTrue(w[i] > 0, what + ", weight " + i + " is " + w[i]);
            double right = Math.pow(w[i], -1 / alpha);
            double left = 0;
            double size = right;
            for (int j = 0; j < n; j++) {
                left += matrix.at(i, j) * w[j];
                size += Math.abs(matrix.at(i, j) * w[j]);
            }
            assertEquals(right, left, TOLERANCE * size, what + ", row " + i);
        }
        return true;
    }

    @EachWay
    void oneTaskHasTheInverseOfItsLength(Way way) {
        try (KernelRun run = new KernelRun(way)) {
            assertArrayEquals(new double[] {0.25},
                    CombiningRule.FAIRGRAD.solve(run, Tasks.of(new double[] {16}), 1.0).coefficients(), 1e-15);
        }
    }

    @EachWay
    void gradientsOfZeroHaveNoWeightAndThatIsAnAnswer(Way way) {
        try (KernelRun run = new KernelRun(way)) {
            Answer answer = CombiningRule.FAIRGRAD.solve(run, Tasks.of(new double[4]), 2.0);
            assertArrayEquals(new double[2], answer.coefficients());
            assertFalse(answer.fellBack());
        }
    }

    @EachWay
    void opposedGradientsHaveNoAnswer(Way way) {
        try (KernelRun run = new KernelRun(way)) {
            for (double alpha : new double[] {1, 2, 0.5}) {
                Matrix matrix = new Matrix("two opposed gradients", 2, new double[] {4, -2, -2, 1}, false);
                assertFalse(solves(run, matrix, alpha));
            }
        }
    }
}
