package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.expected;
import static io.gimbal.kernels.Numbers.random;
import static io.gimbal.kernels.Numbers.randomInts;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.kernels.KernelRun.Array;
import io.gimbal.kernels.LossCheck.Outcome;
import java.util.Arrays;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@OnKernelDevice
class UpsampledLossTest {
    private static final int IGNORE = 255;
    /** Regression's number of huber, and what it takes. */
    private static final int HUBER = 2;
    private static final float MARKER = -7;
    private static final float[] SHARES = {0.9f, 1 - 0.9f};

    /** One place, lines of places, odd sizes, several tiles and strips both ways, and the most that there may be. */
    private static final UpsampleTwin[] SIZES = {
        size(1, 1, 1, 1, 2), size(1, 1, 1, 13, 8), size(3, 1, 1, 2, 3), size(2, 3, 5, 13, 4), size(1, 7, 3, 2, 3),
        size(1, 5, 9, 40, 2), size(2, 2, 3, 70, 3), size(1, 1, 6, 13, 16), size(1, 17, 19, 13, 4),
        size(1, 20, 35, 1, 4), size(1, 34, 2, 3, 2), size(1, 2, 310, 13, 2), size(1, 3, 9, 256, 2),
        size(1, 2, 2, 256, 16), size(1, 3, 4, 8, 5), size(1, 4, 5, 3, 8)
    };

    private static UpsampleTwin size(int images, int height, int width, int channels, int scale) {
        return new UpsampleTwin(images, height, width, channels, scale);
    }

