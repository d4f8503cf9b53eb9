package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.gimbal.run.TinyRooms;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("jcuda")
class JcudaTrainTest {
    @TempDir
    private Path folder;

    @Test
    void trainingByEitherBindingLeavesTheSameNetwork() throws IOException {
        Path config = Files.writeString(folder.resolve("tiny.json"), TinyRooms.TEXT);
        for (String by : List.of("panama", "jcuda")) {
            Command.run("train", config.toString(), "--device", "soft", "--binding", by, "--out",
                    folder.resolve(by).toString()).succeeds();
        }
        String checkpoint = "checkpoint.safetensors";
        assertArrayEquals(Files.readAllBytes(folder.resolve("panama").resolve(checkpoint)),
                Files.readAllBytes(folder.resolve("jcuda").resolve(checkpoint)));
    }
}
