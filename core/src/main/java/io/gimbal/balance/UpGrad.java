package io.gimbal.balance;

import io.gimbal.config.Range;
import io.gimbal.program.ProgramBuilder;

/**
 * UPGrad (Quinton and Rey, arXiv 2406.16232, proposition 1): the mean of the gradients, each projected on the cone of
 * directions that conflict with none. Immutable. A number that cannot be is refused by a {@link
 * io.gimbal.config.UserException}.
 *
 * @param regularize above 0, added to the diagonal of G / tr G
 * @param measured  whether gradients are those of the representation, or of all parameters upstream of it
 */
public record UpGrad(double regularize, Measured measured) implements GramRule {
    /** Checks each part. */
    public UpGrad {
        Range.POSITIVE.check("regularize", regularize);
        GramRule.check(measured);
    }

    @Override
    public void solve(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        GramRule.launch(program, "cone", "upgrad", setting, memory, regularize);
    }
}
