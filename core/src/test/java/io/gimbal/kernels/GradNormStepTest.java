package io.gimbal.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.kernels.KernelRun.Array;
import java.util.Arrays;
import java.util.Random;

@OnKernelDevice
class GradNormStepTest {
    private static final int FIXED = 0;
    private static final int GRADNORM = 1;
    private static final int SLOTS = 5;
    private static final float LEARNING_RATE = 0.125f;

    /** As {@code record.cuh} has it. */
    static int recordWords(int tasks) {
        return 7 * tasks + 8;
    }

    /** A rule with all that the kernel keeps on the device, stepped beside its twin. */
    private static final class Replay implements AutoCloseable {
        final int tasks;
        final GradNormTwin twin;
        final KernelRun run;
        final Array state;
        final Array weights;
        final Array counters;
        final Array accepted;
        final Array records;
        final Array learningRate;
        final int method;
        final double alpha;
        final double rate;
        final double floor;
        final boolean adam;
        GradNormTwin.Options options = GradNormTwin.Options.NONE;
        long steps;
        long[] counted = new long[4];

        Replay(Way way, int method, double[] start, double[] initial, double alpha, double rate, double floor,
                boolean adam) {
            this.tasks = start.length;
            this.method = method;
            this.alpha = alpha;
            this.rate = rate;
            this.floor = floor;
            this.adam = adam;
            twin = new GradNormTwin(start, initial, alpha, rate, floor, adam);
            run = new KernelRun(way);
            state = run.doubles(twin.state());
            float[] used = new float[tasks];
            for (int t = 0; t < tasks; t++) {
                used[t] = (float) start[t];
            }
            weights = run.floats(used);
            counters = run.longs(0, 0, 0, 0);
            accepted = run.ints(-1);
            records = run.doubles(new double[SLOTS * recordWords(tasks)]);
            learningRate = run.floats(LEARNING_RATE);
        }

        Replay with(GradNormTwin.Options more) {
            options = more;
            twin.with(more);
            return this;
        }

        private double[] priorities() {
            double[] all = new double[tasks];
            Arrays.setAll(all, options::priority);
            return all;
        }

        /** One step; {@code norms} are those of the weighted losses, null where they are not measured. */
        void step(float[] losses, int[] counts, double[] norms) {
            step(losses, counts, norms, new int[1 + (int) (steps % 3) * 300]);
        }

        /** @param notFinite what the blocks that took the images tell of them */
        void step(float[] losses, int[] counts, double[] norms, int... notFinite) {
            float[] used = weights.floats();
            double[] before = twin.weights.clone();
            double[] gram = new double[tasks * tasks];
            Arrays.fill(gram, 0.5);
            boolean good = Arrays.stream(notFinite).allMatch(word -> word == 0);
            for (int t = 0; t < tasks; t++) {
                good &= Float.isFinite(losses[t]);
                if (norms != null) {
                    gram[t * tasks + t] = norms[t] * norms[t];
                    good &= Double.isFinite(norms[t]);
                }
            }
            Array measured = norms == null ? null : run.doubles(gram);
            int grid = 1 + (int) (steps % 2);
            run.launch("balance", "judge_step", grid, run.floats(losses), run.ints(counts), measured,
                    run.ints(notFinite), notFinite.length, state, 0, null, counters, accepted, records, learningRate,
                    SLOTS, tasks);
            if (method == GRADNORM) {
                run.launch("weighting", "learn_gradnorm", grid, run.floats(losses), run.ints(counts), measured,
                        accepted, counters, state, weights, run.doubles(priorities()), tasks, alpha, rate, floor,
                        options.cap(), adam ? 1 : 0, options.exponential() ? 1 : 0, options.warmUp(),
                        options.every(), options.freezeAfter());
            }
            if (good && method == GRADNORM) {
                double[] plain = new double[tasks];
                for (int t = 0; t < tasks; t++) {
                    plain[t] = used[t] == 0 ? 0 : norms[t] / used[t];
                }
                twin.step(steps, losses, plain, counts);
            }
            checkRecord(losses, counts, before, norms, good);
            counted = new long[] {counted[0] + 1, counted[1] + (good ? 1 : 0), counted[2] + (good ? 0 : 1), good ? 0
                    : counted[3] + 1};
            assertArrayEquals(counted, counters.longs(), "counters after step " + steps);
            assertArrayEquals(new int[] {good ? 1 : 0}, accepted.ints(), "accepted in step " + steps);
            steps++;
            checkState();
        }

