package io.gimbal.run;

import io.gimbal.checkpoint.BestStep;
import io.gimbal.checkpoint.Checkpoint;
import io.gimbal.checkpoint.DataMeaning;
import io.gimbal.checkpoint.Progress;
import io.gimbal.checkpoint.StartValues;
import io.gimbal.config.FileFailures;
import io.gimbal.config.UserException;
import io.gimbal.data.Batch;
import io.gimbal.data.BatchPipeline;
import io.gimbal.data.DataSet;
import io.gimbal.data.Sampler;
import io.gimbal.device.Device;
import io.gimbal.device.ThreadConfinement.Call;
import io.gimbal.drawing.Pictures;
import io.gimbal.engine.InferenceStep;
import io.gimbal.engine.StepRecord;
import io.gimbal.engine.StepState;
import io.gimbal.metric.Score;
import io.gimbal.program.Peers;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import io.gimbal.storage.LineFile;
import io.gimbal.storage.Uninterrupted;
import io.gimbal.tensorboard.RunEvents;
import io.gimbal.train.BalanceNotes;
import io.gimbal.train.DivergedException;
import io.gimbal.train.TraceWriter;
import io.gimbal.train.Trainer;
import io.gimbal.train.TrainingStoppedException;
import io.gimbal.train.Validation;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A training from a configuration in a folder: logs each step, validates after each epoch, and keeps the model of the
 * best validation and a checkpoint from which a later run goes on bit for bit. For one thread, as its trainer is;
 * interrupting that ends it with everything kept.
 */
public final class TrainingRun implements AutoCloseable {
    private static final long CHECKPOINT_NANOSECONDS = 20_000_000_000L;
    private static final int STRIP_EXAMPLES = 3;

    private final Device device;
    private final Optional<RankGroup> group;
    private final TrainingConfig config;
    private final RunFolder folder;
    private final Trainer trainer;
    private final Optional<Validation> validation;
    private final TrainingSpeed speed;
    private final BestModel best;
    private final List<String> notes;
    private final List<String> startReport;
    /** Whether this process took other data than the checkpoint was made with. */
    private final boolean otherData;
    private Progress progress;
    private boolean events;
    /** Whether the metrics have a line of the step that was done last. */
    private boolean validated;
    /** The step of the folder's checkpoint. */
    private long kept;
    private long checkpointed = System.nanoTime();

    /**
     * Starts a new run, or goes on with the one in the folder.
     *
     * @param folder  is taken until the run is closed: no other training may use it meanwhile
     * @param planned is run after each convolution is planned, so that progress can be shown
     * @throws UserException where the run cannot be gone on with: its checkpoint is damaged or of another training, or
     *                       its data are not those that it was trained on (unless the folder was opened for others)
     */
    public TrainingRun(Device device, TrainingConfig asked, RunFolder folder, Runnable planned) {
        this(device, asked, folder, planned, Optional.empty());
    }

