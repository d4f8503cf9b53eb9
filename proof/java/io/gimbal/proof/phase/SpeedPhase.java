package io.gimbal.proof.phase;

import io.gimbal.proof.Clock;
import io.gimbal.proof.Command;
import io.gimbal.proof.PhaseWork;
import io.gimbal.proof.Proof;
import io.gimbal.proof.page.Claim;
import io.gimbal.proof.page.Findings;
import io.gimbal.proof.page.Json;
import io.gimbal.shaded.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Times steps of both reference networks, beside PyTorch where that is there, each kernel beside a copy, and each piece
 * of a step beside the device's limits. What the bars need comes first. On the software device the images are smaller.
 */
public final class SpeedPhase implements PhaseWork {
    static final String SMALL = "segnet-80x80";
    static final String FULL = "segnet-320x320";
    static final String RESNET = "resnet50";
    private static final int PEERS_SECONDS = 270;
    private static final int LEAST_SECONDS = 20;
    private static final int STEP_SECONDS = 100;

    @Override
    public void run(Proof proof, Findings findings, Clock clock) {
        Steps steps = new Steps(proof, findings);
        claimSmall(steps.time(SMALL, "bf16", clock), findings);
        new Peers(proof, findings).run(clock.atMost(proof.gpu() ? PEERS_SECONDS : PEERS_SECONDS / 2));
        new KernelTimes(proof, findings).run(clock);
        new OwnKernel(proof, findings).run(clock);
        steps.time(FULL, "bf16", clock).ifPresentOrElse(line -> findings.claim(Claim.BALANCING_FULL,
                line.path("overhead_over_equal").asDouble(), ""), () -> findings.notMeasured(Claim.BALANCING_FULL,
                "the step could not be timed"));
        findings.write(proof.out(), clock.passed());
        new Parts(proof, findings, steps).run(clock);
        Map<String, List<String>> rest = new LinkedHashMap<>();
        rest.put(RESNET, List.of("bf16", "tf32", "float32"));
        rest.put(SMALL, List.of("tf32", "float32"));
        rest.forEach((network, precisions) -> precisions.forEach(precision -> {
            if (clock.left() < LEAST_SECONDS) {
                findings.notMeasured("a step of " + network + " in " + precision, "a figure",
                        "the phase's time was over");
            } else {
                steps.time(network, precision, clock);
            }
            findings.write(proof.out(), clock.passed());
        }));
        steps.tell();
    }

    private static void claimSmall(Optional<JsonNode> line, Findings findings) {
        if (line.isEmpty()) {
            findings.notMeasured(Claim.BALANCING_SMALL, "the step could not be timed");
            findings.notMeasured(Claim.STEADY_STEP, "the step could not be timed");
            return;
        }
        JsonNode step = line.get();
        findings.claim(Claim.BALANCING_SMALL, step.path("overhead_over_equal").asDouble(), "");
        long costly = step.path("waits").asLong() + step.path("copies_to_host").asLong()
                + step.path("allocations").asLong();
        findings.claim(Claim.STEADY_STEP, costly, step.path("waits").asLong() + " waits, "
                + step.path("copies_to_host").asLong() + " copies to the host, " + step.path("allocations").asLong()
                + " allocations; " + step.path("copies_to_device").asLong() + " upload of the batch");
    }

    /** Steps of the networks, timed with the balancing of their own and with equal weights in turn. */
    static final class Steps {
        private final Proof proof;
        private final Findings findings;
        private final List<List<String>> rows = new ArrayList<>();

        Steps(Proof proof, Findings findings) {
            this.proof = proof;
            this.findings = findings;
        }

        /** The words that say what is timed. */
        List<String> source(String network) {
            List<String> words = new ArrayList<>(List.of(proof.network(network).toString()));
            if (!proof.gpu()) {
                words.addAll(List.of("--set", "model.input=[3, 64, 64]", "--batch", "1"));
            }
            return words;
        }

        Optional<JsonNode> time(String network, String precision, Clock clock) {
            Path json = proof.logs().resolve("step-" + network + "-" + precision + ".json");
            List<String> words = new ArrayList<>(List.of("bench", "step"));
            words.addAll(source(network));
            words.addAll(List.of("--precision", precision, "--json", json.toString(), "--rounds",
                    proof.gpu() ? "5" : "2", "--steps", proof.gpu() ? "20" : "2"));
            Command.Ended ended = proof.gimbal("step " + network + " " + precision, words).run(proof.logs(),
                    clock.atMost(STEP_SECONDS));
            if (!ended.done()) {
                findings.check("a step of " + network + " in " + precision, false, ended.reason(), "a figure", "");
                return Optional.empty();
            }
            JsonNode line = Json.read(json);
            findings.figures().withObject("steps").withObject(network).set(precision, line);
            rows.add(List.of(network, precision, milliseconds(line), milliseconds(line.path("equal")),
                    String.format(Locale.ROOT, "%+.1f %%", 100 * line.path("overhead_over_equal").asDouble()),
                    String.format(Locale.ROOT, "%.1f", line.path("examples_a_second").asDouble()),
                    String.format(Locale.ROOT, "%.1f", line.path("flop_a_second").asDouble() / 1e12),
                    Long.toString(line.path("arena_bytes").asLong() >> 20)));
            return Optional.of(line);
        }

        void tell() {
            findings.heading("Steps").text("Each takes in its batch from page-locked memory; the host waits for it. "
                    + "Medians.").table(List.of("network", "precision", "GradNorm, ms", "equal weights, ms",
                    "GradNorm over equal", "images/s", "TFLOP/s", "arena, MiB"), rows);
        }

        private static String milliseconds(JsonNode line) {
            return String.format(Locale.ROOT, "%.2f", 1e3 * line.path("step_s").path("median").asDouble());
        }
    }
}
