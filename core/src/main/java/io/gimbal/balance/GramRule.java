package io.gimbal.balance;

import io.gimbal.config.UserException;
import io.gimbal.engine.Balancing;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.ArrayList;
import java.util.List;

/**
 * A rule that combines the tasks' gradients g_i by coefficients alpha_i that follow from their Gram matrix G_ij = <g_i,
 * g_j>: what lies before the representation Z gets sum alpha_i dL_i, what lies behind it the plain sum. Solved on the
 * device, in double, in the middle of the backward pass. A task that the batch has no label for has alpha 0, and the
 * rule sees the others alone. Where a rule has no answer it falls back to equal coefficients, and the step's record
 * says so.
 */
sealed interface GramRule extends Balancing permits AlignedMtl, CaGrad, ConFig, DualProjection, FairGrad, GradVac,
        ImtlG, Mgda, NashMtl, PcGrad, UpGrad {
    /** Refuses what no rule that combines gradients can go by. */
    static void check(Measured measured) {
        if (measured == null || !measured.combined()) {
            throw new UserException("measured is " + measured + "; a rule that combines gradients goes by those of the"
                    + " REPRESENTATION, or of all parameters UPSTREAM of it");
        }
    }

    /** Launches a kernel of {@code kernels/solve_*.cu}. */
    static void launch(ProgramBuilder program, String subject, String kernel, Setting setting, BalanceMemory memory,
            Object... own) {
        List<Object> arguments = new ArrayList<>(List.of(memory.gram().orElseThrow(), memory.losses(), memory.counts(),
                memory.used(), memory.fellBack(), setting.tasks().size()));
        arguments.addAll(List.of(own));
        program.launch("solve_" + subject, "solve_" + kernel, 1, arguments.toArray());
    }

    /** Where a state's row begins. */
    static Region row(Region state, int row, int tasks) {
        return state.plusBytes((long) row * tasks * Double.BYTES);
    }

    /** Of what gradients are combined: the record's component. */
    Measured measured();

    @Override
    default Measured measures() {
        return measured();
    }
}
