package io.gimbal.spark;

import io.gimbal.metric.Score;
import java.util.List;
import java.util.Map;

/**
 * Is told on the driver how a training by Spark's executors goes, in the thread that called {@link GimbalSpark#train}.
 *
 * <p>Rank 0's news come with the heartbeats of its executor ({@code spark.executor.heartbeatInterval}, 10 s), and what
 * is left comes when the training has ended in good order. Each validation and note comes once and in order, but for
 * the oldest where more than 32 come between two heartbeats; of the steps only the newest comes. Where an executor is
 * lost, what it had not sent yet is not told: the run's folder has it.
 *
 * <p>What a method throws ends the training, and {@link GimbalSpark#train} throws it.
 */
public interface SparkTrainingListener {
    /**
     * The ranks have met and begin to train.
     *
     * @param attempt     0, and one more each time that Spark has started the stage again
     * @param stepsBefore steps that a checkpoint has of this training
     * @param steps       all of it
     */
    default void begun(int attempt, long stepsBefore, long steps) {}

    /**
     * The newest step.
     *
     * @param step   how many are done
     * @param losses by task, without those that had no label in the step's batch; not weighted
     */
    default void stepped(long step, Map<String, Double> losses) {}

    /**
     * A validation is done.
     *
     * @param step   how many steps were done before it
     * @param scores by task
     * @param best   whether it is the best so far, whose model is kept
     */
    default void validated(long step, Map<String, List<Score>> scores, boolean best) {}

    /**
     * Something else that the user should know.
     *
     * @param sentence without a full stop
     */
    default void note(String sentence) {}
}