    static Stream<Arguments> waysAndElements() {
        return LossCheck.waysAndElements();
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void crossEntropyIsThatOfTheUpsampledLogits(Way way, Element element) {
        for (UpsampleTwin size : SIZES) {
            float[] logits = element.rounded(random(size.width(), size.inputs(), 0, 3));
            int[] target = classes(size);
            LossTwin twin = LossTwin.crossEntropy(size.forward(logits), target, size.channels(), size.channels());
            // mixed logits of up to 12 are subtracted first: their rounding is a relative one of the exponential
            LossCheck.upsampled("cross_entropy", size).against(size.toString(), way, element, grid(way, size), logits,
                    size.channels(), twin.before(size), 60, run -> run.ints(target), size.channels());
        }
    }

    /** The class behind the last is ignored. */
    private static int[] classes(UpsampleTwin size) {
        return randomInts(size.channels(), size.outputPlaces(), size.channels() + 1);
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void regressionIsThatOfTheUpsampledPrediction(Way way, Element element) {
        for (UpsampleTwin size : SIZES) {
            for (int number = 0; number < 4; number++) {
                for (int marked = 0; marked < 2 && size.channels() < 20; marked++) {
                    float parameter = number == HUBER ? 0.8f : 0.9f;
                    float[] prediction = element.rounded(random(size.width(), size.inputs(), 0, 2));
                    float[] target = RegressionTest.target(size.outputPlaces(), size.channels(), number);
                    LossTwin twin = LossTwin.regression(LossTwin.kind(number, parameter), size.forward(prediction),
                            target, size.channels(), LossTwin.labels(target, size.channels(), marked == 1, MARKER));
                    LossCheck.upsampled("regression", size).against("kind " + number + " of " + size, way, element,
                            grid(way, size) + marked, prediction, size.channels(), twin.before(size), 40,
                            run -> run.floats(target), MARKER, marked, number, parameter);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void cosineIsThatOfTheUpsampledPrediction(Way way, Element element) {
        for (UpsampleTwin size : SIZES) {
            for (int marked = 0; marked < 2 && size.channels() < 20; marked++) {
                float[] prediction = element.rounded(random(size.width(), size.inputs(), 0, 2));
                float[] target = CosineTest.target(size.outputPlaces(), size.channels(), marked);
                LossTwin twin = LossTwin.cosine(size.forward(prediction), target, size.channels(),
                        LossTwin.labels(target, size.channels(), marked == 1, 0));
                // places of some 2 that nearly cancel leave their own rounding in a vector of that length
                for (int i = 0; i < twin.sizes.length; i++) {
                    twin.sizes[i] *= Math.max(1, twin.sizes[i]) * 4;
                }
                LossCheck.upsampled("cosine", size).against(size.toString(), way, element, grid(way, size) + marked,
                        prediction, size.channels(), twin.before(size), 40, run -> run.floats(target), 0f, marked);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void normalizedL1IsThatOfTheUpsampledPrediction(Way way, Element element) {
        for (UpsampleTwin size : SIZES) {
            for (int marked = 0; marked < 2 && size.channels() < 20; marked++) {
                float[] prediction = element.rounded(random(size.width(), size.inputs(), 0, 2));
                float[] target = NormalizedL1Test.target(size.outputPlaces(), size.channels(), marked);
                LossTwin twin = LossTwin.normalizedL1(size.forward(prediction), target, size.channels(),
                        LossTwin.labels(target, size.channels(), marked == 1, 0));
                // places of some 2 that nearly cancel leave their own rounding in a vector of that length
                for (int i = 0; i < twin.sizes.length; i++) {
                    twin.sizes[i] *= Math.max(1, twin.sizes[i]) * 4;
                }
                LossCheck.upsampled("normalized_l1", size).against(size.toString(), way, element,
                        grid(way, size) + marked, prediction, size.channels(), twin.before(size), 40,
                        run -> run.floats(target), 0f, marked);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void balancedCrossEntropyIsThatOfTheUpsampledPrediction(Way way, Element element) {
        for (UpsampleTwin size : SIZES) {
            float[] prediction = element.rounded(random(size.width(), size.inputs(), 0, 2));
            float[] target = BalancedCrossEntropyTest.target(size.outputPlaces(), size.channels());
            LossTwin twin = LossTwin.regression(LossTwin.kind(3, 0.9f), size.forward(prediction), target,
                    size.channels(), LossTwin.labels(target, size.channels(), true, MARKER));
            LossCheck.upsampled("balanced_cross_entropy", size).against(size.toString(), way, element,
                    grid(way, size), prediction, size.channels(), twin.before(size), 40, run -> run.floats(target),
                    MARKER, 1, SHARES);
        }
    }

    private static int grid(Way way, UpsampleTwin size) {
        return KernelRun.grid(way, size.height() + size.channels());
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void gradientIsTheSameBitForBitWhateverTheGrid(Way way, Element element) {
        UpsampleTwin size = size(2, 35, 19, 13, 4);
        float[] logits = random(1, size.inputs(), 0, 3);
        int[] target = classes(size);
        float[] first = null;
        for (int blocks : KernelRun.grids(way)) {
            float[] gradient = LossCheck.upsampled("cross_entropy", size).launch(way, element, blocks, logits,
                    size.channels(), 1000, run -> run.ints(target), IGNORE).gradient();
            first = first == null ? gradient : first;
            assertArrayEquals(first, gradient, blocks + " blocks");
        }
    }

    @EachWay
    void theOnePassIsWhatItsThreeKernelsAre(Way way) {
        UpsampleTwin size = size(2, 6, 7, 3, 4);
        int[] classes = classes(size);
        float[] target = CosineTest.target(size.outputPlaces(), size.channels(), 1);
        equalsItsParts(way, size, "cross_entropy", run -> run.ints(classes), size.channels());
        equalsItsParts(way, size, "regression", run -> run.floats(target), 0f, 1, HUBER, 0.5f);
        equalsItsParts(way, size, "cosine", run -> run.floats(target), 0f, 1);
        equalsItsParts(way, size, "normalized_l1", run -> run.floats(target), 0f, 1);
        equalsItsParts(way, size, "balanced_cross_entropy", run -> run.floats(target), 0f, 1, SHARES);
    }

    private static void equalsItsParts(Way way, UpsampleTwin size, String kernel, Function<KernelRun, Array> target,
            Object... own) {
        float[] logits = random(3, size.inputs());
        int channels = size.channels();
        float[] upsampled;
        try (KernelRun run = new KernelRun(way)) {
            Array output = run.output((long) size.outputPlaces() * channels);
            run.launch("upsample", "upsample_bilinear_forward", 3, run.floats(logits), output, size.images(),
                    size.height(), size.width(), channels, size.scale());
            upsampled = output.floats();
        }
        Outcome apart = LossCheck.of(kernel, size.outputPlaces()).launch(way, Element.FLOAT32, 3, upsampled, channels,
                1, target, own);
        float[] gradient;
        try (KernelRun run = new KernelRun(way)) {
            Array input = run.output(size.inputs());
            run.launch("upsample", "upsample_bilinear_backward", 3, run.floats(apart.gradient()), input,
                    size.images(), size.height(), size.width(), channels, size.scale());
            gradient = input.floats();
        }
        Outcome together = LossCheck.upsampled(kernel, size).launch(way, Element.FLOAT32, 3, logits, channels, 1,
                target, own);
        assertEquals(apart.loss(), together.loss(), apart.loss() * 8 * Numbers.UNIT, kernel);
        double[] sizes = size.backward(expected(apart.gradient().length, i -> Math.max(1,
                Math.abs(apart.gradient()[i]))));
        Numbers.assertClose(kernel, Numbers.wide(gradient), sizes, together.gradient(), 24);
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void absentTaskHasNoLossAndNoGradient(Way way, Element element) {
        UpsampleTwin size = size(1, 3, 4, 3, 2);
        int[] classes = new int[size.outputPlaces()];
        float[] target = new float[size.outputPlaces() * size.channels()];
        Arrays.fill(classes, IGNORE);
        Arrays.fill(target, MARKER);
        hasNothing(way, element, size, "cross_entropy", run -> run.ints(classes), IGNORE);
        hasNothing(way, element, size, "regression", run -> run.floats(target), MARKER, 1, 1, 0f);
        hasNothing(way, element, size, "cosine", run -> run.floats(target), MARKER, 1);
        hasNothing(way, element, size, "normalized_l1", run -> run.floats(target), MARKER, 1);
        hasNothing(way, element, size, "balanced_cross_entropy", run -> run.floats(target), MARKER, 1, SHARES);
    }

    /** Not even where the logits are not numbers: what is not labelled takes no part. */
    private static void hasNothing(Way way, Element element, UpsampleTwin size, String kernel,
            Function<KernelRun, Array> target, Object... own) {
        float[] logits = random(3, size.inputs());
        logits[size.channels() * 5] = Float.NaN;
        logits[size.channels() * 7 + 1] = Float.POSITIVE_INFINITY;
        Outcome outcome = LossCheck.upsampled(kernel, size).launch(way, element, 2, logits, size.channels(), 0, target,
                own);
        assertEquals(0, outcome.loss(), kernel);
        assertArrayEquals(new float[logits.length], outcome.gradient(), kernel);
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void whatIsNotFiniteMakesTheLossNotFinite(Way way, Element element) {
        UpsampleTwin size = size(1, 5, 6, 13, 3);
        int[] classes = randomInts(1, size.outputPlaces(), size.channels());
        float[] target = random(2, size.outputPlaces() * size.channels());
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            for (int at : new int[] {0, 200, size.inputs() - 1}) {
                float[] logits = random(3, size.inputs());
                logits[at] = bad;
                notFinite(way, element, size, logits, "cross_entropy", run -> run.ints(classes), IGNORE);
                notFinite(way, element, size, logits, "regression", run -> run.floats(target), 0f, 1, 0, 0f);
                notFinite(way, element, size, logits, "cosine", run -> run.floats(target), 0f, 1);
                notFinite(way, element, size, logits, "normalized_l1", run -> run.floats(target), 0f, 1);
                notFinite(way, element, size, logits, "balanced_cross_entropy", run -> run.floats(target), 0f, 1,
                        SHARES);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void labelThatIsNoClassMakesTheLossNotANumber(Way way, Element element) {
        UpsampleTwin size = size(1, 5, 6, 13, 3);
        for (int label : new int[] {-1, 13, 100, Integer.MIN_VALUE}) {
            int[] classes = randomInts(1, size.outputPlaces(), size.channels());
            classes[77] = label;
            notFinite(way, element, size, random(3, size.inputs()), "cross_entropy", run -> run.ints(classes), IGNORE);
        }
    }

    private static void notFinite(Way way, Element element, UpsampleTwin size, float[] logits, String kernel,
            Function<KernelRun, Array> target, Object... own) {
        float loss = LossCheck.upsampled(kernel, size).launch(way, element, 2, logits, size.channels(), 100, target,
                own).loss();
        assertTrue(!Float.isFinite(loss), kernel + " is " + loss);
    }

    @ParameterizedTest
    @MethodSource("waysAndElements")
    void largeLogitsNeitherOverflowNorVanish(Way way, Element element) {
        UpsampleTwin size = size(1, 4, 5, 13, 2);
        float[] logits = element.rounded(random(5, size.inputs(), 0, 60_000));
        int[] target = classes(size);
        LossTwin twin = LossTwin.crossEntropy(size.forward(logits), target, 13, 13);
        // 200,000 are mixed to within a few of their rounding units, by which an exponential goes where two are close
        LossCheck.upsampled("cross_entropy", size).against("large", way, element, 2, logits, 13, twin.before(size),
                1e6, run -> run.ints(target), 13);
        float loss = LossCheck.upsampled("cross_entropy", size).launch(way, element, 2, logits, 13, twin.count,
                run -> run.ints(target), 13).loss();
        assertEquals(twin.sum / twin.count, loss, twin.sum / twin.count * 40 * Numbers.UNIT);
    }
}
