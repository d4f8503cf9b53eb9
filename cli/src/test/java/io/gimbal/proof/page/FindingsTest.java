package io.gimbal.proof.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.proof.Phase;
import io.gimbal.proof.ProofException;
import io.gimbal.shaded.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FindingsTest {
    @TempDir
    private Path folder;

    private static Findings findings(boolean gpu) {
        return new Findings(Phase.SPEED, Findings.MAPPER.createObjectNode().put("date", "2026-01-02")
                .put("device", "a device"), gpu);
    }

    @Test
    void aClaimIsACheckOnAGpuAndToldElsewhere() {
        Findings gpu = findings(true);
        gpu.claim(Claim.STRONG_PEER, 1.01, "");
        assertTrue(gpu.failed());
        assertEquals(new Check(Claim.STRONG_PEER.text(), Status.FAILED, "1.01 x", "at least 1.02 x", ""),
                gpu.checks().getFirst());
        Findings soft = findings(false);
        soft.claim(Claim.STRONG_PEER, 1.01, "in float32");
        assertFalse(soft.failed());
        assertEquals(new Check(Claim.STRONG_PEER.text(), Status.NOT_MEASURED, "1.01 x", "at least 1.02 x",
                "the bar is a GPU's; in float32"), soft.checks().getFirst());
    }

    @Test
    void aClaimThatIsNotAboutSpeedCountsEverywhere() {
        Findings soft = findings(false);
        soft.claim(Claim.STEADY_STEP, 1, "");
        soft.claim(Claim.REPLAYS, 1.9e-4, "");
        assertEquals(List.of(Status.FAILED, Status.PASSED), soft.checks().stream().map(Check::status).toList());
    }

    @Test
    void thePageAndTheFiguresSayTheSame() throws IOException {
        Findings findings = findings(true);
        findings.check("one | two", true, "3", "4", "");
        findings.claim(Claim.GRAM_KERNEL, 0.71, "");
        findings.notMeasured("another", "5", "no reason");
        findings.figures().put("answer", 42);
        findings.heading("A heading").text("Some text.").list(List.of("a", "b"))
                .table(List.of("x", "y"), List.of(List.of("1", "2\n3")));
        findings.write(folder, 1.5);
        JsonNode json = Json.read(folder.resolve("speed.json"));
        assertEquals("speed", json.path("phase").asText());
        assertEquals("2026-01-02", json.path("date").asText());
        assertEquals(42, json.path("figures").path("answer").asInt());
        assertEquals(0.71, json.path("claims").path("gram_kernel").asDouble());
        assertEquals(3, json.path("checks").size());
        assertFalse(json.path("failed").asBoolean());
        String page = Files.readString(folder.resolve("speed.md"));
        for (String line : List.of("* device: a device", "| passed | one \\| two | 3 | 4 |  |",
                "| not measured | another |  | 5 | no reason |", "## A heading", "Some text.", "* a\n* b",
                "| 1 | 2 3 |")) {
            assertTrue(page.contains(line), line + " is not in\n" + page);
        }
    }

    @Test
    void aFolderThatIsNotThereIsNamed() {
        String message = assertThrows(ProofException.class, () -> findings(true).write(folder.resolve("gone"), 1))
                .getMessage();
        assertTrue(message.contains("gone") && message.contains("--out"), message);
    }

    @Test
    void everyBarHasItsTwoSides() {
        assertTrue(Claim.BALANCING_SMALL.holds(0.05) && Claim.BALANCING_SMALL.holds(-0.1));
        assertFalse(Claim.BALANCING_SMALL.holds(0.0501));
        assertTrue(Claim.BATCH_NORM_KERNELS.holds(0.8));
        assertFalse(Claim.BATCH_NORM_KERNELS.holds(0.79));
        for (Claim claim : Claim.values()) {
            assertFalse(claim.holds(Double.NaN), claim + " is not held by what is no number");
        }
        assertEquals("at most +5.0 %", Claim.BALANCING_SMALL.barText());
        assertEquals("at most 2.0e-04", Claim.REPLAYS.barText());
        assertEquals("0", Claim.SANITIZERS.barText());
    }
}
