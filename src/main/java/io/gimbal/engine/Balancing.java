package io.gimbal.engine;

import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.List;
import java.util.Optional;

/** A rule that sets the tasks' weights. */
public interface Balancing {
    /**
     * Refuses a network whose tasks the rule does not fit.
     *
     * @throws io.gimbal.config.UserException naming what was given for a task that is not there, and the tasks that are
     */
    void check(List<String> tasks);

    /** Whether each task's gradient norm on W must be measured. */
    boolean needsNorms();

    /** The weight that a task starts with. */
    double initialWeight(String task);

    /** L(0) to start from; NaN where the first loss is to be taken. */
    double initialLoss(String task, Criterion criterion);

    /** Writes the launch that takes this step's losses and norms in, moves the weights and records the step. */
    void step(ProgramBuilder program, BalanceMemory memory);

    /**
     * Where the balancing's quantities lie; see {@code balance_step} in {@code kernels/balance.cu}.
     *
     * @param gram      the Gram matrix of the tasks' gradients; empty where norms are not measured
     * @param notFinite {@code imageBlocks} words, of which one is not 0 where the network's input is not finite
     */
    record BalanceMemory(Region losses, Region counts, Optional<Region> gram, Region notFinite, int imageBlocks,
            Region state, Region weights, Region counters, Region accepted, Region records, Region learningRate,
            int recordSlots, int tasks) {}
}