    /**
     * The same as rank 0 of a group, whose other ranks have a {@link RankFollower}. All that is said of the run is said
     * of the whole batch; a folder may be gone on with by another number of ranks. Held-out data are this rank's alone,
     * and the others wait meanwhile.
     *
     * @param group stays the caller's; empty for a training of one rank
     */
    public TrainingRun(Device device, TrainingConfig asked, RunFolder folder, Runnable planned,
            Optional<RankGroup> group) {
        this.device = device;
        this.group = group;
        this.folder = folder;
        // Of a new run before its folder is made, so that a refusal leaves none.
        Optional<StartValues> first = folder.resumed() ? Optional.empty() : asked.startValues();
        folder.take();
        try {
            Resumption start = Resumption.of(folder, asked);
            notes = start.notes();
            otherData = start.others();
            progress = start.progress();
            kept = progress.steps();
            config = asked.ahead(progress.ahead());
            requireStepsLeft();
            Optional<StartValues> values = folder.resumed() && !folder.hasCheckpoint() ? config.startValues() : first;
            startReport = values.map(StartValues::report).orElse(List.of());
            trainer = build(device, planned);
            values.ifPresent(trainer::startFrom);
        } catch (RuntimeException | Error e) {
            folder.close();
            throw e;
        }
        try {
            validation = config.validation().map(held -> new Validation(held, config.plan().tasks(), ownBatch(),
                    config.resolution()));
            speed = new TrainingSpeed(trainer, config.batch());
            if (folder.hasCheckpoint()) {
                trainer.set(Uninterrupted.get(() -> Checkpoint.read(folder.checkpoint(), trainer.step().model(),
                        config.plan().optimizer().moments(), trainer.step().balanceRows())).state());
            }
            group.ifPresent(all -> {
                all.share(progress.position().toLongs());
                all.share(trainer);
            });
            validated = folder.hasMetrics(lines(), progress.steps());
            best = new BestModel(folder, config.best(), progress.heldOut(), progress.steps(), writtenLines());
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
        trainer.handOver();
    }

    /**
     * The same.
     *
     * @param resume whether the folder was opened to go on with its run
     * @throws IllegalArgumentException if it was not opened so
     */
    public TrainingRun(Device device, TrainingConfig asked, RunFolder folder, boolean resume, Runnable planned) {
        this(device, asked, opened(folder, resume), planned);
    }

    private static RunFolder opened(RunFolder folder, boolean resume) {
        if (folder.resumed() != resume) {
            throw new IllegalArgumentException("a run " + (resume ? "is gone on with in a folder from RunFolder.resume"
                    : "is started in a folder from RunFolder.create"));
        }
        return folder;
    }

    private void requireStepsLeft() {
        if (progress.steps() > config.steps()) {
            throw new UserException(folder.checkpoint() + ": is of step " + progress.steps()
                    + ", but the training ends at " + config.steps() + "; with more epochs or steps it can go on");
        }
        if (progress.steps() > 0 && !Files.exists(folder.config())) {
            throw new UserException(folder.config() + ": there is no such file, though steps were made: what they were "
                    + "made with is not known. Restore it, or start anew with --out and another folder");
        }
    }

    private Trainer build(Device device, Runnable planned) {
        if (config.validation().isPresent()) {
            InferenceStep.requireRoom(config.plan().network().graph(ownBatch()));
        }
        group.ifPresent(all -> {
            all.requireAlike(config);
            all.share(progress.ahead());
        });
        return config.trainer(device, planned, group.map(all -> all.peers(config.ownStatistics())).orElse(Peers.NONE));
    }

    /** How many examples of a batch are this rank's. */
    private int ownBatch() {
        return own().batchSize();
    }

    private Sampler own() {
        return group.map(all -> config.sampler().part(all.rank(), all.count())).orElse(config.sampler());
    }

    /** The trainer, to predict with after the run. */
    public Trainer trainer() {
        return trainer;
    }

    /** The held-out data, where the configuration names some. */
    public Optional<Validation> validation() {
        return validation;
    }

    /** Steps that are done already, from a checkpoint. */
    public long stepsBefore() {
        return trainer.step().submitted();
    }

    /** What it started from where the configuration's {@code init} says so, in lines; none of a run that goes on. */
    public List<String> startReport() {
        return startReport;
    }

    /** All steps of the training, should it not end early, those that are done already among them. */
    public long steps() {
        return config.steps();
    }

    /**
     * Lets the run write TensorBoard's event files, too, as one does that is gone on with and has some. To be called
     * before {@link #run}.
     *
     * @return this
     */
    public TrainingRun withEventFiles() {
        events = true;
        return this;
    }

    /**
     * Trains to the end. Where it ends early, every step that was made is in the log all the same, and what the
     * checkpoint holds is not made again.
     *
     * @return the scores of the last validation; empty where there is none
     * @throws DivergedException        after 20 steps in a row that were not finite, where the last step left values
     *                                  that no run can go on from, or where not one step counted; all is written then
     * @throws TrainingStoppedException if the thread is interrupted, as it stays marked: the step under way is done,
     *                                  and log and checkpoint are written
     */
    public Map<String, List<Score>> run(TrainingListener listener) {
        notes.forEach(listener::note);
        long before = stepsBefore();
        folder.strip().cut(before);
        try {
            return trained(listener, before);
        } catch (RuntimeException failure) {
            throw group.map(all -> all.told(failure)).orElse(failure);
        }
    }

    private Map<String, List<Score>> trained(TrainingListener listener, long before) {
        try (Call _ = trainer.step().confinement().enter();
                LineFile log = folder.log(before); Writer metrics = metrics();
                LineFile speeds = folder.speeds(before > 0);
                RunReport report = new RunReport(folder, listener);
                BatchPipeline batches = new BatchPipeline(config.data(), own(), progress.position(),
                        trainer.slots(), BatchPipeline.defaultThreads())) {
            return new Loop(listener, new TraceWriter(log, config.plan().network().tasks()), metrics, speeds,
                    batches, report).run();
        } catch (IOException e) {
            throw FileFailures.writing(folder.path(), e);
        }
    }

    /** How fast the run went so far, in a sentence: what this process did of it; empty where that is nothing. */
    public Optional<String> speed() {
        return speed.describe();
    }

    /** Lines of metrics before that of the step that was done last. */
    private long lines() {
        return progress.metrics().orElseThrow();
    }

    /** The same, and that of the step that was done last. */
    private long writtenLines() {
        return lines() + (validated ? 1 : 0);
    }

    private Writer metrics() {
        return validation.isEmpty() ? Writer.nullWriter() : folder.metrics(writtenLines());
    }

    /** Whether no further step is made. */
    private boolean over() {
        return trainer.step().submitted() == config.steps() || best.over();
    }

    /** The steps of one process, with what they are told and written to. */
    private final class Loop {
        private final TrainingListener listener;
        private final TraceWriter trace;
        private final Writer metrics;
        private final Writer speeds;
        private final BatchPipeline batches;
        private final RunReport report;
        private final long before = stepsBefore();
        private final BalanceNotes notes = new BalanceNotes(config.plan().network().tasks(),
                config.plan().balancing());
        private boolean toldUnlabelled;
        private Map<String, List<Score>> scores = Map.of();
        /** The first examples of the last validation. */
        private Optional<HeldOutPictures> drawn = Optional.empty();

        Loop(TrainingListener listener, TraceWriter trace, Writer metrics, Writer speeds, BatchPipeline batches,
                RunReport report) {
            this.listener = listener;
            this.trace = trace;
            this.metrics = metrics;
            this.speeds = speeds;
            this.batches = batches;
            this.report = report;
        }

        Map<String, List<Score>> run() throws IOException {
            try {
                begin();
                while (!over()) {
                    step();
                }
                if (best.over()) {
                    listener.note(best.why(progress.steps(), config.steps()));
                }
                endTogether();
                trainer.requireAcceptedSteps();
                notes.fallbacks().ifPresent(listener::note);
                drawn.ifPresent(last -> last.pictures().write(folder.samples()));
                return scores;
            } catch (DivergedException diverged) {
                endTogether();
                report.write();
                throw diverged;
            } catch (TrainingStoppedException told) {
                throw told;
            } catch (RuntimeException | Error failure) {
                if (failure.getCause() instanceof InterruptedException) {
                    throw stopped();
                }
                logRest(failure);
                throw failure;
            }
        }

        /** The other ranks take no step any more, and say what they know of those that were rejected. */
        private void endTogether() {
            group.ifPresent(all -> {
                if (trainer.rejectedSteps() > 0) {
                    all.rejections(trainer).forEach(listener::note);
                }
                all.end();
            });
        }

        private void begin() throws IOException {
            if (progress.steps() == 0 || otherData) {
                checkpoint(false);
            }
            folder.begin();
            boolean done = over();
            if (!done) {
                beginProcess();
            }
            boolean due = progress.steps() > 0 && (done || progress.position().batch() == 0);
            if (due && !validated) {
                validate();
                report.write();
            } else if (done && validation.isPresent()) {
                scores = scores();
                listener.validated(progress.steps(), scores, best.is(progress.steps()));
            }
            speed.begin();
        }

        /** Behind the first checkpoint: a run that ends before it leaves its folder to another. */
        private void beginProcess() throws IOException {
            try (LineFile environment = folder.environment(before > 0)) {
                Environment.write(environment, device, progress, config);
            }
            if (events || RunEvents.areIn(folder.path())) {
                report.withEvents(before);
            }
        }

        private void step() throws IOException {
            if (Thread.currentThread().isInterrupted()) {
                throw stopped();
            }
            // Told of once it is launched: a wait for data that is broken off would leave the others alone in the step.
            Batch batch = trainer.advance(batches);
            group.ifPresent(RankGroup::step);
            progress = progress.after(batch.next(), writtenLines());
            validated = false;
            boolean last = progress.steps() == config.steps();
            boolean stretch = batch.last() || last;
            if (!stretch && System.nanoTime() - checkpointed <= CHECKPOINT_NANOSECONDS) {
                tell(trainer::poll);
                return;
            }
            tell(trainer::drain);
            group.ifPresent(all -> all.compare(trainer));
            checkpoint(last);
            if (stretch) {
                tellUnlabelled();
                speed.end(speeds);
                // The checkpoint is there: whatever a held-out example is like, the epoch is not lost.
                validate();
                report.write();
                speed.begin();
            } else {
                report.writeNowAndThen();
            }
        }

        /** Once, of tasks whose heads nothing has trained. */
        private void tellUnlabelled() {
            Optional<String> unlabelled = trainer.unlabelled();
            if (unlabelled.isPresent() && !toldUnlabelled) {
                toldUnlabelled = true;
                listener.note(unlabelled.orElseThrow());
            }
        }

        /** All of them into the log before the listener, who may throw. */
        private void tell(Supplier<List<StepRecord>> reading) {
            DivergedException diverged = null;
            List<StepRecord> records;
            try {
                records = reading.get();
            } catch (DivergedException failure) {
                records = failure.records();
                diverged = failure;
            }
            records.forEach(trace::log);
            records.forEach(listener::step);
            records.forEach(notes::observe);
            notes.fresh().forEach(listener::note);
            if (diverged != null) {
                throw diverged;
            }
        }

        private void logRest(Throwable failure) {
            try {
                trainer.drain().forEach(trace::log);
            } catch (DivergedException diverged) {
                diverged.records().forEach(trace::log);
            } catch (RuntimeException another) {
                failure.addSuppressed(another);
            }
        }

        private TrainingStoppedException stopped() throws IOException {
            // What is written now is not to be broken off.
            Thread.interrupted();
            try {
                tell(trainer::drain);
                endTogether();
                checkpoint(false);
                speed.end(speeds);
                report.write();
            } finally {
                Thread.currentThread().interrupt();
            }
            return new TrainingStoppedException("stopped after step " + progress.steps() + " of " + config.steps()
                    + (kept == progress.steps() ? ", and all of it is kept"
                    : "; step " + kept + " is kept, and those after it ended in steps that were not finite"),
                    progress.steps());
        }

        private void validate() throws IOException {
            if (validation.isPresent()) {
                scores = scores();
                // Before the line, behind which they would not be made again.
                boolean wins = best.offer(progress.steps(), scores, kept == progress.steps(), this::keep);
                listener.validated(progress.steps(), scores, wins);
                drawn.ifPresent(now -> report.keep(now.pictures().strip(STRIP_EXAMPLES), lines(), progress.steps()));
                write(metrics, scores);
                validated = true;
            }
        }

        private Map<String, List<Score>> scores() {
            Validation held = validation.orElseThrow();
            listener.validating(held.examples());
            DataSet data = config.validation().orElseThrow();
            drawn = Optional.of(data).filter(Pictures::canShow).map(shown -> new HeldOutPictures(shown,
                    config.plan().tasks(), ownBatch()));
            return held.scores(trainer.inference(), drawn.<Validation.Visitor>map(pictures -> pictures)
                    .orElse((labels, predictions, real) -> { }));
        }

        private void keep(BestStep now) {
            now.write(folder.best(), trainer.step().model(), trainer.state(), meaning());
        }
    }

    /**
     * While steps are being rejected the parameters may be past repair, so that the checkpoint of before is the better
     * one. An infinite variance or moment never becomes a number again, though losses may stay finite: nothing that
     * comes after it could be kept, so it ends the training.
     */
    private void checkpoint(boolean last) {
        StepState state = trainer.state();
        Optional<String> fault = state.fault(trainer.step().balanceRows());
        folder.force();
        if (fault.isPresent()) {
            throw new DivergedException("training stopped at step " + progress.steps()
                    + ", which left what no step can go on from: " + fault.orElseThrow()
                    + "; lower the learning rate. " + folder.checkpoint() + " is of step " + kept, List.of());
        }
        if (last || state.rejectedInARow() == 0) {
            new Checkpoint(state, progress).write(folder.checkpoint(), trainer.step().model(),
                    trainer.step().balanceRows(), meaning());
            kept = progress.steps();
        }
        checkpointed = System.nanoTime();
    }

    private DataMeaning meaning() {
        return DataMeaning.of(config.data(), config.plan().tasks());
    }

    private void write(Writer metrics, Map<String, List<Score>> scores) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode line = mapper.createObjectNode().put("step", trainer.step().submitted());
        ScoreFigures.put(line, scores);
        metrics.write(mapper.writeValueAsString(line));
        metrics.write('\n');
        metrics.flush();
    }

    @Override
    public void close() {
        trainer.close();
        folder.close();
    }
}
