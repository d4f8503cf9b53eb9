package io.gimbal.balance;

import io.gimbal.config.Range;
import io.gimbal.program.ProgramBuilder;

/**
 * DualProj: the mean gradient projected on the cone of directions that conflict with none (GEM, arXiv 1706.08840).
 * Immutable. A number that cannot be is refused by a {@link io.gimbal.config.UserException}.
 *
 * @param regularize above 0, added to the diagonal of G / tr G
 * @param measured  whether gradients are those of the representation, or of all parameters upstream of it
 */
public record DualProjection(double regularize, Measured measured) implements GramRule {
    /** Checks each part. */
    public DualProjection {
        Range.POSITIVE.check("regularize", regularize);
        GramRule.check(measured);
    }

    @Override
    public void solve(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        GramRule.launch(program, "cone", "dualproj", setting, memory, regularize);
    }
}
