package io.gimbal.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.gimbal.kernels.CombiningRule.Answer;
import io.gimbal.kernels.CombiningRule.Tasks;
import io.gimbal.kernels.GramMatrices.Matrix;
import java.util.Arrays;
import java.util.Set;

/** What holds of every rule that combines gradients. */
@OnKernelDevice
class CombiningTest {
    private static final int MOST_TASKS = 32;
    /** Whose answer depends on the tasks' numbers, not on their order alone. */
    private static final Set<CombiningRule> BY_NUMBER = Set.of(CombiningRule.PCGRAD, CombiningRule.GRADVAC);

    @EachWay
    void absentTasksTakeNoPartAndHaveNoCoefficient(Way way) {
        Matrix matrix = GramMatrices.of(5, 1).getFirst();
        int[] at = {1, 2, 4, 7, 8};
        int size = 10;
        double[] gram = new double[size * size];
        float[] losses = new float[size];
        int[] counts = new int[size];
        Arrays.fill(gram, Double.NaN);
        Arrays.fill(losses, Float.NaN);
        for (int i = 0; i < at.length; i++) {
            losses[at[i]] = 1;
            counts[at[i]] = 1 + i;
            for (int j = 0; j < at.length; j++) {
                gram[at[i] * size + at[j]] = matrix.at(i, j);
            }
        }
        try (KernelRun run = new KernelRun(way)) {
            for (CombiningRule rule : CombiningRule.values()) {
                Answer among = rule.solve(run, new Tasks(gram, losses, counts), rule.own());
                double[] alone = rule.solve(run, Tasks.of(matrix.values()), rule.own()).coefficients();
                for (int t = 0, i = 0; t < size; t++) {
                    boolean present = i < at.length && at[i] == t;
                    if (!present || !BY_NUMBER.contains(rule)) {
                        assertEquals(present ? alone[i] : 0, among.coefficients()[t], rule + ", task " + t);
                    }
                    i += present ? 1 : 0;
                }
                assertFalse(among.fellBack(), rule.kernel());
            }
        }
    }

    @EachWay
    void withoutAPresentTaskAllCoefficientsAreZero(Way way) {
        try (KernelRun run = new KernelRun(way)) {
            for (CombiningRule rule : CombiningRule.values()) {
                double[] averages = {0.1, 0.2, 0.3, 0.4};
                Answer answer = rule.solve(run, 1, new Tasks(new double[] {1, Double.NaN, Double.NaN, 2},
                        new float[] {Float.NaN, 1}, new int[2]), averages, rule.own());
                assertArrayEquals(new double[2], answer.coefficients(), rule.kernel());
                assertFalse(answer.fellBack(), rule.kernel());
                if (answer.moved() != null) {
                    assertArrayEquals(averages, answer.moved(), rule.kernel());
                }
            }
        }
    }

    @EachWay
    void whatIsNotFiniteLeavesAllCoefficientsOneAndAveragesAsTheyWere(Way way) {
        double[] averages = {0, 0.5, 0.25, 0.5, 0, 0.75, 0.125, -0.5, 0};
        double[] good = {1, 0.5, 0, 0.5, 1, 0.5, 0, 0.5, 1};
        double[] ones = {1, 1, 1};
        try (KernelRun run = new KernelRun(way)) {
            for (CombiningRule rule : CombiningRule.values()) {
                for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
                    double[] gram = good.clone();
                    gram[2] = gram[6] = bad;
                    int[] counts = {1, 0, 1};
                    Answer byGram = rule.solve(run, 1, new Tasks(gram, new float[] {1, 1, 1}, counts), averages,
                            rule.own());
                    Answer byLoss = rule.solve(run, 1, new Tasks(good, new float[] {1, 1, (float) bad}, counts),
                            averages, rule.own());
                    for (Answer answer : new Answer[] {byGram, byLoss}) {
                        assertArrayEquals(ones, answer.coefficients(), rule.kernel());
                        assertFalse(answer.fellBack(), rule.kernel());
                        if (answer.moved() != null) {
                            assertArrayEquals(averages, answer.moved(), rule.kernel());
                        }
                    }
                }
            }
        }
    }

    @EachWay
    void theSameBitsComeOutOfEveryLaunch(Way way) {
        for (int n : new int[] {1, 5, KernelRun.slow(way) ? 11 : MOST_TASKS}) {
            try (KernelRun run = new KernelRun(way)) {
                Matrix matrix = GramMatrices.of(n, 2).get(3);
                for (CombiningRule rule : CombiningRule.values()) {
                    double[] averages = new double[n * n];
                    Arrays.fill(averages, 0.25);
                    Answer first = rule.solve(run, 1, Tasks.of(matrix.values()), averages, rule.own());
                    Answer second = rule.solve(run, 3, Tasks.of(matrix.values()), averages, rule.own());
                    assertArrayEquals(first.coefficients(), second.coefficients(), rule.kernel() + " " + matrix.name());
                    assertEquals(first.fellBack(), second.fellBack());
                    assertArrayEquals(first.moved(), second.moved());
                }
            }
        }
    }
}
