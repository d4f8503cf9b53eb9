package io.gimbal.balance;

import io.gimbal.engine.Balancing;
import io.gimbal.engine.Criterion;
import io.gimbal.engine.ProgramBuilder;
import java.util.Map;

/** Weights that stay as given; 1 for a task that is not named. Immutable. */
public record FixedWeights(Map<String, Double> weights) implements Balancing {
    public FixedWeights {
        weights = Map.copyOf(weights);
    }

    /** Equal weighting: 1 for each task. */
    public static FixedWeights equal() {
        return new FixedWeights(Map.of());
    }

    @Override
    public boolean needsNorms() {
        return false;
    }

    @Override
    public double initialWeight(String task) {
        return weights.getOrDefault(task, 1.0);
    }

    @Override
    public double initialLoss(String task, Criterion criterion) {
        return Double.NaN;
    }

    @Override
    public void step(ProgramBuilder program, BalanceMemory memory) {
        BalanceLaunch.step(program, memory, BalanceLaunch.FIXED, 0, 0, 0, false);
    }
}
