package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gimbal.engine.Philox;
import io.gimbal.kernels.KernelRun.Array;

/** Bit for bit: a word is a function of seed, stream, step and place, and the value takes one product. */
@OnKernelDevice
class DropoutTest {
    private static final int[] SIZES = {1, 3, 4, 5, 8, 17, 255, 256, 257, 1024, 1031, 20_003};
    private static final int[] TASKS = {1, 2, 3, 9};
    private static final long HALF = 1L << 31;

    /** The random numbers of a launch. */
    private record Draw(long seed, int stream, long step, long leastKept, float scale) {
        float factor(int i) {
            return Philox.word(i, stream, step, seed) >= leastKept ? scale : 0;
        }
    }

    @EachWay
    void eachElementIsKeptByItsOwnWordInEveryRow(Way way) {
        for (Element element : Element.values()) {
            for (int n : SIZES) {
                for (int tasks : TASKS) {
                    int blocks = KernelRun.grid(way, n + tasks);
                    float[] x = element.rounded(random(n, n * tasks));
                    Draw draw = new Draw(0x123456789abcdefL * n, tasks, n, (1L << 30) * 3, 4f);
                    check(way, element, blocks, x, tasks, draw);
                }
            }
        }
    }

    @EachWay
    void aRanksElementsHaveTheWordsThatTheyHaveInTheWholeBatch(Way way) {
        for (Element element : Element.values()) {
            for (int n : SIZES) {
                for (int before : new int[] {n, 3 * n, 4 * n, 1, 2, 1_000_003}) {
                    float[] x = element.rounded(random(n, n * 2));
                    check(way, element, KernelRun.grid(way, n), x, 2, before, new Draw(5, 1, n, HALF, 2f));
                }
            }
        }
    }

    @EachWay
    void noWordIsAnothersWhereAnyHalfOfTheCounterOrKeyIsLarge(Way way) {
        float[] x = random(5, 1027);
        for (int blocks : KernelRun.grids(way)) {
            check(way, Element.FLOAT32, blocks, x, 1, new Draw(0, 0, 0, HALF, 2f));
            check(way, Element.FLOAT32, blocks, x, 1, new Draw(-1, Integer.MAX_VALUE, Long.MAX_VALUE, HALF, 2f));
            check(way, Element.FLOAT32, blocks, x, 1, new Draw(1L << 32, 1, 1L << 32, HALF, 2f));
            check(way, Element.FLOAT32, blocks, x, 1, new Draw(0x299f31d0a4093822L, 7, 0x370734413198a2eL, HALF, 2f));
        }
    }

    @EachWay
    void aWordOnTheThresholdIsKept(Way way) {
        Draw draw = new Draw(3, 1, 4, Philox.word(2, 1, 4, 3), 2f);
        assertEquals(2f, draw.factor(2));
        check(way, Element.FLOAT32, 1, random(1, 9), 1, draw);
        Draw next = new Draw(3, 1, 4, draw.leastKept + 1, 2f);
        assertEquals(0f, next.factor(2));
        check(way, Element.FLOAT32, 1, random(1, 9), 1, next);
    }

    @EachWay
    void withoutAProbabilityAllIsKeptAndWhatIsNotFiniteStaysSo(Way way) {
        float[] x = random(6, 77);
        check(way, Element.FLOAT32, 2, x, 1, new Draw(1, 0, 0, 0, 1f));
        for (int i = 0; i < x.length; i += 3) {
            x[i] = i % 2 == 0 ? Float.NaN : Float.NEGATIVE_INFINITY;
        }
        for (Element element : Element.values()) {
            check(way, element, 2, x, 1, new Draw(1, 0, 0, HALF, 2f));
        }
    }

    private static void check(Way way, Element element, int blocks, float[] given, int tasks, Draw draw) {
        check(way, element, blocks, given, tasks, 0, draw);
    }

    private static void check(Way way, Element element, int blocks, float[] given, int tasks, int before,
            Draw draw) {
        float[] x = element.rounded(given);
        int n = x.length / tasks;
        float[] expected = new float[x.length];
        for (int i = 0; i < n; i++) {
            float factor = draw.factor(before + i);
            for (int t = 0; t < tasks; t++) {
                expected[t * n + i] = x[t * n + i] * factor;
            }
        }
        String kernel = element.kernel("dropout");
        try (KernelRun run = new KernelRun(way)) {
            Array y = element.output(run, x.length);
            Array same = element.array(run, x);
            Array counters = run.longs(draw.step, 5, 6, 7);
            run.launch("random", kernel, blocks, element.array(run, x), y, (long) n, tasks, (long) before,
                    draw.leastKept, draw.scale, draw.seed, draw.stream, counters);
            run.launch("random", kernel, blocks, same, same, (long) n, tasks, (long) before, draw.leastKept, draw.scale,
                    draw.seed, draw.stream, counters);
            assertArrayEquals(element.rounded(expected), element.values(y), kernel + " " + draw);
            assertArrayEquals(element.values(y), element.values(same), "in place");
        }
    }
}
