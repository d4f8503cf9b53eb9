package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.random;
import static io.gimbal.kernels.Numbers.wide;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@OnKernelDevice
class RegressionTest {
    private static final float IGNORE = -7;
    private static final int[][] SHAPES = {{1, 1}, {3, 1}, {255, 3}, {256, 1}, {1025, 2}, {1023, 1}, {33, 13},
            {10_000, 1}, {3001, 3}};

    static Stream<Arguments> waysAndElements() {
        return LossCheck.waysAndElements();
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void lossAndGradientAreThoseOfTheKindOverLabelledPlaces(Way way, Element element) {
        for (int[] shape : SHAPES) {
            for (int number = 0; number < 4; number++) {
                for (int marked = 0; marked < 2; marked++) {
                    check(way, element, shape[0], shape[1], number, number == 2 ? 0.8f : 0.9f, marked,
                            KernelRun.grid(way, shape[0] + number + marked), 2);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void binaryCrossEntropyHoldsForLargeLogits(Way way, Element element) {
        check(way, element, 300, 1, 3, 0.5f, 1, 2, 50);
        check(way, element, 300, 1, 3, 0.5f, 0, 2, 1000);
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void absentTaskHasNoLossAndNoGradient(Way way, Element element) {
        for (int channels = 1; channels <= 3; channels++) {
            int size = 50 * channels;
            float[] target = new float[size];
            Arrays.fill(target, IGNORE);
            float[] prediction = random(1, size);
            LossTwin twin = LossTwin.regression(LossTwin.kind(1, 0), wide(prediction), target, channels,
                    place -> false);
            LossCheck.of("regression", 50).against("absent", way, element, 3, element.rounded(prediction), channels,
                    twin, 0, run -> run.floats(target), IGNORE, 1, 1, 0f);
        }
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void whatIsNotFiniteMakesTheLossNotFinite(Way way, Element element) {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            for (int number = 0; number < 3; number++) {
                float[] prediction = random(5, 100);
                prediction[77] = bad;
                float loss = LossCheck.of("regression", 100).launch(way, element, 2, prediction, 1, 100,
                        run -> run.floats(random(6, 100)), 0f, 1, number, 1f).loss();
                assertTrue(!Float.isFinite(loss), "kind " + number + " of " + bad);
            }
        }
    }

    /** With a marker, of four places one has it in all its channels, and one in all but the first. */
    static float[] target(int places, int channels, int number) {
        float[] target = random(places + 1, places * channels);
        for (int i = 0; i < target.length; i++) {
            int place = i / channels % 4;
            boolean marker = place == 1 || place == 2 && i % channels > 0;
            target[i] = number == 3 ? target[i] > 0 ? 1 : 0 : marker ? IGNORE : target[i];
        }
        return target;
    }

    private static void check(Way way, Element element, int places, int channels, int number, float parameter,
            int marked, int blocks, double spread) {
        float[] prediction = element.rounded(random(places, places * channels, 0, spread));
        float[] target = target(places, channels, number);
        LossTwin twin = LossTwin.regression(LossTwin.kind(number, parameter), wide(prediction), target, channels,
                LossTwin.labels(target, channels, marked == 1, IGNORE));
        LossCheck.of("regression", places).against("kind " + number + " of " + places + "x" + channels, way, element,
                blocks, prediction, channels, twin, 16, run -> run.floats(target), IGNORE, marked, number, parameter);
    }
}
