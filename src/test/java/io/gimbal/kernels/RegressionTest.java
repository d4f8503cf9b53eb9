package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.random;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.kernels.KernelRun.Array;
import java.util.Arrays;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(KernelDevice.class)
class RegressionTest {
    private static final float IGNORE = -7;
    private static final int[][] SHAPES = {{1, 1}, {3, 1}, {255, 3}, {256, 1}, {1025, 2}, {1023, 1}, {33, 13},
            {10_000, 1}, {3001, 3}};

    /** A loss of prediction x for target t, with its derivative by x. */
    private interface Kind {
        double loss(double x, double t);

        double slope(double x, double t);
    }

    private static Kind kind(int number, double parameter) {
        return new Kind() {
            @Override
            public double loss(double x, double t) {
                double e = x - t;
                return switch (number) {
                    case 0 -> Math.abs(e);
                    case 1 -> e * e;
                    case 2 -> Math.abs(e) <= parameter ? e * e / 2 : parameter * (Math.abs(e) - parameter / 2);
                    default -> parameter * t * softplus(-x) + (1 - parameter) * (1 - t) * softplus(x);
                };
            }

            @Override
            public double slope(double x, double t) {
                double e = x - t;
                return switch (number) {
                    case 0 -> Math.signum(e);
                    case 1 -> 2 * e;
                    case 2 -> Math.clamp(e, -parameter, parameter);
                    default -> (1 - parameter) * (1 - t) / (1 + Math.exp(-x)) - parameter * t / (1 + Math.exp(x));
                };
            }
        };
    }

    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }

    @ParameterizedTest
    @EnumSource
    void lossAndGradientAreThoseOfTheKindOverLabelledPlaces(Way way) {
        for (int[] shape : SHAPES) {
            for (int number = 0; number < 4; number++) {
                for (int marked = 0; marked < 2; marked++) {
                    check(way, shape[0], shape[1], number, number == 2 ? 0.8f : 0.9f, marked,
                            KernelRun.grid(way, shape[0] + number + marked), 2);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void binaryCrossEntropyHoldsForLargeLogits(Way way) {
        check(way, 300, 1, 3, 0.5f, 1, 2, 50);
        check(way, 300, 1, 3, 0.5f, 0, 2, 1000);
    }

    @ParameterizedTest
    @EnumSource
    void absentTaskHasNoLossAndNoGradient(Way way) {
        for (int channels = 1; channels <= 3; channels++) {
            int size = 50 * channels;
            float[] target = new float[size];
            Arrays.fill(target, IGNORE);
            float[] prediction = random(1, size);
            int c = channels;
            new LossCheck(size).against("absent", way, 3, 0, 0, (run, grid, weight, counted, gradient, partials) ->
                    run.launch("loss", "regression", grid, run.floats(prediction), run.floats(target), weight, counted,
                            gradient, partials, 50L, c,
                            IGNORE, 1, 1, 0f));
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsNotFiniteMakesTheLossNotFinite(Way way) {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            for (int number = 0; number < 3; number++) {
                float[] prediction = random(5, 100);
                prediction[77] = bad;
                try (KernelRun run = new KernelRun(way)) {
                    Array partials = run.output(2);
                    Array count = run.ints(100);
                    Array loss = run.output(1);
                    run.launch("loss", "regression", 2, run.floats(prediction), run.floats(random(6, 100)),
                            run.floats(1), count,
                            run.output(100), partials, 100L, 1, 0f, 1, number, 1f);
                    run.launch("loss", "loss_finish", 1, partials, 2, count, loss);
                    assertTrue(!Float.isFinite(loss.floats()[0]), "kind " + number + " of " + bad);
                }
            }
        }
    }

    private static void check(Way way, int places, int channels, int number, float parameter, int marked, int blocks,
            double spread) {
        float[] prediction = random(places, places * channels, 0, spread);
        float[] target = random(places + 1, places * channels);
        if (number == 3) {
            for (int i = 0; i < target.length; i++) {
                target[i] = target[i] > 0 ? 1 : 0;
            }
        }
        for (int m = 0; m < places; m++) {
            for (int c = 0; c < channels && number != 3; c++) {
                target[m * channels + c] = m % 4 == 1 || m % 4 == 2 && c > 0 ? IGNORE : target[m * channels + c];
            }
        }
        Kind kind = kind(number, parameter);
        LossCheck twin = new LossCheck(prediction.length);
        int count = 0;
        for (int i = 0; i < prediction.length; i++) {
            int first = i / channels * channels;
            boolean labelled = marked == 0;
            for (int c = 0; c < channels; c++) {
                labelled |= target[first + c] != IGNORE;
            }
            if (labelled) {
                count++;
                twin.sum += kind.loss(prediction[i], target[i]);
                twin.slopes[i] = kind.slope(prediction[i], target[i]);
            }
        }
        twin.against("kind " + number + " of " + places + "x" + channels, way, blocks, count, 16,
                (run, grid, weight, counted, gradient, partials) ->
                run.launch("loss", "regression", grid, run.floats(prediction), run.floats(target), weight, counted,
                        gradient, partials,
                        (long) places, channels, IGNORE, marked, number, parameter));
    }
}
