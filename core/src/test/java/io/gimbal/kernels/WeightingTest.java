package io.gimbal.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.engine.Philox;
import io.gimbal.kernels.KernelRun.Array;
import java.util.Arrays;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/** The rules of {@code kernels/weighting.cu} but GradNorm, against the reference's formulas in double. */
@OnKernelDevice
class WeightingTest {
    private static final int[] TASKS = {1, 2, 3, 8, 9, 32};
    /** Both sides compute in double by one formula; exp, log and the order of a sum may differ in the last places. */
    private static final double TOLERANCE = 1e-12;
    private static final long SEED = 0x1234_5678_9abc_def0L;

    /** Losses and counts of a step; a task in four is absent where {@code absences}. */
    private record Batch(float[] losses, int[] counts) {
        static Batch random(Random random, int tasks, boolean absences) {
            float[] losses = new float[tasks];
            int[] counts = new int[tasks];
            for (int t = 0; t < tasks; t++) {
                counts[t] = absences && random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(100);
                losses[t] = counts[t] == 0 ? 0 : (t + 1) * (0.1f + random.nextFloat());
            }
            return new Batch(losses, counts);
        }

        boolean present(int t) {
            return counts[t] > 0;
        }

        int[] presentTasks() {
            return IntStream.range(0, counts.length).filter(this::present).toArray();
        }

        double loss(int t) {
            return losses[t];
        }
    }

    private static double[] filled(int tasks, double value) {
        double[] all = new double[tasks];
        Arrays.fill(all, value);
        return all;
    }

    private static double[] joined(double[]... rows) {
        return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    }

    private static void assertClose(double[] expected, double[] actual, String what) {
        assertEquals(expected.length, actual.length, what);
        for (int i = 0; i < expected.length; i++) {
            boolean same = Double.compare(expected[i], actual[i]) == 0;
            assertTrue(same || Math.abs(expected[i] - actual[i]) <= TOLERANCE * Math.max(1, Math.abs(expected[i])),
                    what + ", number " + i + ": " + actual[i] + " where the twin has " + expected[i]);
        }
    }

    private static void assertRounded(double[] used, Array floats, String what) {
        float[] rounded = floats.floats();
        for (int t = 0; t < used.length; t++) {
            assertEquals((float) used[t], rounded[t], what);
        }
    }

    private void learnsScales(Way way, String kernel, boolean uncertainty, int tasks, boolean adam) {
        Random random = new Random(tasks);
        double[] c = IntStream.range(0, tasks).mapToDouble(t -> uncertainty ? t % 2 == 0 ? 0.5 : 1 : 1).toArray();
        double[] s = IntStream.range(0, tasks).mapToDouble(t -> 0.1 * t - 0.2).toArray();
        MoverTwin mover = new MoverTwin(tasks, adam ? 0.05 : 0.02, adam);
        double[] weights = IntStream.range(0, tasks).mapToDouble(t -> uncertainty ? c[t] * Math.exp(-s[t])
                : Math.exp(s[t])).toArray();
        try (KernelRun run = new KernelRun(way)) {
            Array state = run.doubles(joined(weights, s, mover.first, mover.second, mover.steps));
            Array floats = run.floats(new float[tasks]);
            for (int step = 0; step < 6; step++) {
                Batch batch = Batch.random(random, tasks, step % 2 == 1);
                boolean accepted = step != 3;
                Array losses = run.floats(batch.losses);
                Array counts = run.ints(batch.counts);
                Array counted = run.ints(accepted ? 1 : 0);
                if (uncertainty) {
                    run.launch("weighting", kernel, 1 + step % 2, losses, counts, counted, state, floats,
                            run.doubles(c), tasks, mover.rate, adam ? 1 : 0);
                } else {
                    run.launch("weighting", kernel, 1 + step % 2, losses, counts, counted, state, floats, tasks,
                            mover.rate, adam ? 1 : 0);
                }
                for (int t : accepted ? batch.presentTasks() : new int[0]) {
                    s[t] -= mover.move(t, uncertainty ? 0.5 - weights[t] * batch.loss(t)
                            : weights[t] * batch.loss(t) - 1);
                    weights[t] = uncertainty ? c[t] * Math.exp(-s[t]) : Math.exp(s[t]);
                }
                assertClose(joined(weights, s, mover.first, mover.second, mover.steps), state.doubles(),
                        kernel + " of " + tasks + " after step " + step);
            }
        }
    }

