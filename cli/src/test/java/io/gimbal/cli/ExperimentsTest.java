package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.experiment.Experiment;
import io.gimbal.run.NyuFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The experiments that are handed out. */
class ExperimentsTest {
    private static final Path FOLDER = Path.of("experiments");

    @TempDir
    private Path folder;

    static List<Path> experiments() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
        }
    }

    @Test
    void thereAreExperiments() throws IOException {
        assertTrue(experiments().contains(FOLDER.resolve("toy2.json")));
    }

    @ParameterizedTest
    @MethodSource("experiments")
    void everyVariantOfEachIsAValidConfigurationOverThreeSeeds(Path file) throws IOException {
        List<String> settings = Config.read(file).find("base").orElseThrow().isObject() ? List.of()
                : List.of("data.path=" + NyuFolder.write(folder, 20, 2, 12));
        Experiment experiment = Experiment.read(file, settings);
        experiment.check();
        assertEquals(file.getFileName().toString(), experiment.name() + ".json");
        assertEquals(3, experiment.runs().stream().filter(run -> run.group().equals(experiment.runs().getLast()
                .group())).count());
    }

    @Test
    void theToyProblemIsLearned() {
        Path out = folder.resolve("toy");
        Command command = Command.run("compare", FOLDER.resolve("toy2.json").toString(), "--device", "soft", "--out",
                out.toString(), "--set", "steps=20", "--set", "data.count=2000", "--set", "validation.count=50")
                .succeeds();
        assertTrue(command.out().contains("Run 21 of 21: uncertainty 0.025, seed 3"), command.out());
        Config groups = Config.read(out.resolve("results.json")).object("groups");
        Config alone = groups.object("t0 alone").object("tasks").object("t0");
        assertEquals("RMSE", alone.text("metric"));
        assertTrue(alone.number("mean") < 1.1, () -> alone.number("mean") + ": a function of scale 1 is not learned");
    }
}
