package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.source.AnimalFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Follows {@code docs/your-own-data.md} to the letter, with a smaller folder and one epoch. */
class YourOwnDataTest {
    private static final Path PAGE = Path.of("docs", "your-own-data.md");
    private static final String PROMPT = "    ./gimbal ";

    @TempDir
    private Path folder;

    @Test
    void everyCommandOfThePageDoesWhatItSays() throws IOException {
        Path data = AnimalFolder.write(folder.resolve("data"), 8, 3);
        List<String> commands = Files.readAllLines(PAGE).stream().filter(line -> line.startsWith(PROMPT)).toList();
        assertEquals(List.of("data", "train", "evaluate", "predict", "export"), commands.stream().map(line ->
                line.substring(PROMPT.length()).split(" ")[0]).toList());
        for (String command : commands) {
            List<String> arguments = new ArrayList<>(Arrays.asList(command.substring(PROMPT.length())
                    .replace("FOLDER", data.toString()).replace("runs/", folder + "/").split(" ")));
            if (arguments.getFirst().equals("train")) {
                arguments.addAll(List.of("--set", "epochs=1"));
            }
            Command.run(arguments.toArray(String[]::new)).succeeds();
        }
        for (String made : List.of("animals.png", "animals/report.html", "animals/best.safetensors", "animals.onnx")) {
            assertTrue(Files.size(folder.resolve(made)) > 0, made);
        }
        try (Stream<Path> predicted = Files.list(folder.resolve("predicted"))) {
            assertTrue(predicted.filter(file -> file.toString().endsWith("overlay.png")).count() == 11);
        }
    }
}
