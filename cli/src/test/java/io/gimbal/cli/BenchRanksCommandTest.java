package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchRanksCommandTest {
    private static final String CASE = "core/src/test/resources/cases/dense3";
    private static final int SECONDS = 120;

    @TempDir
    private Path folder;

    /** A process of its own, since it starts others like itself. */
    @Test
    void twoRanksTellTheirStepWithExchangesAndWithoutAndHowFastTheyAddUp() throws IOException, InterruptedException {
        Path json = folder.resolve("figures.json");
        Path written = folder.resolve("written");
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin",
                "java").toString(), "-XX:-UsePerfData", "-XX:TieredStopAtLevel=1", "-Xmx512m",
                "--enable-native-access=ALL-UNNAMED", "-Dgimbal.softcuda=" + System.getProperty("gimbal.softcuda"),
                "-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of("bench", "ranks", CASE, "--ranks", "2", "--device", "soft", "--rounds", "1", "--steps",
                "2", "--no-progress", "--json", json.toString()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(written.toFile())
                .start();
        try {
            assertTrue(process.waitFor(SECONDS, TimeUnit.SECONDS), "it takes too long");
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        assertEquals(0, process.exitValue(), () -> {
            try {
                return Files.readString(written);
            } catch (IOException e) {
                return e.toString();
            }
        });
        JsonNode line = new ObjectMapper().readTree(json.toFile());
        assertEquals(2, line.get("ranks").intValue());
        assertEquals(4, line.get("batch").intValue());
        for (String step : List.of("step_s", "step_without_exchanges_s")) {
            assertTrue(line.at("/" + step + "/median").doubleValue() > 0, line::toString);
        }
        assertTrue(line.get("efficiency").doubleValue() > 0, line::toString);
        JsonNode last = line.get("all_reduce").get(line.get("all_reduce").size() - 1);
        // By a ring two ranks move each byte once each way.
        assertEquals(last.get("bytes").doubleValue() / last.at("/seconds/median").doubleValue(),
                last.get("bytes_a_second").doubleValue(), 1);
    }

    @Test
    void whatRanksCannotShareOutOrOneRankIsRefusedByName() {
        Command.run("bench", "ranks", CASE, "--ranks", "3", "--device", "soft").refuses(2, "4", "3 ranks");
        Command.run("bench", "ranks", CASE, "--device", "soft").refuses(2, "--ranks");
    }
}
