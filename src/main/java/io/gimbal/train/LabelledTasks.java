package io.gimbal.train;

import io.gimbal.engine.StepRecord;
import io.gimbal.loss.TaskSpec;
import java.util.ArrayList;
import java.util.List;

/** Keeps which tasks had a label in any step. */
final class LabelledTasks {
    private final List<TaskSpec> tasks;
    private final boolean[] labelled;
    private boolean stepped;

    LabelledTasks(List<TaskSpec> tasks) {
        this.tasks = tasks;
        labelled = new boolean[tasks.size()];
    }

    void observe(List<StepRecord> records) {
        for (StepRecord record : records) {
            stepped = true;
            for (int task = 0; task < labelled.length; task++) {
                labelled[task] |= record.present(task);
            }
        }
    }

    /** The tasks that had none, where there was a step at all. */
    List<String> without() {
        List<String> without = new ArrayList<>();
        for (int task = 0; stepped && task < labelled.length; task++) {
            if (!labelled[task]) {
                without.add(tasks.get(task).name());
            }
        }
        return without;
    }
}
