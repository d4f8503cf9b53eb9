package io.gimbal.run;

import io.gimbal.engine.StepRecord;
import io.gimbal.metric.Score;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Remembers what it is told. */
public class Quiet implements TrainingListener {
    public final List<StepRecord> records = new ArrayList<>();
    final List<Long> validations = new ArrayList<>();
    final List<Long> bests = new ArrayList<>();
    final List<String> notes = new ArrayList<>();
    int examples;

    @Override
    public void step(StepRecord record) {
        records.add(record);
    }

    @Override
    public void validating(int count) {
        examples = count;
    }

    @Override
    public void validated(long step, Map<String, List<Score>> scores, boolean best) {
        validations.add(step);
        if (best) {
            bests.add(step);
        }
    }

    @Override
    public void note(String sentence) {
        notes.add(sentence);
    }
}
