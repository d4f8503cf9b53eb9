package io.gimbal.engine;

import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.Optional;

/**
 * The Gram matrix [T, T] of the tasks' gradients of one tensor or several together, in double. Each tensor is read
 * once, by blocks that leave partial sums; one more launch adds them up.
 */
final class GramMatrix {
    /** For more tasks than the kernel for few takes, there is one that needs more registers. */
    private static final int FEW_TASKS = 4;

    private final ProgramBuilder program;
    private final int tasks;
    private final int blocks;
    private Region partials;

    /** @param blocks how many the launches of {@link #add} have altogether */
    GramMatrix(ProgramBuilder program, int tasks, int blocks) {
        this.program = program;
        this.tasks = tasks;
        this.blocks = blocks;
    }

    /** How many blocks read that many values of each task. */
    static int blocks(long values) {
        return ProgramBuilder.reductionBlocks(values);
    }

    /**
     * Reads a tensor of all tasks.
     *
     * @param low        whether its elements are bf16
     * @param rows       [T][values]
     * @param sum        where the sum over the tasks goes, if it is wanted
     * @param firstBlock how many blocks the tensors before it have
     */
    void add(boolean low, Region rows, Optional<Region> sum, long values, int firstBlock) {
        if (partials == null) {
            partials = program.floats("partial Gram matrices", blocks * pairs());
        }
        String kernel = tasks <= FEW_TASKS ? "gram" : "gram_wide";
        program.launch("balance", low ? kernel + "_bf16" : kernel, blocks(values), rows, ProgramBuilder.orNull(sum),
                partials.words(firstBlock * pairs()), values, tasks);
    }

    private long pairs() {
        return tasks * (tasks + 1L) / 2;
    }

    /** Once all tensors are read. */
    Region finish() {
        Region gram = program.bytes("Gram matrix", (long) tasks * tasks * Double.BYTES);
        program.launch("balance", "gram_finish", 1, partials, blocks, gram, tasks);
        return gram;
    }
}
