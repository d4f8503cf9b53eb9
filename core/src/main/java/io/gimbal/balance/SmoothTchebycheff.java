package io.gimbal.balance;

import io.gimbal.config.Counts;
import io.gimbal.config.Range;
import io.gimbal.engine.Balancing;
import io.gimbal.engine.StateRow;
import io.gimbal.program.ProgramBuilder;
import java.util.List;
import java.util.Map;

/**
 * Smooth Tchebycheff scalarisation (STCH, arXiv 2402.19078, as its authors train networks): the step goes down the
 * gradient of n mu log sum e^(f_i / mu), f_i = log(L_i / nadir_i), so that w_i = n softmax_i(f / mu) / L_i, by the
 * step's own losses. In the first {@code warmUp} accepted steps w_i = 1 / L_i. Where a loss is not above 0 all weights
 * are 1. Immutable. A number that cannot be is refused by a {@link io.gimbal.config.UserException}.
 *
 * @param mu     above 0; the smaller, the more the worst task counts
 * @param warmUp steps, at least 0
 * @param nadir  by task, above 0; for a task that is not named its mean loss over the last epoch of the warm-up, or
 *               without one its first loss
 */
public record SmoothTchebycheff(double mu, int warmUp, Map<String, Double> nadir) implements Balancing {
    /** Checks each part, and keeps a copy. */
    public SmoothTchebycheff {
        Range.POSITIVE.check("mu", mu);
        Counts.atLeast("warmUp", warmUp, 0);
        nadir = TaskWeights.checked("nadir", nadir, Range.POSITIVE);
    }

    /**
     * With mu = 1 and each task's first loss as its nadir.
     *
     * @return the rule
     */
    public static SmoothTchebycheff plain() {
        return new SmoothTchebycheff(1, 0, Map.of());
    }

    @Override
    public void check(List<String> tasks) {
        TaskWeights.checkTasks("nadir", nadir, tasks);
    }

    @Override
    public boolean countsEpochs() {
        return warmUp > 0;
    }

    @Override
    public boolean weighs() {
        return true;
    }

    @Override
    public List<StateRow> state(Setting setting) {
        int tasks = setting.tasks().size();
        return List.of(StateRow.equalWeights(setting.tasks().size()), new StateRow("nadir", StateRow.Kind.LOSS_OR_NONE,
                Rows.byTask(setting, task -> nadir.getOrDefault(task, Double.NaN))),
                StateRow.filled("sum of losses in the warm-up", StateRow.Kind.FINITE, tasks, 0),
                StateRow.filled("losses in the warm-up", StateRow.Kind.COUNT, tasks, 0));
    }

    @Override
    public void weigh(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        program.launch("weighting", "weigh_tchebycheff", 1, memory.losses(), memory.counts(), memory.counters(),
                memory.state(), memory.used(), memory.usedFloats(), setting.tasks().size(), mu, (long) warmUp);
    }

    @Override
    public void learn(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        program.launch("weighting", "learn_nadir", 1, memory.losses(), memory.counts(), memory.accepted(),
                memory.counters(), memory.state(), setting.tasks().size(), (long) setting.epochSteps(), (long) warmUp);
    }
}
