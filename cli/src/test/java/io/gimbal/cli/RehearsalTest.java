package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RehearsalTest {
    @TempDir
    private Path folder;

    @Test
    void itTrainsAndPredicts() {
        Rehearsal.main(new String[] {"examples/rooms.json", folder.toString()});
        assertTrue(Files.exists(folder.resolve("run").resolve("best.safetensors")));
        assertTrue(Files.exists(folder.resolve("results").resolve("samples.json")));
    }
}
