package io.gimbal.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.metric.Score;
import io.gimbal.run.TinyRooms;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsTest {
    @TempDir
    private Path folder;

    private static RunResult result(Map<String, Score> scores) {
        Map<String, List<Score>> lists = new LinkedHashMap<>();
        scores.forEach((task, score) -> lists.put(task, List.of(score)));
        return new RunResult(Optional.empty(), 8, lists, 1000, 2_000_000, 0.01, 1 << 20);
    }

    private static Score iou(double value) {
        return new Score("mIoU", "%", value, 10, true);
    }

    private static Score rmse(double value) {
        return new Score("RMSE", "m", value, 1, false);
    }

    private Experiment experiment(String more) throws IOException {
        Files.writeString(folder.resolve("base.json"), TinyRooms.TEXT);
        return Experiment.read(Files.writeString(folder.resolve("e.json"), "{\"base\": \"base.json\"" + more + "}"),
                List.of());
    }

    /** By group and seed, in the order of the runs. */
    private static Results results(Experiment experiment, List<RunResult> results) {
        Map<PlannedRun, RunResult> all = new LinkedHashMap<>();
        for (int i = 0; i < results.size(); i++) {
            all.put(experiment.runs().get(i), results.get(i));
        }
        return new Results(experiment, all);
    }

    /** The survey's table 5: 43.9 % and 0.585 m alone, 44.4 % and 0.587 m together: 0.41 % more, of rounded figures. */
    @Test
    void deltaIsTheSurveysEquation() throws IOException {
        Experiment experiment = experiment("""
                , "single_tasks": {"model.heads.normals": "null"}""");
        Results results = results(experiment, List.of(result(Map.of("segmentation", iou(43.9))),
                result(Map.of("depth", rmse(0.585))),
                result(Map.of("segmentation", iou(44.4), "depth", rmse(0.587)))));
        assertEquals((0.5 / 43.9 - 0.002 / 0.585) / 2 * 100, results.delta("base").mean(), 1e-12);
        assertEquals(0.41, results.delta("base").mean(), 0.02);
        assertEquals(100 * 0.5 / 43.9, results.gain("base", "segmentation").mean(), 1e-12);
        assertFalse(results.hasDelta("depth alone"));
    }

    @Test
    void whatIsMeasuredOnHeldOutTrainingDataIsNotCalledTestData() throws IOException {
        Experiment chosen = experiment("""
                , "set": {"data.hold_out": 0.2, "validation": {"held_out": true}}, "select": "last\"""");
        Results results = results(chosen, List.of(result(Map.of("depth", rmse(1)))));
        assertTrue(results.text().contains("Measured on the held-out part of the training data, so that settings may "
                + "be chosen by it: the last step."), results.text());
        assertEquals("Held-out data", results.measured());
        Results tested = results(experiment(""), List.of(result(Map.of("depth", rmse(1)))));
        assertTrue(tested.text().contains("Measured on the test data: "), tested.text());
    }

    @Test
    void withoutNetworksOfOneTaskTheBaselineIsWhatIsGainedOverSeedBySeed() throws IOException {
        Experiment experiment = experiment("""
                , "seeds": [1, 2], "axes": {"rule": {"equal": {"balance": {"method": "equal"}}, "other": {}}}""");
        Results results = results(experiment, List.of(result(Map.of("depth", rmse(1))), result(Map.of("depth",
                rmse(2))), result(Map.of("depth", rmse(0.9))), result(Map.of("depth", rmse(1.6)))));
        assertEquals(0, results.delta("equal").mean());
        assertEquals((10 + 20) / 2.0, results.delta("other").mean(), 1e-12);
        String text = results.text();
        assertTrue(text.contains("other against equal: Delta +15.00 points over 2 seeds, paired t-test p = 0.205: "
                + "within noise at the level of 0.05."), text);
        assertTrue(text.contains("│   1.250 ± 0.495 │"), text);
    }

    @Test
    void ofOneSeedNoiseIsNotKnown() throws IOException {
        Experiment experiment = experiment("""
                , "axes": {"rule": {"equal": {"balance": {"method": "equal"}}, "other": {}}}""");
        String text = results(experiment, List.of(result(Map.of("depth", rmse(1))), result(Map.of("depth", rmse(0.9)))))
                .text();
        assertTrue(text.contains("of one seed, which cannot tell it from noise"), text);
    }

    @Test
    void aRunThatDivergedHasNoFiguresAndSaysWhy() throws IOException {
        Experiment experiment = experiment("""
                , "axes": {"rule": {"equal": {"balance": {"method": "equal"}}, "other": {}}}""");
        RunResult diverged = new RunResult(Optional.of("not one step counted"), 0, Map.of(), 1, 1, Double.NaN, 1);
        Results results = results(experiment, List.of(result(Map.of("depth", rmse(1))), diverged));
        String text = results.text();
        assertTrue(text.contains("other, seed 1, has no figures: not one step counted"), text);
        assertTrue(text.contains("other against equal: no seed has figures of both"), text);
    }

    @Test
    void aResultIsReadAsItWasWritten() throws IOException {
        RunResult diverged = new RunResult(Optional.of("why"), 3, Map.of("depth", List.of(rmse(Double.NaN))), 1, 2, 0.5,
                4);
        diverged.write(folder);
        assertEquals(diverged, RunResult.read(folder));
        RunResult whole = result(Map.of("a \"task\"", iou(1.0 / 3)));
        whole.write(folder);
        assertEquals(whole, RunResult.read(folder));
    }
}
