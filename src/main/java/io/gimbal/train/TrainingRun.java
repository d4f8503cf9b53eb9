package io.gimbal.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gimbal.config.FileFailures;
import io.gimbal.config.UserException;
import io.gimbal.data.Batch;
import io.gimbal.data.BatchPipeline;
import io.gimbal.data.Position;
import io.gimbal.device.Device;
import io.gimbal.device.ThreadConfinement.Call;
import io.gimbal.engine.InferenceStep;
import io.gimbal.engine.StepRecord;
import io.gimbal.engine.StepState;
import io.gimbal.metric.Score;
import io.gimbal.storage.LineFile;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A training from a configuration in a folder: logs each step, validates after each epoch, and keeps a checkpoint from
 * which a later run goes on bit for bit. For one thread, as its trainer is.
 */
public final class TrainingRun implements AutoCloseable {
    private static final long CHECKPOINT_NANOSECONDS = 20_000_000_000L;

    private final TrainingConfig config;
    private final RunFolder folder;
    private final Trainer trainer;
    private final Optional<Validation> validation;
    private final TrainingSpeed speed;
    private Position position;
    private long checkpointed = System.nanoTime();

    /**
     * Starts a new run, or goes on with the one in the folder.
     *
     * @param folder  is taken until the run is closed: no other training may use it meanwhile
     * @param planned is run after each convolution is planned, so that progress can be shown
     */
    public TrainingRun(Device device, TrainingConfig config, RunFolder folder, Runnable planned) {
        this.config = config;
        this.folder = folder;
        position = config.sampler().start();
        folder.take();
        try {
            trainer = build(device, planned);
        } catch (RuntimeException | Error e) {
            folder.close();
            throw e;
        }
        try {
            validation = config.validation().map(data -> new Validation(data, config.plan().tasks(), config.batch()));
            speed = new TrainingSpeed(trainer, config.batch());
            if (folder.hasCheckpoint()) {
                restore();
            }
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
        trainer.handOver();
    }

    private Trainer build(Device device, Runnable planned) {
        TrainingPlan plan = config.plan();
        if (config.validation().isPresent()) {
            InferenceStep.requireRoom(plan.network().graph(config.batch()));
        }
        Trainer.Builder builder = Trainer.of(device,
                plan.network()).balancing(plan.balancing()).optimizer(plan.optimizer())
                .precision(plan.precision()).planned(planned).schedule(config.schedule()).batch(config.batch()).seed(config.seed());
        plan.tasks().forEach(builder::task);
        return builder.build();
    }

    private void restore() {
        Checkpoint checkpoint = Checkpoint.read(folder.checkpoint(), trainer.step().model(),
                config.plan().optimizer().moments(),
                config.plan().tasks().size());
        long done = checkpoint.state().counters()[0];
        if (done > config.steps()) {
            throw new UserException(folder.checkpoint() + ": is of step " + done + ", but the training ends at "
                    + config.steps());
        }
        if (done > 0 && !Files.exists(folder.config())) {
            throw new UserException(folder.config() + ": there is no such file, though steps were made: what they were "
                    + "made with is not known. Restore it, or start anew with --out and another folder");
        }
        Position saved = checkpoint.position();
        long perEpoch = config.sampler().batchesPerEpoch();
        if (saved.seed() != config.seed() || saved.epoch() != done / perEpoch || saved.batch() != done % perEpoch) {
            throw new UserException(folder.checkpoint() + ": its data position (seed " + saved.seed() + ", epoch "
                    + saved.epoch() + ", batch "
                    + saved.batch() + ") is not that of step " + done + " of this training");
        }
        trainer.set(checkpoint.state());
        position = checkpoint.position();
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

    /**
     * Trains to the end.
     *
     * @return the scores of the last validation; empty where there is none
     * @throws DivergedException after 20 steps in a row that were not finite
     */
    public Map<String, List<Score>> run(TrainingListener listener) {
        long before = stepsBefore();
        Map<String, List<Score>> scores = Map.of();
        try (Call _ = trainer.step().confinement().enter();
                LineFile log = folder.log(before); Writer metrics = metrics(before);
                LineFile speeds = folder.speeds(before > 0);
                BatchPipeline batches = new BatchPipeline(config.data(), config.sampler(), position, trainer.slots(),
                        BatchPipeline.defaultThreads())) {
            TraceWriter trace = new TraceWriter(log, config.plan().network().tasks());
            Consumer<StepRecord> told = record -> {
                trace.log(record);
                listener.step(record);
            };
            if (before == config.steps() && validation.isPresent()) {
                scores = validate(listener);
            }
            if (before == 0) {
                checkpoint(false);
            }
            folder.begin();
            speed.begin();
            while (trainer.step().submitted() < config.steps()) {
                Batch batch = trainer.advance(batches);
                position = batch.next();
                boolean last = trainer.step().submitted() == config.steps();
                if (batch.last() || last || System.nanoTime() - checkpointed > CHECKPOINT_NANOSECONDS) {
                    Trainer.tell(told, trainer::drain);
                    if (batch.last() || last) {
                        speed.end(speeds);
                        if (validation.isPresent()) {
                            scores = validate(listener);
                            write(metrics, scores);
                        }
                        speed.begin();
                    }
                    checkpoint(last);
                } else {
                    Trainer.tell(told, trainer::poll);
                }
            }
        } catch (IOException e) {
            throw FileFailures.writing(folder.path(), e);
        }
        return scores;
    }

    /** How fast the run went so far, in a sentence: what this process did of it; empty where that is nothing. */
    public Optional<String> speed() {
        return speed.describe();
    }

    /** One an epoch, and one at the end of a training that ends within an epoch. */
    private long validationsBefore(long steps) {
        if (validation.isEmpty()) {
            return 0;
        }
        int perEpoch = config.sampler().batchesPerEpoch();
        return steps / perEpoch + (steps == config.steps() && steps % perEpoch != 0 ? 1 : 0);
    }

    private Writer metrics(long before) {
        return validation.isEmpty() ? Writer.nullWriter() : folder.metrics(validationsBefore(before));
    }

    private Map<String, List<Score>> validate(TrainingListener listener) {
        Validation held = validation.orElseThrow();
        listener.validating(held.examples());
        Map<String, List<Score>> scores = held.scores(trainer.inference());
        listener.validated(trainer.step().submitted(), scores);
        return scores;
    }

    /**
     * While steps are being rejected the parameters may be past repair, so that the checkpoint of before is the better
     * one.
     */
    private void checkpoint(boolean last) {
        StepState state = trainer.state();
        Checkpoint checkpoint = new Checkpoint(state, position);
        folder.force();
        if (checkpoint.isSound() && (last || state.counters()[3] == 0)) {
            checkpoint.write(folder.checkpoint(), trainer.step().model());
        }
        checkpointed = System.nanoTime();
    }

    private void write(Writer metrics, Map<String, List<Score>> scores) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode line = mapper.createObjectNode().put("step", trainer.step().submitted());
        scores.forEach((task, list) -> {
            ObjectNode byName = line.putObject(task);
            for (Score score : list) {
                ObjectNode figures = byName.putObject(score.name()).put("unit", score.unit());
                put(figures, "value", score.value());
                put(figures, "best_constant", score.constant());
            }
        });
        metrics.write(mapper.writeValueAsString(line));
        metrics.write('\n');
        metrics.flush();
    }

    private static void put(ObjectNode node, String name, double value) {
        if (Double.isFinite(value)) {
            node.put(name, value);
        } else {
            node.putNull(name);
        }
    }

    @Override
    public void close() {
        trainer.close();
        folder.close();
    }
}
