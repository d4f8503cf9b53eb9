package io.gimbal.train;

import io.gimbal.engine.InvalidValues;
import io.gimbal.engine.StepRecord;
import io.gimbal.loss.ClassNumbers;
import io.gimbal.loss.CrossEntropy;
import io.gimbal.loss.TaskSpec;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;

/** Counts steps that were not accepted and keeps what was at fault; stops training after too many in a row. */
public final class RejectedSteps {
    /** A lone bad batch is skipped; twenty in a row mean that the parameters or the data are beyond repair. */
    static final int MOST_IN_A_ROW = 20;

    private final List<TaskSpec> tasks;
    private final LongPredicate measured;
    private final Faults ofTheRow = new Faults();
    private final Faults ofAll = new Faults();
    private long steps;
    private long rejected;
    private long inARow;

    /**
     * What made steps not finite: tasks, or else the inputs or the norm of all gradients; of each kind of broken data
     * the first that was met.
     */
    private static final class Faults {
        private final Set<String> culprits = new LinkedHashSet<>();
        private final Map<String, String> data = new LinkedHashMap<>();

        void clear() {
            culprits.clear();
            data.clear();
        }

        /** To go behind "steps were" or "they were"; empty where nothing is known. */
        String describe() {
            return culprits.isEmpty() ? "" : " not finite in " + String.join(", ", culprits)
                    + (data.isEmpty() ? "" : "; " + String.join("; ", data.values()));
        }
    }

    /**
     * Has counted nothing yet.
     *
     * @param tasks    in the order of the records'
     * @param measured whether the step of that number measures gradient norms
     */
    public RejectedSteps(List<TaskSpec> tasks, LongPredicate measured) {
        this.tasks = tasks;
        this.measured = measured;
    }

    /** Goes on from a state's counters. */
    void restart(long[] counters) {
        steps = counters[0];
        rejected = counters[2];
        inARow = counters[3];
        ofTheRow.clear();
        ofAll.clear();
    }

    long all() {
        return rejected;
    }

    /** {@return how many steps were rejected and why, in a sentence's part; empty where none was} */
    public Optional<String> describe() {
        if (rejected == 0) {
            return Optional.empty();
        }
        String why = ofAll.describe();
        return Optional.of((rejected == steps ? "none of the " + steps + " steps changed anything"
                : rejected + " of " + steps + " steps changed nothing") + (why.isEmpty() ? "" : ": they were" + why));
    }

    /**
     * Refuses a training that did nothing.
     *
     * @throws DivergedException if there were steps, and every one was rejected
     */
    public void requireAccepted() {
        if (steps > 0 && rejected == steps) {
            throw new DivergedException(describe().orElseThrow(), List.of());
        }
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
                        + " steps in a row were" + ofTheRow.describe() + (ofTheRow.data.isEmpty()
                                ? "; lower the learning rate, or look for broken values in the data" : ""),
                        records.subList(0, k + 1));
            }
        }
    }

    /**
     * Takes what one more step did, and bears any number in a row.
     *
     * @param record the step's, in order
     */
    public void count(StepRecord record) {
        steps++;
        if (record.accepted()) {
            inARow = 0;
            ofTheRow.clear();
            return;
        }
        rejected++;
        inARow++;
        if (!blame(record.loss(), "loss") && !(measured.test(record.step())
                && blame(record.gradientNorm(), "gradient norm"))) {
            blame(record.invalidInputs().places() > 0 ? "the inputs" : "the norm of the gradients");
        }
        blameBatch(record);
    }

    private boolean blame(double[] figures, String what) {
        boolean found = false;
        for (int task = 0; task < tasks.size(); task++) {
            if (!Double.isFinite(figures[task])) {
                blame(tasks.get(task).name() + " (" + what + ")");
                found = true;
            }
        }
        return found;
    }

    private void blame(String culprit) {
        ofTheRow.culprits.add(culprit);
        ofAll.culprits.add(culprit);
    }

    private void blameBatch(StepRecord record) {
        InvalidValues inputs = record.invalidInputs();
        blame("", "the inputs hold " + inputs.value(), inputs, record.step(), Double.isFinite(inputs.value())
                ? ", which is infinite in bf16" : "");
        for (int task = 0; task < tasks.size(); task++) {
            String name = tasks.get(task).name();
            InvalidValues target = record.invalidTargets().get(task);
            if (tasks.get(task).loss() instanceof CrossEntropy loss) {
                long number = (long) target.value();
                blame(name, "task '" + name + "' holds class " + number, target, record.step(), "; "
                        + ClassNumbers.allowed(loss) + ": if " + number + " does, the loss must ignore " + number);
            } else {
                blame(name, "the targets of task '" + name + "' hold " + target.value(), target, record.step(),
                        "; where there is no label, the value that the loss ignores must stand");
            }
        }
    }

    private void blame(String part, String what, InvalidValues invalid, long step, String advice) {
        if (invalid.places() > 0) {
            String sentence = what + " (" + invalid.places() + (invalid.places() == 1 ? " place" : " places")
                    + " of step " + step + ", first in example " + invalid.example() + ")" + advice;
            ofTheRow.data.putIfAbsent(part, sentence);
            ofAll.data.putIfAbsent(part, sentence);
        }
    }
}
