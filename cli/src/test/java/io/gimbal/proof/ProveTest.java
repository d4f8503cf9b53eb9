package io.gimbal.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.proof.page.Json;
import io.gimbal.shaded.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProveTest {
    @TempDir
    private Path folder;
    private final StringWriter said = new StringWriter();

    @BeforeEach
    void home() {
        System.setProperty("gimbal.home", Path.of("").toAbsolutePath().toString());
    }

    @AfterEach
    void noHome() {
        System.clearProperty("gimbal.home");
    }

    private int prove(String... arguments) {
        PrintWriter writer = new PrintWriter(said, true);
        return Prove.run(arguments, writer, writer);
    }

    @Test
    void aPhaseOnTheSoftwareDeviceLeavesItsPagesAndFigures() throws IOException {
        Path out = folder.resolve("run");
        assertEquals(0, prove("machine", "--device", "soft", "--out", out.toString()), said::toString);
        JsonNode machine = Json.read(out.resolve("machine.json"));
        assertEquals("soft", machine.path("kind").asText());
        assertTrue(machine.path("figures").path("device").path("copy_bytes_a_second").asDouble() > 0, said::toString);
        assertFalse(machine.path("failed").asBoolean());
        assertTrue(Files.readString(out.resolve("machine.md")).contains("a second start compiles no kernel"));
        String overview = Files.readString(out.resolve("README.md"));
        assertTrue(overview.contains("[machine](machine.md)") && overview.contains("| speed |"), overview);
        assertFalse(Files.readString(out.resolve("machine.md")).contains(Path.of("").toAbsolutePath().toString()),
                "a page names no folder of the machine");
    }

    @ParameterizedTest
    @CsvSource({"nonsense, soft, 'nonsense'' is no phase; there are machine, correct, sanitize, speed, learn'",
            "machine, tpu, '--device is ''tpu''; it may be gpu or soft'"})
    void wrongUsageIsRefusedByName(String phase, String device, String expected) {
        assertEquals(2, prove(phase, "--device", device, "--out", folder.toString()));
        assertTrue(said.toString().contains(expected), said::toString);
    }

    @Test
    void scenesThatAreNoneAreRefusedByName() {
        assertEquals(2, prove("learn", "--device", "soft", "--nyuv2", folder.toString()));
        assertTrue(said.toString().contains("holds no train.txt"), said::toString);
    }

    @Test
    void whatIsNoRunIsNotKept() {
        assertEquals(2, prove("keep", folder.toString()));
        assertTrue(said.toString().contains("is no run of the proof"), said::toString);
    }
}
