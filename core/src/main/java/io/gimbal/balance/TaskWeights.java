package io.gimbal.balance;

import io.gimbal.config.Names;
import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Checks of weights that are given by task. */
final class TaskWeights {
    private TaskWeights() {}

    /** A copy of weights that each lie in the range. */
    static Map<String, Double> checked(String argument, Map<String, Double> weights, Range range) {
        Objects.requireNonNull(weights, () -> argument + " is null");
        weights.forEach((task, weight) -> {
            String place = argument + " of task " + Names.quote(String.valueOf(task));
            Objects.requireNonNull(task, () -> place + " is null");
            Objects.requireNonNull(weight, () -> place + " is null");
            range.check(place, weight);
        });
        return Map.copyOf(weights);
    }

    /** Refuses a weight of a task that the network does not have. */
    static void checkTasks(String argument, Map<String, Double> weights, List<String> tasks) {
        weights.keySet().stream().filter(task -> !tasks.contains(task)).sorted().findFirst().ifPresent(task -> {
            throw new UserException(argument + " has a weight for the task " + Names.quote(task) + ", which the "
                    + "network does not have." + Names.hint(task, tasks) + " It has: " + Names.list(tasks) + ".");
        });
    }
}
