package io.gimbal.spark;

import io.gimbal.metric.Score;
import java.io.Serializable;
import java.util.List;
import java.util.Map;

/** What rank 0 tells the driver; a method of {@link SparkTrainingListener} each. Immutable. */
sealed interface TrainingEvent extends Serializable {
    /** Calls the method. */
    void tell(SparkTrainingListener listener);

    record Begun(int attempt, long stepsBefore, long steps) implements TrainingEvent {
        @Override
        public void tell(SparkTrainingListener listener) {
            listener.begun(attempt, stepsBefore, steps);
        }
    }

    record Stepped(long step, Map<String, Double> losses) implements TrainingEvent {
        @Override
        public void tell(SparkTrainingListener listener) {
            listener.stepped(step, losses);
        }
    }

    record Validated(long step, Map<String, List<Score>> scores, boolean best) implements TrainingEvent {
        @Override
        public void tell(SparkTrainingListener listener) {
            listener.validated(step, scores, best);
        }
    }

    record Noted(String sentence) implements TrainingEvent {
        @Override
        public void tell(SparkTrainingListener listener) {
            listener.note(sentence);
        }
    }
}
