package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.experiment.Experiment;
import io.gimbal.run.FaceFolder;
import io.gimbal.run.NyuFolder;
import io.gimbal.source.AnimalFolder;
import io.gimbal.source.DigitFolder;
import io.gimbal.source.PascalFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
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
    void everyVariantOfEachIsAValidConfiguration(Path file) throws IOException {
        Experiment experiment = Experiment.read(file, settings(file));
        experiment.check();
        assertEquals(file.getFileName().toString(), experiment.name() + ".json");
        long seeds = experiment.runs().stream().filter(run -> run.group().equals(experiment.runs().getLast()
                .group())).count();
        // Its twenty networks differ in their weights, and as the paper's stand for each other's seeds.
        assertEquals(experiment.name().equals("nyuv2-weights") ? 1 : 3, seeds);
    }

    /** Where data lie that fit what the experiment learns from. */
    private List<String> settings(Path file) throws IOException {
        Config spec = Config.read(file);
        Config given = spec.find("base").orElseThrow();
        Config base = given.isObject() ? given : Config.read(FOLDER.resolve(given.text()));
        Optional<Path> data = switch (base.object("data").text("source")) {
            case "nyuv2" -> Optional.of(withFortyClasses(NyuFolder.write(folder, 30, 2, 12)));
            case "folder" -> Optional.of(AnimalFolder.write(folder, 12, 2));
            case "multimnist" -> Optional.of(DigitFolder.write(folder, 80));
            case "pascal_context" -> Optional.of(PascalFolder.write(folder, 20, 2));
            case "mtfl" -> Optional.of(FaceFolder.write(folder, 64, 2));
            default -> Optional.empty();
        };
        return data.map(path -> "data.path=" + path).stream().toList();
    }

    private static Path withFortyClasses(Path data) throws IOException {
        for (String split : List.of("train", "test")) {
            Path from = data.resolve(split).resolve("label13");
            Path to = Files.createDirectories(data.resolve(split).resolve("label40"));
            for (Path file : Files.list(from).toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
        return data;
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
