package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.random;
import static io.gimbal.kernels.Numbers.wide;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.gimbal.kernels.KernelRun.Array;
import java.util.Arrays;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@OnKernelDevice
class BalancedCrossEntropyTest {
    private static final float IGNORE = -7;
    private static final int[][] SHAPES = {{1, 1}, {3, 1}, {255, 3}, {256, 1}, {1025, 2}, {1023, 1}, {33, 13},
            {10_000, 1}, {3001, 3}};

    static Stream<Arguments> waysAndElements() {
        return LossCheck.waysAndElements();
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void positivesAndNegativesCountByTheSharesInMemory(Way way, Element element) {
        float[] shares = {0.9f, 1 - 0.9f};
        for (int[] shape : SHAPES) {
            int places = shape[0];
            float[] prediction = element.rounded(random(places, places * shape[1], 0, 2));
            float[] target = target(places, shape[1]);
            for (int marked = 0; marked < 2; marked++) {
                LossTwin twin = LossTwin.regression(LossTwin.kind(3, shares[0]), wide(prediction), target, shape[1],
                        LossTwin.labels(target, shape[1], marked == 1, IGNORE));
                if (marked == 1 || places < 2) {  // what stands for no label is no label of 0 or 1
                    LossCheck.of("balanced_cross_entropy", places).against(places + "x" + shape[1], way, element,
                            KernelRun.grid(way, places), prediction, shape[1], twin, 16, run -> run.floats(target),
                            IGNORE, marked, shares);
                }
            }
        }
    }

    /** 0.4 and 0.5 are such as no label is, but stand on either side of what counts as positive. */
    @EachWay
    void sharesAreThoseOfTheLabelledValuesThatAreHalfAtLeastAndOfTheOthers(Way way) {
        for (int[] shape : SHAPES) {
            for (float ignore : new float[] {IGNORE, 255}) {
                for (int marked = 0; marked < 2; marked++) {
                    float[] target = target(shape[0], shape[1]);
                    for (int i = 0; i < target.length; i++) {
                        target[i] = target[i] == IGNORE ? ignore : target[i] == 1 && i % 5 == 0 ? 0.5f
                                : target[i] == 0 && i % 5 == 1 ? 0.4f : target[i];
                    }
                    checkShares(way, target, shape[1], ignore, marked);
                }
            }
        }
    }

    @EachWay
    void whereAllAreOfOneKindTheOtherHasNoShareAndWhereNoneAreNeitherHas(Way way) {
        for (float value : new float[] {0, 1, IGNORE}) {
            float[] target = new float[99];
            Arrays.fill(target, value);
            checkShares(way, target, 3, IGNORE, 1);
        }
    }

    private static void checkShares(Way way, float[] target, int channels, float ignore, int marked) {
        int places = target.length / channels;
        IntPredicate labelled = LossTwin.labels(target, channels, marked == 1, ignore);
        int values = 0;
        int positives = 0;
        for (int i = 0; i < target.length; i++) {
            values += labelled.test(i / channels) ? 1 : 0;
            positives += labelled.test(i / channels) && target[i] >= 0.5f ? 1 : 0;
        }
        int blocks = KernelRun.grid(way, places);
        try (KernelRun run = new KernelRun(way)) {
            Array partials = run.output(blocks);
            Array shares = run.output(2);
            run.launch("loss", "count_positives", blocks, run.floats(target), partials, (long) places, channels, ignore,
                    marked);
            run.launch("loss", "shares_finish", 1, partials, blocks, run.ints(values), shares);
            double all = Math.max(values, 1);
            assertArrayEquals(new float[] {(float) ((values - positives) / all), (float) (positives / all)},
                    shares.floats());
        }
    }

    /** 0 and 1, one in five; of four places one has the marker in all its channels, and one in all but the first. */
    static float[] target(int places, int channels) {
        float[] target = random(places + 1, places * channels);
        for (int i = 0; i < target.length; i++) {
            int place = i / channels % 4;
            boolean marker = place == 1 || place == 2 && i % channels > 0 && channels > 5;
            target[i] = marker ? IGNORE : target[i] > 0.8f ? 1 : 0;
        }
        return target;
    }
}
