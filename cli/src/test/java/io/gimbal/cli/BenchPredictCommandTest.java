package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.run.TinyRooms;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchPredictCommandTest {
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
        Command.run("train", config.toString(), "--device", "soft", "--out", run.toString(), "--set", "epochs=1")
                .succeeds();
    }

    private static Command bench(String... more) {
        return Command.run(Stream.concat(Stream.of("bench", "predict", run.toString(), "--device", "soft", "--batch",
                "4", "--threads", "3", "--seconds", "0.2", "--rounds", "2", "--no-progress"), Stream.of(more))
                .toArray(String[]::new));
    }

    @Test
    void eachWayIsTimedAndToldInTheTableAndTheJson() throws IOException {
        Path file = folder.resolve("predict.json");
        Command command = bench("--json", file.toString()).succeeds();
        String[] lines = command.out().split("\n");
        JsonNode line = MAPPER.readTree(lines[lines.length - 1]);
        assertEquals(line, MAPPER.readTree(file.toFile()));
        assertEquals(List.of("one by one", "full batches", "threads"), line.get("ways").propertyStream().map(
                way -> way.getKey()).toList());
        assertEquals(1, line.at("/ways/one by one/images_a_batch").doubleValue());
        assertEquals(4, line.at("/ways/full batches/images_a_batch").doubleValue());
        double shared = line.at("/ways/threads/images_a_batch").doubleValue();
        assertTrue(shared >= 1 && shared <= 3, "three threads have at most three requests: " + shared);
        for (JsonNode way : line.get("ways")) {
            double least = way.at("/image_s/min").doubleValue();
            assertTrue(least > 0 && least <= way.at("/image_s/median").doubleValue());
            assertTrue(way.at("/latency_s/50").doubleValue() <= way.at("/latency_s/99").doubleValue()
                    && way.at("/latency_s/99").doubleValue() <= way.at("/latency_s/100").doubleValue());
            // Two rounds of 0.2 s, and what is under way when they end.
            assertTrue(way.get("images").longValue() * least <= 0.4 + 8 * way.at("/latency_s/100").doubleValue(),
                    way::toString);
        }
        assertTrue(command.out().contains("│ one by one ") && command.out().contains(", batches of up to 4, 3 threads"),
                command.out());
    }

    @Test
    void itIsComparedWithWhatWasKept() throws IOException {
        Path file = folder.resolve("kept.json");
        bench("--json", file.toString()).succeeds();
        bench("--against", file.toString(), "--slower-than", "1e6").succeeds();
        ObjectNode fast = (ObjectNode) MAPPER.readTree(file.toFile());
        ((ObjectNode) fast.at("/ways/threads/image_s")).put("min", 1e-9);
        Files.writeString(file, fast.toString());
        Command slower = bench("--against", file.toString(), "--slower-than", "1e3");
        assertEquals(3, slower.code(), slower.err());
        assertTrue(slower.out().contains("1 of 3 have a ratio above 1000.0: threads ("), slower.out());
        bench("--against", file.toString(), "--waiting", "1").refuses(2, "waiting_ms is '0.0' there and '1.0' now");
    }

    @Test
    void whatCannotBeMeasuredIsRefused() {
        Command.run("bench", "predict", run.toString(), "--threads", "0")
                .refuses(2, "--threads is 0; it must be from 1 to 1024");
        Command.run("bench", "predict", run.toString(), "--seconds", "NaN")
                .refuses(2, "--seconds is NaN; it must be from 0.001 to 3600");
        Command.run("bench", "predict", folder.resolve("none").toString()).refuses(2, "none");
    }
}
