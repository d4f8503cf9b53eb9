package io.gimbal.run;

import io.gimbal.checkpoint.Checkpoint;
import io.gimbal.checkpoint.StartValues;
import io.gimbal.config.Config;
import io.gimbal.data.DataSet;
import io.gimbal.data.Resolution;
import io.gimbal.data.Sampler;
import io.gimbal.device.Device;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.optimizer.Schedule;
import io.gimbal.program.Peers;
import io.gimbal.source.Sources;
import io.gimbal.storage.Uninterrupted;
import io.gimbal.train.TaskFields;
import io.gimbal.train.Trainer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A training configuration: a case's {@code model}, {@code tasks}, {@code balance}, {@code optimizer},
 * {@code precision} and {@code seed}, and {@code data}, {@code validation}, {@code epochs} or {@code steps},
 * {@code schedule}, {@code best} and {@code init}.
 *
 * @param steps all steps of the training, should it not end early
 * @param best  which validation is the best one
 * @param start what a new run starts from; empty: from values that follow from the seed alone
 */
public record TrainingConfig(Config source, TrainingPlan plan, DataSet data, Sampler sampler,
        Optional<DataSet> validation, int batch, long steps, Schedule schedule, BestBy best,
        Optional<StartFile> start) {
    private static final String[] KEYS = {"name", "model", "tasks", "balance", "optimizer", "precision", "data",
            "validation", "epochs", "steps", "seed", "schedule", "best", "init", "ranks"};
    private static final List<String> BATCH_NORM = List.of("sync", "own");

    /** Reads and checks all of it, and opens the data. */
    public static TrainingConfig read(Config config) {
        return read(config, Optional.empty());
    }

    /**
     * The same for a run that goes on: its data are read as those that it was begun with, however they have changed.
     *
     * @param run the run's folder
     */
    public static TrainingConfig toResume(Config config, Path run) {
        Path checkpoint = RunFolder.checkpoint(run);
        return read(config, Files.isRegularFile(checkpoint) ? Uninterrupted.get(() -> Checkpoint.meaning(checkpoint))
                .statistics() : Optional.empty());
    }

    private static TrainingConfig read(Config config, Optional<String> told) {
        allow(config);
        TrainingPlan plan = TrainingPlan.read(config);
        long seed = plan.seed();
        Config dataSpec = config.object("data");
        int batch = batch(dataSpec);
        NetworkGraph graph = plan.network().graph(batch);
        DataSet data = Sources.training(dataSpec, seed, graph.input(), told);
        TaskFields.check(config, data, graph, plan.tasks());
        Sources.requireBatch(dataSpec, batch, data);
        Optional<DataSet> validation = config.find("validation").map(spec -> Sources.validation(spec, dataSpec, seed,
                graph.input(), data.statistics()));
        Sampler sampler = Sampler.training(data.size(), batch, seed, dataSpec.flag("shuffle", true),
                Sources.augmentation(dataSpec));
        long steps = steps(config, sampler.batchesPerEpoch());
        TrainingConfig training = new TrainingConfig(config, plan, data, sampler, validation, batch, steps,
                schedule(config, plan, steps), BestBy.read(config, plan.tasks(), data, validation.isPresent()),
                config.find("init").map(StartFile::read));
        training.ownStatistics();
        return training;
    }

    /** Refuses keys that a training's configuration does not have. */
    public static void allow(Config config) {
        config.allow(KEYS);
    }

    /** How many examples a step takes. */
    public static int batch(Config data) {
        return data.positive("batch", 8);
    }

    private static Schedule schedule(Config config, TrainingPlan plan, long steps) {
        return config.find("schedule").map(spec -> Schedule.read(spec, plan.optimizer().rate(), steps))
                .orElseGet(() -> Schedule.constant(plan.optimizer().rate()));
    }

    /**
     * The same training where the batches of its data do not number its steps, since the data were others at first: a
     * number of epochs ends at another step then, and so does the schedule.
     *
     * @param ahead by how many batches the data's sequence is ahead of the steps; may be negative
     */
    TrainingConfig ahead(long ahead) {
        if (ahead == 0 || source.has("steps")) {
            return this;
        }
        return new TrainingConfig(source, plan, data, sampler, validation, batch, steps - ahead,
                schedule(source, plan, steps - ahead), best, start);
    }

    private static long steps(Config config, long batchesPerEpoch) {
        if (config.has("steps") == config.has("epochs")) {
            throw config.error(config.has("steps") ? "has both 'steps' and 'epochs'; take one of them"
                    : "says neither 'epochs' nor 'steps'; one of them tells how long to train");
        }
        return config.has("steps") ? config.positive("steps") : config.positive("epochs") * batchesPerEpoch;
    }

    /** What start values, the order of the data and the steps' random numbers come from. */
    public long seed() {
        return plan.seed();
    }

    /**
     * What a new run starts from, read whole.
     *
     * @throws io.gimbal.config.UserException naming the file and everything that does not fit this network
     */
    public Optional<StartValues> startValues() {
        return start.map(file -> file.values(plan.network(), plan.network().graph(batch)));
    }

    /**
     * Whether, of several ranks, each normalises by the statistics of its own examples: {@code ranks.batch_norm} is
     * "own", not "sync".
     */
    public boolean ownStatistics() {
        return ownStatistics(source);
    }

    /** The same of a configuration that is not read as a whole. */
    public static boolean ownStatistics(Config config) {
        return config.find("ranks").map(ranks -> {
            ranks.allow("batch_norm");
            return ranks.choice("batch_norm", BATCH_NORM, BATCH_NORM.getFirst());
        }).filter("own"::equals).isPresent();
    }

    /**
     * The trainer that it describes, or one rank's of several.
     *
     * @param planned is run after each convolution is planned
     */
    Trainer trainer(Device device, Runnable planned, Peers peers) {
        Trainer.Builder builder = Trainer.of(device, plan.network()).balancing(plan.balancing())
                .diagnose(plan.diagnose()).optimizer(plan.optimizer()).precision(plan.precision()).planned(planned)
                .schedule(schedule).batch(batch / peers.count()).seed(seed())
                .epochSteps(sampler.batchesPerEpoch()).peers(peers);
        plan.average().ifPresent(builder::average);
        plan.tasks().forEach(builder::task);
        return builder.build();
    }

    /** In whose pixels is validated. */
    public Resolution resolution() {
        return source.find("validation").map(Sources::resolution).orElse(Resolution.NETWORK);
    }

    /** The run's name: what the configuration says, or "run". */
    public String name() {
        return source.name("name", "run");
    }
}
