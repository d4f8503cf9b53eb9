package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.random;
import static io.gimbal.kernels.Numbers.randomInts;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.kernels.KernelRun.Array;
import java.util.Arrays;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(KernelDevice.class)
class CrossEntropyTest {
    private static final int[][] SHAPES = {
        {1, 1}, {1, 2}, {3, 13}, {255, 13}, {257, 8}, {1023, 3}, {1025, 16}, {77, 40}, {300, 63}, {130, 64}, {129, 65},
                {33, 256}, {9, 1000}, {8192, 13}
    };

    @ParameterizedTest
    @EnumSource
    void lossIsTheLabelsNegativeLogProbability(Way way) {
        for (int[] shape : SHAPES) {
            float[] logits = random(shape[0], shape[0] * shape[1], 0, 3);
            int[] target = randomInts(shape[1], shape[0], shape[1] + 1);  // the class behind the last is ignored
            for (int blocks : KernelRun.grids(way)) {
                check(way, logits, target, shape[1], shape[1], blocks);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void largeLogitsNeitherOverflowNorVanish(Way way) {
        float[] logits = random(5, 40 * 13, 0, 60);
        for (int i = 0; i < logits.length; i += 5) {
            logits[i] *= 1000;
        }
        check(way, logits, randomInts(5, 40, 13), 13, 255, 2);
    }

    @ParameterizedTest
    @EnumSource
    void absentTaskHasNoLossAndNoGradient(Way way) {
        int[] target = new int[50];
        Arrays.fill(target, 255);
        check(way, random(5, 50 * 13), target, 13, 255, 3);
    }

    @ParameterizedTest
    @EnumSource
    void whatIsNotFiniteMakesTheLossNotFinite(Way way) {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            for (int channels : new int[] {13, 100}) {
                for (int at : new int[] {0, 4, 12}) {
                    float[] logits = random(5, 20 * channels);
                    logits[7 * channels + at] = bad;
                    assertTrue(Float.isNaN(loss(way, logits, randomInts(5, 20, 13), channels)), bad + " at " + at);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void labelThatIsNoClassMakesTheLossNotANumber(Way way) {
        for (int label : new int[] {-1, 13, 100, Integer.MIN_VALUE}) {
            int[] target = randomInts(5, 20, 13);
            target[11] = label;
            assertTrue(Float.isNaN(loss(way, random(5, 20 * 13), target, 13)), "label " + label);
        }
    }

    private static float loss(Way way, float[] logits, int[] target, int classes) {
        try (KernelRun run = new KernelRun(way)) {
            Array partials = run.output(2);
            Array count = run.ints(target.length);
            Array loss = run.output(1);
            run.launch("loss", "cross_entropy", 2, run.floats(logits), run.ints(target), run.floats(1), count,
                    run.output(logits.length),
                    partials, (long) target.length, classes, 255);
            run.launch("loss", "loss_finish", 1, partials, 2, count, loss);
            return loss.floats()[0];
        }
    }

    private static void check(Way way, float[] logits, int[] target, int classes, int ignore, int blocks) {
        LossCheck twin = new LossCheck(logits.length);
        int count = 0;
        for (int m = 0; m < target.length; m++) {
            if (target[m] == ignore) {
                continue;
            }
            count++;
            int first = m * classes;
            double largest = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < classes; c++) {
                largest = Math.max(largest, logits[first + c]);
            }
            double sum = 0;
            for (int c = 0; c < classes; c++) {
                sum += Math.exp(logits[first + c] - largest);
            }
            twin.sum += Math.log(sum) + largest - logits[first + target[m]];
            for (int c = 0; c < classes; c++) {
                twin.slopes[first + c] = Math.exp(logits[first + c] - largest) / sum - (c == target[m] ? 1 : 0);
            }
        }
        // logits of some tens are subtracted first: their rounding is a relative one of the exponential
        twin.against(target.length + "x" + classes, way, blocks, count, 20,
                (run, grid, weight, counted, gradient, partials) ->
                run.launch("loss", "cross_entropy", grid, run.floats(logits), run.ints(target), weight, counted,
                        gradient, partials,
                        (long) target.length, classes, ignore));
    }
}
