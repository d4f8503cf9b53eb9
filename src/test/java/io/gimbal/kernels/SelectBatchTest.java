package io.gimbal.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.gimbal.kernels.KernelRun.Array;
import java.util.Arrays;
import java.util.Random;

@OnKernelDevice
class SelectBatchTest {
    private static final long[] STEPS = {0, 1, 5, 1L << 40};

    @EachWay
    void partOfTheStepsSlotIsCopied(Way way) {
        for (int words : new int[] {1, 3, 4, 255, 256, 1023, 1024, 1025, 40_000}) {
            for (int slots : new int[] {1, 2, 3}) {
                for (int offset : new int[] {0, 1, 64}) {
                    for (long step : STEPS) {
                        copy(way, words, slots, offset, words + offset + slots - 1, step);
                    }
                }
            }
        }
    }

    private static void copy(Way way, int words, int slots, int offset, int slotWords, long step) {
        int[] ring = new Random(words).ints((long) slotWords * slots).toArray();
        try (KernelRun run = new KernelRun(way)) {
            Array destination = run.output(words);
            run.launch("batch", "select_batch", KernelRun.grid(way, words + slots), run.ints(ring), destination,
                    (long) words, (long) offset, (long) slotWords, slots, run.longs(step, 0, 0, 0));
            int first = (int) (step % slots) * slotWords + offset;
            assertArrayEquals(Arrays.copyOfRange(ring, first, first + words), destination.ints());
        }
    }

    @EachWay
    void imagesAreRoundedAndGivenChannelsOfZero(Way way) {
        int[][] shapes = {{1, 1, 1}, {1, 3, 8}, {255, 3, 8}, {257, 3, 3}, {64, 4, 4}, {33, 3, 4}, {100, 1, 8},
                {21, 8, 16}, {21, 9, 16}, {19, 5, 7}, {40, 3, 12}};
        for (Element element : Element.values()) {
            for (int[] shape : shapes) {
                for (int offset : new int[] {0, 1, 64}) {
                    for (long step : STEPS) {
                        images(way, element, shape[0], shape[1], shape[2], offset, step);
                    }
                }
            }
        }
    }

    private static void images(Way way, Element element, int places, int channels, int pitch, int offset, long step) {
        int slots = 2;
        int slotWords = offset + places * channels + 5;
        float[] ring = Numbers.random(places, slots * slotWords);
        int first = (int) (step % slots) * slotWords + offset;
        float[] expected = new float[places * pitch];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = i % pitch < channels ? ring[first + i / pitch * channels + i % pitch] : 0;
        }
        try (KernelRun run = new KernelRun(way)) {
            Array destination = element.output(run, expected.length);
            run.launch("batch", element.kernel("select_images"), KernelRun.grid(way, places), run.floats(ring),
                    destination, (long) places, channels, pitch, (long) offset, (long) slotWords, slots,
                    run.longs(step, 0, 0, 0));
            assertArrayEquals(element.rounded(expected), element.values(destination));
        }
    }
}
