package io.gimbal.run;

import io.gimbal.checkpoint.Checkpoint;
import io.gimbal.checkpoint.Progress;
import io.gimbal.config.UserException;
import io.gimbal.data.DataIdentity;
import io.gimbal.data.DataSet;
import io.gimbal.storage.Uninterrupted;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How a run goes on from its checkpoint with the data as they are now.
 *
 * @param progress how far it is, in these data
 * @param notes    what the user should know
 * @param others   whether the data are others than before
 */
record Resumption(Progress progress, List<String> notes, boolean others) {
    Resumption {
        notes = List.copyOf(notes);
    }

    private static Resumption fresh(TrainingConfig config) {
        return new Resumption(new Progress(0, config.sampler().start(), 0, Optional.of(config.data().identity()),
                config.validation().map(DataSet::identity), OptionalLong.of(0)), List.of(), false);
    }

    /**
     * Holds the checkpoint of the folder's run, if there is one, against the data.
     *
     * @throws UserException where the checkpoint is not one of this training, or the data are others and the folder was
     *                       not opened for others
     */
    static Resumption of(RunFolder folder, TrainingConfig config) {
        if (!folder.hasCheckpoint()) {
            return fresh(config);
        }
        Path file = folder.checkpoint();
        Progress saved = Uninterrupted.get(() -> Checkpoint.progress(file));
        DataIdentity data = config.data().identity();
        if (!Uninterrupted.get(() -> Checkpoint.meaning(file)).statistics().equals(config.data().statistics())) {
            throw new UserException(file + ": was trained with other statistics than " + config.data().origin()
                    + " has now; a configuration to go on with is read by TrainingConfig.toResume.");
        }
        boolean fits = saved.position().seed() == config.seed() && saved.isAt(config.sampler().batchesPerEpoch());
        boolean same = saved.data().map(data::equals).orElse(fits);
        if (same && !fits || saved.position().seed() != config.seed()) {
            throw new UserException(file + ": its data position (seed " + saved.position().seed() + ", epoch "
                    + saved.position().epoch() + ", batch " + saved.position().batch() + ") is not that of step "
                    + saved.steps() + " of its counters in this training");
        }
        if (!same && !folder.otherData()) {
            throw new UserException(file + ": " + change(saved, config.data()) + " Restore what it was trained on, or "
                    + "go on with the data as they are by --data-changed: from the same step, the rest of the epoch in "
                    + "their order.");
        }
        Progress now = same ? saved : withOthers(file, saved, data, config.sampler().batchesPerEpoch());
        Optional<DataIdentity> heldOut = config.validation().map(DataSet::identity);
        return new Resumption(new Progress(now.steps(), now.position(), now.ahead(), Optional.of(data), heldOut,
                OptionalLong.of(saved.metrics().orElseGet(() -> metricsOfOld(saved, config)))),
                notes(file, saved, same, config, heldOut), !same);
    }

    private static String change(Progress saved, DataSet data) {
        if (saved.data().isEmpty()) {
            return "its step " + saved.steps() + " is in epoch " + saved.position().epoch() + ", batch "
                    + saved.position().batch() + ", which does not fit the " + data.size() + " examples of "
                    + data.origin() + ".";
        }
        int before = saved.data().orElseThrow().count();
        return "was trained on " + before + " examples of " + data.origin() + ", which " + (before == data.size()
                ? "has as many now, but with other names, in another order, or in files of other sizes, as a mended "
                        + "picture is; of a table, with other cells."
                : "has " + data.size() + " now.");
    }

    private static Progress withOthers(Path file, Progress saved, DataIdentity data, int batchesPerEpoch) {
        try {
            return saved.with(data, batchesPerEpoch);
        } catch (ArithmeticException e) {
            throw new UserException(file + ": its data position " + saved.position() + " cannot be", e);
        }
    }

    private static List<String> notes(Path file, Progress saved, boolean same, TrainingConfig config,
            Optional<DataIdentity> heldOut) {
        List<String> notes = new ArrayList<>();
        if (!same) {
            notes.add("Going on with other data: " + config.data().origin() + " has " + config.data().size()
                    + " examples now" + saved.data().map(before -> ", and had " + before.count()).orElse(""));
        } else if (saved.data().isEmpty()) {
            notes.add(file + " is of an older Gimbal and does not know its data; they are taken to be the same");
        }
        if (saved.heldOut().isPresent() && heldOut.isPresent() && !saved.heldOut().equals(heldOut)) {
            notes.add("The held-out data are others than before: " + config.validation().orElseThrow().origin()
                    + " has " + heldOut.orElseThrow().count() + " examples now, and there were "
                    + saved.heldOut().orElseThrow().count() + "; further metrics are of these");
        }
        return notes;
    }

    /** An older Gimbal validated before it wrote the checkpoint: once an epoch, and at the end within an epoch. */
    private static long metricsOfOld(Progress saved, TrainingConfig config) {
        return config.validation().isEmpty() || saved.steps() == 0 ? 0
                : (saved.steps() - 1) / config.sampler().batchesPerEpoch();
    }
}
