package io.gimbal.experiment;

import io.gimbal.config.Config;
import java.nio.file.Path;
import java.util.Optional;

/**
 * One training of an experiment.
 *
 * @param group       what it is compared as: a variant's label, or a task's name and "alone"
 * @param single      whether it is of one task
 * @param seed        of the training
 * @param folder      within the experiment's
 * @param config      of the training; where weights are another's, with equal ones
 * @param weightsFrom the folder of the run whose weights' means over time it takes
 */
public record PlannedRun(String group, boolean single, long seed, Path folder, Config config,
        Optional<Path> weightsFrom) {
    /** What it is called. */
    @Override
    public String toString() {
        return group + ", seed " + seed;
    }
}
