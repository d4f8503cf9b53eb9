package io.gimbal.balance;

import io.gimbal.config.Names;
import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import io.gimbal.engine.Balancing;
import io.gimbal.engine.StateRow;
import java.util.List;
import java.util.Map;

/**
 * Weights that stay as given; 1 for a task that is not named. Immutable.
 *
 * @param weights by task, each at least 0; not all of a network's tasks may have 0
 */
public record FixedWeights(Map<String, Double> weights) implements Balancing {
    /** Checks the weights, and keeps a copy. */
    public FixedWeights {
        weights = TaskWeights.checked("weights", weights, Range.NON_NEGATIVE);
    }

    /**
     * Equal weighting: 1 for each task.
     *
     * @return the rule
     */
    public static FixedWeights equal() {
        return new FixedWeights(Map.of());
    }

    @Override
    public void check(List<String> tasks) {
        TaskWeights.checkTasks("weights", weights, tasks);
        if (tasks.stream().allMatch(task -> weight(task) == 0)) {
            throw new UserException("weights are 0 for every task (" + Names.list(tasks) + "), so that nothing would "
                    + "be learned; at least one must be above 0.");
        }
    }

    @Override
    public List<StateRow> state(Setting setting) {
        return List.of(Rows.weights(setting, this::weight));
    }

    private double weight(String task) {
        return weights.getOrDefault(task, 1.0);
    }
}
