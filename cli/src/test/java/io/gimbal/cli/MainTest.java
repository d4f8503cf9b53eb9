package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.gimbal.device.Device;
import io.gimbal.run.TinyRooms;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
    /** A small case of the numerical reference. */
    private static final Path CASE = Path.of("core/src/test/resources/cases/toy2");

    @TempDir
    private Path folder;

    @Test
    void withoutACommandTheUsageIsShown() {
        Command command = Command.run();
        assertEquals(2, command.code());
        for (String name : List.of("train", "replay", "bench", "plan", "devices")) {
            assertTrue(command.out().contains(name), command.out());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "train --help", "replay --help", "bench --help", "bench step --help",
            "bench kernels --help", "bench device --help", "bench wide --help", "plan --help", "devices --help"})
    void everyCommandHelps(String line) {
        Command command = Command.run(line.split(" ")).succeeds();
        assertTrue(command.out().contains("Usage: gimbal"), command.out());
    }

    @Test
    void theVersionIsSaid() {
        assertTrue(Command.run("--version").succeeds().out().startsWith("Gimbal "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"train", "train a b", "replay", "replay x", "bench", "bench step",
            "bench step x --steps many", "devices now",
            "--nothing"})
    void wrongUsageIsRefusedWithTheUsage(String line) {
        Command command = Command.run(line.split(" "));
        command.refuses(2, "Usage: gimbal");
        assertFalse(command.err().isBlank());
    }

    @Test
    void aCommandOrOptionThatIsNearlyOneIsGuessed() {
        Command.run("trian", "x").refuses(2, "'trian'", "gimbal train");
        Command.run("bench", "steps").refuses(2, "'steps'", "bench step");
        Command.run("train", "x", "--outt", "y").refuses(2, "'--outt'", "--out");
    }

    @Test
    void anArgumentIsNeverReadAsAFileOfArguments() throws IOException {
        Path arguments = Files.writeString(folder.resolve("x"), "--version");
        Command.run("train", "@" + arguments).refuses(2, "@" + arguments, "no such file");
        Command.run("@" + arguments).refuses(2, "@" + arguments);
    }

    @Test
    void anArgumentThatNamesNoFileIsRefusedByName() {
        Command.run("train", "").refuses(2, "CONFIG", "empty");
        Command.run("train", "-").refuses(2, "-: there is no such file");
        Command.run("train", "--").refuses(2, "CONFIG");
        Command.run("train", CASE.toString(), "--out=").refuses(2, "--out", "empty");
        Command.run("train", "a\0b").refuses(2, "CONFIG", "control character");
        Command.run("train", CASE.toString(), "--set").refuses(2, "--set");
        Command.run("train", CASE.resolve("case.json").toString(), "--set", "").refuses(2, "--set", "PATH=VALUE");
        Command.run("").refuses(2, "''");
    }

    @Test
    void devicesListsTheSoftwareDeviceAndWhatThereIsOfAGpu() {
        String text = Command.run("devices").succeeds().out();
        assertTrue(text.contains("GPU") && text.contains("software device") && text.contains("libsoftcuda.so"), text);
    }

    @Test
    void withoutAGpuDeviceGpuFailsWithThePlacesTriedAndLeavesNothing() throws IOException {
        assumeFalse(Device.survey().gpu().usable(), "there is a GPU here");
        Path config = Files.writeString(folder.resolve("tiny.json"), TinyRooms.TEXT);
        Path out = folder.resolve("out");
        Command command = Command.run("train", config.toString(), "--device", "gpu", "--out", out.toString()).refuses(1,
                "no GPU can be used",
                "libcuda.so.1");
        assertTrue(command.err().startsWith("gimbal: no GPU can be used"), command.err());
        assertFalse(Files.exists(out), "the same line with another device must work");
        Command.run("replay", CASE.toString(), out.toString(), "--device", "GPU").refuses(1, "no GPU can be used");
        assertFalse(Files.exists(out));
        Command.run("bench", "step", CASE.toString(), "--device", "gpu").refuses(1, "no GPU can be used");
    }

    @Test
    void theLastLineOfBenchStepIsTheReferencesJson() throws IOException {
        String[] lines = Command.run("bench", "step", CASE.toString(), "--steps", "3", "--device",
                "soft").succeeds().out().split("\n");
        JsonNode line = new ObjectMapper().readTree(lines[lines.length - 1]);
        assertTrue(line.get("engine").asText().startsWith("Gimbal"), line::toString);
        assertTrue(line.get("threads").asInt() >= 1);
        assertEquals("float32", line.get("dtype").asText());
        assertEquals(1, line.get("copies_to_device").intValue());
        for (String never : List.of("copies_to_host", "waits", "allocations")) {
            assertEquals(0, line.get(never).intValue(), never);
        }
        JsonNode seconds = line.get("step_s");
        assertTrue(0 < seconds.get("min").asDouble()
                && seconds.get("min").asDouble() <= seconds.get("median").asDouble()
                && seconds.get("median").asDouble() <= seconds.get("max").asDouble(), line::toString);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-3"})
    void aBenchOfNoStepsIsRefused(String steps) {
        Command.run("bench", "step", CASE.toString(), "--steps", steps).refuses(2, "--steps is " + steps, "at least 1");
    }

    @Test
    void replayWritesIntoAFolderThatIsThereAndKeepsWhatElseIsInIt() throws IOException {
        Path notes = Files.writeString(folder.resolve("notes.txt"), "mine");
        Command command = Command.run("replay", CASE.toString(), folder.toString(), "--device", "soft").succeeds();
        assertTrue(command.out().contains(folder.resolve("trace.jsonl").toString()), command.out());
        byte[] trace = Files.readAllBytes(folder.resolve("trace.jsonl"));
        byte[] last = Files.readAllBytes(folder.resolve("final.safetensors"));
        Command.run("replay", CASE.toString(), folder.toString(), "--device", "soft").succeeds();
        org.junit.jupiter.api.Assertions.assertArrayEquals(trace, Files.readAllBytes(folder.resolve("trace.jsonl")));
        org.junit.jupiter.api.Assertions.assertArrayEquals(last,
                Files.readAllBytes(folder.resolve("final.safetensors")));
        assertEquals("mine", Files.readString(notes));
    }

    @Test
    void replayWritesThroughNoLink() throws IOException {
        Path mine = Files.writeString(folder.resolve("mine"), "mine");
        for (String name : List.of("trace.jsonl", "final.safetensors")) {
            Path link = Files.createSymbolicLink(folder.resolve(name), mine);
            Command.run("replay", CASE.toString(), folder.toString(), "--device", "soft").refuses(2,
                    link + ": is no ordinary file");
            Files.delete(link);
        }
        assertEquals("mine", Files.readString(mine));
    }

    @Test
    void replayOfOrIntoWhatIsNoFolderIsRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "mine");
        Command.run("replay", CASE.toString(), file.toString(), "--device", "soft").refuses(2, file.toString());
        Command.run("replay", folder.resolve("none").toString(), folder.resolve("x").toString(), "--device",
                "soft").refuses(2, "none", "case.json");
        assertEquals("mine", Files.readString(file));
        assertFalse(Files.exists(folder.resolve("x")));
    }
}
