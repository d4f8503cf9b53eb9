package io.gimbal.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
                {21, 8, 16}, {21, 9, 16}, {19, 5, 7}, {40, 3, 12}, {21, 3, 8}, {1001, 3, 8}};
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
            Array notFinite = places % 2 == 0 ? null : run.output(KernelRun.grid(way, places));
            run.launch("batch", element.kernel("select_images"), KernelRun.grid(way, places), run.floats(ring),
                    destination, notFinite, (long) places, channels, pitch, (long) offset, (long) slotWords, slots,
                    run.longs(step, 0, 0, 0));
            assertArrayEquals(element.rounded(expected), element.values(destination));
            if (notFinite != null) {
                assertArrayEquals(new int[KernelRun.grid(way, places)], notFinite.ints());
            }
        }
    }

    /** Anywhere in the images; what is in another slot, or beside the images, does not matter. */
    @EachWay
    void theBlockWithAnElementThatIsNotFiniteTellsIt(Way way) {
        int[][] shapes = {{1, 1, 1}, {1, 3, 8}, {700, 3, 8}, {257, 3, 3}, {333, 3, 4}, {100, 1, 8}, {21, 9, 16},
                {19, 5, 7}};
        Random random = new Random(5);
        for (Element element : Element.values()) {
            float infinite = element == Element.BF16 ? Float.intBitsToFloat(0x7f7f8000) : Float.POSITIVE_INFINITY;
            assertEquals(Float.POSITIVE_INFINITY, element.rounded(infinite)[0]);
            float[] told = {Float.NaN, Float.intBitsToFloat(0xff800001), Float.POSITIVE_INFINITY,
                Float.NEGATIVE_INFINITY, infinite, -infinite};
            float[] borne = {Math.nextDown(infinite), -Math.nextDown(infinite), Float.MIN_VALUE, -0f};
            for (int[] shape : shapes) {
                int elements = shape[0] * shape[1];
                int[] at = {0, elements - 1, random.nextInt(elements), random.nextInt(elements)};
                for (int i : at) {
                    int blocks = KernelRun.grid(way, i);
                    assertEquals(1, told(way, element, shape, i, told[random.nextInt(told.length)], blocks));
                    assertEquals(0, told(way, element, shape, i, borne[random.nextInt(borne.length)], blocks));
                    assertEquals(0, told(way, element, shape, random.nextBoolean() ? -1 : elements, Float.NaN, blocks));
                }
            }
        }
    }

    /** How many blocks tell of a value that stands there. */
    private static int told(Way way, Element element, int[] shape, int at, float value, int blocks) {
        int elements = shape[0] * shape[1];
        int offset = 4;
        int slotWords = offset + elements + 3;
        float[] ring = Numbers.random(elements, 2 * slotWords);
        Arrays.fill(ring, slotWords, 2 * slotWords, Float.NaN);
        ring[offset + at] = value;
        try (KernelRun run = new KernelRun(way)) {
            Array notFinite = run.output(blocks);
            run.launch("batch", element.kernel("select_images"), blocks, run.floats(ring),
                    element.output(run, (long) shape[0] * shape[2]), notFinite, (long) shape[0], shape[1], shape[2],
                    (long) offset, (long) slotWords, 2, run.longs(6, 0, 0, 0));
            return Arrays.stream(notFinite.ints()).peek(word -> assertTrue(word == 0 || word == 1, "" + word)).sum();
        }
    }
}