    @EachWay
    void uncertaintyMovesTheLogVariancesOfThePresentTasks(Way way) {
        for (int tasks : TASKS) {
            learnsScales(way, "learn_uncertainty", true, tasks, true);
            learnsScales(way, "learn_uncertainty", true, tasks, false);
        }
    }

    @EachWay
    void impartialLossesMoveTheLogScalesOfThePresentTasks(Way way) {
        for (int tasks : TASKS) {
            learnsScales(way, "learn_impartial", false, tasks, true);
            learnsScales(way, "learn_impartial", false, tasks, false);
        }
    }

    /** DWA as the reference has it, from all losses so far. */
    private static double[] averaged(double[][] means, double temperature, double[] before) {
        int epochs = means.length;
        if (epochs < 2) {
            return before;
        }
        int tasks = before.length;
        double[] powers = new double[tasks];
        double sum = 0;
        for (int t = 0; t < tasks; t++) {
            double ratio = means[epochs - 1][t] / means[epochs - 2][t];
            powers[t] = Math.exp((Double.isFinite(ratio) ? ratio : 1) / temperature);
            sum += powers[t];
        }
        double all = sum;
        return Arrays.stream(powers).map(power -> tasks * power / all).toArray();
    }

    @EachWay
    void dynamicAverageGoesByTheMeansOfTwoEpochs(Way way) {
        for (int tasks : TASKS) {
            for (int epoch : new int[] {1, 3}) {
                Random random = new Random(tasks + epoch);
                try (KernelRun run = new KernelRun(way)) {
                    double[] weights = filled(tasks, 1);
                    Array state = run.doubles(joined(weights, new double[2 * tasks], filled(2 * tasks, Double.NaN)));
                    Array floats = run.floats(new float[tasks]);
                    double[] sums = new double[tasks];
                    double[] counts = new double[tasks];
                    double[][] means = new double[0][];
                    long done = 0;
                    for (int step = 0; step < 4 * epoch + 2; step++) {
                        // The first task is absent throughout the second epoch.
                        Batch batch = Batch.random(random, tasks, step % 2 == 1);
                        if (done / epoch == 1) {
                            batch.counts[0] = 0;
                        }
                        boolean accepted = step != 2;
                        done += accepted ? 1 : 0;
                        run.launch("weighting", "learn_average", 1 + step % 2, run.floats(batch.losses),
                                run.ints(batch.counts), run.ints(accepted ? 1 : 0), run.longs(step + 1, done, 0, 0),
                                state, floats, tasks, epoch, 2.0);
                        for (int t : accepted ? batch.presentTasks() : new int[0]) {
                            sums[t] += batch.loss(t);
                            counts[t]++;
                        }
                        if (accepted && done % epoch == 0) {
                            means = Arrays.copyOf(means, means.length + 1);
                            means[means.length - 1] = IntStream.range(0, tasks).mapToDouble(t -> sums[t] / counts[t])
                                    .toArray();
                            Arrays.fill(sums, 0);
                            Arrays.fill(counts, 0);
                            weights = averaged(means, 2, weights);
                            if (means.length >= 2) {
                                assertRounded(weights, floats, "weights as floats");
                            }
                        }
                        assertClose(weights, Arrays.copyOf(state.doubles(), tasks), "weights of " + tasks
                                + " after step " + step);
                    }
                }
            }
        }
    }

    private static double[] weighed(Way way, String kernel, Batch batch, Object... more) {
        int tasks = batch.counts.length;
        try (KernelRun run = new KernelRun(way)) {
            Array used = run.doubles(filled(tasks, -1));
            Array floats = run.floats(new float[tasks]);
            run.launch("weighting", kernel, 2, run.floats(batch.losses), run.ints(batch.counts), used, floats, tasks);
            assertRounded(used.doubles(), floats, kernel);
            return used.doubles();
        }
    }

