package io.gimbal.train;

import io.gimbal.config.Config;
import io.gimbal.engine.Optimizer;
import java.util.List;

/** An optimiser with the learning rate that a schedule starts from. */
public sealed interface TrainingOptimizer extends Optimizer permits Adam, Sgd {
    /** The base learning rate. */
    double rate();

    /** Reads a configuration's {@code optimizer}. */
    static TrainingOptimizer read(Config optimizer) {
        optimizer.allow("method", "lr", "betas", "eps", "weight_decay", "momentum");
        String method = optimizer.choice("method", List.of("adam", "adamw", "sgd"), "adam");
        double rate = optimizer.nonNegativeNumber("lr", 1e-3);
        double decay = optimizer.nonNegativeNumber("weight_decay", 0);
        if (method.equals("sgd")) {
            return new Sgd(rate, optimizer.numberIn("momentum", 0, 1, 0), decay);
        }
        double[] betas = optimizer.has("betas") ? optimizer.numbers("betas") : new double[] {0.9, 0.999};
        if (betas.length != 2 || betas[0] < 0 || betas[0] >= 1 || betas[1] < 0 || betas[1] >= 1) {
            throw optimizer.error("betas", "must be two numbers from 0 to below 1, such as [0.9, 0.999]");
        }
        return new Adam(rate, betas[0], betas[1], optimizer.positiveNumber("eps", 1e-8), decay, method.equals("adamw"));
    }
}
