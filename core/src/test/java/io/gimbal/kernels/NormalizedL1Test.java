package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.random;
import static io.gimbal.kernels.Numbers.wide;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.kernels.LossCheck.Outcome;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@OnKernelDevice
class NormalizedL1Test {
    /** The last is more channels than a warp's lanes hold. */
    private static final int[][] SHAPES = {{1, 3}, {2, 1}, {255, 3}, {257, 3}, {1025, 2}, {33, 13}, {8191, 3},
            {5, 300}};

    static Stream<Arguments> waysAndElements() {
        return LossCheck.waysAndElements();
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void lossIsTheDifferenceOfThePredictionOverItsLength(Way way, Element element) {
        for (int[] shape : SHAPES) {
            for (int marked = 0; marked < 2; marked++) {
                int blocks = KernelRun.grid(way, shape[0] + marked);
                check(way, element, random(shape[0], shape[0] * shape[1]), shape[1], marked, blocks);
            }
        }
    }

    /** Where 1e-12 is as long as the prediction, and where there is no prediction. */
    @ParameterizedTest
    @MethodSource("waysAndElements")
    void shortPredictionsAreDividedByLittleAndThoseOfNoLengthHaveNoGradient(Way way, Element element) {
        float[] prediction = random(1, 300, 0, 1);
        for (int i = 0; i < prediction.length; i++) {
            prediction[i] *= i / 3 % 3 == 0 ? 0 : i / 3 % 3 == 1 ? 1e-12f : 1;
        }
        check(way, element, prediction, 3, 1, 2);
        float[] zeros = new float[30];
        Outcome outcome = LossCheck.of("normalized_l1", 10).launch(way, element, 1, zeros, 3, 30,
                run -> run.floats(target(10, 3, 0)), 0f, 0);
        for (float slope : outcome.gradient()) {
            assertEquals(0, slope, 0.0);
        }
        assertTrue(outcome.loss() > 0);
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void whatIsNotFiniteMakesTheLossNotFinite(Way way, Element element) {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            float[] prediction = random(5, 300);
            prediction[77] = bad;
            float loss = LossCheck.of("normalized_l1", 100).launch(way, element, 2, prediction, 3, 300,
                    run -> run.floats(target(100, 3, 0)), 0f, 0).loss();
            assertTrue(!Float.isFinite(loss), "of " + bad);
        }
    }

    /** Vectors as long as 0.75, so that no difference is 0; with a marker, 0 in all of every third place. */
    static float[] target(int places, int channels, int marked) {
        float[] target = CosineTest.target(places, channels, marked);
        for (int i = 0; i < target.length; i++) {
            target[i] *= 0.75f;
        }
        return target;
    }

    private static void check(Way way, Element element, float[] values, int channels, int marked, int blocks) {
        int places = values.length / channels;
        float[] prediction = element.rounded(values);
        float[] target = target(places, channels, marked);
        IntPredicate labelled = LossTwin.labels(target, channels, marked == 1, 0);
        LossTwin twin = LossTwin.normalizedL1(wide(prediction), target, channels, labelled);
        LossCheck.of("normalized_l1", places).against(places + "x" + channels, way, element, blocks, prediction,
                channels, twin, 8, run -> run.floats(target), 0f, marked);
    }
}
