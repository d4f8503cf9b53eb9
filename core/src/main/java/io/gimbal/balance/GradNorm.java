package io.gimbal.balance;

import io.gimbal.config.Counts;
import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import io.gimbal.engine.Balancing;
import io.gimbal.engine.StateRow;
import io.gimbal.program.ProgramBuilder;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;

/**
 * GradNorm (Chen et al., arXiv 1711.02257, algorithm 1): moves the weights so that every task's gradient norm on W
 * approaches the mean norm times its relative inverse training rate to the power of alpha. The target is a constant in
 * the differentiation, so that the gradient has a closed form, sign(G_i - target_i) G_i / w_i, and nothing of second
 * order arises. After each step the weights are rescaled to sum to the number of tasks. A task that a batch has no
 * label for keeps its weight until then. Immutable. A number that cannot be is refused by a {@link
 * io.gimbal.config.UserException}.
 *
 * @param alpha       how strongly slow tasks are favoured, at least 0; 0 makes all norms equal
 * @param mover       how the weights move
 * @param floor       no weight falls below it before the rescaling; at least 0; without a meaning where the weights are
 *                    exponential
 * @param theoretical whether L(0) is log(classes) where a task has classes (the paper's second footnote); otherwise the
 *                    first loss
 * @param start       weights to start from, each above 0; 1 for a task that is not named
 * @param measured    what gradients are measured of: W (SHARED), or all parameters that every task shares (PARAMETERS)
 * @param timing      in which steps the weights move
 * @param priority    a factor on a task's target, above 0; 1 for a task that is not named
 * @param cap         no weight is above it, after the rescaling, either; at least 1; empty for no bound
 * @param exponential whether what moves is the weight's logarithm, so that no weight needs a floor; the paper moves the
 *                    weight itself
 */
