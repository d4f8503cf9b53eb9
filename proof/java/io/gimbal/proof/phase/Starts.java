package io.gimbal.proof.phase;

import io.gimbal.proof.Clock;
import io.gimbal.proof.Command;
import io.gimbal.proof.Proof;
import io.gimbal.proof.page.Findings;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** A process that needs the kernels which another has compiled finds them on disk, and compiles none. */
final class Starts {
    private static final int SECONDS = 60;
    private static final String CHECKED = "a second start compiles no kernel";

    private final Proof proof;
    private final Findings findings;

    Starts(Proof proof, Findings findings) {
        this.proof = proof;
        this.findings = findings;
    }

    void run(Clock clock) {
        if (!proof.gpu()) {
            findings.notMeasured(CHECKED, "none", "the software device's kernels are compiled with it");
            return;
        }
        Command.Ended first = start("a first start", clock);
        int kept = kept();
        Command.Ended second = start("a second start", clock);
        if (!first.done() || !second.done()) {
            findings.check(CHECKED, false, (first.done() ? second : first).reason(), "none", "");
            return;
        }
        findings.figures().putObject("starts").put("first_s", first.seconds()).put("second_s", second.seconds())
                .put("kernels", kept);
        findings.check(CHECKED, kept > 0 && kept() == kept, String.format(Locale.ROOT, "%d, of %d that the first "
                + "left; %.1f s after %.1f s", kept() - kept, kept, second.seconds(), first.seconds()), "none", "");
    }

    private Command.Ended start(String name, Clock clock) {
        Path source = proof.cases().resolve("residual");
        return proof.gimbal(name, List.of("bench", "step", source.toString(), "--steps", "1", "--rounds", "1"))
                .run(proof.logs(), clock.atMost(SECONDS));
    }

    private int kept() {
        String[] files = proof.out().resolve("kernels").toFile().list((folder, name) -> name.endsWith(".cubin"));
        return files == null ? 0 : files.length;
    }
}