    private static double[] byLosses(Batch batch, IntToDoubleFunction weight) {
        boolean positive = Arrays.stream(batch.presentTasks()).allMatch(t -> batch.losses[t] > 0);
        double[] weights = new double[batch.counts.length];
        for (int t : batch.presentTasks()) {
            weights[t] = positive ? weight.applyAsDouble(t) : 1;
        }
        return weights;
    }

    @EachWay
    void geometricAndInvariantWeightsFollowFromTheStepsOwnLosses(Way way) {
        for (int tasks : TASKS) {
            for (int k = 0; k < 4; k++) {
                Batch batch = Batch.random(new Random(17 * tasks + k), tasks, k > 0);
                if (k == 3) {
                    batch.losses[tasks - 1] = -0.001f;
                }
                int n = batch.presentTasks().length;
                double mean = Math.exp(Arrays.stream(batch.presentTasks()).mapToDouble(t -> Math.log(batch.loss(t)))
                        .sum() / n);
                assertClose(byLosses(batch, t -> mean / (n * batch.loss(t))), weighed(way, "weigh_geometric", batch),
                        "geometric mean of " + tasks);
                assertClose(byLosses(batch, t -> 1 / batch.loss(t)), weighed(way, "weigh_invariant", batch),
                        "scale-invariant of " + tasks);
            }
        }
    }

    @EachWay
    void lossOfZeroMakesAllWeightsOfThePresentOne(Way way) {
        Batch batch = new Batch(new float[] {0, 2, 0}, new int[] {5, 5, 0});
        assertArrayEquals(new double[] {1, 1, 0}, weighed(way, "weigh_geometric", batch));
        assertArrayEquals(new double[] {1, 1, 0}, weighed(way, "weigh_invariant", batch));
    }

    /** STCH's nadir and sums, by task, as the reference keeps them. */
    private static final class TchebycheffTwin {
        final double mu;
        final int warmUp;
        final int epoch;
        final double[] nadir;
        final double[] sums;
        final double[] counts;
        int step;

        TchebycheffTwin(double[] nadir, double mu, int warmUp, int epoch) {
            this.mu = mu;
            this.warmUp = warmUp;
            this.epoch = epoch;
            this.nadir = nadir;
            sums = new double[nadir.length];
            counts = new double[nadir.length];
        }

        /** A step's weights; where it is accepted the state moves. */
        double[] step(Batch batch, boolean accepted) {
            boolean positive = Arrays.stream(batch.presentTasks()).allMatch(t -> batch.losses[t] > 0);
            double[] known = nadir.clone();
            if (positive && step >= warmUp) {
                for (int t = 0; t < known.length; t++) {
                    known[t] = Double.isNaN(known[t]) ? sums[t] / counts[t] : known[t];
                    known[t] = Double.isNaN(known[t]) && batch.present(t) ? batch.loss(t) : known[t];
                }
            }
            double all = Arrays.stream(batch.presentTasks()).mapToDouble(t -> Math.pow(batch.loss(t) / known[t],
                    1 / mu)).sum();
            int n = batch.presentTasks().length;
            double[] weights = byLosses(batch, t -> step < warmUp ? 1 / batch.loss(t)
                    : n * Math.pow(batch.loss(t) / known[t], 1 / mu) / all / batch.loss(t));
            if (accepted) {
                System.arraycopy(known, 0, nadir, 0, known.length);
                for (int t : step >= warmUp - epoch && step < warmUp ? batch.presentTasks() : new int[0]) {
                    sums[t] += batch.loss(t);
                    counts[t]++;
                }
                step++;
            }
            return weights;
        }
    }

