package io.gimbal.balance;

import io.gimbal.engine.Balancing;
import io.gimbal.program.ProgramBuilder;

/**
 * Scale-invariant weights: the step goes down the gradient of sum log L_i, so that w_i = 1 / L_i, by the step's own
 * losses. Where a loss is not above 0 all weights are 1. Immutable.
 */
public record ScaleInvariant() implements Balancing {
    @Override
    public boolean weighs() {
        return true;
    }

    @Override
    public void weigh(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        program.launch("weighting", "weigh_invariant", 1, memory.losses(), memory.counts(), memory.used(),
                memory.usedFloats(), setting.tasks().size());
    }
}
