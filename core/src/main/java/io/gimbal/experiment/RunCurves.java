package io.gimbal.experiment;

import io.gimbal.page.GrowingFile;
import io.gimbal.page.RunFiles;
import io.gimbal.shaded.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a run's figures did from step to step.
 *
 * @param metrics by task and metric, by step: of each validation
 * @param weights by task, by step: means of stretches that are equally long in all runs of as many steps
 */
record RunCurves(Map<String, Map<String, SortedMap<Long, Double>>> metrics,
        Map<String, SortedMap<Long, Double>> weights) {
    private static final int STRETCHES = 60;

    static RunCurves read(Path run) {
        Map<String, Map<String, SortedMap<Long, Double>>> metrics = new LinkedHashMap<>();
        new GrowingFile(run.resolve(RunFiles.METRICS)).read(json -> {
            JsonNode line = json.readValueAsTree();
            long step = line.path("step").asLong();
            line.properties().stream().filter(task -> task.getValue().isObject()).forEach(task ->
                    task.getValue().properties().stream().filter(metric -> metric.getValue().path("value").isNumber())
                            .forEach(metric -> metrics.computeIfAbsent(task.getKey(), _ -> new LinkedHashMap<>())
                                    .computeIfAbsent(metric.getKey(), _ -> new TreeMap<>())
                                    .put(step, metric.getValue().path("value").asDouble())));
        });
        return new RunCurves(metrics, weights(run));
    }

    private static Map<String, SortedMap<Long, Double>> weights(Path run) {
        long[] steps = {0};
        GrowingFile.Reader count = json -> {
            json.skipChildren();
            steps[0]++;
        };
        new GrowingFile(run.resolve(RunFiles.LOG)).read(count);
        long stretch = Math.max(1, steps[0] / STRETCHES);
        Map<String, SortedMap<Long, double[]>> sums = new LinkedHashMap<>();
        new GrowingFile(run.resolve(RunFiles.LOG)).read(json -> {
            JsonNode line = json.readValueAsTree();
            long place = line.path("step").asLong() / stretch * stretch + stretch / 2;
            line.path("weight").properties().forEach(weight -> {
                double[] sum = sums.computeIfAbsent(weight.getKey(), _ -> new TreeMap<>())
                        .computeIfAbsent(place, _ -> new double[2]);
                sum[0] += weight.getValue().asDouble();
                sum[1]++;
            });
        });
        Map<String, SortedMap<Long, Double>> means = new LinkedHashMap<>();
        sums.forEach((task, places) -> {
            SortedMap<Long, Double> line = new TreeMap<>();
            places.forEach((step, sum) -> line.put(step, sum[0] / sum[1]));
            means.put(task, line);
        });
        return means;
    }

    /** Several runs' lines as one: means, and how far they spread. */
    static List<Chart.Place> together(List<SortedMap<Long, Double>> lines) {
        SortedMap<Long, List<Double>> bySteps = new TreeMap<>();
        lines.forEach(line -> line.forEach((step, value) -> bySteps.computeIfAbsent(step, _ -> new ArrayList<>())
                .add(value)));
        List<Chart.Place> places = new ArrayList<>();
        bySteps.forEach((step, values) -> {
            Figure figure = Figure.of(values);
            if (figure.count() > 0) {
                places.add(new Chart.Place(step, figure.mean(), 0, figure.count() < 2 ? 0 : figure.deviation()));
            }
        });
        return places;
    }
}
