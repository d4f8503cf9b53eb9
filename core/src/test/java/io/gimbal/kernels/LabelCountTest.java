package io.gimbal.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.gimbal.kernels.KernelRun.Array;

@OnKernelDevice
class LabelCountTest {
    private static final int[] PLACES = {1, 7, 255, 256, 257, 1023, 1025, 20_001};

    @EachWay
    void placeIsUnlabelledOnlyWhereAllItsChannelsAreTheMarker(Way way) {
        for (float ignore : new float[] {0, -1.5f, Float.NaN}) {
            for (int places : PLACES) {
                for (int channels : new int[] {1, 2, 3, 8, 9}) {
                    float[] target = Numbers.random(places, places * channels);
                    int labelled = places;
                    for (int m = 0; m < places; m++) {
                        for (int c = 0; m % 3 < 2 && c < channels - m % 3; c++) {
                            target[m * channels + c] = ignore;  // all channels, or all but one
                        }
                        labelled -= m % 3 == 0 && !Float.isNaN(ignore) ? 1 : 0;
                    }
                    int blocks = KernelRun.grid(way, places);
                    try (KernelRun run = new KernelRun(way)) {
                        Array partials = run.output(blocks);
                        Array count = run.ints(0);
                        Array every = run.ints(0);
                        Array values = run.floats(target);
                        run.launch("loss", "count_labels", blocks, values, partials, (long) places, channels, ignore,
                                1);
                        run.launch("loss", "count_finish", 1, partials, blocks, channels, count);
                        run.launch("loss", "count_labels", blocks, values, partials, (long) places, channels, ignore,
                                0);
                        run.launch("loss", "count_finish", 1, partials, blocks, 1, every);
                        assertArrayEquals(new int[] {labelled * channels}, count.ints());
                        assertArrayEquals(new int[] {places}, every.ints(), "without a marker");
                    }
                }
            }
        }
    }

    @EachWay
    void classesAreCountedButTheIgnoredOne(Way way) {
        for (int places : PLACES) {
            for (int blocks : KernelRun.grids(way)) {
                int[] target = Numbers.randomInts(places, places, 5);
                int labelled = 0;
                for (int label : target) {
                    labelled += label == 2 ? 0 : 1;
                }
                try (KernelRun run = new KernelRun(way)) {
                    Array partials = run.output(blocks);
                    Array count = run.ints(0);
                    run.launch("loss", "count_classes", blocks, run.ints(target), partials, (long) places, 2);
                    run.launch("loss", "count_finish", 1, partials, blocks, 1, count);
                    assertArrayEquals(new int[] {labelled}, count.ints());
                }
            }
        }
    }
}
