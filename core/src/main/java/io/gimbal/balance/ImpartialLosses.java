package io.gimbal.balance;

import io.gimbal.config.Range;
import io.gimbal.engine.Balancing;
import io.gimbal.engine.StateRow;
import io.gimbal.program.ProgramBuilder;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * IMTL-L (Liu et al., "Towards Impartial Multi-task Learning", ICLR 2021): a learned s_i a task, w_i = e^s_i; s_i moves
 * down the gradient of sum e^s_i L_i - s_i. Immutable. A number that cannot be is refused by a {@link
 * io.gimbal.config.UserException}.
 *
 * @param mover how s_i moves
 * @param start s_i to start from; 0 for a task that is not named
 */
public record ImpartialLosses(Mover mover, Map<String, Double> start) implements Balancing {
    /** Checks each part, and keeps a copy. */
    public ImpartialLosses {
        Objects.requireNonNull(mover, "mover is null");
        start = TaskWeights.checked("start", start, Range.FINITE);
    }

    /**
     * Adam at 0.025, from s_i = 0.
     *
     * @return the rule
     */
    public static ImpartialLosses plain() {
        return new ImpartialLosses(Mover.DEFAULT, Map.of());
    }

    @Override
    public void check(List<String> tasks) {
        TaskWeights.checkTasks("start", start, tasks);
    }

    @Override
    public List<StateRow> state(Setting setting) {
        return Rows.moved(setting, Rows.weights(setting, task -> Math.exp(scale(task))),
                new StateRow("log scale", StateRow.Kind.FINITE, Rows.byTask(setting, this::scale)));
    }

    private double scale(String task) {
        return start.getOrDefault(task, 0.0);
    }

    @Override
    public void learn(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        program.launch("weighting", "learn_impartial", 1, memory.losses(), memory.counts(), memory.accepted(),
                memory.state(), memory.weights(), setting.tasks().size(), mover.rate(), mover.flag());
    }
}
