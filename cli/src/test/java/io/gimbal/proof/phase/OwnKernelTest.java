package io.gimbal.proof.phase;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.proof.Command;
import io.gimbal.proof.Proof;
import io.gimbal.proof.page.Json;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

class OwnKernelTest {
    @TempDir
    private Path folder;

    /** What is timed on a GPU is run here instruction by instruction, of fewer elements, by the same words. */
    @Test
    @EnabledIfEnvironmentVariable(named = "GIMBAL_NVIDIA", matches = ".+",
            disabledReason = "NVIDIA's wheels are not installed")
    void theProofsKernelIsTakenAndFoundWithoutFaults() {
        Proof proof = new Proof(Path.of("").toAbsolutePath(), false, folder, Optional.empty(), "python3");
        Path json = folder.resolve("own.json");
        Command.Ended ended = proof.gimbal("own", OwnKernel.words(proof.kernel("saxpy.cu"), 5000, json))
                .run(folder, 120);
        assertTrue(ended.done(), ended::reason);
        assertTrue(Json.read(json).path("passed").asBoolean());
    }
}
