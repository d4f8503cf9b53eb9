package io.gimbal.optimizer;

import io.gimbal.config.Config;
import io.gimbal.config.Range;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.engine.ParameterGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** Reads a {@link TrainingOptimizer} from a configuration's {@code optimizer}. */
public final class OptimizerReader {
    private static final List<String> METHODS = List.of("adam", "adamw", "sgd");
    /** Any method takes it: what is averaged is what the method leaves. */
    private static final String AVERAGE = "average";
    private static final List<String> ADAM = List.of("method", "lr", "betas", "eps", "weight_decay", "groups",
            "clip_norm", AVERAGE);
    private static final Map<String, List<String>> KEYS = Map.of("adam", ADAM, "adamw", ADAM,
            "sgd", List.of("method", "lr", "momentum", "weight_decay", "groups", "clip_norm", AVERAGE));

    private OptimizerReader() {}

    /**
     * Reads which average of the parameters is kept; none by default.
     *
     * @param optimizer the part of a configuration
     * @return how much of it a step leaves at most, from 0 to below 1
     */
    public static OptionalDouble average(Config optimizer) {
        return optimizer.has(AVERAGE) ? OptionalDouble.of(optimizer.number(AVERAGE, Range.BELOW_ONE))
                : OptionalDouble.empty();
    }

    /**
     * Reads the method and what it takes.
     *
     * @param optimizer the part of a configuration
     * @param graph     the network, in which each group must have a parameter
     * @return the optimiser
     */
    public static TrainingOptimizer read(Config optimizer, NetworkGraph graph) {
        TrainingOptimizer method = method(optimizer);
        TrainingOptimizer clipped = optimizer.has("clip_norm")
                ? method.clipped(optimizer.number("clip_norm", Range.POSITIVE)) : method;
        return optimizer.find("groups").map(groups -> clipped.groups(groups(groups, graph))).orElse(clipped);
    }

    private static List<ParameterGroup> groups(Config groups, NetworkGraph graph) {
        List<ParameterGroup> read = new ArrayList<>();
        for (String pattern : groups.keys()) {
            Config group = groups.object(pattern);
            group.allow("lr_factor", "decay_factor");
            double rate = group.number("lr_factor", Range.NON_NEGATIVE, 1);
            double decay = group.number("decay_factor", Range.NON_NEGATIVE, 1);
            read.add(groups.placed(() -> new ParameterGroup(pattern, rate, decay)));
        }
        return groups.placed(() -> ParameterGroup.checked(read, graph));
    }

    private static TrainingOptimizer method(Config optimizer) {
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
