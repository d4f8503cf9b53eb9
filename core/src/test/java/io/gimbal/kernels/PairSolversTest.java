package io.gimbal.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gimbal.engine.Philox;
import io.gimbal.kernels.CombiningRule.Answer;
import io.gimbal.kernels.CombiningRule.Tasks;
import io.gimbal.kernels.GramMatrices.Matrix;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * PCGrad and GradVac beside their algorithms done the plain way, pair by pair. Compared are unit gradients' parts,
 * beside the largest: both compute in double, in another order.
 */
@OnKernelDevice
class PairSolversTest {
    private static final int ORDERS = 0xB1;
    private static final double TOLERANCE = 1e-9;
    /** Of gradvac: the sine beside a cosine of 1 is the root of rounding, and a row may shrink to a thousandth. */
    private static final double LIFTED = 1e-6;
    private static final double TINY = 1e-6;

    @EachWay
    void partsThatConflictAreTakenOutInTheOrderOfThePairs(Way way) {
        each(way, (run, matrix, random) -> {
            Tasks tasks = someAbsent(matrix, random);
            Answer answer = CombiningRule.PCGRAD.solve(run, tasks);
            assertClose("pcgrad of " + matrix.name(), matrix, pcgrad(matrix, tasks), answer.coefficients(), TOLERANCE);
        });
    }

    @EachWay
    void cosinesAreLiftedToTheirAveragesWhichMoveAtEveryPair(Way way) {
        each(way, (run, matrix, random) -> {
            int n = matrix.n();
            Tasks tasks = someAbsent(matrix, random);
            double[] averages = new double[n * n];
            for (int k = 0; k < averages.length; k++) {
                averages[k] = k % 7 == 0 ? 1 : 1.6 * random.nextDouble() - 0.8;
            }
            double[] moved = averages.clone();
            double[] expected = gradvac(matrix, tasks, moved, 0.3);
            Answer answer = CombiningRule.GRADVAC.solve(run, 1, tasks, averages, 0.3);
            assertClose("gradvac of " + matrix.name(), matrix, expected, answer.coefficients(), LIFTED);
            for (int k = 0; k < moved.length; k++) {
                assertEquals(moved[k], answer.moved()[k], LIFTED, "average " + k + " of " + matrix.name());
            }
        });
    }

    private interface Check {
        void of(KernelRun run, Matrix matrix, Random random);
    }

    private static void each(Way way, Check check) {
        for (int n : KernelRun.slow(way) ? new int[] {1, 2, 5} : new int[] {1, 2, 3, 5, 8, 13, 31, 32}) {
            for (int seed = 0; seed < (KernelRun.slow(way) ? 1 : n < 16 ? 10 : 3); seed++) {
                try (KernelRun run = new KernelRun(way)) {
                    for (Matrix matrix : GramMatrices.of(n, seed)) {
                        check.of(run, matrix, new Random(seed));
                    }
                }
            }
        }
    }

    /** Of a fifth of the tasks nothing is known. */
    private static Tasks someAbsent(Matrix matrix, Random random) {
        Tasks tasks = Tasks.of(matrix.values());
        for (int t = 0; t < matrix.n(); t++) {
            tasks.counts()[t] = random.nextInt(5) == 0 ? 0 : 2;
        }
        return tasks;
    }

    /** The order in which task i meets the other present ones, as the reference has it. */
    private static List<Integer> order(int i, int[] counts) {
        List<Integer> others = new ArrayList<>();
        for (int j = 0; j < counts.length; j++) {
            if (j != i && counts[j] > 0) {
                others.add(j);
            }
        }
        long word = (long) i * counts.length;
        for (int last = others.size() - 1; last > 0; last--) {
            long drawn = Philox.word(word++, ORDERS, CombiningRule.STEP, CombiningRule.SEED);
            Collections.swap(others, last, (int) (drawn * (last + 1) >>> 32));
        }
        return others;
    }

    private static double[] pcgrad(Matrix matrix, Tasks tasks) {
        int n = matrix.n();
        double[] sum = new double[n];
        for (int i = 0; i < n; i++) {
            double[] row = row(i, tasks);
            for (int j : row == null ? List.<Integer>of() : order(i, tasks.counts())) {
                double inner = matrix.times(row)[j];
                if (inner < 0) {
                    row[j] -= inner / matrix.at(j, j);
                }
            }
            add(sum, row);
        }
        return sum;
    }

    private static double[] gradvac(Matrix matrix, Tasks tasks, double[] averages, double beta) {
        int n = matrix.n();
        double[] sum = new double[n];
        for (int i = 0; i < n; i++) {
            double[] row = row(i, tasks);
            for (int j : row == null ? List.<Integer>of() : order(i, tasks.counts())) {
                double[] products = matrix.times(row);
                double square = 0;
                double lengths = 0;
                for (int k = 0; k < n; k++) {
                    square += row[k] * products[k];
                    lengths += Math.abs(row[k]) * matrix.length(k);
                }
                if (matrix.length(j) == 0 || square <= TINY * lengths * lengths) {
                    continue;
                }
                double length = Math.sqrt(square);
                double cosine = Math.clamp(products[j] / (length * matrix.length(j)), -1, 1);
                double goal = averages[i * n + j];
                if (cosine < goal && 1 - goal * goal > TINY) {
                    double rest = Math.sqrt(1 - goal * goal);
                    row[j] += length * (goal * Math.sqrt(1 - cosine * cosine) - cosine * rest)
                            / (matrix.length(j) * rest);
                }
                averages[i * n + j] = (1 - beta) * goal + beta * cosine;
            }
            add(sum, row);
        }
        return sum;
    }

    private static double[] row(int i, Tasks tasks) {
        if (tasks.counts()[i] == 0) {
            return null;
        }
        double[] row = new double[tasks.size()];
        row[i] = 1;
        return row;
    }

    private static void add(double[] sum, double[] row) {
        for (int j = 0; row != null && j < sum.length; j++) {
            sum[j] += row[j];
        }
    }

    private static void assertClose(String what, Matrix matrix, double[] expected, double[] found,
            double tolerance) {
        double[] parts = new double[found.length];
        double largest = 0;
        for (int j = 0; j < found.length; j++) {
            parts[j] = matrix.length(j) > 0 ? matrix.length(j) : 1;
            largest = Math.max(largest, Math.abs(expected[j]) * parts[j]);
        }
        for (int j = 0; j < found.length; j++) {
            assertEquals(expected[j] * parts[j], found[j] * parts[j], tolerance * largest, what + ", coefficient " + j);
        }
    }

    @EachWay
    void aGradientOfZeroKeepsCoefficientOne(Way way) {
        double[] gram = {4, 0, -2, 0, 0, 0, -2, 0, 4};
        try (KernelRun run = new KernelRun(way)) {
            double[] freed = CombiningRule.PCGRAD.solve(run, Tasks.of(gram)).coefficients();
            assertArrayEquals(new double[] {1.5, 1, 1.5}, freed, 1e-15);
            double[] lifted = CombiningRule.GRADVAC.solve(run, Tasks.of(gram), 0.5).coefficients();
            assertArrayEquals(new double[] {1.5, 1, 1.5}, lifted, 1e-15);
        }
    }
}