        private void checkRecord(float[] losses, int[] counts, double[] before, double[] norms, boolean good) {
            double[] expected = new double[recordWords(tasks)];  // what is found in the batch is not this kernel's
            for (int t = 0; t < tasks; t++) {
                expected[t] = losses[t];
                expected[tasks + t] = before[t];
                expected[2 * tasks + t] = norms == null ? Double.NaN : norms[t];
                expected[3 * tasks + t] = counts[t];
                expected[4 * tasks] += before[t] * losses[t];
            }
            expected[4 * tasks + 1] = LEARNING_RATE;
            expected[4 * tasks + 2] = good ? 1 : 0;
            expected[4 * tasks + 3] = steps;
            int slot = (int) (steps % SLOTS);
            double[] all = records.doubles();
            assertClose(expected, Arrays.copyOfRange(all, slot * expected.length, (slot + 1) * expected.length),
                    "record of step " + steps);
        }

        private void checkState() {
            double[] expected = twin.state();
            assertClose(expected, state.doubles(), "state after step " + (steps - 1));
            double[] now = state.doubles();
            float[] next = weights.floats();
            for (int t = 0; t < tasks; t++) {
                assertEquals((float) now[t], next[t], "weight of the next step");
            }
        }

        /**
         * Both sides compute in double by the same formula; only pow and the order of a sum may differ in the last
         * places.
         */
        private static void assertClose(double[] expected, double[] actual, String what) {
            for (int i = 0; i < expected.length; i++) {
                double size = Math.max(1, Math.abs(expected[i]));
                boolean same = Double.compare(expected[i], actual[i]) == 0;
                assertTrue(same || Math.abs(expected[i] - actual[i]) <= 1e-11 * size,
                        what + ", number " + i + ": " + actual[i] + " where the twin has " + expected[i]);
            }
        }

        @Override
        public void close() {
            run.close();
        }
    }

    private static double[] ones(int tasks) {
        double[] ones = new double[tasks];
        Arrays.fill(ones, 1);
        return ones;
    }

    private static double[] unknown(int tasks) {
        double[] initial = new double[tasks];
        Arrays.fill(initial, Double.NaN);
        return initial;
    }

    /**
     * Steps of random losses and norms; where {@code absences}, a task in four has no label and then loss and norm 0.
     */
    private static void walk(Replay replay, int steps, boolean absences, long seed) {
        Random random = new Random(seed);
        for (int k = 0; k < steps; k++) {
            float[] losses = new float[replay.tasks];
            int[] counts = new int[replay.tasks];
            double[] norms = new double[replay.tasks];
            for (int t = 0; t < replay.tasks; t++) {
                counts[t] = absences && random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(1000);
                losses[t] = counts[t] == 0 ? 0 : (t + 1) * (0.2f + random.nextFloat()) / (1 + 0.1f * k);
                norms[t] = counts[t] == 0 ? 0 : (t + 0.5) * (0.1 + random.nextDouble());
            }
            replay.step(losses, counts, norms);
        }
    }

    @EachWay
    void weightsFollowTheRuleForAllNumbersOfTasks(Way way) {
        for (int tasks : new int[] {1, 2, 3, 8, 9, 32}) {
            for (boolean adam : new boolean[] {true, false}) {
                try (Replay replay = new Replay(way, GRADNORM, ones(tasks), unknown(tasks), 1.5, 0.025, 1e-4, adam)) {
                    walk(replay, 12, false, tasks);
                }
                try (Replay replay = new Replay(way, GRADNORM, ones(tasks), unknown(tasks), 0.7, 0.1, 1e-4, adam)) {
                    walk(replay, 12, true, tasks + 1);
                }
            }
        }
    }

    @EachWay
    void initialLossesMayBeGivenAndWeightsStartAnywhere(Way way) {
        double[] initial = {Math.log(13), Double.NaN, Math.log(2)};
        try (Replay replay = new Replay(way, GRADNORM, new double[] {0.25, 2, 0.75}, initial, 1.5, 0.025, 1e-4, true)) {
            walk(replay, 20, true, 4);
        }
    }

    @EachWay
    void alphaOfZeroAsksForEqualNorms(Way way) {
        try (Replay replay = new Replay(way, GRADNORM, ones(3), unknown(3), 0, 0.025, 1e-4, true)) {
            walk(replay, 20, false, 5);
        }
    }

