package io.gimbal.cli;

import io.gimbal.metric.Score;
import io.gimbal.report.Table;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;

/** Prints scores by task as a table, and which tasks have none. */
final class ScoreTable {
    private ScoreTable() {}

    static void print(PrintWriter screen, Map<String, List<Score>> scores) {
        screen.print(Table.ofScores(scores));
        scores.forEach((task, list) -> {
            if (list.stream().noneMatch(Score::labelled)) {
                screen.println("The held-out examples have no label for task '" + task + "'.");
            }
        });
    }
}
