package io.gimbal.balance;

import io.gimbal.config.Config;
import io.gimbal.config.Range;
import io.gimbal.engine.Balancing;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads a {@link Balancing} from a configuration's {@code balance}. */
public final class BalancingReader {
    private static final List<String> METHODS = List.of("gradnorm", "equal", "fixed");
    private static final Map<String, List<String>> KEYS = Map.of("equal", List.of("method"),
            "fixed", List.of("method", "weights"),
            "gradnorm", List.of("method", "alpha", "lr", "optimizer", "min_weight", "initial", "start"));

    private BalancingReader() {}

    /** Reads the rule for these tasks. */
    public static Balancing read(Config balance, List<String> tasks) {
        String method = balance.choice("method", METHODS);
        balance.allow(method, KEYS);
        Balancing rule = switch (method) {
            case "gradnorm" -> gradNorm(balance, tasks);
            case "fixed" -> {
                Map<String, Double> weights = weights(balance, "weights", Range.NON_NEGATIVE, tasks);
                yield balance.placed(() -> new FixedWeights(weights));
            }
            default -> FixedWeights.equal();
        };
        return balance.placed(() -> {
            rule.check(tasks);
            return rule;
        });
    }

    private static Balancing gradNorm(Config balance, List<String> tasks) {
        double alpha = balance.number("alpha", Range.NON_NEGATIVE, 1.5);
        double rate = balance.number("lr", Range.NON_NEGATIVE, 0.025);
        boolean adam = balance.choice("optimizer", List.of("adam", "sgd"), "adam").equals("adam");
        double floor = balance.number("min_weight", Range.NON_NEGATIVE, 1e-4);
        boolean theoretical = balance.choice("initial", List.of("first", "theoretical"), "first")
                .equals("theoretical");
        Map<String, Double> start = weights(balance, "start", Range.POSITIVE, tasks);
        return balance.placed(() -> new GradNorm(alpha, rate, adam, floor, theoretical, start));
    }

    private static Map<String, Double> weights(Config balance, String key, Range range, List<String> tasks) {
        Map<String, Double> weights = new LinkedHashMap<>();
        balance.find(key).ifPresent(given -> {
            given.allow(tasks);
            for (String task : given.keys()) {
                weights.put(task, given.number(task, range, 1));
            }
        });
        return weights;
    }
}
