package io.gimbal.proof.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.proof.Phase;
import io.gimbal.proof.ProofException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsTableTest {
    @TempDir
    private Path folder;

    private void run(String name, String date, String kind, double ratio) throws IOException {
        Findings findings = new Findings(Phase.SPEED, Findings.MAPPER.createObjectNode().put("date", date)
                .put("kind", kind).put("device", "GPU " + name).put("cuda", "13.0").put("cudnn", "9.1.0"),
                kind.equals("gpu"));
        findings.claim(Claim.STRONG_PEER, ratio, "");
        findings.write(Files.createDirectory(folder.resolve(name)), 1);
    }

    private String row(Claim claim) {
        return ResultsTable.of(folder, "results/").lines().filter(line -> line.contains(claim.text())).findFirst()
                .orElseThrow();
    }

    @Test
    void theNewestRunOnAGpuCounts() throws IOException {
        run("a", "2026-01-02", "gpu", 1.10);
        run("b", "2026-01-01", "gpu", 1.20);
        run("c", "2026-01-03", "soft", 1.30);
        assertEquals("| " + Claim.STRONG_PEER.text() + " | 1.10 x | at least 1.02 x | [2026-01-02, GPU a, CUDA 13.0, "
                + "cuDNN 9.1.0](results/a/speed.md) |", row(Claim.STRONG_PEER));
    }

    @Test
    void whatNoRunHasMeasuredIsNotMeasuredYet() throws IOException {
        run("a", "2026-01-02", "gpu", 1.10);
        assertTrue(row(Claim.REPLAYS).contains("| not measured yet |"), row(Claim.REPLAYS));
    }

    @Test
    void aTextWithoutAPlaceForTheTableIsRefused() {
        String message = assertThrows(ProofException.class, () -> ResultsTable.within("text", "table",
                Path.of("README.md"))).getMessage();
        assertTrue(message.startsWith("README.md has no place for the table"), message);
    }

    /** {@code proof/prove keep} makes them; whoever edits a figure by hand fails here. */
    @Test
    void theTablesOfTheReadmesAreThoseOfTheResultsThatAreKept() throws IOException {
        for (Path file : List.of(Path.of("README.md"), Path.of("bench", "results", "README.md"))) {
            String link = file.getNameCount() == 1 ? "bench/results/" : "";
            String text = Files.readString(file);
            assertEquals(ResultsTable.within(text, ResultsTable.of(Path.of("bench", "results"), link), file), text);
        }
    }
}
