package io.gimbal.train;

import io.gimbal.engine.StepRecord;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Counts steps that were not accepted, and stops training after too many in a row. */
final class RejectedSteps {
    /** A lone bad batch is skipped; twenty in a row mean that the parameters or the data are beyond repair. */
    static final int MOST_IN_A_ROW = 20;

    private final List<String> tasks;
    private final Set<String> culprits = new LinkedHashSet<>();
    private long inARow;
    private long all;

    RejectedSteps(List<String> tasks) {
        this.tasks = tasks;
    }

    /** Goes on from a checkpoint's counters. */
    void restart(long rejected, long rejectedInARow) {
        all = rejected;
        inARow = rejectedInARow;
        culprits.clear();
    }

    long all() {
        return all;
    }

    /** @throws DivergedException after {@link #MOST_IN_A_ROW} */
    void observe(StepRecord record) {
        if (record.accepted()) {
            inARow = 0;
            culprits.clear();
            return;
        }
        all++;
        inARow++;
        for (int task = 0; task < tasks.size(); task++) {
            if (!Double.isFinite(record.loss()[task])) {
                culprits.add(tasks.get(task) + " (loss)");
            } else if (!Double.isFinite(record.gradientNorm()[task])) {
                culprits.add(tasks.get(task) + " (gradient norm)");
            }
        }
        if (inARow >= MOST_IN_A_ROW) {
            throw new DivergedException("training stopped at step " + record.step() + ": " + inARow + " steps in a row were not finite in "
                    + String.join(", ", culprits) + "; lower the learning rate, or look for broken values in the data");
        }
    }
}
