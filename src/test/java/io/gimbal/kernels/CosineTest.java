package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.random;

import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(KernelDevice.class)
class CosineTest {
    private static final int[][] SHAPES = {{1, 3}, {2, 1}, {255, 3}, {257, 3}, {1025, 2}, {33, 13}, {8191, 3}};

    @ParameterizedTest
    @EnumSource
    void lossIsOneMinusTheCosineToAUnitTarget(Way way) {
        for (int[] shape : SHAPES) {
            for (int blocks : KernelRun.grids(way)) {
                check(way, random(shape[0], shape[0] * shape[1]), shape[1], blocks % 2, blocks);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void predictionOfNoLengthHasAGradientOfItsLeastLength(Way way) {
        float[] prediction = random(1, 300, 0, 1);
        for (int i = 0; i < prediction.length; i++) {
            prediction[i] *= i / 3 % 3 == 0 ? 0 : i / 3 % 3 == 1 ? 1e-8f : 1;
        }
        check(way, prediction, 3, 1, 2);
    }

    private static void check(Way way, float[] prediction, int channels, int marked, int blocks) {
        int places = prediction.length / channels;
        float[] target = random(places + 7, prediction.length);
        LossCheck twin = new LossCheck(prediction.length);
        int count = 0;
        double steepest = 1;
        for (int m = 0; m < places; m++) {
            double length = 0;
            for (int c = 0; c < channels; c++) {
                length += Math.pow(target[m * channels + c], 2) / 1;
            }
            double square = 0;
            double dot = 0;
            boolean labelled = marked == 0 || m % 3 != 1;
            for (int i = m * channels; i < (m + 1) * channels; i++) {
                target[i] = labelled ? (float) (target[i] / Math.sqrt(length)) : 0;
                square += (double) prediction[i] * prediction[i];
                dot += (double) prediction[i] * target[i];
            }
            if (!labelled) {
                continue;
            }
            count++;
            double norm = Math.max(Math.sqrt(square), 1e-6f);
            boolean held = Math.sqrt(square) <= 1e-6f;
            twin.sum += 1 - dot / norm;
            for (int i = m * channels; i < (m + 1) * channels; i++) {
                twin.slopes[i] = ((held ? 0 : prediction[i] * dot / (norm * norm)) - target[i]) / norm;
            }
            steepest = Math.max(steepest, 1 / norm);
        }
        // the slope is a difference of terms of up to 1 / norm
        double size = marked == 1 && prediction.length == 300 ? 8 : 8 * steepest;
        twin.against(places + "x" + channels, way, blocks, count, size,
                (run, grid, weight, counted, gradient, partials) ->
                run.launch("loss", "cosine", grid, run.floats(prediction), run.floats(target), weight, counted,
                        gradient, partials,
                        (long) places, channels, 0f, marked));
    }
}