    @EachWay
    void weightsNeverFallBelowTheFloorBeforeTheyAreRescaled(Way way) {
        try (Replay replay = new Replay(way, GRADNORM, ones(3), unknown(3), 1.5, 2, 0.05, false)) {
            walk(replay, 20, true, 6);
            for (float weight : replay.weights.floats()) {
                assertTrue(weight > 0, "weight " + weight);
            }
        }
    }

    @EachWay
    void weightsMoveInDueStepsBelowACapByPrioritiesAndByTheirLogarithms(Way way) {
        for (int tasks : new int[] {1, 2, 3, 9, 32}) {
            double[] priority = new double[tasks];
            Arrays.setAll(priority, t -> 0.5 + t % 3);
            for (boolean exponential : new boolean[] {false, true}) {
                for (double cap : new double[] {1, 1.3, 4, Double.POSITIVE_INFINITY}) {
                    GradNormTwin.Options options = new GradNormTwin.Options(priority, cap, exponential, 2, 3, 12);
                    try (Replay replay = new Replay(way, GRADNORM, ones(tasks), unknown(tasks), 1.5, 0.3, 1e-4,
                            tasks % 2 == 1).with(options)) {
                        walk(replay, 14, true, tasks);
                    }
                }
            }
        }
    }

    @EachWay
    void stepThatMeasuresNothingLatchesTheInitialLossesAlone(Way way) {
        try (KernelRun run = new KernelRun(way)) {
            double[] before = {1, 2, 3, Double.NaN, 5, Double.NaN, 0, 0, 0, 0, 0, 0, 0, 0, 0};
            double[] after = before.clone();
            after[3] = 7;
            Array state = run.doubles(before);
            run.launch("weighting", "learn_initial", 2, run.floats(7, 8, 9), run.ints(1, 1, 0), run.ints(0), state, 3);
            assertArrayEquals(before, state.doubles());
            run.launch("weighting", "learn_initial", 2, run.floats(7, 8, 9), run.ints(1, 1, 0), run.ints(1), state, 3);
            assertArrayEquals(after, state.doubles());
        }
    }

    @EachWay
    void oneTaskKeepsTheWeightOne(Way way) {
        try (Replay replay = new Replay(way, GRADNORM, ones(1), unknown(1), 1.5, 0.025, 1e-4, true)) {
            walk(replay, 6, true, 7);
            assertArrayEquals(new float[] {1}, replay.weights.floats());
        }
    }

    @EachWay
    void withoutAnyLabelNothingMoves(Way way) {
        try (Replay replay = new Replay(way, GRADNORM, new double[] {0.5, 1.5}, unknown(2), 1.5, 0.025, 1e-4, true)) {
            replay.step(new float[2], new int[2], new double[2]);
            assertArrayEquals(new float[] {0.5f, 1.5f}, replay.weights.floats());
            walk(replay, 4, true, 8);
        }
    }

