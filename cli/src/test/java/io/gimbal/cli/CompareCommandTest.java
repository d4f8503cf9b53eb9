package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.run.TinyRooms;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code gimbal compare}. */
class CompareCommandTest {
    @TempDir
    private Path folder;

    private Path experiment(String more) throws IOException {
        Files.writeString(folder.resolve("base.json"), TinyRooms.TEXT);
        return Files.writeString(folder.resolve("experiment.json"), """
                {"name": "two rules", "base": "base.json", "set": {"data.count": 12}, "axes": {"rule": {
                  "equal": {"balance": {"method": "equal"}}, "GradNorm": {}}}%s}""".formatted(more));
    }

    @Test
    void itShowsEachRunAndWhatTheyComeTo() throws IOException {
        Path out = folder.resolve("out");
        Path file = experiment("");
        Command command = Command.run("compare", file.toString(), "--device", "soft", "--out", out.toString())
                .succeeds();
        assertTrue(command.out().contains("Run 1 of 2: equal, seed 1"), command.out());
        assertTrue(command.out().contains("GradNorm against equal: Delta "), command.out());
        assertTrue(command.out().contains("Report: " + out.resolve("report.html")), command.out());
        assertEquals("equal", Config.read(out.resolve("results.json")).text("baseline"));
        Command again = Command.run("compare", file.toString(), "--device", "soft", "--out", out.toString()).succeeds();
        assertFalse(again.out().contains("Run 1 of 2"), again.out());
    }

    @Test
    void runsAreListedWithoutADevice() throws IOException {
        Command command = Command.run("compare", experiment(", \"seeds\": [4, 5]").toString(), "--list",
                "--device", "gpu").succeeds();
        assertEquals("""
                equal, seed 4: runs/equal/seed-4
                equal, seed 5: runs/equal/seed-5
                GradNorm, seed 4: runs/GradNorm/seed-4
                GradNorm, seed 5: runs/GradNorm/seed-5
                """, command.out());
    }

    @Test
    void aMistakeIsOfTheConfigurationAndNothingIsMade() throws IOException {
        Path out = folder.resolve("out");
        Command.run("compare", experiment(", \"select\": \"best\"").toString(), "--device", "soft", "--out",
                out.toString()).refuses(2, "select", "last");
        Command.run("compare", experiment("").toString(), "--device", "soft", "--out", out.toString(), "--set",
                "optimizer.lr=-1").refuses(2, "'equal'", "optimizer.lr");
        assertFalse(Files.exists(out));
    }
}
