package io.gimbal.balance;

import io.gimbal.program.ProgramBuilder;

/**
 * ConFIG (Liu et al., arXiv 2408.11104, equation 2): the direction with equal projections on all gradients' directions,
 * as long as the sum of the gradients' projections on it. Immutable.
 *
 * @param measured  whether gradients are those of the representation, or of all parameters upstream of it
 */
public record ConFig(Measured measured) implements GramRule {
    /** Checks each part. */
    public ConFig {
        GramRule.check(measured);
    }

    @Override
    public void solve(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        GramRule.launch(program, "spectrum", "config", setting, memory);
    }
}
