package io.gimbal.optimizer;

import io.gimbal.config.Config;
import io.gimbal.config.Range;
import java.util.List;
import java.util.Map;

/** Reads a {@link TrainingOptimizer} from a configuration's {@code optimizer}. */
public final class OptimizerReader {
    private static final List<String> METHODS = List.of("adam", "adamw", "sgd");
    private static final List<String> ADAM = List.of("method", "lr", "betas", "eps", "weight_decay");
    private static final Map<String, List<String>> KEYS = Map.of("adam", ADAM, "adamw", ADAM,
            "sgd", List.of("method", "lr", "momentum", "weight_decay"));

    private OptimizerReader() {}

    /** Reads the method and what it takes. */
    public static TrainingOptimizer read(Config optimizer) {
        String method = optimizer.choice("method", METHODS, "adam");
        optimizer.allow(method, KEYS);
        double rate = optimizer.number("lr", Range.NON_NEGATIVE, 1e-3);
        double decay = optimizer.number("weight_decay", Range.NON_NEGATIVE, 0);
        if (method.equals("sgd")) {
            double momentum = optimizer.number("momentum", Range.FRACTION, 0);
            return optimizer.placed(() -> new Sgd(rate, momentum, decay));
        }
        double[] betas = optimizer.has("betas") ? optimizer.numbers("betas", Range.BELOW_ONE)
                : new double[] {0.9, 0.999};
        if (betas.length != 2) {
            throw optimizer.error("betas", "has " + betas.length + " numbers, but must be two numbers from 0 to below "
                    + "1, such as [0.9, 0.999].");
        }
        double eps = optimizer.number("eps", Range.POSITIVE, 1e-8);
        return optimizer.placed(() -> new Adam(rate, betas[0], betas[1], eps, decay, method.equals("adamw")));
    }
}
