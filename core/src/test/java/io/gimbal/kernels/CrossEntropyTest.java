package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.random;
import static io.gimbal.kernels.Numbers.randomInts;
import static io.gimbal.kernels.Numbers.wide;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@OnKernelDevice
class CrossEntropyTest {
    private static final int[][] SHAPES = {
        {1, 1}, {1, 2}, {3, 13}, {255, 13}, {257, 8}, {1023, 3}, {1025, 16}, {77, 40}, {300, 63}, {130, 64}, {129, 65},
                {33, 256}, {9, 1000}, {8192, 13}
    };

    static Stream<Arguments> waysAndElements() {
        return LossCheck.waysAndElements();
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void lossIsTheLabelsNegativeLogProbability(Way way, Element element) {
        for (int[] shape : SHAPES) {
            float[] logits = random(shape[0], shape[0] * shape[1], 0, 3);
            int[] target = randomInts(shape[1], shape[0], shape[1] + 1);  // the class behind the last is ignored
            check(way, element, logits, target, shape[1], shape[1], KernelRun.grid(way, shape[0]));
        }
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void largeLogitsNeitherOverflowNorVanish(Way way, Element element) {
        float[] logits = random(5, 40 * 13, 0, 60);
        for (int i = 0; i < logits.length; i += 5) {
            logits[i] *= 1000;
        }
        check(way, element, logits, randomInts(5, 40, 13), 13, 255, 2);
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void absentTaskHasNoLossAndNoGradient(Way way, Element element) {
        int[] target = new int[50];
        Arrays.fill(target, 255);
        check(way, element, random(5, 50 * 13), target, 13, 255, 3);
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void whatIsNotFiniteMakesTheLossNotFinite(Way way, Element element) {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            for (int channels : new int[] {13, 100}) {
                for (int at : new int[] {0, 4, 12}) {
                    float[] logits = random(5, 20 * channels);
                    logits[7 * channels + at] = bad;
                    float loss = loss(way, element, logits, randomInts(5, 20, 13), channels);
                    assertTrue(Float.isNaN(loss), bad + " at " + at);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void labelThatIsNoClassMakesTheLossNotANumber(Way way, Element element) {
        for (int label : new int[] {-1, 13, 100, Integer.MIN_VALUE}) {
            int[] target = randomInts(5, 20, 13);
            target[11] = label;
            assertTrue(Float.isNaN(loss(way, element, random(5, 20 * 13), target, 13)), "label " + label);
        }
    }

    private static float loss(Way way, Element element, float[] logits, int[] target, int classes) {
        return LossCheck.of("cross_entropy", target.length).launch(way, element, 2, logits, classes, target.length,
                run -> run.ints(target), 255).loss();
    }

    private static void check(Way way, Element element, float[] values, int[] target, int classes, int ignore,
            int blocks) {
        float[] logits = element.rounded(values);
        LossTwin twin = LossTwin.crossEntropy(wide(logits), target, classes, ignore);
        // logits of some tens are subtracted first: their rounding is a relative one of the exponential
        LossCheck.of("cross_entropy", target.length).against(target.length + "x" + classes, way, element, blocks,
                logits, classes, twin, 20, run -> run.ints(target), ignore);
    }
}
