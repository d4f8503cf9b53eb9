package io.gimbal.experiment;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.metric.Score;
import io.gimbal.run.ScoreFigures;
import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import io.gimbal.storage.AtomicFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a run came to.
 *
 * @param failure        why it has no scores: it diverged
 * @param step           that was measured
 * @param scores         on the test data, by task
 * @param parameters     how many values the network learns
 * @param multiplyAdds   of the forward pass of one example
 * @param secondsPerStep of the training, data included, validations not
 * @param bytes          of device memory of the training's step
 */
record RunResult(Optional<String> failure, long step, Map<String, List<Score>> scores, long parameters,
        long multiplyAdds, double secondsPerStep, long bytes) {
    static final String FILE = "result.json";

    /** The metric of that name of a task, or its first; empty where the run has none. */
    Optional<Score> score(String task, Optional<String> metric) {
        List<Score> list = scores.getOrDefault(task, List.of());
        return list.stream().filter(score -> metric.isEmpty() || metric.get().equals(score.name())).findFirst();
    }

    /** Writes it beside the run's other files. */
    void write(Path run) {
        ObjectNode json = new JsonMapper().createObjectNode();
        failure.ifPresent(why -> json.put("failure", why));
        json.put("step", step).put("parameters", parameters).put("multiply_adds", multiplyAdds);
        if (Double.isFinite(secondsPerStep)) {
            json.put("seconds_a_step", secondsPerStep);
        }
        json.put("bytes", bytes);
        ScoreFigures.put(json.putObject("scores"), scores);
        AtomicFile.writeText(run.resolve(FILE), json.toPrettyString() + "\n");
    }

    /**
     * Reads one.
     *
     * @throws UserException if the file is damaged; names the place
     */
    static RunResult read(Path run) {
        Config json = Config.read(run.resolve(FILE));
        Map<String, List<Score>> scores = new LinkedHashMap<>();
        Config tasks = json.object("scores");
        for (String task : tasks.keys()) {
            Config metrics = tasks.object(task);
            List<Score> list = new ArrayList<>();
            for (String metric : metrics.keys()) {
                Config figures = metrics.object(metric);
                list.add(new Score(metric, figures.text("unit"), figures.number("value", Double.NaN),
                        figures.number("best_constant", Double.NaN), figures.flag("higher_is_better")));
            }
            scores.put(task, list);
        }
        return new RunResult(json.find("failure").map(Config::text), json.longInteger("step"), scores,
                json.longInteger("parameters"), json.longInteger("multiply_adds"),
                json.number("seconds_a_step", Double.NaN), json.longInteger("bytes"));
    }
}
