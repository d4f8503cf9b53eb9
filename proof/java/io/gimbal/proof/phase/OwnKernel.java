package io.gimbal.proof.phase;

import io.gimbal.proof.Clock;
import io.gimbal.proof.Command;
import io.gimbal.proof.Proof;
import io.gimbal.proof.page.Findings;
import io.gimbal.proof.page.Json;
import io.gimbal.shaded.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** A kernel as a stranger writes it, by {@code gimbal bench kernel}: on a GPU it is timed. */
final class OwnKernel {
    private static final int SECONDS = 40;
    private static final int ELEMENTS = 1 << 25;
    private static final String CHECKED = "a kernel of one's own is timed";

    private final Proof proof;
    private final Findings findings;

    OwnKernel(Proof proof, Findings findings) {
        this.proof = proof;
        this.findings = findings;
    }

    void run(Clock clock) {
        if (!proof.gpu()) {
            findings.notMeasured(CHECKED, "a figure", "without a GPU nothing is timed; its PTX is run by the tests");
            return;
        }
        Path json = proof.logs().resolve("own-kernel.json");
        Command.Ended ended = proof.gimbal("bench kernel", words(proof.kernel("saxpy.cu"), ELEMENTS, json))
                .run(proof.logs(), clock.atMost(SECONDS));
        if (!ended.done()) {
            findings.check(CHECKED, false, ended.reason(), "a figure", "");
            return;
        }
        JsonNode report = Json.read(json);
        findings.figures().set("own_kernel", report);
        double share = report.findPath("share_of_copy").asDouble();
        findings.check(CHECKED, share > 0, String.format(Locale.ROOT, "saxpy of %d elements at %.0f %% of a copy",
                ELEMENTS, 100 * share), "a figure", "");
    }

    static List<String> words(Path file, int elements, Path json) {
        String array = "float[" + elements + "]=random";
        return List.of("bench", "kernel", file.toString(), "saxpy", "--arguments", "out " + array + ", " + array
                + ", float=2, int=" + elements, "--grid", "ceil(" + elements + "/block)", "--json", json.toString());
    }
}
