package io.gimbal.balance;

import io.gimbal.program.ProgramBuilder;
import java.util.Objects;

/**
 * MGDA (Sener and Koltun, arXiv 1810.04650, equation 3): the point of least norm in the convex hull of the gradients,
 * each divided by s_i first; its coefficients, which add up to 1, weight the gradients themselves. Tasks of
 * the same gradient share equally. Immutable.
 *
 * @param normalize what s_i is
 * @param measured  whether gradients are those of the representation, or of all parameters upstream of it
 */
public record Mgda(Normalization normalize, Measured measured) implements GramRule {
    /** Checks each part. */
    public Mgda {
        Objects.requireNonNull(normalize, "normalize is null");
        GramRule.check(measured);
    }

    /** What a gradient is divided by before the point is looked for; 0 counts as 1. In the kernel's order. */
    public enum Normalization implements Named {
        /** 1. */
        NONE,
        /** Its norm. */
        L2,
        /** The task's loss. */
        LOSS,
        /** The product of both. */
        LOSS_AND_NORM {
            @Override
            public String text() {
                return "loss+";
            }
        }
    }

    @Override
    public void solve(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        GramRule.launch(program, "simplex", "mgda", setting, memory, normalize.ordinal());
    }
}
