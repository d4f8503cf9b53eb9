package io.gimbal.train;

import io.gimbal.config.Names;
import io.gimbal.engine.Balancing;
import io.gimbal.engine.StepRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a person should know of the balancing's work, in plain words and once each: a weight that has lain at its floor
 * for long, a task whose gradient has been 0 for long, and how many steps had no answer.
 */
public final class BalanceNotes {
    /** Steps in a row that are long. */
    static final int LONG = 200;
    /** Weights are rescaled behind the floor, so that one that lies there may be somewhat above it. */
    private static final double NEAR = 2;

    private final List<String> tasks;
    private final double floor;
    private final int[] atFloor;
    private final int[] withoutNorm;
    private final List<String> fresh = new ArrayList<>();
    private long steps;
    private long fallbacks;

    /**
     * Knows nothing of any step yet.
     *
     * @param tasks their names, in order
     * @param rule  what balances them
     */
    public BalanceNotes(List<String> tasks, Balancing rule) {
        this.tasks = List.copyOf(tasks);
        floor = rule.floorOfWeights();
        atFloor = new int[tasks.size()];
        withoutNorm = new int[tasks.size()];
    }

    /**
     * Takes what one more step did.
     *
     * @param record the step's, in order
     */
    public void observe(StepRecord record) {
        if (!record.accepted()) {
            return;
        }
        steps++;
        fallbacks += record.fellBack() ? 1 : 0;
        for (int task = 0; task < tasks.size(); task++) {
            if (counts(atFloor, task, record.weight()[task] <= NEAR * floor && floor > 0)) {
                fresh.add("the weight of task " + Names.quote(tasks.get(task)) + " has lain at its floor, " + floor
                        + ", for " + LONG + " steps, and cannot go lower: lower balance.min_weight or alpha, or move"
                        + " the logarithms (\"positive\": \"exp\")");
            }
            double norm = record.gradientNorm()[task];
            if (record.present(task) && !Double.isNaN(norm) && counts(withoutNorm, task, norm == 0)) {
                fresh.add("the gradient of task " + Names.quote(tasks.get(task)) + " was 0 where gradients are measured"
                        + " in " + LONG + " steps in a row: what the tasks share learns nothing from it, and balancing"
                        + " can change nothing about that; look at its loss, its labels, and at a relu before its head"
                        + " that lets nothing pass");
            }
        }
    }

    /** Counts a step in a row, or that the row has ended, until one was long; whether it has just become that. */
    private static boolean counts(int[] rows, int task, boolean goesOn) {
        if (rows[task] == LONG) {
            return false;
        }
        rows[task] = goesOn ? rows[task] + 1 : 0;
        return rows[task] == LONG;
    }

    /** {@return what has come up since the last call} */
    public List<String> fresh() {
        List<String> notes = List.copyOf(fresh);
        fresh.clear();
        return notes;
    }

    /** {@return in how many steps the rule had no answer, as a sentence's part; empty where in none} */
    public Optional<String> fallbacks() {
        return fallbacks == 0 ? Optional.empty() : Optional.of("the balancing had no answer in " + fallbacks + " of "
                + steps + " steps, and took equal coefficients there (fell_back in the log)");
    }
}
