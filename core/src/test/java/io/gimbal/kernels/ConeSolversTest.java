package io.gimbal.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.kernels.CombiningRule.Tasks;
import io.gimbal.kernels.GramMatrices.Matrix;

/**
 * UPGrad and DualProj beside projections found another way, by changing the set of bound tasks until the conditions of
 * the optimum hold, which is checked. Compared to a relative 1e-9: H's condition is about 1 / regularize.
 */
@OnKernelDevice
class ConeSolversTest {
    private static final double TOLERANCE = 1e-9;

    @EachWay
    void weightsAreThoseOfTheProjectionsOnTheCone(Way way) {
        for (int n : KernelRun.slow(way) ? new int[] {1, 2, 5} : new int[] {1, 2, 3, 5, 8, 13, 31, 32}) {
            for (int seed = 0; seed < (KernelRun.slow(way) ? 1 : n < 16 ? 10 : 2); seed++) {
                try (KernelRun run = new KernelRun(way)) {
                    for (Matrix matrix : GramMatrices.of(n, seed)) {
                        check(run, matrix, 1e-4);
                        check(run, matrix, 1e-2);
                    }
                }
            }
        }
    }

    private static void check(KernelRun run, Matrix matrix, double regularize) {
        int n = matrix.n();
        double trace = 0;
        for (int i = 0; i < n; i++) {
            trace += matrix.at(i, i);
        }
        double[][] h = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                h[i][j] = (trace > 0 ? matrix.at(i, j) / trace : 0) + (i == j ? regularize : 0);
            }
        }
        double[] each = new double[n];
        double[] mean = new double[n];
        for (int k = 0; k < n; k++) {
            double[] bound = new double[n];
            bound[k] = 1.0 / n;
            double[] projection = trace > 0 ? project(h, bound) : bound;
            for (int i = 0; i < n; i++) {
                each[i] += projection[i];
            }
            mean[k] = 1.0 / n;
        }
        Tasks tasks = Tasks.of(matrix.values());
        assertClose("upgrad of " + matrix.name(), each,
                CombiningRule.UPGRAD.solve(run, tasks, regularize).coefficients());
        assertClose("dualproj of " + matrix.name(), trace > 0 ? project(h, mean) : mean,
                CombiningRule.DUALPROJ.solve(run, tasks, regularize).coefficients());
    }

    private static void assertClose(String what, double[] expected, double[] found) {
        double largest = 0;
        for (double value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        for (int i = 0; i < found.length; i++) {
            assertEquals(expected[i], found[i], TOLERANCE * largest, what + ", weight " + i);
        }
    }

    /** argmin v^T H v over v >= bound. */
    private static double[] project(double[][] h, double[] bound) {
        int n = bound.length;
        boolean[] free = new boolean[n];
        int fewest = n + 1;
        for (int round = 0, patience = 3; round < 1000; round++) {
            double[] v = optimum(h, bound, free);
            double[] slope = times(h, v);
            int wrong = 0;
            int last = -1;
            boolean[] next = free.clone();
            for (int i = 0; i < n; i++) {
                double size = 0;
                for (int j = 0; j < n; j++) {
                    size += Math.abs(h[i][j] * v[j]);
                }
                if (free[i] ? v[i] < bound[i] : slope[i] < -1e-12 * size) {
                    wrong++;
                    last = i;
                    next[i] = !free[i];
                }
            }
            if (wrong == 0) {
                return v;
            }
            patience = wrong < fewest ? 3 : patience - 1;
            fewest = Math.min(fewest, wrong);
            if (patience < 0) {  // one at a time, which ends
                next = free.clone();
                next[last] = !free[last];
            }
            free = next;
        }
        throw new AssertionError("the twin finds no projection");
    }

    /** v = bound on the bound ones, H v = 0 on the free, by Gauss's method. */
    private static double[] optimum(double[][] h, double[] bound, boolean[] free) {
        int n = bound.length;
        double[][] a = new double[n][n + 1];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                a[i][j] = free[i] ? h[i][j] : i == j ? 1 : 0;
            }
            a[i][n] = free[i] ? 0 : bound[i];
        }
        for (int k = 0; k < n; k++) {
            int pivot = k;
            for (int i = k; i < n; i++) {
                pivot = Math.abs(a[i][k]) > Math.abs(a[pivot][k]) ? i : pivot;
            }
            double[] row = a[pivot];
            a[pivot] = a[k];
            a[k] = row;
            for (int i = 0; i < n; i++) {
                double factor = i == k ? 0 : a[i][k] / row[k];
                for (int j = k; factor != 0 && j <= n; j++) {
                    a[i][j] -= factor * row[j];
                }
            }
        }
        double[] v = new double[n];
        for (int i = 0; i < n; i++) {
            v[i] = a[i][n] / a[i][i];
        }
        return v;
    }

    private static double[] times(double[][] h, double[] v) {
        double[] product = new double[v.length];
        for (int i = 0; i < v.length; i++) {
            for (int j = 0; j < v.length; j++) {
                product[i] += h[i][j] * v[j];
            }
        }
        return product;
    }

    @EachWay
    void gradientsWithoutConflictKeepTheirWeights(Way way) {
        double[] gram = {4, 1, 0, 1, 9, 2, 0, 2, 1};
        double third = 1.0 / 3;
        try (KernelRun run = new KernelRun(way)) {
            assertArrayEquals(new double[] {third, third, third},
                    CombiningRule.UPGRAD.solve(run, Tasks.of(gram), 1e-4).coefficients(), 1e-16);
            assertArrayEquals(new double[] {third, third, third},
                    CombiningRule.DUALPROJ.solve(run, Tasks.of(gram), 1e-4).coefficients(), 1e-16);
        }
    }

    @EachWay
    void noGradientConflictsWithTheCombination(Way way) {
        try (KernelRun run = new KernelRun(way)) {
            for (Matrix matrix : GramMatrices.of(5, 9)) {
                double[] v = CombiningRule.UPGRAD.solve(run, Tasks.of(matrix.values()), 1e-6).coefficients();
                double[] inner = matrix.times(v);
                double trace = 0;
                for (int i = 0; i < 5; i++) {
                    trace += matrix.at(i, i);
                }
                for (int i = 0; i < 5; i++) {  // what regularize itself allows
                    assertTrue(inner[i] >= -1.01e-6 * trace * v[i], matrix.name() + ", " + i + ": " + inner[i]);
                }
            }
        }
    }
}
