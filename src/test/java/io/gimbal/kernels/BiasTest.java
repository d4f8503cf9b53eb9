package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.expected;
import static io.gimbal.kernels.Numbers.random;

import io.gimbal.kernels.KernelRun.Array;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(KernelDevice.class)
class BiasTest {
    private static final int[][] SHAPES = {{1, 1}, {1, 7}, {3, 13}, {257, 1}, {255, 3}, {1023, 4}, {256, 64},
            {1025, 13}, {31, 1030}, {9, 1001}};

    @ParameterizedTest
    @EnumSource
    void biasIsAddedToEachPlace(Way way) {
        for (int[] shape : SHAPES) {
            int places = shape[0];
            int channels = shape[1];
            float[] y = random(places, places * channels);
            float[] bias = random(channels, channels);
            for (int blocks : KernelRun.grids(way)) {
                try (KernelRun run = new KernelRun(way)) {
                    Array values = run.floats(y);
                    run.launch("elementwise", "bias_forward", blocks, values, run.floats(bias), (long) places,
                            channels);
                    assertClose("bias", expected(y.length, i -> (double) y[i] + bias[i % channels]), values.floats(),
                            1);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void gradientOfBiasIsTheColumnSumOfEachTask(Way way) {
        columnSums(way, 255, 12, 9, 3);
        for (int[] shape : SHAPES) {
            for (int blocks : KernelRun.grids(way)) {
                columnSums(way, shape[0], shape[1], blocks % 3 + 1, blocks);
            }
        }
    }

    private static void columnSums(Way way, int places, int channels, int tasks, int blocks) {
        float[] dy = random(places, tasks * places * channels, 1, 1);
        double[] perTask = new double[tasks * channels];
        double[] total = new double[channels];
        double[] scale = new double[tasks * channels];
        double[] totalScale = new double[channels];
        for (int i = 0; i < dy.length; i++) {
            int channel = i % channels;
            int task = i / (places * channels);
            perTask[task * channels + channel] += dy[i];
            scale[task * channels + channel] += Math.abs(dy[i]);
            total[channel] += dy[i];
            totalScale[channel] += Math.abs(dy[i]);
        }
        try (KernelRun run = new KernelRun(way)) {
            Array partials = run.output((long) blocks * tasks * channels);
            Array each = run.output((long) tasks * channels);
            Array all = run.output(channels);
            Array onlyAll = run.output(channels);
            run.launch("elementwise", "bias_backward", blocks, run.floats(dy), partials, (long) places, channels,
                    tasks);
            run.launch("elementwise", "bias_backward_finish", 2, partials, blocks, each, all, channels, tasks);
            run.launch("elementwise", "bias_backward_finish", 1, partials, blocks, null, onlyAll, channels, tasks);
            // a thread adds up to 64 values one after the other before anything coarser does
            assertClose("per task", perTask, scale, each.floats(), 64);
            assertClose("total", total, totalScale, all.floats(), 64);
            assertClose("total alone", total, totalScale, onlyAll.floats(), 64);
        }
    }
}
