package io.gimbal.balance;

import io.gimbal.engine.Balancing.BalanceMemory;
import io.gimbal.program.ProgramBuilder;

/** The one kernel behind every rule: it also decides whether the step counts, and records it. */
final class BalanceLaunch {
    static final int FIXED = 0;
    static final int GRADNORM = 1;

    private BalanceLaunch() {}

    static void step(ProgramBuilder program, BalanceMemory memory, int method, double alpha, double rate, double floor,
            boolean adam) {
        program.launch("balance", "balance_step", 1, memory.losses(), memory.counts(),
                ProgramBuilder.orNull(memory.gram()), memory.notFinite(), memory.imageBlocks(), memory.state(),
                memory.weights(), memory.counters(), memory.accepted(), memory.records(), memory.learningRate(),
                memory.recordSlots(), memory.tasks(), method, alpha, rate, floor, adam ? 1 : 0);
    }
}
