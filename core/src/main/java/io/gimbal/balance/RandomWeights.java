package io.gimbal.balance;

import io.gimbal.engine.Balancing;
import io.gimbal.program.ProgramBuilder;

/**
 * Random loss weights (RLW, arXiv 2111.10603): in each step w = n softmax(z), z_i of the standard normal distribution.
 * The numbers follow from the training's seed and the step's number, so that a training that goes on draws what it
 * would have drawn. Immutable.
 */
public record RandomWeights() implements Balancing {
    @Override
    public boolean weighs() {
        return true;
    }

    @Override
    public void weigh(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        program.launch("weighting", "weigh_randomly", 1, memory.counts(), memory.counters(), memory.seed(),
                memory.used(), memory.usedFloats(), setting.tasks().size());
    }
}
