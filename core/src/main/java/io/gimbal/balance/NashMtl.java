package io.gimbal.balance;

import io.gimbal.program.ProgramBuilder;

/**
 * Nash-MTL (Navon et al., arXiv 2202.01017): the alpha above 0 with G alpha = 1 / alpha, the tasks' bargain. Its length
 * is sqrt(n), whatever the gradients'. Immutable.
 *
 * @param measured  whether gradients are those of the representation, or of all parameters upstream of it
 */
public record NashMtl(Measured measured) implements GramRule {
    /** Checks each part. */
    public NashMtl {
        GramRule.check(measured);
    }

    @Override
    public void solve(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        GramRule.launch(program, "fair", "fairgrad", setting, memory, 1.0);
    }
}