    @EachWay
    void stepThatIsNotFiniteMovesOnlyTheCounters(Way way) {
        try (Replay replay = new Replay(way, GRADNORM, ones(3), unknown(3), 1.5, 0.025, 1e-4, true)) {
            int[] present = {1, 1, 1};
            walk(replay, 3, false, 9);
            for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
                replay.step(new float[] {1, bad, 2}, present, new double[] {1, 2, 3});
            }
            replay.step(new float[] {1, 1, 2}, present, new double[] {1, 2, Double.NaN});
            replay.step(new float[] {1, 1, 2}, new int[] {1, 1, 0}, new double[] {Double.POSITIVE_INFINITY, 2, 0});
            assertArrayEquals(new long[] {8, 3, 5, 5}, replay.counters.longs());
            walk(replay, 3, false, 10);
            assertArrayEquals(new long[] {11, 6, 5, 0}, replay.counters.longs());
        }
    }

    @EachWay
    void stepWhoseImagesAreNotFiniteMovesOnlyTheCountersThoughLossesAndNormsAreFinite(Way way) {
        for (int method : new int[] {FIXED, GRADNORM}) {
            try (Replay replay = new Replay(way, method, ones(2), unknown(2), 1.5, 0.025, 1e-4, true)) {
                int[] present = {1, 1};
                for (int blocks : new int[] {1, 2, 255, 256, 257, 1056}) {
                    for (int broken : new int[] {0, blocks / 2, blocks - 1}) {
                        int[] notFinite = new int[blocks];
                        notFinite[broken] = 1;
                        replay.step(new float[] {1, 2}, present, new double[] {1, 2}, notFinite);
                        assertEquals(0, replay.counters.longs()[1]);
                    }
                }
                int[] all = new int[1056];
                Arrays.fill(all, 1);
                replay.step(new float[] {1, 2}, present, method == FIXED ? null : new double[] {1, 2}, all);
                replay.step(new float[] {1, 2}, present, method == FIXED ? null : new double[] {1, 2});
                assertArrayEquals(new long[] {20, 1, 19, 0}, replay.counters.longs());
            }
        }
    }

    @EachWay
    void firstStepThatIsNotFiniteDoesNotBecomeTheInitialLoss(Way way) {
        try (Replay replay = new Replay(way, GRADNORM, ones(2), unknown(2), 1.5, 0.025, 1e-4, true)) {
            replay.step(new float[] {5, Float.NaN}, new int[] {1, 1}, new double[] {1, 2});
            assertTrue(Double.isNaN(replay.state.doubles()[2]));
            walk(replay, 3, false, 11);
        }
    }

    @EachWay
    void taskWithAnInitialLossOfZeroCountsAsLearningAtRateOne(Way way) {
        try (Replay replay = new Replay(way, GRADNORM, ones(2), unknown(2), 1.5, 0.025, 1e-4, false)) {
            replay.step(new float[] {0, 2}, new int[] {1, 1}, new double[] {0.1, 0.3});
            replay.step(new float[] {1, 1}, new int[] {1, 1}, new double[] {0.1, 0.3});
        }
    }

    @EachWay
    void lossesThatAllVanishLeaveTheWeightsFinite(Way way) {
        try (KernelRun run = new KernelRun(way)) {
            Array state = run.doubles(1, 1, 2, 2, 0, 0, 0, 0, 0, 0);
            Array weights = run.floats(1, 1);
            run.launch("weighting", "learn_gradnorm", 1, run.floats(0, 0), run.ints(1, 1), run.doubles(1, 0, 0, 4),
                    run.ints(1), run.longs(1, 1, 0, 0), state, weights, run.doubles(1, 1), 2, 1.5, 0.025, 1e-4,
                    Double.POSITIVE_INFINITY, 1, 0, 0L, 1L, Long.MAX_VALUE);
            for (double value : state.doubles()) {
                assertTrue(Double.isFinite(value));
            }
        }
    }

    @EachWay
    void fixedWeightsStayAndOnlyLossesDecideWhereNormsAreNotMeasured(Way way) {
        try (Replay replay = new Replay(way, FIXED, new double[] {0.5, 0, 3}, unknown(3), 1.5, 0.025, 1e-4, true)) {
            int[] present = {1, 1, 0};
            for (int k = 0; k < 7; k++) {
                replay.step(new float[] {1 + k, 2, 0}, present, null);
            }
            replay.step(new float[] {1, Float.NaN, 0}, present, null);
            replay.step(new float[] {1, 2, 0}, present, new double[] {1, 0, 0});
            replay.step(new float[] {1, 2, 0}, present, new double[] {1, Double.NaN, 0});
            assertArrayEquals(new float[] {0.5f, 0, 3}, replay.weights.floats());
        }
    }

    @EachWay
    void ofCombinedGradientsTheTotalIsThatOfTheLossesAndTheRecordTellsOfAFallback(Way way) {
        for (int tasks : new int[] {1, 3, 32}) {
            for (int fallback : new int[] {0, 1}) {
                try (KernelRun run = new KernelRun(way)) {
                    float[] losses = new float[tasks];
                    double[] coefficients = new double[tasks];
                    double[] gram = new double[tasks * tasks];
                    double total = 0;
                    for (int t = 0; t < tasks; t++) {
                        losses[t] = 0.5f + t;
                        coefficients[t] = 2 - t;
                        gram[t * tasks + t] = t * t;
                        total += losses[t];
                    }
                    Array records = run.doubles(new double[recordWords(tasks)]);
                    run.launch("balance", "judge_step", 1, run.floats(losses), run.ints(new int[tasks]),
                            run.doubles(gram), run.ints(0), 1, run.doubles(coefficients), 1, run.ints(fallback),
                            run.longs(0, 0, 0, 0), run.ints(0), records, run.floats(1), 1, tasks);
                    double[] record = records.doubles();
                    assertEquals(total, record[4 * tasks], 1e-12 * total);
                    assertEquals(fallback, record[4 * tasks + 4]);
                    assertArrayEquals(coefficients, Arrays.copyOfRange(record, tasks, 2 * tasks));
                    for (int t = 0; t < tasks; t++) {
                        assertEquals(t, record[2 * tasks + t]);
                    }
                }
            }
        }
    }
}