    @EachWay
    void tchebycheffWeightsGoByTheNadirOfTheWarmUp(Way way) {
        for (int tasks : TASKS) {
            for (int warmUp : new int[] {0, 1, 4}) {
                Random random = new Random(tasks + warmUp);
                double[] nadir = filled(tasks, Double.NaN);
                nadir[tasks - 1] = tasks % 2 == 0 ? 3 : Double.NaN;
                TchebycheffTwin twin = new TchebycheffTwin(nadir, 0.7, warmUp, 2);
                try (KernelRun run = new KernelRun(way)) {
                    Array state = run.doubles(joined(filled(tasks, 1), nadir, twin.sums, twin.counts));
                    for (int step = 0; step < 9; step++) {
                        Batch batch = Batch.random(random, tasks, step % 3 > 0);
                        if (step == 6) {
                            batch.losses[0] = 0;
                        }
                        boolean accepted = step != 5;
                        Array used = run.doubles(new double[tasks]);
                        run.launch("weighting", "weigh_tchebycheff", 1, run.floats(batch.losses),
                                run.ints(batch.counts), run.longs(step, twin.step, 0, 0), state, used,
                                run.floats(new float[tasks]), tasks, 0.7, (long) warmUp);
                        run.launch("weighting", "learn_nadir", 1, run.floats(batch.losses), run.ints(batch.counts),
                                run.ints(accepted ? 1 : 0), run.longs(step + 1, twin.step + (accepted ? 1 : 0), 0, 0),
                                state, tasks, 2L, (long) warmUp);
                        String what = tasks + " tasks, warm-up " + warmUp + ", step " + step;
                        assertClose(twin.step(batch, accepted), used.doubles(), "weights of " + what);
                        assertClose(joined(filled(tasks, 1), nadir, twin.sums, twin.counts), state.doubles(),
                                "state of " + what);
                    }
                }
            }
        }
    }

    /** Word i of a stream at a step. */
    private static double uniform(int stream, long step, int i) {
        return (Philox.word(i, stream, step, SEED) + 0.5) / 4294967296.0;
    }

    @EachWay
    void randomWeightsAreASoftmaxOfNormalNumbersByTheStepsNumber(Way way) {
        for (int tasks : TASKS) {
            for (long step : new long[] {0, 1, 0x1_0000_0007L}) {
                Batch batch = Batch.random(new Random(tasks + step), tasks, step == 1);
                double[] z = new double[tasks];
                for (int t = 0; t < tasks; t++) {
                    double radius = Math.sqrt(-2 * Math.log(uniform(0xB0, step, t / 2 * 2)));
                    double angle = 2 * Math.PI * uniform(0xB0, step, t / 2 * 2 + 1);
                    z[t] = radius * (t % 2 == 0 ? Math.cos(angle) : Math.sin(angle));
                }
                double all = Arrays.stream(batch.presentTasks()).mapToDouble(t -> Math.exp(z[t])).sum();
                double[] expected = new double[tasks];
                for (int t : batch.presentTasks()) {
                    expected[t] = batch.presentTasks().length * Math.exp(z[t]) / all;
                }
                try (KernelRun run = new KernelRun(way)) {
                    Array used = run.doubles(new double[tasks]);
                    Array floats = run.floats(new float[tasks]);
                    run.launch("weighting", "weigh_randomly", 1, run.ints(batch.counts), run.longs(step, 0, 0, 0), SEED,
                            used, floats, tasks);
                    assertClose(expected, used.doubles(), "random weights of " + tasks + " in step " + step);
                    assertRounded(used.doubles(), floats, "random weights");
                }
            }
        }
    }

    @EachWay
    void averagesOfPairsAreKeptWhereTheStepWasAccepted(Way way) {
        for (int tasks : TASKS) {
            double[] moved = new Random(tasks).doubles(tasks * tasks).toArray();
            double[] before = joined(filled(tasks, 1), filled(tasks * tasks, 0.25));
            try (KernelRun run = new KernelRun(way)) {
                Array state = run.doubles(before);
                run.launch("weighting", "keep_averages", 2, run.ints(0), run.doubles(moved), state, tasks);
                assertArrayEquals(before, state.doubles());
                run.launch("weighting", "keep_averages", 2, run.ints(1), run.doubles(moved), state, tasks);
                assertArrayEquals(joined(filled(tasks, 1), moved), state.doubles());
            }
        }
    }
}
