package io.gimbal.run;

import io.gimbal.metric.Score;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;

/** Scores as JSON. */
public final class ScoreFigures {
    private ScoreFigures() {}

    /**
     * Puts by task and metric {@code unit}, {@code value}, {@code best_constant} and {@code higher_is_better}; a figure
     * that is not finite is null.
     */
    public static void put(ObjectNode line, Map<String, List<Score>> scores) {
        scores.forEach((task, list) -> {
            ObjectNode byName = line.putObject(task);
            for (Score score : list) {
                ObjectNode figures = byName.putObject(score.name()).put("unit", score.unit());
                put(figures, "value", score.value());
                put(figures, "best_constant", score.constant());
                figures.put("higher_is_better", score.higherIsBetter());
            }
        });
    }

    private static void put(ObjectNode node, String name, double value) {
        if (Double.isFinite(value)) {
            node.put(name, value);
        } else {
            node.putNull(name);
        }
    }
}
