package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.expected;
import static io.gimbal.kernels.Numbers.random;

import io.gimbal.kernels.KernelRun.Array;
import java.util.Arrays;

@OnKernelDevice
class BiasTest {
    private static final int[][] SHAPES = {{1, 1}, {1, 7}, {3, 13}, {257, 1}, {255, 3}, {1023, 4}, {256, 64},
            {1025, 13}, {31, 1030}, {9, 1001}};

    /** Elements that lie between a place's channels and the next's: none, and so many that packs are aligned or not. */
    private static final int[] GAPS = {0, 3, 4, 8};

    @EachWay
    void biasIsAddedToEachPlaceAndNotToWhatLiesBetween(Way way) {
        for (Element element : Element.values()) {
            for (int[] shape : SHAPES) {
                for (int gap : GAPS) {
                    for (int blocks : KernelRun.grids(way)) {
                        bias(way, element, shape[0], shape[1], shape[1] + gap, blocks);
                    }
                }
            }
        }
    }

    private static void bias(Way way, Element element, int places, int channels, int pitch, int blocks) {
        float[] y = element.rounded(random(places, places * pitch));
        float[] bias = random(channels, channels);
        try (KernelRun run = new KernelRun(way)) {
            Array values = element.array(run, y);
            run.launch("elementwise", element.kernel("bias_forward"), blocks, values, run.floats(bias),
                    (long) places, channels, (long) pitch);
            assertClose("bias", expected(y.length, i -> i % pitch < channels ? (double) y[i] + bias[i % pitch] : y[i]),
                    element.values(values), 1 + element.units());
        }
    }

    @EachWay
    void gradientOfBiasIsTheColumnSumOfEachTask(Way way) {
        for (Element element : Element.values()) {
            columnSums(way, element, 255, 12, 9, 3);
            for (int[] shape : SHAPES) {
                for (int blocks : KernelRun.grids(way)) {
                    columnSums(way, element, shape[0], shape[1], blocks % 3 + 1, blocks);
                }
            }
        }
    }

    @EachWay
    void gradientOfBiasIsSummedFromChannelPackedTasksAndSlices(Way way) {
        int[][] layouts = {{255, 12, 3, 36, 12, 0}, {33, 13, 2, 26, 13, 0}, {257, 64, 4, 256, 64, 0},
                {100, 13, 1, 16, 0, 0}, {100, 13, 1, 20, 0, 3}, {64, 8, 2, 40, 16, 8}, {63, 24, 3, 100, 25, 1},
                {1, 3, 1, 7, 0, 2}, {300, 1030, 2, 2064, 1032, 0}};
        for (Element element : Element.values()) {
            for (int[] layout : layouts) {
                for (int blocks : KernelRun.grids(way)) {
                    strided(way, element, layout, blocks);
                }
            }
        }
    }

    /** places, channels, tasks, elements from place to place, from task to task, and before the first */
    private static void strided(Way way, Element element, int[] layout, int blocks) {
        int channels = layout[1];
        int tasks = layout[2];
        float[] dy = element.rounded(random(layout[0], layout[0] * layout[3] + layout[5], 1, 1));
        double[] sums = new double[tasks * channels];
        double[] scale = new double[sums.length];
        for (int m = 0; m < layout[0]; m++) {
            for (int i = 0; i < sums.length; i++) {
                float value = dy[layout[5] + m * layout[3] + i / channels * layout[4] + i % channels];
                sums[i] += value;
                scale[i] += Math.abs(value);
            }
        }
        try (KernelRun run = new KernelRun(way)) {
            Array partials = run.output((long) blocks * sums.length);
            Array each = run.output(sums.length);
            run.launch("elementwise", element.kernel("bias_backward"), blocks,
                    element.array(run, dy).at((long) layout[5] * element.bytes()), partials, (long) layout[0], channels,
                    tasks, (long) layout[4], (long) layout[3]);
            run.launch("elementwise", "bias_backward_finish", 1, partials, blocks, each, null, channels, tasks);
            // a thread adds up to 64 values one after the other before anything coarser does
            assertClose(Arrays.toString(layout), sums, scale, each.floats(), 64);
        }
    }

    private static void columnSums(Way way, Element element, int places, int channels, int tasks, int blocks) {
        float[] dy = element.rounded(random(places, tasks * places * channels, 1, 1));
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
            run.launch("elementwise", element.kernel("bias_backward"), blocks, element.array(run, dy), partials,
                    (long) places, channels, tasks, (long) places * channels, (long) channels);
            run.launch("elementwise", "bias_backward_finish", 2, partials, blocks, each, all, channels, tasks);
            run.launch("elementwise", "bias_backward_finish", 1, partials, blocks, null, onlyAll, channels, tasks);
            // a thread adds up to 64 values one after the other before anything coarser does
            assertClose("per task", perTask, scale, each.floats(), 64);
            assertClose("total", total, totalScale, all.floats(), 64);
            assertClose("total alone", total, totalScale, onlyAll.floats(), 64);
        }
    }
}
