package io.gimbal.run;

import io.gimbal.config.Config;
import io.gimbal.config.Names;
import io.gimbal.data.DataSet;
import io.gimbal.loss.TaskSpec;
import io.gimbal.metric.Metrics;
import io.gimbal.metric.Score;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * By what a run tells its best validation, and after how many that are no better it ends.
 *
 * @param choice   a metric of a task; empty: the mean over the tasks of {@link Score#betterBy} of each one's first
 *                 metric
 * @param patience how many validations in a row may be no better than the best; empty: any number
 */
record BestBy(Optional<Choice> choice, OptionalInt patience) {
    /** A task's metric. */
    record Choice(String task, String metric, boolean higherIsBetter) {}

    /**
     * Reads the configuration's {@code best}, which may be left out.
     *
     * @param data      that the tasks are learned from
     * @param validated whether there is a validation
     * @throws io.gimbal.config.UserException if nothing is validated on, or the task or metric is not known
     */
    static BestBy read(Config config, List<TaskSpec> tasks, DataSet data, boolean validated) {
        if (!config.has("best")) {
            return new BestBy(Optional.empty(), OptionalInt.empty());
        }
        Config spec = config.object("best");
        spec.allow("task", "metric", "patience");
        if (!validated) {
            throw spec.error("tells which validation is the best, but there is no 'validation'");
        }
        if (spec.has("task") != spec.has("metric")) {
            throw spec.error("has one of 'task' and 'metric'; name both, or neither for the mean over the tasks");
        }
        return new BestBy(spec.has("task") ? Optional.of(choice(spec, tasks, data))
                : Optional.empty(), spec.has("patience") ? OptionalInt.of(spec.positive("patience"))
                : OptionalInt.empty());
    }

    private static Choice choice(Config spec, List<TaskSpec> tasks, DataSet data) {
        String name = spec.choice("task", tasks.stream().map(TaskSpec::name).toList());
        TaskSpec task = tasks.stream().filter(one -> one.name().equals(name)).findFirst().orElseThrow();
        List<Score> scores = Metrics.of(data.field(task.field()), task.loss(), data.height(),
                data.width()).scores();
        List<String> names = scores.stream().map(Score::name).toList();
        if (!names.contains(spec.text("metric")) && Metrics.thorough(data.field(task.field()), task.loss(),
                data.height(), data.width()).scores().stream().anyMatch(score -> score.name().equals(spec.text(
                "metric")))) {
            throw spec.error("metric", "is " + spec.text("metric") + ", which takes up to seconds an image: 'gimbal "
                    + "evaluate' and 'gimbal compare' measure it, but the validations of a training do not. It may be: "
                    + Names.list(names) + ".");
        }
        String metric = spec.choice("metric", names);
        return new Choice(name, metric, scores.stream().filter(score -> score.name().equals(metric)).findFirst()
                .orElseThrow().higherIsBetter());
    }

    /** What it is, in words. */
    String figure() {
        return choice.map(chosen -> chosen.metric() + " of " + Names.quote(chosen.task()))
                .orElse("the mean gain over the best constants");
    }

    /** The figure of a validation; NaN where there is none, or a prediction was not finite. */
    double of(Map<String, List<Score>> scores) {
        if (choice.isPresent()) {
            return scores.get(choice.get().task()).stream().filter(score -> score.name().equals(
                    choice.get().metric())).findFirst().orElseThrow().value();
        }
        // What is a share of nothing, for want of labels or since a constant is perfect, is so in each validation.
        return scores.values().stream().map(List::getFirst).filter(score -> score.labelled() && score.constant() != 0)
                .mapToDouble(Score::betterBy).average().orElse(Double.NaN);
    }

    /** Whether a figure is better than another; one that is not finite never is. */
    boolean better(double value, double than) {
        boolean higher = choice.map(Choice::higherIsBetter).orElse(true);
        return Double.isFinite(value) && (higher ? value > than : value < than);
    }
}
