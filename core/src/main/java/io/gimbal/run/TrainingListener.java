package io.gimbal.run;

import io.gimbal.engine.StepRecord;
import io.gimbal.metric.Score;
import java.util.List;
import java.util.Map;

/** Is told how a training goes. */
public interface TrainingListener {
    /** A step is done; in order, some steps late. */
    void step(StepRecord record);

    /** A validation starts: that many examples. */
    void validating(int examples);

    /**
     * A validation is done.
     *
     * @param best whether it is the best so far, whose model is kept
     */
    void validated(long step, Map<String, List<Score>> scores, boolean best);

    /** Something else that the user should know, as a sentence without a full stop. */
    default void note(String sentence) {}
}
