package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.random;
import static io.gimbal.kernels.Numbers.wide;

import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@OnKernelDevice
class CosineTest {
    private static final int[][] SHAPES = {{1, 3}, {2, 1}, {255, 3}, {257, 3}, {1025, 2}, {33, 13}, {8191, 3}};

    static Stream<Arguments> waysAndElements() {
        return LossCheck.waysAndElements();
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void lossIsOneMinusTheCosineToAUnitTarget(Way way, Element element) {
        for (int[] shape : SHAPES) {
            for (int marked = 0; marked < 2; marked++) {
                int blocks = KernelRun.grid(way, shape[0] + marked);
                check(way, element, random(shape[0], shape[0] * shape[1]), shape[1], marked, blocks);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void predictionOfNoLengthHasAGradientOfItsLeastLength(Way way, Element element) {
        float[] prediction = random(1, 300, 0, 1);
        for (int i = 0; i < prediction.length; i++) {
            prediction[i] *= i / 3 % 3 == 0 ? 0 : i / 3 % 3 == 1 ? 1e-8f : 1;
        }
        check(way, element, prediction, 3, 1, 2);
    }

    /** Unit vectors; with a marker, 0 in all channels of every third place. */
    static float[] target(int places, int channels, int marked) {
        float[] target = random(places + 7, places * channels);
        for (int m = 0; m < places; m++) {
            double square = 0;
            for (int c = 0; c < channels; c++) {
                square += Math.pow(target[m * channels + c], 2);
            }
            for (int c = 0; c < channels; c++) {
                target[m * channels + c] *= marked == 1 && m % 3 == 1 ? 0 : (float) (1 / Math.sqrt(square));
            }
        }
        return target;
    }

    private static void check(Way way, Element element, float[] values, int channels, int marked, int blocks) {
        int places = values.length / channels;
        float[] prediction = element.rounded(values);
        float[] target = target(places, channels, marked);
        IntPredicate labelled = LossTwin.labels(target, channels, marked == 1, 0);
        LossTwin twin = LossTwin.cosine(wide(prediction), target, channels, labelled);
        LossCheck.of("cosine", places).against(places + "x" + channels, way, element, blocks, prediction, channels,
                twin, 8, run -> run.floats(target), 0f, marked);
    }
}
