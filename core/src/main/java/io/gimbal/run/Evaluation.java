package io.gimbal.run;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.data.Resolution;
import io.gimbal.device.Device;
import io.gimbal.engine.InferenceStep;
import io.gimbal.engine.LoadedModel;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.metric.Score;
import io.gimbal.source.Sources;
import io.gimbal.train.TaskFields;
import io.gimbal.train.Validation;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * Holds what a run has learned against held-out data, as its own validations do, but {@linkplain Validation#thorough
 * thoroughly}. The data to learn from are not opened. Immutable; each {@link #scores} is by itself.
 */
public final class Evaluation {
    private static final List<String> PARTS = List.of("validation", "data");

    private final TrainedModel model;
    private final TrainingPlan plan;
    private final NetworkGraph graph;
    private final DataSet data;
    private final Resolution resolution;
    private final Validation validation;

    /**
     * Opens the held-out data.
     *
     * @param model    from a run's folder
     * @param settings as {@link Config#with} takes them, of {@code validation} or {@code data}; where the run has no
     *                 {@code validation}, one of them makes it
     * @throws UserException if there is none, a setting is of something else, or the data do not fit the network
     */
    public Evaluation(TrainedModel model, List<String> settings) {
        this(model, configuration(model.configuration(), settings));
    }

    /**
     * Opens the held-out data of a configuration, which may be others than the run's.
     *
     * @param config the run's, but for {@code validation}
     */
    public static Evaluation of(TrainedModel model, Config config) {
        return new Evaluation(model, config);
    }

    private Evaluation(TrainedModel model, Config config) {
        this.model = model;
        plan = TrainingPlan.read(config);
        Config training = config.object("data");
        int batch = training.positive("batch", 8);
        graph = plan.network().graph(batch);
        data = Sources.validation(config.object("validation"), training, plan.seed(), graph.input(),
                model.meaning().statistics());
        resolution = Sources.resolution(config.object("validation"));
        TaskFields.check(config, data, graph, plan.tasks());
        validation = new Validation(data, plan.tasks(), batch, resolution).thorough();
    }

    private static Config configuration(Config run, List<String> settings) {
        Config config = run;
        for (String setting : settings) {
            String part = setting.strip().replaceFirst("[.=\\[].*", "");
            if (!PARTS.contains(part)) {
                throw new UserException("--set " + setting + ": what is evaluated is the run's network; validation.KEY "
                        + "or data.KEY may be set");
            }
            if (part.equals("validation") && !config.has("validation")) {
                config = config.with("validation={}");
            }
            config = config.with(setting);
        }
        if (!config.has("validation")) {
            throw new UserException(run.source() + " has no 'validation'; say what to measure on, such as --set "
                    + "validation.path=FOLDER");
        }
        return config;
    }

    /** How many examples there are. */
    public int examples() {
        return data.size();
    }

    /** In whose pixels is measured. */
    public Resolution resolution() {
        return resolution;
    }

    /** Where they are listed, for people. */
    public String origin() {
        return data.origin();
    }

    /**
     * Each task's scores over all examples.
     *
     * @param predicted is told after each batch how many examples are done
     * @throws IllegalStateException if the thread is interrupted, as it stays marked
     */
    public Map<String, List<Score>> scores(Device device, IntConsumer predicted) {
        int[] done = {0};
        try (LoadedModel loaded = new LoadedModel(device, graph, plan.precision(), model.values());
                InferenceStep inference = new InferenceStep(device, loaded.memory(), graph)) {
            return validation.scores(inference, (labels, predictions, real) -> predicted.accept(done[0] += real));
        }
    }
}
