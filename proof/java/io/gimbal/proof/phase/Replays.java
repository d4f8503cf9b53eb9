package io.gimbal.proof.phase;

import io.gimbal.proof.Clock;
import io.gimbal.proof.Command;
import io.gimbal.proof.Proof;
import io.gimbal.proof.ProofException;
import io.gimbal.proof.page.Claim;
import io.gimbal.proof.page.Findings;
import io.gimbal.replay.CaseComparison;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The reference's open cases, replayed: in float32 by both bindings and twice, which must give the same bytes; in tf32
 * and bf16 to see how far they are off.
 */
final class Replays {
    private static final List<String> CASES = List.of("absent", "classify", "dense3", "equal", "inner", "residual",
            "toy10", "toy2");
    private static final List<String> PRECISIONS = List.of("float32", "tf32", "bf16");
    /**
     * Of losses, weights and totals. tf32 rounds a factor to 11 bits where bf16 rounds it to 8, whose replays are held
     * to 3e-2: an eighth of that. On the software device tf32 is float32.
     */
    private static final Map<String, Double> LIMITS = Map.of("float32", CaseComparison.TOLERANCE, "tf32", 4e-3, "bf16",
            3e-2);
    private static final int SECONDS = 60;

    private final Proof proof;
    private final Findings findings;
    private final Path folder;

    Replays(Proof proof, Findings findings) {
        this.proof = proof;
        this.findings = findings;
        folder = proof.logs().resolve("replays");
    }

    void run(Clock clock) {
        findings.heading("Replays of the reference's cases").text("Largest deviation of a figure from the float64 "
                + "trace, over all steps: losses, weights and totals / gradient norms / the parameters at the end.");
        Map<String, Double> worst = new TreeMap<>();
        List<List<String>> rows = new ArrayList<>();
        List<String> different = new ArrayList<>();
        List<String> failed = new ArrayList<>();
        for (String name : CASES) {
            List<String> row = new ArrayList<>(List.of(name));
            for (String precision : PRECISIONS) {
                Optional<Path> out = replay(name, precision, "panama", "", clock, failed);
                row.add(out.map(done -> deviation(name, precision, done, worst)).orElse("-"));
            }
            rows.add(row);
            same(name, clock, different, failed);
        }
        findings.table(List.of("case", "float32", "tf32", "bf16"), rows);
        findings.check("every replay runs to its end", failed.isEmpty(), failed.isEmpty() ? "all" : failed.getFirst(),
                "all", "");
        findings.check("float32 by JCuda, and run again, is the same to the byte", different.isEmpty(),
                different.isEmpty() ? "the same" : "different: " + String.join(", ", different), "the same", "");
        judge(worst);
        findings.write(proof.out(), clock.passed());
    }

    /** Replays by JCuda and once more by the foreign functions, and compares with the first. */
    private void same(String name, Clock clock, List<String> different, List<String> failed) {
        Path first = place(name, "float32", "panama", "");
        Optional<Path> jcuda = replay(name, "float32", "jcuda", "", clock, failed);
        Optional<Path> again = replay(name, "float32", "panama", " again", clock, failed);
        jcuda.filter(out -> !same(first, out)).ifPresent(out -> different.add(name + " by JCuda"));
        again.filter(out -> !same(first, out)).ifPresent(out -> different.add(name + " run again"));
    }

    private Path place(String name, String precision, String binding, String suffix) {
        return folder.resolve(name + "-" + precision + "-" + binding + suffix.replace(' ', '-'));
    }

    private Optional<Path> replay(String name, String precision, String binding, String suffix, Clock clock,
            List<String> failed) {
        Path out = place(name, precision, binding, suffix);
        Command.Ended ended = proof.gimbal("replay " + name + " " + precision + " " + binding + suffix,
                List.of("replay", proof.cases().resolve(name).toString(), out.toString(), "--precision", precision,
                        "--binding", binding)).run(proof.logs(), clock.atMost(SECONDS));
        if (!ended.done()) {
            failed.add(name + " in " + precision + " by " + binding + suffix + ": " + ended.reason());
            return Optional.empty();
        }
        return Optional.of(out);
    }

    private String deviation(String name, String precision, Path out, Map<String, Double> worst) {
        Path source = proof.cases().resolve(name);
        try {
            Map<String, Double> figures = new TreeMap<>(CaseComparison.worst(source, out));
            double norms = figures.containsKey("grad_norm") ? figures.remove("grad_norm") : 0;
            double others = figures.values().stream().mapToDouble(Double::doubleValue).max().orElse(0);
            double tensors = CaseComparison.worstTensor(source, out);
            worst.merge(precision, others, Math::max);
            if (precision.equals("float32")) {
                worst.merge(precision, Math.max(norms, tensors), Math::max);
            }
            ObjectNode node = findings.figures().withArray("replays").addObject().put("case", name)
                    .put("precision", precision);
            node.put("losses_weights_totals", others).put("grad_norm", norms).put("parameters", tensors);
            return String.format(Locale.ROOT, "%.1e / %.1e / %.1e", others, norms, tensors);
        } catch (IOException unreadable) {
            throw new ProofException(out + " cannot be read: " + unreadable.getMessage());
        }
    }

    private void judge(Map<String, Double> worst) {
        for (String precision : PRECISIONS) {
            Double value = worst.get(precision);
            double limit = LIMITS.get(precision);
            if (value == null) {
                findings.notMeasured("replays in " + precision, number(limit), "none ran to its end");
            } else if (precision.equals("float32")) {
                findings.claim(Claim.REPLAYS, value, "all figures and the parameters at the end");
            } else {
                findings.check("replays in " + precision, value <= limit, number(value), "at most " + number(limit),
                        "losses, weights and totals; norms, whose terms may nearly cancel, are in the table");
            }
        }
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1e", value);
    }

    private static boolean same(Path one, Path other) {
        try {
            for (String file : List.of("trace.jsonl", "final.safetensors")) {
                if (Files.mismatch(one.resolve(file), other.resolve(file)) >= 0) {
                    return false;
                }
            }
            return true;
        } catch (IOException missing) {
            return false;
        }
    }
}
