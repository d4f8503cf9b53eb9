package io.gimbal.balance;

import io.gimbal.program.ProgramBuilder;

/**
 * IMTL-G (Liu et al., "Towards Impartial Multi-task Learning", ICLR 2021): the combination, of coefficients that add up
 * to 1, whose projections on all gradients' directions are equal. Immutable.
 *
 * @param measured  whether gradients are those of the representation, or of all parameters upstream of it
 */
public record ImtlG(Measured measured) implements GramRule {
    /** Checks each part. */
    public ImtlG {
        GramRule.check(measured);
    }

    @Override
    public void solve(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        GramRule.launch(program, "spectrum", "imtl_g", setting, memory);
    }
}
