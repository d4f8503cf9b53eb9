package io.gimbal.optimizer;

import io.gimbal.engine.Optimizer;

/** An optimiser with the learning rate that a schedule starts from. */
public sealed interface TrainingOptimizer extends Optimizer permits Adam, Sgd {
    /** The base learning rate. */
    double rate();
}
