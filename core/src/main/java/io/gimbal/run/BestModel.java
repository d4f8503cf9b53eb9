package io.gimbal.run;

import io.gimbal.checkpoint.BestStep;
import io.gimbal.data.DataIdentity;
import io.gimbal.metric.Score;
import io.gimbal.storage.Uninterrupted;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Keeps a run's best step. What it knows follows from the file of the best step and the lines of the metrics, so that a
 * run that was ended anywhere goes on as one that was not: the file is written before the line of its validation, and
 * the same validation, made again, writes the same file. Not thread-safe.
 */
final class BestModel {
    private final BestBy by;
    private final Optional<DataIdentity> heldOut;
    private Optional<BestStep> best = Optional.empty();
    /** Validations behind the best one. */
    private long since;

    /**
     * Goes on from what the folder holds.
     *
     * @param step  how many steps are done
     * @param lines the metrics' lines that count
     */
    BestModel(RunFolder folder, BestBy by, Optional<DataIdentity> heldOut, long step, long lines) {
        this.by = by;
        this.heldOut = heldOut;
        if (step > 0 && heldOut.isPresent() && Files.exists(folder.best())) {
            // One of other data or by another figure, or of steps that are to be made again, says nothing here.
            best = Optional.of(Uninterrupted.get(() -> BestStep.read(folder.best()))).filter(found -> found.step()
                    <= step && found.figure().equals(by.figure()) && found.heldOut().equals(heldOut));
            since = best.map(found -> Uninterrupted.get(() -> folder.validationsAfter(found.step(), lines))).orElse(0L);
        }
    }

    /**
     * Takes note of a validation.
     *
     * @param kept   whether a checkpoint of this very step was written: no other step is best
     * @param writer writes the file where it is the best
     * @return whether it is
     */
    boolean offer(long step, Map<String, List<Score>> scores, boolean kept, Consumer<BestStep> writer) {
        double value = by.of(scores);
        boolean wins = kept && Double.isFinite(value) && best.map(before -> before.step() == step
                || by.better(value, before.value())).orElse(true);
        if (wins) {
            BestStep now = new BestStep(step, by.figure(), value, heldOut);
            writer.accept(now);
            best = Optional.of(now);
            since = 0;
        } else {
            since++;
        }
        return wins;
    }

    /** Whether that step is the best. */
    boolean is(long step) {
        return best.filter(kept -> kept.step() == step).isPresent();
    }

    /** Whether the training is over, since too many validations were no better; not before one was good at all. */
    boolean over() {
        return best.isPresent() && by.patience().isPresent() && since >= by.patience().getAsInt();
    }

    /** Why it is over, as a sentence without a full stop. */
    String why(long step, long steps) {
        BestStep kept = best.orElseThrow();
        return "stopped early after step " + step + " of " + steps + ": " + by.figure() + " was best at step "
                + kept.step() + ", and " + (since == 1 ? "1 validation since was" : since + " validations since were")
                + " no better; with more best.patience it goes on";
    }
}
