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

    /**
     * Takes what further steps did.
     *
     * @throws DivergedException after {@link #MOST_IN_A_ROW}
     */
    void observe(List<StepRecord> records) {
        for (int k = 0; k < records.size(); k++) {
            StepRecord record = records.get(k);
            count(record);
            if (inARow >= MOST_IN_A_ROW) {
                throw new DivergedException("training stopped at step " + record.step() + ": " + inARow
                        + " steps in a row were not finite in "
                        + String.join(", ", culprits)
                                + "; lower the learning rate, or look for broken values in the data",
                        records.subList(0, k + 1));
            }
        }
    }

    private void count(StepRecord record) {
        if (record.accepted()) {
            inARow = 0;
            culprits.clear();
            return;
        }
        all++;
        inARow++;
        // Norms count only where the losses are finite: without gradient norms in the balancing they are not measured
        // at all.
        if (!blame(record.loss(), "loss")) {
            blame(record.gradientNorm(), "gradient norm");
        }
    }

    private boolean blame(double[] figures, String what) {
        boolean found = false;
        for (int task = 0; task < tasks.size(); task++) {
            if (!Double.isFinite(figures[task])) {
                culprits.add(tasks.get(task) + " (" + what + ")");
                found = true;
            }
        }
        return found;
    }
}
