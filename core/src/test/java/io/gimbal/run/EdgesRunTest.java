package io.gimbal.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.data.Field;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.experiment.Experiment;
import io.gimbal.metric.Score;
import io.gimbal.predict.Model;
import io.gimbal.source.DataFolder;
import io.gimbal.storage.HostTensor;
import io.gimbal.storage.SafeTensors;
import io.gimbal.storage.TensorFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Edges are learned as yes or no; how well their lines are found is told by an evaluation, and not while learning. */
class EdgesRunTest {
    private static final String TEXT = """
            {"data": {"source": "folder", "path": "FOLDER", "list": "all.txt", "image": "{name}.png", "batch": 2,
              "fields": {"edges": {"file": "parts{name}.png", "kind": "edges"}}},
             "validation": {"list": "all.txt"},
             "model": {"input": [3, 16, 24], "trunk": [{"layer": "conv2d", "out": 4, "kernel": 3, "padding": 1},
               {"layer": "relu"}], "heads": {"edges": [{"layer": "conv2d", "out": 1, "kernel": 1}]}},
             "tasks": {"edges": {"loss": "binary_cross_entropy", "ignore": -1}},
             "balance": {"method": "equal"}, "optimizer": {"method": "adam", "lr": 0.01}, "epochs": 1, "seed": 1}
            """;

    @TempDir
    private static Path shared;
    private static Device device;
    private static Config config;
    private static Map<String, List<Score>> trained;

    @BeforeAll
    static void train() {
        device = Device.open(DeviceKind.SOFT);
        DataFolder folder = new DataFolder(shared.resolve("data"));
        int[][] sizes = {{16, 24}, {37, 51}, {9, 13}, {40, 30}};
        StringBuilder list = new StringBuilder();
        for (int i = 0; i < sizes.length; i++) {
            int height = sizes[i][0];
            int width = sizes[i][1];
            int[] parts = new int[height * width];
            int[] colours = new int[3 * parts.length];
            for (int pixel = 0; pixel < parts.length; pixel++) {
                parts[pixel] = pixel % width < width / 2 ? 1 : 2;
                colours[3 * pixel] = 100 * parts[pixel];
            }
            folder.grey("parts" + i + ".png", width, height, parts);
            folder.colours(i + ".png", width, height, colours);
            list.append(i).append('\n');
        }
        folder.text("all.txt", list.toString());
        config = Config.parse(TEXT.replace("FOLDER", folder.path.toString()), "edges.json");
        trained = train(config, RunFolder.create(shared.resolve("run"), "edges", config));
    }

    @AfterAll
    static void close() {
        device.close();
    }

    private static Map<String, List<Score>> train(Config config, RunFolder out) {
        try (TrainingRun run = new TrainingRun(device, TrainingConfig.read(config), out, () -> { })) {
            return run.run(new Quiet());
        }
    }

    private static List<String> names(Map<String, List<Score>> scores) {
        return scores.get("edges").stream().map(Score::name).toList();
    }

    private static Map<String, List<Score>> evaluated(Path run, String... settings) {
        return new Evaluation(TrainedModel.read(run, Optional.of(TrainedModel.Which.LAST)), List.of(settings))
                .scores(device, done -> { });
    }

    private static Score score(Map<String, List<Score>> scores, String name) {
        return scores.get("edges").stream().filter(score -> score.name().equals(name)).findFirst().orElseThrow();
    }

    @Test
    void anEvaluationTellsOdsFAndApBehindWhatAValidationTells() {
        assertFalse(names(trained).contains("odsF"), trained.toString());
        for (String resolution : List.of("network", "native")) {
            Map<String, List<Score>> scores = evaluated(shared.resolve("run"), "validation.resolution=" + resolution);
            int quick = names(trained).size();
            assertEquals(names(trained), names(scores).subList(0, quick));
            assertEquals(List.of("odsF", "AP"), names(scores).subList(quick, quick + 2));
            if (resolution.equals("network")) {
                assertEquals(trained.get("edges"), scores.get("edges").subList(0, quick));
            }
            for (String name : List.of("odsF", "AP")) {
                assertTrue(score(scores, name).value() >= 0 && score(scores, name).value() <= 101, scores.toString());
                assertTrue(score(scores, name).labelled());
            }
        }
    }

    @Test
    void noValidationIsTheBestByWhatItDoesNotMeasure() {
        String refused = assertThrows(UserException.class, () -> TrainingConfig.read(config.with(
                "best={\"task\": \"edges\", \"metric\": \"odsF\"}"))).getMessage();
        assertTrue(refused.contains("best.metric is odsF, which takes up to seconds an image: 'gimbal evaluate' and "
                + "'gimbal compare' measure it, but the validations of a training do not. It may be: accuracy"),
                refused);
        String unknown = assertThrows(UserException.class, () -> TrainingConfig.read(config.with(
                "best={\"task\": \"edges\", \"metric\": \"oisF\"}"))).getMessage();
        assertTrue(unknown.contains("which is not known"), unknown);
    }

    @Test
    void anExperimentMayCompareByIt() throws IOException {
        Path file = shared.resolve("experiment.json");
        String text = "{\"select\": \"last\", \"base\": " + config.canonicalText()
                + ", \"metrics\": {\"edges\": \"NAME\"}}";
        Files.writeString(file, text.replace("NAME", "odsF"));
        Experiment.read(file, List.of()).check();
        Files.writeString(file, text.replace("NAME", "oisF"));
        String refused = assertThrows(UserException.class, () -> Experiment.read(file, List.of()).check()).getMessage();
        assertTrue(refused.contains("odsF, AP"), refused);
    }

    /** Such a run's checkpoint calls edges values. */
    @Test
    void aRunOfATimeWhenEdgesWereValuesIsEvaluatedPredictsAndGoesOn() throws IOException {
        Path old = shared.resolve("old");
        train(config, RunFolder.create(old, "edges", config));
        Path file = old.resolve("checkpoint.safetensors");
        assertEquals(Field.Kind.EDGES, Model.load(file).fields().getFirst().kind());
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        Map<String, String> metadata;
        try (TensorFile checkpoint = SafeTensors.open(file)) {
            metadata = new LinkedHashMap<>(checkpoint.metadata());
            for (String name : checkpoint.names()) {
                tensors.put(name, checkpoint.read(name));
            }
        }
        assertEquals("edges", metadata.put("kinds.edges", "values"));
        Files.delete(file);
        SafeTensors.write(file, tensors, metadata);

        assertEquals(evaluated(shared.resolve("run")), evaluated(old));
        assertEquals(Field.Kind.VALUES, Model.load(file).fields().getFirst().kind());
        Config longer = config.with("epochs=2");
        train(longer, RunFolder.resume(old, longer));
        assertEquals(Field.Kind.EDGES, Model.load(file).fields().getFirst().kind());
    }
}
