package io.gimbal.balance;

import io.gimbal.config.Range;
import io.gimbal.program.ProgramBuilder;
import java.util.Objects;

/**
 * CAGrad (Liu et al., arXiv 2110.14048, algorithm 1): the direction near the mean gradient g_0, no further than c |g_0|
 * away, in which the worst task improves most. Immutable. A number that cannot be is refused by a {@link
 * io.gimbal.config.UserException}.
 *
 * @param c       at least 0; 0 is the mean gradient
 * @param rescale what the direction is divided by
 * @param measured  whether gradients are those of the representation, or of all parameters upstream of it
 */
public record CaGrad(double c, Rescale rescale, Measured measured) implements GramRule {
    /** Checks each part. */
    public CaGrad {
        Range.NON_NEGATIVE.check("c", c);
        Objects.requireNonNull(rescale, "rescale is null");
        GramRule.check(measured);
    }

    /** What the direction is divided by. In the kernel's order. */
    public enum Rescale {
        /** 1. */
        NONE,
        /** 1 + c^2, the authors' choice. */
        BY_SQUARE,
        /** 1 + c. */
        BY_RADIUS
    }

    @Override
    public void solve(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        GramRule.launch(program, "simplex", "cagrad", setting, memory, c, rescale.ordinal());
    }
}
