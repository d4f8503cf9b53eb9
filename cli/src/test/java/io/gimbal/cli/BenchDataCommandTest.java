package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchDataCommandTest {
    private static final String ROOMS = "examples/rooms.json";

    @TempDir
    private Path folder;

    @Test
    void theStagesOfEachPassAddUpAndTellTheCoresThatFeedAStep() throws IOException {
        Path file = folder.resolve("data.json");
        Command command = Command.run("bench", "data", ROOMS, "--set", "data.batch=4", "--seconds", "0.3",
                "--step-seconds", "0.02", "--json", file.toString()).succeeds();
        String[] lines = command.out().split("\n");
        JsonNode line = new ObjectMapper().readTree(lines[lines.length - 1]);
        assertEquals(line, new ObjectMapper().readTree(file.toFile()));
        assertTrue(command.out().contains("1024 examples of 3 x 96 x 128 from rooms of seed 1"), command.out());
        for (String name : List.of("first", "memory")) {
            JsonNode pass = line.at("/passes/" + name);
            double seconds = 0;
            for (String stage : List.of("decode_s", "derive_s", "fit_s", "write_s")) {
                seconds += pass.get(stage).doubleValue();
            }
            double rate = pass.get("images_a_second_and_core").doubleValue();
            assertEquals(1 / seconds, rate, 1e-9 * rate);
            assertEquals(4 / rate / 0.02, pass.get("cores").doubleValue(), 1e-9);
            // A thread has no more of the processor than there was time; its clock may be some ticks off.
            assertTrue(pass.get("images").longValue() / rate <= 1.1 * pass.get("seconds").doubleValue(),
                    pass::toString);
            assertEquals(!pass.get("steady").booleanValue(), command.out().contains("The pass '" + name + "' was"),
                    command.out());
        }
        assertTrue(line.at("/passes/first/decode_s").doubleValue() > 0, line::toString);
        assertEquals(0, line.at("/passes/memory/decode_s").doubleValue());
    }

    @Test
    void whatCannotBeMeasuredIsRefused() {
        Command.run("bench", "data", ROOMS, "--seconds", "0").refuses(2, "--seconds is 0.0");
        Command.run("bench", "data", ROOMS, "--step-seconds", "-1").refuses(2, "--step-seconds is -1.0");
        Command.run("bench", "data", folder.resolve("no.json").toString()).refuses(2, "no.json");
        Command.run("bench", "data", ROOMS, "--set", "data.path=x", "--set", "data.source=nyuv2")
                .refuses(2, "data.count");
    }
}
