package io.gimbal.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.gimbal.kernels.KernelRun.Array;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

@OnKernelDevice
class InspectBatchTest {
    private static final int RECORD_SLOTS = 3;
    private static final int SLOTS = 2;
    private static final int CLASSES = 5;
    private static final int[] PLACES = {1, 7, 255, 257, 4001};
    private static final float BF16_INFINITE = Float.intBitsToFloat(0x7f7f8000);
    private static final int[] NO_CLASSES = {-1, CLASSES, 255, Integer.MIN_VALUE, Integer.MAX_VALUE};

    /** A part of a batch: random, but for a share of unlabelled and one of invalid places. */
    private record Part(int places, int channels, boolean classes, boolean marked, float marker, float infinite,
            int[] words) {
        static Part random(Random random, int places, int channels, boolean classes, boolean marked, double invalid) {
            return random(random, places, channels, classes, marked, Float.POSITIVE_INFINITY, invalid);
        }

        static Part random(Random random, int places, int channels, boolean classes, boolean marked, float infinite,
                double invalid) {
            float[] notFinite = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, infinite, -infinite};
            float marker = classes ? -100 : random.nextBoolean() ? 0 : Float.POSITIVE_INFINITY;
            int[] words = new int[places * channels];
            for (int place = 0; place < places; place++) {
                boolean unlabelled = random.nextInt(3) == 0;
                for (int c = 0; c < channels; c++) {
                    words[place * channels + c] = classes ? unlabelled ? (int) marker : random.nextInt(CLASSES)
                            : Float.floatToRawIntBits(unlabelled ? marker : (float) random.nextGaussian());
                }
                if (random.nextDouble() < invalid) {
                    words[place * channels + random.nextInt(channels)] = classes
                            ? NO_CLASSES[random.nextInt(NO_CLASSES.length)]
                            : Float.floatToRawIntBits(notFinite[random.nextInt(notFinite.length)]);
                } else if (!classes && random.nextInt(5) == 0) {
                    words[place * channels] = Float.floatToRawIntBits(Math.nextDown(infinite));
                }
            }
            return new Part(places, channels, classes, marked, marker, infinite, words);
        }

        double[] found() {
            double[] found = new double[3];
            for (int place = places - 1; place >= 0; place--) {
                boolean labelled = !marked;
                double bad = 0;
                boolean invalid = false;
                for (int c = channels - 1; c >= 0; c--) {
                    int word = words[place * channels + c];
                    float value = Float.intBitsToFloat(word);
                    labelled |= classes ? word != (int) marker : value != marker;
                    if (classes ? word < 0 || word >= CLASSES : !(Math.abs(value) < infinite)) {
                        invalid = true;
                        bad = classes ? word : value;
                    }
                }
                if (invalid && labelled) {
                    found = new double[] {found[0] + 1, place, bad};
                }
            }
            return found;
        }

        long[] described(long offset) {
            return new long[] {offset, places, channels, classes ? CLASSES : 0, marked ? 1 : 0,
                classes ? (int) marker : Float.floatToRawIntBits(marker), Float.floatToRawIntBits(infinite)};
        }
    }

    private static List<Part> parts(Random random, int places, double invalid) {
        List<Part> parts = new ArrayList<>();
        parts.add(Part.random(random, places, 3, false, false, random.nextBoolean() ? Float.POSITIVE_INFINITY
                : BF16_INFINITE, invalid));
        for (boolean marked : new boolean[] {true, false}) {
            parts.add(Part.random(random, places, 1, true, marked, invalid));
            for (int channels = 1; channels <= 3; channels++) {
                parts.add(Part.random(random, places, channels, false, marked, invalid));
            }
        }
        return parts;
    }

    private static void check(Way way, List<Part> parts, long step, int accepted, int blocks) {
        int tasks = parts.size() - 1;
        int slotWords = parts.stream().mapToInt(part -> part.words.length + 5).sum();
        int[] ring = new int[SLOTS * slotWords];
        long[] described = {};
        int offset = 0;
        int words = GradNormStepTest.recordWords(tasks);
        int slot = (int) (step % RECORD_SLOTS);
        double[] before = new Random(7).doubles((long) RECORD_SLOTS * words).toArray();
        double[] expected = before.clone();
        for (int k = 0; k <= tasks; k++) {
            Part part = parts.get(k);
            System.arraycopy(part.words, 0, ring, (int) (step % SLOTS) * slotWords + offset, part.words.length);
            long[] one = part.described(offset);
            described = Arrays.copyOf(described, described.length + one.length);
            System.arraycopy(one, 0, described, described.length - one.length, one.length);
            offset += part.words.length + 5;
            System.arraycopy(accepted == 1 ? new double[3] : part.found(), 0, expected,
                    slot * words + 4 * tasks + 5 + 3 * k, 3);
        }
        try (KernelRun run = new KernelRun(way)) {
            Array records = run.doubles(before);
            run.launch("batch", "inspect_batch", blocks, run.ints(ring), (long) slotWords, SLOTS,
                    run.longs(step + 1, 0, 0, 0), run.ints(accepted), run.longs(described), tasks, records,
                    RECORD_SLOTS);
            assertArrayEquals(expected, records.doubles(), places(parts) + " in step " + step);
        }
    }

    private static String places(List<Part> parts) {
        return parts.getFirst().places + " places";
    }

    @EachWay
    void invalidPlacesOfARejectedStepAreCountedAndTheFirstIsTold(Way way) {
        Random random = new Random(1);
        for (int places : PLACES) {
            for (double invalid : new double[] {0, 2.0 / places, 0.3, 1}) {
                check(way, parts(random, places, invalid), random.nextInt(100), 0, KernelRun.grid(way, places));
            }
        }
    }

    @EachWay
    void ofAnAcceptedStepNothingIsTold(Way way) {
        check(way, parts(new Random(2), 50, 0.3), 4, 1, 3);
    }

    @EachWay
    void oneTaskOfOnePlaceIsEnough(Way way) {
        Random random = new Random(3);
        for (long step : new long[] {0, 1, 2, 1L << 40}) {
            check(way, List.of(Part.random(random, 1, 1, false, false, 1), Part.random(random, 1, 1, true, true, 1)),
                    step, 0, 2);
        }
    }
}
