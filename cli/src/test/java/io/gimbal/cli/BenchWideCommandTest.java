package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BenchWideCommandTest {
    private static final String CASES = "core/src/test/resources/cases/";

    @TempDir
    private Path folder;

    private JsonNode json(String command, String name, String... options) throws IOException {
        Path file = folder.resolve("figures.json");
        List<String> line = new ArrayList<>(List.of(command.split(" ")));
        line.addAll(List.of(CASES + name, "--device", "soft", "--json", file.toString()));
        line.addAll(List.of(options));
        Command.run(line.toArray(String[]::new)).succeeds();
        return new ObjectMapper().readTree(file.toFile());
    }

    private static JsonNode comparison(JsonNode line, String what) {
        return line.get("comparisons").valueStream().filter(each -> each.get("what").textValue().equals(what))
                .findFirst().orElseThrow(() -> new AssertionError(what + " is not in " + line));
    }

    @ParameterizedTest
    @ValueSource(strings = {"dense3", "linear_heads", "equal_heads", "transposed", "mixed_heads"})
    void whatIsTimedAtOnceIsWhatTheStepRuns(String name) throws IOException {
        Set<String> planned = json("plan", name).get("convolutions").valueStream().map(each ->
                each.get("direction").textValue() + " " + each.get("geometry").textValue()).collect(Collectors.toSet());
        JsonNode line = json("bench wide", name);
        assertTrue(line.get("comparisons").size() > 0, line::toString);
        for (JsonNode comparison : line.get("comparisons")) {
            JsonNode wide = comparison.at("/wide/convolutions");
            assertEquals(1, wide.size(), wide::toString);
            String text = wide.get(0).get("direction").textValue() + " " + wide.get(0).get("geometry").textValue();
            assertTrue(planned.contains(text), () -> text + " is not among " + planned);
            assertEquals(comparison.get("tasks").intValue(), comparison.at("/single/convolutions").size());
        }
    }

    @Test
    void theFiguresFitEachOther() throws IOException {
        JsonNode line = json("bench wide", "equal_heads", "--precision", "bf16", "--batch", "2");
        assertEquals("bf16", line.get("dtype").textValue());
        assertEquals(2, line.get("batch").intValue());
        assertEquals(4, line.get("comparisons").size());
        for (JsonNode comparison : line.get("comparisons")) {
            double ratio = comparison.at("/single/time_s/median").doubleValue()
                    / comparison.at("/wide/time_s/median").doubleValue();
            assertEquals(ratio, comparison.get("ratio").doubleValue(), 1e-9 * ratio);
            for (String side : List.of("wide", "single")) {
                double rate = comparison.at("/" + side + "/operations").doubleValue()
                        / comparison.at("/" + side + "/time_s/median").doubleValue();
                assertEquals(rate, comparison.at("/" + side + "/flop_a_second").doubleValue(), 1e-9 * rate);
                assertTrue(comparison.at("/" + side + "/convolutions/0/engine/description").textValue()
                        .startsWith("engine "));
            }
            assertEquals(comparison.at("/wide/operations").doubleValue(),
                    comparison.at("/single/operations").doubleValue());
        }
        assertTrue(comparison(line, "heads_backward_data").at("/wide/convolutions/0/geometry").textValue()
                .endsWith("groups 3"));
    }

    @Test
    void withTheSumAloneTheSinglesAreAddedUp() throws IOException {
        JsonNode line = json("bench wide", "linear_heads");
        JsonNode data = comparison(line, "heads_backward_data");
        assertEquals(1, data.at("/wide/launches").intValue());
        assertEquals(3 + 2, data.at("/single/launches").intValue());
        assertEquals(1 + 3, comparison(line, "shared_gradient").at("/wide/launches").intValue());
    }

    @ParameterizedTest
    @CsvSource({"equal, no norms", "norm_shared, trunk.3.bias of a batch norm layer",
            "classify, trunk.4.weight of a linear layer"})
    void whereNothingIsDoneAtOnceThatIsSaidByName(String name, String part) throws IOException {
        JsonNode line = json("bench wide", name);
        assertEquals(0, line.get("comparisons").size());
        assertEquals(2, line.get("absent").size());
        assertTrue(line.get("absent").get(0).textValue().contains(part), line::toString);
        assertTrue(Command.run("bench", "wide", CASES + name, "--device", "soft").succeeds().out().contains(part));
    }

    @Test
    void whatCannotBeComparedIsRefusedInASentence() {
        Command.run("bench", "wide").refuses(2, "Usage: gimbal bench wide");
        Command.run("bench", "wide", CASES + "toy2", "--batch", "0").refuses(2, "--batch is 0");
        Command.run("bench", "wide", "nowhere.json").refuses(2, "nowhere.json");
        Command.run("bench", "wide", CASES + "toy2", "--precision", "half").refuses(2, "--precision is 'half'");
        Command.run("bench", "wide", CASES + "toy2", "--set", "model").refuses(2, "PATH=VALUE");
    }
}
