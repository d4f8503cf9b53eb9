package io.gimbal.proof.phase;

import io.gimbal.proof.Clock;
import io.gimbal.proof.Command;
import io.gimbal.proof.Proof;
import io.gimbal.proof.page.Bars;
import io.gimbal.proof.page.Findings;
import io.gimbal.proof.page.Json;
import io.gimbal.shaded.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Where the time of a step goes, piece by piece beside the device's measured limits: each convolution with its engine,
 * each kernel; and what is saved by doing a thing once for all tasks.
 */
final class Parts {
    private static final int PARTS_SECONDS = 90;
    private static final int WIDE_SECONDS = 45;
    private static final int DRAWN = 24;

    private final Proof proof;
    private final Findings findings;
    private final SpeedPhase.Steps steps;

    Parts(Proof proof, Findings findings, SpeedPhase.Steps steps) {
        this.proof = proof;
        this.findings = findings;
        this.steps = steps;
    }

    void run(Clock clock) {
        parts(clock);
        wide(clock);
        findings.write(proof.out(), clock.passed());
    }

    private void parts(Clock clock) {
        Path json = proof.logs().resolve("parts.json");
        List<String> words = new ArrayList<>(List.of("bench", "step"));
        words.addAll(steps.source(SpeedPhase.SMALL));
        words.addAll(List.of("--precision", "bf16", "--balance", "own", "--parts", "--json", json.toString()));
        words.addAll(proof.gpu() ? List.of() : List.of("--steps", "1"));
        Command.Ended ended = proof.gimbal("parts of a step", words).run(proof.logs(), clock.atMost(PARTS_SECONDS));
        if (!ended.done()) {
            findings.notMeasured("where a step's time goes", "figures", ended.reason());
            return;
        }
        JsonNode parts = Json.read(json).path("parts");
        findings.figures().set("parts", parts);
        findings.check("where a step's time goes", parts.path("pieces").size() > 0, String.format(Locale.ROOT,
                "%d pieces, where they stand %.0f %% of the whole step", parts.path("pieces").size(),
                100 * parts.path("in_order_over_step").asDouble()), "figures", "");
        findings.heading("Where a step's time goes: " + SpeedPhase.SMALL + ", bf16, GradNorm")
                .text(String.format(Locale.ROOT,
                "The whole step as one graph takes %.3f ms. Each piece is measured by itself, against the least time "
                + "at the limits that were measured in the same run: %s.",
                1e3 * parts.path("step_s").path("median").asDouble(), parts.path("limits").path("source").asText()));
        Bars.draw(sorted(parts.path("pieces")).limit(DRAWN).map(piece -> new Bars.Bar(piece.path("section").asText()
                + ", " + piece.path("kind").asText(), piece.path("alone_s").asDouble(),
                piece.path("least_s").asDouble())).toList(), "ms of the largest pieces; dark: at the device's limits",
                proof.out().resolve("speed-parts.svg"));
        findings.picture("The largest pieces of a step", "speed-parts.svg");
        findings.table(List.of("kind", "times", "ms", "share", "over the limit", "TFLOP/s", "GB/s"),
                sorted(parts.path("kinds")).map(kind -> row(kind, kind.path("kind").asText())).toList());
        findings.heading("Each convolution").table(List.of("convolution", "times", "ms", "share", "over the limit",
                "TFLOP/s", "GB/s", "engine"), sorted(parts.path("pieces")).filter(piece -> piece.has("engine"))
                .map(Parts::convolution).toList());
    }

    private static Stream<JsonNode> sorted(JsonNode list) {
        List<JsonNode> all = new ArrayList<>();
        list.forEach(all::add);
        return all.stream().sorted(Comparator.comparingDouble(node -> -node.path("alone_s").asDouble()));
    }

    private static List<String> row(JsonNode sum, String name) {
        return List.of(name, sum.path("count").asText(), number("%.3f", 1e3 * sum.path("alone_s").asDouble()),
                number("%.1f %%", 100 * sum.path("share").asDouble()), number("%.2f",
                sum.path("over_least").asDouble()), number("%.1f", sum.path("flop_a_second").asDouble() / 1e12),
                number("%.0f", sum.path("bytes_a_second").asDouble() / 1e9));
    }

    private static List<String> convolution(JsonNode piece) {
        List<String> row = new ArrayList<>(row(piece, piece.path("section").asText() + ", "
                + piece.path("kind").asText().replace("convolution ", "") + ", " + piece.path("of").asText()));
        row.add(piece.path("engine").path("number").asText() + " " + piece.path("engine").path("description").asText());
        return row;
    }

    private static String number(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }

    private void wide(Clock clock) {
        Path json = proof.logs().resolve("wide.json");
        List<String> words = new ArrayList<>(List.of("bench", "wide"));
        words.addAll(steps.source(SpeedPhase.SMALL));
        words.addAll(List.of("--precision", "bf16", "--json", json.toString()));
        Command.Ended ended = proof.gimbal("bench wide", words).run(proof.logs(), clock.atMost(WIDE_SECONDS));
        if (!ended.done()) {
            findings.notMeasured("what is done once for all tasks", "figures", ended.reason());
            return;
        }
        JsonNode wide = Json.read(json);
        JsonNode comparisons = wide.path("comparisons");
        findings.figures().set("wide", comparisons);
        List<List<String>> rows = new ArrayList<>();
        comparisons.forEach(each -> rows.add(List.of(each.path("what").asText().replace('_', ' '),
                each.path("how").asText(), side(each.path("wide")), each.path("tasks").asText() + " times "
                + side(each.path("single")), number("%.2f", each.path("ratio").asDouble()))));
        findings.heading("Once for all tasks, against once a task").table(List.of("what", "how", "at once",
                "each by itself", "ratio"), rows);
        wide.path("absent").forEach(sentence -> findings.text("Not done at once: " + sentence.asText()));
    }

    private static String side(JsonNode side) {
        return number("%.3f ms", 1e3 * side.path("time_s").path("median").asDouble()) + ", "
                + number("%.1f TFLOP/s", side.path("flop_a_second").asDouble() / 1e12);
    }
}
