package io.gimbal.run;

import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import io.gimbal.train.Trainer;
import java.io.IOException;
import java.io.Writer;
import java.util.Locale;
import java.util.Optional;

/**
 * How fast a training goes, a stretch at a time: from one validation to the next, without the validations. Reading the
 * data counts, and so do checkpoints. Not thread-safe.
 */
final class TrainingSpeed {
    private static final JsonMapper MAPPER = new JsonMapper();

    private final Trainer trainer;
    private final int batch;
    private long begin;
    private long firstStep;
    private long firstStarved;
    private long steps;
    private long starved;
    private double seconds;

    TrainingSpeed(Trainer trainer, int batch) {
        this.trainer = trainer;
        this.batch = batch;
        begin();
    }

    /** Starts a stretch. */
    void begin() {
        begin = System.nanoTime();
        firstStep = trainer.step().submitted();
        firstStarved = trainer.starvedSteps();
    }

    /** Ends the stretch, whose steps must be done, and writes a line about it, if it has any. The next one starts. */
    void end(Writer speeds) throws IOException {
        double took = (System.nanoTime() - begin) / 1e9;
        long done = trainer.step().submitted() - firstStep;
        if (done == 0) {
            return;
        }
        long waited = trainer.starvedSteps() - firstStarved;
        speeds.write(MAPPER.writeValueAsString(MAPPER.createObjectNode().put("step", trainer.step().submitted())
                .put("steps", done).put("seconds", took).put("examples_a_second", done * batch / took)
                .put("starved_steps", waited)));
        speeds.write('\n');
        speeds.flush();
        steps += done;
        starved += waited;
        seconds += took;
        begin();
    }

    /** All stretches together, in a sentence; empty where no step was made. */
    Optional<String> describe() {
        return steps == 0 ? Optional.empty() : Optional.of(String.format(Locale.ROOT, "%.1f examples a second over %d "
                + "steps, data and checkpoints included; before %d of them the device waited for data",
                steps * batch / seconds, steps, starved));
    }
}
