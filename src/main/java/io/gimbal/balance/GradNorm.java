package io.gimbal.balance;

import io.gimbal.config.Range;
import io.gimbal.engine.Balancing;
import io.gimbal.engine.StateRow;
import io.gimbal.program.ProgramBuilder;
import java.util.List;
import java.util.Map;

/**
 * GradNorm (Chen et al., arXiv 1711.02257, algorithm 1): moves the weights so that every task's gradient norm on W
 * approaches the mean norm times its relative inverse training rate to the power of alpha. The target is a constant in
 * the differentiation, so that the gradient has a closed form, sign(G_i - target_i) G_i / w_i, and nothing of second
 * order arises. After each step the weights are rescaled to sum to the number of tasks. A task that a batch has no
 * label for keeps its weight until then. Immutable. A number that cannot be is refused by a {@link
 * io.gimbal.config.UserException}.
 *
 * @param alpha       how strongly slow tasks are favoured, at least 0; 0 makes all norms equal
 * @param rate        the weights' learning rate, at least 0
 * @param adam        whether the weights move by Adam, otherwise by plain gradient steps
 * @param floor       no weight falls below it before the rescaling; at least 0
 * @param theoretical whether L(0) is log(classes) where a task has classes (the paper's second footnote); otherwise the
 *                    first loss
 * @param start       weights to start from, each above 0; 1 for a task that is not named
 */
public record GradNorm(double alpha, double rate, boolean adam, double floor, boolean theoretical, Map<String,
        Double> start)
        implements Balancing {
    public GradNorm {
        Range.NON_NEGATIVE.check("alpha", alpha);
        Range.NON_NEGATIVE.check("rate", rate);
        Range.NON_NEGATIVE.check("floor", floor);
        start = TaskWeights.checked("start", start, Range.POSITIVE);
    }

    /** The paper's setting for NYUv2: Adam at 0.025, starting from equal weights. */
    public static GradNorm withAlpha(double alpha) {
        return new GradNorm(alpha, 0.025, true, 1e-4, false, Map.of());
    }

    @Override
    public void check(List<String> tasks) {
        TaskWeights.checkTasks("start", start, tasks);
    }

    @Override
    public Measured measures() {
        return Measured.SHARED;
    }

    @Override
    public List<StateRow> state(Setting setting) {
        double[] initial = setting.criteria().stream().mapToDouble(criterion -> theoretical
                ? criterion.theoreticalInitialLoss() : Double.NaN).toArray();
        return Rows.moved(setting, Rows.weights(setting, task -> start.getOrDefault(task, 1.0)),
                new StateRow("L(0)", StateRow.Kind.LOSS_OR_NONE, initial));
    }

    @Override
    public void learn(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        program.launch("weighting", "learn_gradnorm", 1, memory.losses(), memory.counts(), memory.gram().orElseThrow(),
                memory.accepted(), memory.state(), memory.weights(), setting.tasks().size(), alpha, rate, floor,
                adam ? 1 : 0);
    }
}
