package io.gimbal.balance;

import io.gimbal.config.Config;
import io.gimbal.engine.Balancing;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads a {@link Balancing} from a configuration's {@code balance}. */
public final class BalancingReader {
    private static final List<String> METHODS = List.of("gradnorm", "equal", "fixed");

    private BalancingReader() {}

    /** Reads the rule for these tasks. */
    public static Balancing read(Config balance, List<String> tasks) {
        return switch (balance.choice("method", METHODS)) {
            case "gradnorm" -> gradNorm(balance, tasks);
            case "fixed" -> {
                balance.allow("method", "weights");
                yield new FixedWeights(weights(balance, "weights", tasks));
            }
            default -> {
                balance.allow("method");
                yield FixedWeights.equal();
            }
        };
    }

    private static Balancing gradNorm(Config balance, List<String> tasks) {
        balance.allow("method", "alpha", "lr", "optimizer", "min_weight", "initial", "start");
        Map<String, Double> start = weights(balance, "start", tasks);
        start.forEach((task, weight) -> {
            if (weight == 0) {
                throw balance.object("start").error(task,
                        "is 0; a weight must be above 0, since norms are measured on weighted losses");
            }
        });
        return new GradNorm(balance.number("alpha", 1.5), balance.nonNegativeNumber("lr", 0.025),
                balance.choice("optimizer", List.of("adam", "sgd"), "adam").equals("adam"),
                        balance.nonNegativeNumber("min_weight", 1e-4),
                balance.choice("initial", List.of("first", "theoretical"), "first").equals("theoretical"), start);
    }

    private static Map<String, Double> weights(Config balance, String key, List<String> tasks) {
        Map<String, Double> weights = new LinkedHashMap<>();
        balance.find(key).ifPresent(given -> {
            given.allow(tasks);
            for (String task : given.keys()) {
                weights.put(task, given.numberIn(task, 0, Double.MAX_VALUE, 1));
            }
        });
        return weights;
    }
}
