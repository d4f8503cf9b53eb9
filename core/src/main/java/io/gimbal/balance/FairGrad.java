package io.gimbal.balance;

import io.gimbal.config.Range;
import io.gimbal.program.ProgramBuilder;

/**
 * FairGrad (Ban and Ji, arXiv 2402.15638): the w above 0 with G w = w^(-1/alpha). Immutable. A number that cannot be is
 * refused by a {@link io.gimbal.config.UserException}.
 *
 * @param alpha    above 0; 1 is {@link NashMtl}, larger is nearer to equal progress
 * @param measured  whether gradients are those of the representation, or of all parameters upstream of it
 */
public record FairGrad(double alpha, Measured measured) implements GramRule {
    /** Checks each part. */
    public FairGrad {
        Range.POSITIVE.check("alpha", alpha);
        GramRule.check(measured);
    }

    @Override
    public void solve(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        GramRule.launch(program, "fair", "fairgrad", setting, memory, alpha);
    }
}
