package io.gimbal.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The PyTorch peers that Gimbal is timed against compute what the reference does, or they are not timed. */
class PeersTest {
    @TempDir
    private Path folder;

    private record Ended(int status, String said) {}

    /** Runs a peer's worker up to its first answer; it ends when its standard input does. */
    private static Ended check(String peer, Path source, Path expected) throws IOException, InterruptedException {
        Process torch = new ProcessBuilder("python3", "-c", "import torch").redirectErrorStream(true).start();
        torch.getInputStream().readAllBytes();
        assumeTrue(torch.waitFor() == 0, "python3 has no torch; with it (pip install torch) the peers are checked");
        Process process = new ProcessBuilder("python3", "bench/pytorch/worker.py", peer, source.toString(), "--expected",
                expected.toString()).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), said);
    }

    @ParameterizedTest
    @ValueSource(strings = {"eager_gradnorm", "create_graph", "strong"})
    void peersComeToTheReferencesFigures(String peer) throws Exception {
        Path source = CaseFolders.of("residual");
        Ended ended = check(peer, source, source.resolve("trace.jsonl"));
        assertEquals(0, ended.status(), ended.said());
        assertTrue(ended.said().contains("\"checked_steps\": 20"), ended.said());
    }

    @Test
    void aPeerThatIsWrongIsNotTimed() throws Exception {
        Path source = CaseFolders.of("residual");
        Path expected = folder.resolve("trace.jsonl");
        String trace = Files.readString(source.resolve("trace.jsonl"));
        Files.writeString(expected, trace.replaceFirst("\"weight\": \\{\"edge\": 1.0", "\"weight\": {\"edge\": 1.01"));
        Ended ended = check("eager_gradnorm", source, expected);
        assertEquals(1, ended.status(), ended.said());
        assertTrue(ended.said().contains("is wrong and is not timed"), ended.said());
    }
}
