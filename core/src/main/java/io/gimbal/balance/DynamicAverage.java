package io.gimbal.balance;

import io.gimbal.config.Range;
import io.gimbal.engine.Balancing;
import io.gimbal.engine.StateRow;
import io.gimbal.program.ProgramBuilder;
import java.util.List;

/**
 * Dynamic weight average (Liu et al., arXiv 1803.10704): w = T softmax(r / temperature), where r_i is the ratio of the
 * task's mean losses in the last two epochs, each over the steps that it is present in; 1 where there are not both, and
 * all weights are 1 in the first two epochs. Immutable. A temperature that cannot be is refused by a {@link
 * io.gimbal.config.UserException}.
 *
 * @param temperature above 0; the larger, the more alike the weights
 */
public record DynamicAverage(double temperature) implements Balancing {
    /** Checks each part. */
    public DynamicAverage {
        Range.POSITIVE.check("temperature", temperature);
    }

    /**
     * With the paper's temperature, 2.
     *
     * @return the rule
     */
    public static DynamicAverage plain() {
        return new DynamicAverage(2);
    }

    @Override
    public boolean countsEpochs() {
        return true;
    }

    @Override
    public List<StateRow> state(Setting setting) {
        int tasks = setting.tasks().size();
        return List.of(StateRow.equalWeights(setting.tasks().size()),
                StateRow.filled("sum of losses in this epoch", StateRow.Kind.FINITE, tasks, 0),
                StateRow.filled("losses in this epoch", StateRow.Kind.COUNT, tasks, 0),
                StateRow.filled("mean loss of the last epoch", StateRow.Kind.LOSS_OR_NONE, tasks, Double.NaN),
                StateRow.filled("mean loss of the epoch before", StateRow.Kind.LOSS_OR_NONE, tasks, Double.NaN));
    }

    @Override
    public void learn(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        program.launch("weighting", "learn_average", 1, memory.losses(), memory.counts(), memory.accepted(),
                memory.counters(), memory.state(), memory.weights(), setting.tasks().size(), setting.epochSteps(),
                temperature);
    }
}
