package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.run.NyuFolder;
import io.gimbal.run.TrainingConfig;
import io.gimbal.source.AnimalFolder;
import io.gimbal.source.DigitFolder;
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

/** The configurations that are handed out. */
class ExamplesTest {
    private static final Path FOLDER = Path.of("examples");

    @TempDir
    private Path folder;

    static List<Path> examples() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
        }
    }

    @Test
    void thereAreExamples() throws IOException {
        assertTrue(examples().contains(FOLDER.resolve("rooms.json")), () -> "rooms.json is the README's");
    }

    @ParameterizedTest
    @MethodSource("examples")
    void everyExampleIsAValidConfiguration(Path file) throws IOException {
        Config config = Config.read(file);
        int batch = config.object("data").integer("batch", 8);
        Optional<Path> data = switch (config.object("data").text("source")) {
            case "nyuv2" -> Optional.of(NyuFolder.write(folder, batch, 2, 12));
            case "folder" -> Optional.of(AnimalFolder.write(folder, batch, 2));
            case "multimnist" -> Optional.of(DigitFolder.write(folder, batch));
            default -> Optional.empty();
        };
        if (data.isPresent()) {
            config = config.with("data.path=" + data.get());
        }
        TrainingConfig training = TrainingConfig.read(config);
        assertEquals(config.object("tasks").keys().size(), training.plan().tasks().size());
        assertTrue(training.steps() > 0 && training.validation().isPresent());
        assertEquals(file.getFileName().toString(), training.name() + ".json");
    }

    @Test
    void theBestRunMayBeToldByAMetricOfPoints() throws IOException {
        Config config = Config.read(FOLDER.resolve("animals.json")).with("data.path=" + AnimalFolder.write(folder, 8,
                2)).with("best={\"task\": \"joints\", \"metric\": \"within 5 %\"}");
        assertTrue(TrainingConfig.read(config).validation().isPresent());
    }
}
