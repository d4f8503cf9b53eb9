package io.gimbal.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.metric.Score;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import io.gimbal.train.GuardedDevice;
import io.gimbal.train.TrainingStoppedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What TensorBoard's own reader finds in a run's event files; skipped where python3 has no tensorboard. */
@Tag("device")
class TensorBoardTest {
    private static final Config CONFIG = Config.parse(TinyRooms.TEXT, "tiny.json");

    private static Device device;
    @TempDir
    private Path folder;

    @BeforeAll
    static void open() {
        device = GuardedDevice.open();
    }

    @AfterAll
    static void close() {
        GuardedDevice.close(device);
    }

    private static void train(RunFolder folder, boolean events, TrainingListener listener) {
        try (TrainingRun run = new TrainingRun(device, TrainingConfig.read(CONFIG), folder, () -> { })) {
            (events ? run.withEventFiles() : run).run(listener);
        }
    }

    private static JsonNode read(Path out) throws IOException, InterruptedException {
        assumeTrue(python("-c", "import tensorboard").waitFor() == 0,
                "python3 has no tensorboard; with it (pip install tensorboard) event files are read back");
        Process process = python(Path.of("core/src/test/python/events.py").toAbsolutePath().toString(), out.toString());
        String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor());
        return new ObjectMapper().readTree(told);
    }

    private static Process python(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("python3"));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    }

    /** The event files are what the run's files say, each figure once, as float32. */
    private static void assertIsTheRun(JsonNode read, Path out) throws IOException {
        JsonNode scalars = read.get("scalars");
        int step = 0;
        for (String text : Files.readAllLines(out.resolve("log.jsonl"))) {
            JsonNode line = new ObjectMapper().readTree(text);
            for (String task : List.of("segmentation", "depth", "normals")) {
                for (Map.Entry<String, String> figure : Map.of("loss", "loss", "weight", "weight", "gradient_norm",
                        "grad_norm").entrySet()) {
                    assertFigure(line.get(figure.getValue()).get(task), step, scalars.get(figure.getKey() + "/"
                            + task).get(step));
                }
            }
            assertFigure(line.get("total"), step, scalars.get("total").get(step));
            assertFigure(line.get("lr"), step, scalars.get("learning_rate").get(step));
            step++;
        }
        assertEquals(step, scalars.get("loss/depth").size(), "each step stands there once");
        int validation = 0;
        for (String text : Files.readAllLines(out.resolve("metrics.jsonl"))) {
            JsonNode line = new ObjectMapper().readTree(text);
            JsonNode figures = line.at("/depth/RMSE");
            int at = line.get("step").asInt();
            assertFigure(figures.get("value"), at, scalars.get("depth/RMSE").get(validation));
            assertFigure(figures.get("best_constant"), at, scalars.get("best_constant/depth/RMSE").get(validation));
            assertEquals(at, read.at("/images/samples/" + validation + "/0").asInt());
            validation++;
        }
        assertEquals(validation, scalars.get("depth/RMSE").size(), "and so does each validation");
        assertEquals(validation, read.at("/images/samples").size());
        assertTrue(read.at("/images/samples/0/1").asInt() > 3 * 100, "a picture's width");
    }

    private static void assertFigure(JsonNode due, int step, JsonNode found) {
        assertEquals(step, found.get(0).asInt());
        assertEquals((float) due.asDouble(), found.get(1).floatValue());
    }

    private static long eventFiles(Path out) throws IOException {
        try (Stream<Path> files = Files.list(out)) {
            return files.filter(file -> file.getFileName().toString().startsWith("events.out.tfevents.")).count();
        }
    }

    @Test
    void everyFigureIsReadBack() throws IOException, InterruptedException {
        Path out = folder.resolve("run");
        train(RunFolder.create(out, "tiny", CONFIG), true, new Quiet());
        assertEquals(1, eventFiles(out));
        assertIsTheRun(read(out), out);
        assertTrue(assertThrows(UserException.class, () -> {
            Files.delete(out.resolve("checkpoint.safetensors"));
            for (String file : List.of("config.json", "log.jsonl", "metrics.jsonl", "speed.jsonl",
                    "environment.jsonl", "samples.png", "report.html", "best.safetensors")) {
                Files.delete(out.resolve(file));
            }
            RunFolder.create(out, "tiny", CONFIG);
        }).getMessage().contains("holds TensorBoard's files of another run"));
    }

    /** As after a kill: the checkpoint is of step 4, and there are events of all 8. */
    @Test
    void whatIsMadeAgainStandsThereOnce() throws IOException, InterruptedException {
        Path whole = folder.resolve("whole");
        train(RunFolder.create(whole, "tiny", CONFIG), true, new Quiet());
        Path out = folder.resolve("run");
        assertThrows(TrainingStoppedException.class, () -> train(RunFolder.create(out, "tiny", CONFIG), false,
                new Quiet() {
                    @Override
                    public void validated(long step, Map<String, List<Score>> scores, boolean best) {
                        Thread.currentThread().interrupt();
                    }
                }));
        assertTrue(Thread.interrupted());
        try (Stream<Path> files = Files.list(whole)) {
            for (Path file : files.filter(file -> file.getFileName().toString().startsWith("events.")).toList()) {
                Files.copy(file, out.resolve(file.getFileName()));
            }
        }
        train(RunFolder.resume(out, CONFIG), false, new Quiet());
        assertEquals(2, eventFiles(out), "one a process, without being asked for again");
        assertIsTheRun(read(out), out);
    }

    @Test
    void aRunThatIsResumedWithThemHasAllOfItInThem() throws IOException, InterruptedException {
        Path out = folder.resolve("run");
        assertThrows(RuntimeException.class, () -> train(RunFolder.create(out, "tiny", CONFIG), false, new Quiet() {
            @Override
            public void validating(int count) {
                throw new IllegalArgumentException("as if killed");
            }
        }));
        assertEquals(0, eventFiles(out));
        train(RunFolder.resume(out, CONFIG), true, new Quiet());
        assertIsTheRun(read(out), out);
    }
}
