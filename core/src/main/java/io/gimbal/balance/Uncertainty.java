package io.gimbal.balance;

import io.gimbal.config.Range;
import io.gimbal.engine.Balancing;
import io.gimbal.engine.StateRow;
import io.gimbal.program.ProgramBuilder;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Uncertainty weighting (Kendall et al., arXiv 1705.07115, equations 7 and 10): a learned s_i = log sigma_i^2 a task,
 * w_i = c_i e^-s_i, where c_i is 1/2 for regression and 1 for the two entropies; s_i moves down the gradient of
 * sum w_i L_i + s_i / 2. Immutable. A number that cannot be is refused by a {@link
 * io.gimbal.config.UserException}.
 *
 * @param mover how s_i moves
 * @param start s_i to start from; 0 for a task that is not named
 */
public record Uncertainty(Mover mover, Map<String, Double> start) implements Balancing {
    /** Checks each part, and keeps a copy. */
    public Uncertainty {
        Objects.requireNonNull(mover, "mover is null");
        start = TaskWeights.checked("start", start, Range.FINITE);
    }

    /**
     * Adam at 0.025, from s_i = 0.
     *
     * @return the rule
     */
    public static Uncertainty plain() {
        return new Uncertainty(Mover.DEFAULT, Map.of());
    }

    @Override
    public void check(List<String> tasks) {
        TaskWeights.checkTasks("start", start, tasks);
    }

    @Override
    public List<StateRow> state(Setting setting) {
        double[] s = Rows.byTask(setting, task -> start.getOrDefault(task, 0.0));
        double[] c = constants(setting).getFirst();
        double[] weights = IntStream.range(0, s.length).mapToDouble(task -> c[task] * Math.exp(-s[task])).toArray();
        return Rows.moved(setting, StateRow.weights(weights),
                new StateRow("log variance", StateRow.Kind.FINITE, s));
    }

    @Override
    public List<double[]> constants(Setting setting) {
        return List.of(setting.criteria().stream().mapToDouble(criterion -> criterion.isRegression() ? 0.5 : 1)
                .toArray());
    }

    @Override
    public void learn(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        program.launch("weighting", "learn_uncertainty", 1, memory.losses(), memory.counts(), memory.accepted(),
                memory.state(), memory.weights(), memory.constants(), setting.tasks().size(), mover.rate(),
                mover.flag());
    }
}