public record GradNorm(double alpha, Mover mover, double floor, boolean theoretical, Map<String, Double> start,
        Measured measured, Timing timing, Map<String, Double> priority, OptionalDouble cap, boolean exponential)
        implements Balancing {
    /** The paper leaves weights at least this much room. */
    static final double DEFAULT_FLOOR = 1e-4;

    /**
     * In which steps the weights move, by the number of the step from 0. In all others no gradient is measured, and a
     * step costs what one with equal weights costs.
     *
     * @param every       1 in so many steps, at least 1
     * @param warmUp      not in the first so many
     * @param freezeAfter not from that step on; 0: never
     */
    public record Timing(int every, int warmUp, int freezeAfter) {
        /** In every step. */
        public static final Timing ALWAYS = new Timing(1, 0, 0);

        /** Checks each part. */
        public Timing {
            Counts.atLeast("every", every, 1);
            Counts.atLeast("warmUp", warmUp, 0);
            Counts.atLeast("freezeAfter", freezeAfter, 0);
            if (freezeAfter > 0 && freezeAfter <= warmUp) {
                throw new UserException("freezeAfter is " + freezeAfter + ", and the warm-up lasts " + warmUp
                        + " steps, so that the weights would never move; freeze later, or take fixed weights");
            }
        }

        boolean due(long step) {
            return step >= warmUp && step < end() && (step - warmUp) % every == 0;
        }

        long end() {
            return freezeAfter == 0 ? Long.MAX_VALUE : freezeAfter;
        }
    }

    /** Checks each part, and keeps copies. */
    public GradNorm {
        Range.NON_NEGATIVE.check("alpha", alpha);
        Objects.requireNonNull(mover, "mover is null");
        Range.NON_NEGATIVE.check("floor", floor);
        start = TaskWeights.checked("start", start, Range.POSITIVE);
        if (measured != Measured.SHARED && measured != Measured.PARAMETERS) {
            throw new UserException("measured is " + measured + "; GradNorm measures on W (SHARED), or on all"
                    + " parameters that every task shares (PARAMETERS)");
        }
        Objects.requireNonNull(timing, "timing is null");
        priority = TaskWeights.checked("priority", priority, Range.POSITIVE);
        Objects.requireNonNull(cap, "cap is null").ifPresent(GradNorm::checkCap);
    }

    private static void checkCap(double cap) {
        Range.POSITIVE.check("cap", cap);
        if (cap < 1) {
            throw new UserException("cap is " + cap + ", but must be at least 1: the weights sum to the number of"
                    + " tasks");
        }
    }

    /**
     * As the paper has it, on W and in every step.
     *
     * @param alpha       how strongly slow tasks are favoured, at least 0
     * @param rate        of what moves the weights, at least 0
     * @param adam        whether Adam moves them, or else gradient descent
     * @param floor       no weight falls below it before the rescaling; at least 0
     * @param theoretical whether L(0) of a cross entropy is log(classes), and not the first loss seen
     * @param start       weights to start from, above 0; 1 for a task that is not named
     */
    public GradNorm(double alpha, double rate, boolean adam, double floor, boolean theoretical,
            Map<String, Double> start) {
        this(alpha, new Mover(adam, rate), floor, theoretical, start, Measured.SHARED, Timing.ALWAYS, Map.of(),
                OptionalDouble.empty(), false);
    }

    /**
     * The paper's setting for NYUv2: Adam at 0.025, starting from equal weights.
     *
     * @param alpha how strongly slow tasks are favoured, at least 0
     * @return the rule
     */
    public static GradNorm withAlpha(double alpha) {
        return new GradNorm(alpha, 0.025, true, DEFAULT_FLOOR, false, Map.of());
    }

    /**
     * The same, measured on W, or on all parameters that every task shares.
     *
     * @param of W is {@code SHARED}, all of them {@code PARAMETERS}
     * @return another rule; this one stays
     */
    public GradNorm measuring(Measured of) {
        return new GradNorm(alpha, mover, floor, theoretical, start, of, timing, priority, cap, exponential);
    }

    /**
     * The same with weights that move in these steps alone.
     *
     * @param steps in which the weights move
     * @return another rule; this one stays
     */
    public GradNorm timed(Timing steps) {
        return new GradNorm(alpha, mover, floor, theoretical, start, measured, steps, priority, cap, exponential);
    }

    /**
     * The same with these factors on the tasks' targets.
     *
     * @param factors by task, above 0; 1 for a task that is not named
     * @return another rule; this one stays
     */
    public GradNorm favouring(Map<String, Double> factors) {
        return new GradNorm(alpha, mover, floor, theoretical, start, measured, timing, factors, cap, exponential);
    }

    /**
     * The same with no weight above that.
     *
     * @param most at least 1
     * @return another rule; this one stays
     */
    public GradNorm atMost(double most) {
        return new GradNorm(alpha, mover, floor, theoretical, start, measured, timing, priority,
                OptionalDouble.of(most), exponential);
    }

    /**
     * The same with what moves being the weights' logarithms.
     *
     * @return another rule; this one stays
     */
    public GradNorm byLogarithms() {
        return new GradNorm(alpha, mover, floor, theoretical, start, measured, timing, priority, cap, true);
    }

    @Override
    public void check(List<String> tasks) {
        TaskWeights.checkTasks("start", start, tasks);
        TaskWeights.checkTasks("priority", priority, tasks);
    }

    @Override
    public Measured measures() {
        return measured;
    }

    @Override
    public boolean measuresIn(long step) {
        return timing.due(step);
    }

    @Override
    public boolean rests() {
        return !timing.equals(Timing.ALWAYS);
    }

    @Override
    public double floorOfWeights() {
        return exponential ? 0 : floor;
    }

    @Override
    public List<StateRow> state(Setting setting) {
        double[] initial = setting.criteria().stream().mapToDouble(criterion -> theoretical
                ? criterion.theoreticalInitialLoss() : Double.NaN).toArray();
        return Rows.moved(setting, Rows.weights(setting, task -> start.getOrDefault(task, 1.0)),
                new StateRow("L(0)", StateRow.Kind.LOSS_OR_NONE, initial));
    }

    @Override
    public List<double[]> constants(Setting setting) {
        return List.of(Rows.byTask(setting, task -> priority.getOrDefault(task, 1.0)));
    }

    @Override
    public void learn(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        int tasks = setting.tasks().size();
        if (memory.gram().isEmpty()) {
            program.launch("weighting", "learn_initial", 1, memory.losses(), memory.counts(), memory.accepted(),
                    memory.state(), tasks);
            return;
        }
        program.launch("weighting", "learn_gradnorm", 1, memory.losses(), memory.counts(), memory.gram().orElseThrow(),
                memory.accepted(), memory.counters(), memory.state(), memory.weights(), memory.constants(), tasks,
                alpha, mover.rate(), floor, cap.orElse(Double.POSITIVE_INFINITY), mover.flag(), exponential ? 1 : 0,
                (long) timing.warmUp(), (long) timing.every(), timing.end());
    }
}
