package io.gimbal.experiment;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.graph.Parameter;
import io.gimbal.measure.StepPlanner;
import io.gimbal.metric.Score;
import io.gimbal.page.GrowingFile;
import io.gimbal.page.RunFiles;
import io.gimbal.run.Evaluation;
import io.gimbal.run.RunFolder;
import io.gimbal.run.TrainedModel;
import io.gimbal.run.TrainingConfig;
import io.gimbal.run.TrainingPlan;
import io.gimbal.run.TrainingRun;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import io.gimbal.train.DivergedException;
import io.gimbal.train.OutputFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes an experiment's runs in a folder, one after the other: what is finished there is kept, what was begun goes on,
 * so that one that was ended anywhere is gone on with by the same call, and comes to the same.
 */
public final class ExperimentRun {
    /** Where data lie may change. */
    private static final Set<String> PLACES = Set.of("name", "data.path", "data.cache", "data.cache.memory_mib",
            "data.cache.folder", "data.cache.disk_mib", "validation.path");

    private final Experiment experiment;
    private final Path folder;
    private final Device device;
    private final ExperimentListener listener;

    /**
     * Prepares.
     *
     * @param folder   is made where it is not there yet
     * @param listener is told of it, on the thread that runs
     */
    public ExperimentRun(Experiment experiment, Path folder, Device device, ExperimentListener listener) {
        this.experiment = experiment;
        this.folder = folder;
        this.device = device;
        this.listener = listener;
    }

    /**
     * Makes what is not finished yet.
     *
     * @return what all runs came to
     * @throws UserException                             if the folder holds something else, or another process uses it
     * @throws io.gimbal.train.TrainingStoppedException if the thread is interrupted, as it stays marked
     */
    public Results run() {
        try (OutputFolder _ = OutputFolder.open(folder)) {
            List<PlannedRun> runs = experiment.runs();
            Map<PlannedRun, RunResult> results = new LinkedHashMap<>();
            for (PlannedRun run : runs) {
                Path path = folder.resolve(run.folder());
                Config config = config(run);
                if (Files.exists(path.resolve(RunFiles.CONFIG))) {
                    requireSame(path, config);
                }
                boolean finished = Files.exists(path.resolve(RunResult.FILE));
                results.put(run, finished ? RunResult.read(path) : made(run, path, config));
                if (!finished) {
                    listener.finished(new Results(experiment, results));
                }
            }
            return new Results(experiment, results);
        }
    }

    /**
     * Of a run that is finished or begun, what {@code train --resume} would let differ matters, too: how long it is
     * trained, and by what it is judged.
     */
    private static void requireSame(Path path, Config config) {
        List<Config.Difference> differences = RunFolder.configuration(path).differences(config).stream()
                .filter(difference -> !PLACES.contains(difference.path())).toList();
        if (!differences.isEmpty()) {
            Config.Difference first = differences.getFirst();
            throw new UserException(path + " holds a run of another configuration: " + first.path() + " is "
                    + first.here() + " there and " + first.there() + " in the experiment"
                    + (differences.size() > 1 ? ", and " + (differences.size() - 1) + " more differ" : "")
                    + ". Take that folder away to make the run anew, or name another folder with --out.");
        }
    }

    /** With the weights of another run, where it takes those. */
    private Config config(PlannedRun run) {
        return run.weightsFrom().map(from -> run.config().with("balance=" + weights(folder.resolve(from))))
                .orElse(run.config());
    }

    /** The means over all accepted steps of what each task was weighted by: "GradNorm Static". */
    private static String weights(Path run) {
        Map<String, Double> sums = new LinkedHashMap<>();
        long[] steps = {0};
        new GrowingFile(run.resolve(RunFiles.LOG)).read(json -> {
            JsonNode line = json.readValueAsTree();
            if (line.path("accepted").asBoolean()) {
                line.path("weight").properties().forEach(weight -> sums.merge(weight.getKey(),
                        weight.getValue().asDouble(), Double::sum));
                steps[0]++;
            }
        });
        ObjectNode balance = new JsonMapper().createObjectNode().put("method", "fixed");
        ObjectNode weights = balance.putObject("weights");
        sums.forEach((task, sum) -> weights.put(task, sum / steps[0]));
        if (sums.isEmpty()) {
            throw new UserException(run + " has no step whose weights could be taken");
        }
        return balance.toString();
    }

    private RunResult made(PlannedRun run, Path path, Config config) {
        listener.begins(run, experiment.runs().indexOf(run) + 1, experiment.runs().size());
        RunResult result = made(path, config);
        result.write(path);
        return result;
    }

    private RunResult made(Path path, Config config) {
        boolean begun = Files.exists(path.resolve(RunFiles.CONFIG));
        TrainingConfig training = begun ? TrainingConfig.toResume(config, path) : TrainingConfig.read(config);
        RunFolder run = begun ? RunFolder.resume(path, config) : RunFolder.create(path, training.name(), config);
        Optional<String> failure = train(training, run);
        TrainingPlan plan = training.plan();
        NetworkGraph graph = plan.network().graph(training.batch());
        TrainedModel model = TrainedModel.read(path, experiment.selection().which());
        Map<String, List<Score>> scores = failure.isPresent() ? Map.of() : measured(model, config);
        return new RunResult(failure, model.steps().orElse(0), scores, graph.parameters().stream().mapToLong(
                Parameter::count).sum(), graph.multiplyAdds(), secondsPerStep(path), bytes(training));
    }

    private Optional<String> train(TrainingConfig training, RunFolder folderOfRun) {
        try (TrainingRun run = new TrainingRun(device, training, folderOfRun, () -> { })) {
            run.startReport().forEach(listener::note);
            listener.trains(training, run, run::run);
            return Optional.empty();
        } catch (DivergedException diverged) {
            listener.note(diverged.getMessage());
            return Optional.of(diverged.getMessage());
        }
    }

    private Map<String, List<Score>> measured(TrainedModel model, Config config) {
        Evaluation evaluation = Evaluation.of(model, experiment.testing(config));
        List<Map<String, List<Score>>> scores = new ArrayList<>();
        listener.measures(evaluation.examples(), done -> scores.add(evaluation.scores(device, done)));
        return scores.getFirst();
    }

    private static double secondsPerStep(Path run) {
        double[] sums = {0, 0};
        new GrowingFile(run.resolve(RunFiles.SPEEDS)).read(json -> {
            JsonNode line = json.readValueAsTree();
            sums[0] += line.path("seconds").asDouble();
            sums[1] += line.path("steps").asDouble();
        });
        return sums[0] / sums[1];
    }

    private long bytes(TrainingConfig training) {
        TrainingPlan plan = training.plan();
        try (StepPlanner planner = new StepPlanner(device, plan.precision(), () -> { })) {
            return planner.plan(plan.step(training.batch(), plan.balancing(), plan.precision())).memory().total();
        }
    }
}
