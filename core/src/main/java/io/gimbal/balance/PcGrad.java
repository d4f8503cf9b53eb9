package io.gimbal.balance;

import io.gimbal.program.ProgramBuilder;

/**
 * PCGrad (Yu et al., arXiv 2001.06782, algorithm 1): each gradient loses its part along every other that it conflicts
 * with, in an order drawn anew in every step; then their sum. The order follows from the training's seed and the step's
 * number. Immutable.
 *
 * @param measured  whether gradients are those of the representation, or of all parameters upstream of it
 */
public record PcGrad(Measured measured) implements GramRule {
    /** Checks each part. */
    public PcGrad {
        GramRule.check(measured);
    }

    @Override
    public void solve(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        GramRule.launch(program, "pairs", "pcgrad", setting, memory, memory.seed(), memory.counters());
    }
}
