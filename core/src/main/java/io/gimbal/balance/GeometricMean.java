package io.gimbal.balance;

import io.gimbal.engine.Balancing;
import io.gimbal.program.ProgramBuilder;

/**
 * The geometric mean of the losses (GLS, arXiv 1904.08492): the step goes down the gradient of (prod L_i)^(1/n), so
 * that w_i = (prod L_j)^(1/n) / (n L_i), by the step's own losses. Where a loss is not above 0 all weights are 1.
 * Immutable.
 */
public record GeometricMean() implements Balancing {
    @Override
    public boolean weighs() {
        return true;
    }

    @Override
    public void weigh(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        program.launch("weighting", "weigh_geometric", 1, memory.losses(), memory.counts(), memory.used(),
                memory.usedFloats(), setting.tasks().size());
    }
}
