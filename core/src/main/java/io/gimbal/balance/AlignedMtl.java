package io.gimbal.balance;

import io.gimbal.program.ProgramBuilder;
import java.util.Objects;

/**
 * Aligned-MTL (Senushkin et al., arXiv 2305.19000, algorithm 1): the sum of the gradients after their principal
 * components were made equally long, and orthogonal. Immutable.
 *
 * @param scale    how long: of G's eigenvalues above 1e-6 of the largest
 * @param measured  whether gradients are those of the representation, or of all parameters upstream of it
 */
public record AlignedMtl(Scale scale, Measured measured) implements GramRule {
    /** Checks each part. */
    public AlignedMtl {
        Objects.requireNonNull(scale, "scale is null");
        GramRule.check(measured);
    }

    /** Which square of a length the components get. In the kernel's order. */
    public enum Scale implements Named {
        /** The least eigenvalue, the authors' choice. */
        MIN,
        /** The lower median of the eigenvalues. */
        MEDIAN,
        /** Their mean. */
        RMSE
    }

    @Override
    public void solve(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        GramRule.launch(program, "spectrum", "aligned", setting, memory, scale.ordinal());
    }
}
