package io.gimbal.proof.phase;

import io.gimbal.proof.Clock;
import io.gimbal.proof.Command;
import io.gimbal.proof.Proof;
import io.gimbal.proof.page.Claim;
import io.gimbal.proof.page.Findings;
import io.gimbal.proof.page.Json;
import io.gimbal.shaded.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Every kernel beside a copy of as many bytes, by {@code gimbal bench kernels}. */
final class KernelTimes {
    private static final int SECONDS = 100;
    /** Kernels that move less are done before they are under way: what they show is the launch. */
    private static final long LEAST_BYTES = 32_000_000;
    private static final long LEAST_SOFT_BYTES = 1_000_000;
    private static final int SHOWN = 40;

    private final Proof proof;
    private final Findings findings;

    KernelTimes(Proof proof, Findings findings) {
        this.proof = proof;
        this.findings = findings;
    }

    void run(Clock clock) {
        Path json = proof.logs().resolve("kernels.json");
        List<String> words = new ArrayList<>(List.of("bench", "kernels", "--json", json.toString()));
        if (!proof.gpu()) {
            words.addAll(List.of("--size", "1x80x80x64"));
        }
        Command.Ended ended = proof.gimbal("bench kernels", words).run(proof.logs(), clock.atMost(SECONDS));
        if (!ended.done()) {
            findings.notMeasured(Claim.GRAM_KERNEL, ended.reason());
            findings.notMeasured(Claim.BATCH_NORM_KERNELS, ended.reason());
            return;
        }
        JsonNode report = Json.read(json);
        findings.figures().set("kernels", report);
        List<JsonNode> kernels = new ArrayList<>();
        report.path("kernels").forEach(kernels::add);
        judge(Claim.GRAM_KERNEL, kernels.stream().filter(this::wideGram).toList());
        judge(Claim.BATCH_NORM_KERNELS, kernels.stream().filter(kernel -> name(kernel).startsWith("batch_norm_")
                && kernel.path("bytes").asLong() >= leastBytes()).toList());
        tell(report, kernels);
    }

    private long leastBytes() {
        return proof.gpu() ? LEAST_BYTES : LEAST_SOFT_BYTES;
    }

    private static String name(JsonNode kernel) {
        return kernel.path("kernel").asText();
    }

    /** The largest gradients of W among the cases. */
    private boolean wideGram(JsonNode kernel) {
        return (name(kernel).equals("gram") || name(kernel).equals("gram_bf16"))
                && kernel.path("of").asText().equals(proof.gpu() ? "9437184 T=3" : "589824 T=3");
    }

    private void judge(Claim claim, List<JsonNode> kernels) {
        kernels.stream().min(Comparator.comparingDouble(KernelTimes::share)).ifPresentOrElse(slowest ->
                findings.claim(claim, share(slowest), name(slowest) + " of " + slowest.path("of").asText()), () ->
                findings.notMeasured(claim, "no such kernel was timed at that size"));
    }

    private static double share(JsonNode kernel) {
        return kernel.path("share_of_copy").asDouble();
    }

    private void tell(JsonNode report, List<JsonNode> kernels) {
        findings.heading("Kernels beside a copy").text(String.format(Locale.ROOT, "A copy moves %.0f GB/s, read and "
                + "written. The %d slowest by that measure, of those that move at least %d MB:",
                report.path("copy_bytes_a_second").asDouble() / 1e9, SHOWN, leastBytes() / 1_000_000));
        List<List<String>> rows = kernels.stream().filter(kernel -> kernel.path("bytes").asLong() >= leastBytes())
                .sorted(Comparator.comparingDouble(KernelTimes::share)).limit(SHOWN)
                .map(kernel -> List.of(name(kernel), kernel.path("of").asText(), String.format(Locale.ROOT, "%.1f",
                1e6 * kernel.path("launch_s").path("median").asDouble()), String.format(Locale.ROOT, "%.0f",
                kernel.path("bytes_a_second").asDouble() / 1e9), String.format(Locale.ROOT, "%.0f %%", 100
                * share(kernel)))).toList();
        findings.table(List.of("kernel", "of", "us", "GB/s", "of a copy"), rows);
    }
}
