package io.gimbal.balance;

import io.gimbal.config.Range;
import io.gimbal.engine.StateRow;
import io.gimbal.program.ProgramBuilder;
import java.util.ArrayList;
import java.util.List;

/**
 * GradVac (Wang et al., arXiv 2010.05874, algorithm 1): each gradient gets as much of every other as lifts their cosine
 * to its moving average, in an order drawn anew in every step; then their sum. Immutable. A number that cannot be is
 * refused by a {@link io.gimbal.config.UserException}.
 *
 * @param beta     from 0 to 1, how much of a new cosine goes into an average
 * @param measured  whether gradients are those of the representation, or of all parameters upstream of it
 */
public record GradVac(double beta, Measured measured) implements GramRule {
    /** Checks each part. */
    public GradVac {
        Range.FRACTION.check("beta", beta);
        GramRule.check(measured);
    }

    @Override
    public List<StateRow> state(Setting setting) {
        List<StateRow> rows = new ArrayList<>(List.of(StateRow.equalWeights(setting.tasks().size())));
        setting.tasks().forEach(task -> rows.add(StateRow.filled("mean cosine of " + task + " and the gradient",
                StateRow.Kind.COSINE, setting.tasks().size(), 0)));
        return rows;
    }

    @Override
    public void learn(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        program.launch("weighting", "keep_averages", 1, memory.accepted(), memory.proposed(), memory.state(),
                setting.tasks().size());
    }

    @Override
    public void solve(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        GramRule.launch(program, "pairs", "gradvac", setting, memory, memory.seed(), memory.counters(),
                beta, GramRule.row(memory.state(), 1, setting.tasks().size()), memory.proposed());
    }
}
