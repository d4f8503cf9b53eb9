package io.gimbal.kernels;

import io.gimbal.kernels.KernelRun.Array;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The rules that combine gradients by their Gram matrix, as kernels, and one launch of each. */
enum CombiningRule {
    MGDA("solve_simplex"),
    CAGRAD("solve_simplex"),
    FAIRGRAD("solve_fair"),
    IMTL_G("solve_spectrum"),
    CONFIG("solve_spectrum"),
    ALIGNED("solve_spectrum"),
    PCGRAD("solve_pairs"),
    GRADVAC("solve_pairs"),
    UPGRAD("solve_cone"),
    DUALPROJ("solve_cone");

    /** Of the orders in which pairs meet. */
    static final long SEED = 20_260;
    static final long STEP = 7;

    private final String file;

    CombiningRule(String file) {
        this.file = file;
    }

    /**
     * What tasks are given to a rule.
     *
     * @param gram   T x T, by rows
     * @param losses of T tasks
     * @param counts of T tasks; present are those above 0
     */
    record Tasks(double[] gram, float[] losses, int[] counts) {
        /** All present, with losses of 1. */
        static Tasks of(double[] gram) {
            int tasks = (int) Math.round(Math.sqrt(gram.length));
            float[] losses = new float[tasks];
            int[] counts = new int[tasks];
            Arrays.fill(losses, 1);
            Arrays.fill(counts, 3);
            return new Tasks(gram, losses, counts);
        }

        int size() {
            return losses.length;
        }
    }

    /**
     * What a rule gives.
     *
     * @param moved gradvac's averages, T x T; of another rule null
     */
    record Answer(double[] coefficients, boolean fellBack, double[] moved) {
    }

    String kernel() {
        return "solve_" + name().toLowerCase(java.util.Locale.ROOT);
    }

    /** Own parameters that the rule can do with. */
    Object[] own() {
        return switch (this) {
            case MGDA, ALIGNED -> new Object[] {0};
            case CAGRAD -> new Object[] {0.5, 1};
            case FAIRGRAD -> new Object[] {1.0};
            case UPGRAD, DUALPROJ -> new Object[] {1e-4};
            case GRADVAC -> new Object[] {0.5};
            case IMTL_G, CONFIG, PCGRAD -> new Object[0];
        };
    }

    /** One launch; {@code own} are numbers, without pcgrad's and gradvac's seed and counter. */
    Answer solve(KernelRun run, int blocks, Tasks tasks, double[] averages, Object... own) {
        int size = tasks.size();
        Array coefficients = run.output(2L * size);
        Array fellBack = run.ints(-1);
        Array moved = this == GRADVAC ? run.output(2L * size * size) : null;
        List<Object> arguments = new ArrayList<>(List.of(run.doubles(tasks.gram), run.floats(tasks.losses),
                run.ints(tasks.counts), coefficients, fellBack, size));
        if (this == PCGRAD || this == GRADVAC) {
            arguments.add(SEED);
            arguments.add(run.longs(STEP, 1, 2, 3));
        }
        arguments.addAll(List.of(own));
        if (this == GRADVAC) {
            arguments.add(run.doubles(averages));
            arguments.add(moved);
        }
        run.launch(file, kernel(), blocks, arguments.toArray());
        int fell = fellBack.ints()[0];
        if (fell != 0 && fell != 1) {
            throw new AssertionError(kernel() + " left " + fell + " in fell_back");
        }
        return new Answer(coefficients.doubles(), fell == 1, moved == null ? null : moved.doubles());
    }

    Answer solve(KernelRun run, Tasks tasks, Object... own) {
        return solve(run, 1, tasks, new double[tasks.size() * tasks.size()], own);
    }
}
