package io.gimbal.report;

import io.gimbal.data.Stages;
import io.gimbal.measure.DataMeter;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What is told of the reading of data.
 *
 * @param passes      by name, in their order
 * @param batch       examples a step
 * @param stepSeconds what a step takes
 */
public record DataReport(Map<String, DataMeter.Pass> passes, int batch, double stepSeconds) {
    /** {@return a row a pass} */
    public Table table() {
        List<String> headings = new ArrayList<>(List.of("pass", "images/s and core"));
        for (Stages.Stage stage : Stages.Stage.values()) {
            headings.add(name(stage));
        }
        headings.add("cores that feed a step");
        Table table = new Table(headings.toArray(String[]::new));
        passes.forEach((name, pass) -> {
            List<String> row = new ArrayList<>(List.of(name, String.format(Locale.ROOT, "%.1f", pass.rate())));
            for (Stages.Stage stage : Stages.Stage.values()) {
                row.add(String.format(Locale.ROOT, "%.3f ms", 1e3 * pass.stages().get(stage)));
            }
            row.add(String.format(Locale.ROOT, "%.2f", pass.cores(batch, stepSeconds)));
            table.row(row.toArray(String[]::new));
        });
        return table;
    }

    /** {@return the passes that were measured while they still got faster} */
    public List<String> unsteady() {
        return passes.keySet().stream().filter(name -> !passes.get(name).steady()).toList();
    }

    /**
     * Adds all of it to a JSON object.
     *
     * @param line takes the members
     */
    public void putJson(ObjectNode line) {
        line.put("batch", batch).put("step_s", stepSeconds);
        ObjectNode all = line.putObject("passes");
        passes.forEach((name, pass) -> {
            ObjectNode node = all.putObject(name).put("images", pass.images()).put("seconds", pass.seconds())
                    .put("steady", pass.steady()).put("images_a_second_and_core", pass.rate())
                    .put("cores", pass.cores(batch, stepSeconds));
            for (Stages.Stage stage : Stages.Stage.values()) {
                node.put(name(stage) + "_s", pass.stages().get(stage));
            }
        });
    }

    private static String name(Stages.Stage stage) {
        return stage.name().toLowerCase(Locale.ROOT);
    }
}
