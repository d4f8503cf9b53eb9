package io.gimbal.proof.phase;

import io.gimbal.proof.Clock;
import io.gimbal.proof.Command;
import io.gimbal.proof.Proof;
import io.gimbal.proof.ProofException;
import io.gimbal.proof.page.Claim;
import io.gimbal.proof.page.Findings;
import io.gimbal.proof.page.Json;
import io.gimbal.shaded.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;

/** The same step in PyTorch, in turn with Gimbal's, by {@code bench/against-pytorch}. */
final class Peers {
    private static final int IMPORT_SECONDS = 60;
    /** Which peer a claim is about; of its variants ("strong+mask", ...) the fastest counts. */
    private static final Map<Claim, String> PEERS = new EnumMap<>(Map.of(Claim.EQUAL_PEER, "strong_equal",
            Claim.STRONG_PEER, "strong", Claim.EAGER_PEER, "eager_gradnorm", Claim.CREATE_GRAPH_PEER, "create_graph"));

    private final Proof proof;
    private final Findings findings;

    Peers(Proof proof, Findings findings) {
        this.proof = proof;
        this.findings = findings;
    }

    void run(long seconds) {
        Clock clock = new Clock(seconds);
        String missing = torch(clock);
        if (!missing.isEmpty()) {
            PEERS.keySet().forEach(claim -> findings.notMeasured(claim, missing));
            return;
        }
        Path json = proof.logs().resolve("peers.json");
        Command.Ended ended = proof.prepared(new Command("PyTorch", words(json, clock.left()))).run(proof.logs(),
                clock.left());
        if (!Files.isRegularFile(json)) {
            findings.check("bench/against-pytorch runs", false, ended.reason(), "it does", "");
            PEERS.keySet().forEach(claim -> findings.notMeasured(claim, "bench/against-pytorch failed"));
            return;
        }
        JsonNode report = Json.read(json);
        findings.figures().set("peers", report);
        findings.check("the PyTorch peers compute the same", ended.done(), ended.done() ? "they do" : ended.reason(),
                "they do", "");
        tell(report);
        PEERS.forEach((claim, peer) -> judge(report, claim, peer));
    }

    private void judge(JsonNode report, Claim claim, String peer) {
        Optional<Map.Entry<String, JsonNode>> fastest = report.path("ratios").properties().stream()
                .filter(entry -> entry.getKey().split("\\+")[0].equals(peer))
                .min(Comparator.comparingDouble(entry -> entry.getValue().path("ratio").asDouble()));
        if (fastest.isPresent()) {
            findings.claim(claim, fastest.get().getValue().path("ratio").asDouble(), fastest.get().getKey());
        } else {
            findings.notMeasured(claim, report.path("left_out").path(peer).asText("the peer was not timed"));
        }
    }

    /** Why PyTorch cannot be used; "" where it can. */
    private String torch(Clock clock) {
        String needed = proof.gpu() ? "import torch; assert torch.cuda.is_available(), 'it sees no GPU'"
                : "import torch";
        try {
            Command.Ended ended = new Command("looking for PyTorch", List.of(proof.python(), "-c", needed))
                    .run(proof.logs(), clock.atMost(IMPORT_SECONDS));
            return ended.done() ? "" : proof.python() + " has no PyTorch to use: " + ended.reason();
        } catch (ProofException missing) {
            return missing.getMessage();
        }
    }

    private List<String> words(Path json, long seconds) {
        List<String> words = new ArrayList<>(List.of(proof.python(), proof.bench("against-pytorch").toString(),
                "segnet_vgg16", "--budget", Long.toString(Math.max(1, seconds - 5)), "--json", json.toString()));
        words.addAll(proof.gpu()
                ? List.of("--device", "cuda", "--precision", "bf16", "--rounds", "5", "--steps", "20")
                : List.of("--device", "cpu", "--precision", "float32", "--rounds", "1", "--steps", "2", "--batch", "1",
                "--size", "64", "--peers", "eager_gradnorm", "eager"));
        return words;
    }

    private void tell(JsonNode report) {
        List<List<String>> rows = new ArrayList<>();
        report.path("ratios").properties().forEach(entry -> {
            JsonNode row = entry.getValue();
            rows.add(List.of(entry.getKey(), String.format(Locale.ROOT, "%.2f", 1e3 * row.path("step_s").asDouble()),
                    row.path("against").asText(), String.format(Locale.ROOT, "%.3f", row.path("ratio").asDouble()),
                    String.format(Locale.ROOT, "%.3f to %.3f", row.path("least").asDouble(),
                    row.path("largest").asDouble())));
        });
        report.path("left_out").properties().forEach(entry -> rows.add(List.of(entry.getKey(), "-", "-", "-",
                "left out: " + entry.getValue().asText())));
        long rounds = StreamSupport.stream(report.path("rounds").spliterator(), false).count();
        findings.heading("Beside PyTorch").text("In turn, " + rounds + " rounds; a ratio is the peer's time over "
                + "Gimbal's with the same rule.").table(List.of("step", "ms", "against", "ratio", "over the rounds"),
                rows);
    }
}
