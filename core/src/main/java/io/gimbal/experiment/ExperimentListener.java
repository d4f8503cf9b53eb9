package io.gimbal.experiment;

import io.gimbal.run.TrainingConfig;
import io.gimbal.run.TrainingListener;
import io.gimbal.run.TrainingRun;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/** Is told how an experiment goes. */
public interface ExperimentListener {
    /**
     * A run begins, or goes on.
     *
     * @param number from 1 to {@code of}
     */
    void begins(PlannedRun run, int number, int of);

    /** Makes a run's training, which a listener follows. */
    void trains(TrainingConfig config, TrainingRun run, Consumer<TrainingListener> training);

    /** Makes the measurement of a run on the test data; it tells how many examples are done. */
    void measures(int examples, Consumer<IntConsumer> measurement);

    /** A run is finished; with the results of all that are. */
    void finished(Results soFar);

    /** Something that the user should know, as a sentence without a full stop. */
    void note(String sentence);
}
