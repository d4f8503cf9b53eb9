package io.gimbal.train;

import io.gimbal.config.Names;
import io.gimbal.engine.StepRecord;
import io.gimbal.loss.TaskSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Keeps which tasks had a label in any step. */
final class LabelledTasks {
    private final List<TaskSpec> tasks;
    private final boolean[] labelled;
    private long steps;

    LabelledTasks(List<TaskSpec> tasks) {
        this.tasks = tasks;
        labelled = new boolean[tasks.size()];
    }

    void observe(List<StepRecord> records) {
        for (StepRecord record : records) {
            steps++;
            for (int task = 0; task < labelled.length; task++) {
                labelled[task] |= record.present(task);
            }
        }
    }

    /** The tasks that had none, where there was a step at all. */
    List<String> without() {
        List<String> without = new ArrayList<>();
        for (int task = 0; steps > 0 && task < labelled.length; task++) {
            if (!labelled[task]) {
                without.add(tasks.get(task).name());
            }
        }
        return without;
    }

    /** The same in a sentence; empty where there is none. */
    Optional<String> describe() {
        List<String> without = without();
        boolean one = without.size() == 1;
        return without.isEmpty() ? Optional.empty() : Optional.of((one ? "task " : "tasks ") + Names.list(without)
                + ": no label in any of " + steps + (steps == 1 ? " step" : " steps") + "; nothing trains "
                + (one ? "its head" : "their heads"));
    }
}
