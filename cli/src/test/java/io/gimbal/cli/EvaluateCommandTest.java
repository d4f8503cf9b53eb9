package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.run.NyuFolder;
import io.gimbal.run.TinyRooms;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code gimbal evaluate}. */
class EvaluateCommandTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir
    private static Path shared;
    private static Path run;

    @TempDir
    private Path folder;

    @BeforeAll
    static void train() throws IOException {
        run = shared.resolve("run");
        Path config = Files.writeString(shared.resolve("tiny.json"), TinyRooms.TEXT);
        Command.run("train", config.toString(), "--device", "soft", "--out", run.toString(), "--set", "epochs=3",
                "--set", "optimizer.lr=0.1", "--set", "schedule=null").succeeds();
    }

    private Command evaluate(String... more) {
        List<String> arguments = new ArrayList<>(List.of("evaluate", run.toString(), "--device", "soft", "--json",
                folder.resolve("figures.json").toString()));
        arguments.addAll(List.of(more));
        return Command.run(arguments.toArray(String[]::new));
    }

    private JsonNode figures() throws IOException {
        return MAPPER.readTree(folder.resolve("figures.json").toFile());
    }

    /** The line of a step, without it. */
    private static JsonNode line(long step) throws IOException {
        for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
            JsonNode read = MAPPER.readTree(line);
            if (read.path("step").asLong() == step) {
                return ((io.gimbal.shaded.jackson.databind.node.ObjectNode) read).without("step");
            }
        }
        throw new AssertionError("no line of step " + step);
    }

    @Test
    void theLastCheckpointHasTheLastLinesFiguresToTheBit() throws IOException {
        Command command = evaluate("--checkpoint", "last").succeeds();
        assertEquals(12, figures().path("step").asLong());
        assertEquals(line(12), figures().path("scores"));
        assertEquals(3, figures().path("examples").asInt());
        assertTrue(command.out().contains("checkpoint.safetensors, step 12, on 3 examples"), command.out());
        assertTrue(command.out().contains("│ depth        │ RMSE"), command.out());
    }

    @Test
    void theBestCheckpointHasTheFiguresOfItsLine() throws IOException {
        evaluate().succeeds();
        assertTrue(figures().path("checkpoint").asText().endsWith("best.safetensors"));
        assertEquals(line(figures().path("step").asLong()), figures().path("scores"));
    }

    /** Of averages as of parameters: what a run that keeps them validated is what it is evaluated by. */
    @Test
    void aRunThatKeepsAveragesIsEvaluatedByThem() throws IOException {
        Path out = folder.resolve("averaged");
        Command.run("train", shared.resolve("tiny.json").toString(), "--device", "soft", "--out", out.toString(),
                "--set", "epochs=1", "--set", "optimizer.lr=0.1", "--set", "optimizer.average=0.9").succeeds();
        Command.run("evaluate", out.toString(), "--device", "soft", "--checkpoint", "last", "--json",
                folder.resolve("figures.json").toString()).succeeds();
        JsonNode line = MAPPER.readTree(Files.readString(out.resolve("metrics.jsonl")));
        assertEquals(((ObjectNode) line).without("step"), figures().path("scores"));
    }

    /** The data that it learned from may be gone. */
    @Test
    void otherHeldOutDataAreMeasuredWhereverTheyLie() throws IOException {
        Path nyu = NyuFolder.write(folder.resolve("nyu"), 2, 3, 12);
        Files.delete(nyu.resolve("train.txt"));
        evaluate("--set", "validation.source=nyuv2", "--set", "validation.count=null", "--data", nyu.toString())
                .succeeds();
        assertEquals(3, figures().path("examples").asInt());
        assertEquals("network", figures().path("resolution").asText());
        JsonNode scores = figures().path("scores");
        evaluate("--set", "validation.source=nyuv2", "--set", "validation.count=null", "--set", "validation.path="
                + nyu).succeeds();
        assertEquals(scores, figures().path("scores"));
    }

    @Test
    void aFolderOfOtherDataThatIsNotThereIsRefused() {
        evaluate("--set", "validation.source=nyuv2", "--set", "validation.count=null", "--data", "nowhere").refuses(2,
                "nowhere: there is no such folder");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "model.input=[3,8,8] | what is evaluated is the run's network",
        "validation.count=0 | validation.count is the number 0",
        "validation=null | has no 'validation'",
        "validation.cuont=3 | Did you mean 'count'?"})
    void whatCannotBeMeasuredIsRefused(String setting, String message) {
        evaluate("--set", setting).refuses(2, message);
        assertTrue(Files.notExists(folder.resolve("figures.json")));
    }

    @Test
    void whatIsNoRunIsRefused() {
        Command.run("evaluate", folder.resolve("none").toString()).refuses(2, "there is no such folder");
    }
}
