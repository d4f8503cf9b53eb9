package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchStepPartsTest {
    private static final String CASE = "core/src/test/resources/cases/dense3";

    @TempDir
    private Path folder;

    private JsonNode parts(String... options) throws IOException {
        Path file = folder.resolve("step.json");
        List<String> line = new ArrayList<>(List.of("bench", "step", CASE, "--device", "soft", "--steps", "1",
                "--parts", "--json", file.toString()));
        line.addAll(List.of(options));
        Command command = Command.run(line.toArray(String[]::new)).succeeds();
        JsonNode json = new ObjectMapper().readTree(file.toFile());
        assertTrue(command.out().contains("others") && command.out().contains("as one graph takes"), command.out());
        JsonNode parts = json.get("parts");
        assertEquals(json.get("graph_nodes").longValue(), parts.at("/sum/count").longValue());
        return parts;
    }

    private static double total(JsonNode list, String field) {
        double total = 0;
        for (JsonNode each : list) {
            total += each.get(field).doubleValue();
        }
        return total;
    }

    @Test
    void theJsonHoldsEveryPieceAndItsSums() throws IOException {
        JsonNode parts = parts();
        assertEquals("own", parts.get("balancing").textValue());
        double alone = parts.at("/sum/alone_s").doubleValue();
        assertEquals(alone, total(parts.get("pieces"), "alone_s"), 1e-9 * alone);
        assertEquals(alone, total(parts.get("kinds"), "alone_s"), 1e-9 * alone);
        assertEquals(1, total(parts.get("pieces"), "share"), 1e-9);
        assertEquals(alone / parts.at("/step_s/median").doubleValue(), parts.get("alone_over_step").doubleValue(),
                1e-9);
        assertEquals(parts.at("/device/copy/bytes_a_second").doubleValue(),
                parts.at("/limits/bytes_per_second").doubleValue());
        assertTrue(parts.at("/limits/source").textValue().startsWith("measured in this process"));
        assertTrue(parts.at("/upload/bytes").longValue() > 0 && parts.at("/upload/upload_s/median").doubleValue() > 0);
        boolean engine = false;
        for (JsonNode piece : parts.get("pieces")) {
            assertEquals(piece.get("count").intValue(), piece.get("instructions").size());
            assertEquals(piece.get("alone_s").doubleValue() / piece.get("least_s").doubleValue(),
                    piece.get("over_least").doubleValue(), 1e-9 * piece.get("over_least").doubleValue());
            assertTrue(piece.has("engine") == piece.get("kind").textValue().startsWith("convolution"),
                    piece::toString);
            engine |= piece.at("/engine/description").asText().startsWith("engine ");
        }
        assertTrue(engine, "no engine is described");
        assertEquals(1, pieces(parts, "gram"));
    }

    private static long pieces(JsonNode parts, String kind) {
        return parts.get("pieces").valueStream().filter(piece -> piece.get("kind").textValue().equals(kind)).count();
    }

    @Test
    void withEqualWeightsThoseArePieced() throws IOException {
        JsonNode parts = parts("--balance", "equal");
        assertEquals("equal", parts.get("balancing").textValue());
        assertEquals(0, pieces(parts, "gram"));
    }

    @Test
    void valuesOfTheConfigurationAreSetAsInATraining() {
        String text = Command.run("bench", "step", "examples/rooms.json", "--device", "soft", "--steps", "1",
                "--balance", "equal", "--set", "data.batch=1", "--set", "precision=\"bf16\"").succeeds().out();
        assertTrue(text.contains("\"batch\":1,") && text.contains("\"dtype\":\"bf16\""), text);
        assertFalse(text.contains("\"parts\""), text);
        Command.run("bench", "step", "examples/rooms.json", "--set", "model").refuses(2, "--set model", "PATH=VALUE");
        Command.run("bench", "step", CASE, "--set", "balance.method=\"none\"").refuses(2, "balance.method", "none");
        String plan = Command.run("plan", "examples/rooms.json", "--device", "soft", "--set", "data.batch=3").succeeds()
                .out();
        assertTrue(plan.contains("rooms, batch 3"), plan);
    }
}
