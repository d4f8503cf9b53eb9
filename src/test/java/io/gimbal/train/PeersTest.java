package io.gimbal.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The PyTorch peers that Gimbal is timed against compute what the reference does, or they are not timed. */
class PeersTest {
    /** bench/pytorch/test_peers.py: peers against traces, wrong ones refused, networks, files, and the script. */
    @Test
    void thePeersOwnTestsPass() throws Exception {
        Process torch = new ProcessBuilder("python3", "-c", "import torch").redirectErrorStream(true).start();
        torch.getInputStream().readAllBytes();
        assumeTrue(torch.waitFor() == 0, "python3 has no torch; with it (pip install torch) the peers are checked");
        Process tests = new ProcessBuilder("python3", "-m", "unittest").directory(new File("bench/pytorch"))
                .redirectErrorStream(true).start();
        String said = new String(tests.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, tests.waitFor(), said);
        assertTrue(said.contains("\nOK"), said);
    }
}
